//! Forges replies. The seed and the number of the case determine which replies of a lookup are changed, and how.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::authority::Mode;
use crate::numbers::Numbers;
use crate::octets;
use crate::records;
use crate::replays;
use crate::tree::World;
use crate::wire::{DNSKEY, DS, Message, Name};

/// A reply being forged.
pub(crate) struct Draft<'w> {
    pub(crate) world: &'w World,
    pub(crate) numbers: Numbers,
    pub(crate) message: Message,
    /// Changes the encoded octets at the end.
    pub(crate) finish: fn(Vec<u8>, &mut Numbers) -> Vec<u8>,
}

impl Draft<'_> {
    pub(crate) fn chance(&mut self, one_in: usize) -> bool {
        self.numbers.below(one_in) == 0
    }

    pub(crate) fn pick<'i, T>(&mut self, items: &'i [T]) -> Option<&'i T> {
        items.get(self.numbers.below(items.len()))
    }
}

type Change = fn(&mut Draft<'_>);

/// All changes that a forger makes to replies, by name.
pub(crate) const CHANGES: [(&str, Change); 46] = [
    ("a record dropped", records::drop_record),
    ("a record twice", records::repeat_record),
    ("records in another order", records::swap_records),
    ("RDATA of two records exchanged", records::exchange_rdata),
    ("a set dropped", records::drop_set),
    ("the signatures dropped", records::drop_signatures),
    ("a record at another name", records::move_owner),
    ("a record of another class", records::change_class),
    ("another TTL", records::change_ttl),
    ("an octet of RDATA changed", records::flip_octet),
    ("a record in another section", records::move_section),
    ("an unsigned record added", records::add_unsigned),
    ("all data unsigned", records::replace_unsigned),
    ("an unsigned alias", records::alias_unsigned),
    ("two CNAMEs", records::two_aliases),
    ("a CNAME beside data", records::alias_beside_data),
    ("an alias with another target", records::retarget),
    ("another RCODE", records::change_rcode),
    ("other flags", records::change_flags),
    ("data under NXDOMAIN", records::data_under_nxdomain),
    ("another signer", records::change_signer),
    ("another field of a signature", records::change_signature),
    ("a signature of arbitrary octets", records::junk_signature),
    ("a set of another name added", replays::add_set),
    ("a set replayed at the name asked for", replays::replay_set),
    ("signatures of another set", replays::replay_signatures),
    ("NSEC or NSEC3 of other names added", replays::add_proof),
    ("a denial made of genuine records", replays::deny),
    ("a wildcard at another name", replays::replay_wildcard),
    ("a wildcard, with NSEC that cover the whole name", replays::replay_wildcard_with_proof),
    ("a denial by the NSEC of a wildcard", replays::expand_denial),
    ("a denial by the parent's side of a cut", replays::parent_side),
    ("a denial of DS by the child's apex", replays::child_apex),
    ("DS taken away", replays::strip_ds),
    ("DS of the attacker", replays::replace_ds),
    ("DNSKEY of the attacker", replays::replace_keys),
    ("DNSKEY of the attacker added", replays::add_key),
    ("signed by the attacker", replays::resign),
    ("a denial signed by the attacker", replays::resign_denial),
    ("a DNAME from elsewhere", replays::replay_dname),
    ("the reply to another question", replays::other_reply),
    ("another id or question", octets::other_question),
    ("garbage", octets::garbage),
    ("cut short", octets::truncate),
    ("a compression loop", octets::compression_loop),
    ("65,535 octets", octets::huge),
];

/// Changes that come close to a valid proof: half of the forged replies have exactly one of these.
const PROMISING: [&str; 9] = [
    "a denial by the NSEC of a wildcard",
    "a wildcard, with NSEC that cover the whole name",
    "a wildcard, with NSEC that cover the whole name",
    "a denial made of genuine records",
    "a denial made of genuine records",
    "a denial by the parent's side of a cut",
    "a set replayed at the name asked for",
    "a DNAME from elsewhere",
    "signed by the attacker",
];

/// Number of times that each of `CHANGES` was made.
pub(crate) static MADE: [AtomicUsize; CHANGES.len()] = [const { AtomicUsize::new(0) }; CHANGES.len()];

/// Which replies of a lookup are forged.
#[derive(Clone, Copy, Debug)]
enum Plan {
    /// The replies with the requested data, but not those about the chain of trust.
    Data,
    /// The same, and some of the DS and DNSKEY replies.
    Chain,
    /// A delegation is made to look insecure, and the data below it are unsigned.
    Downgrade,
    /// The DS records, the keys and the data are replaced with the attacker's.
    Takeover,
    /// Any reply.
    All,
}

/// Changes that may pass for a proof that a DS record does not exist.
const DOWNGRADES: [&str; 6] = [
    "a denial made of genuine records",
    "a denial made of genuine records",
    "a denial of DS by the child's apex",
    "DS taken away",
    "a set replayed at the name asked for",
    "the reply to another question",
];

/// Forges the replies of one lookup.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forger {
    pub(crate) seed: u64,
    /// `None` forges nothing.
    pub(crate) case: Option<u64>,
    pub(crate) mode: Mode,
}

impl Forger {
    fn numbers(&self, name: &str, rtype: u16) -> Numbers {
        // FNV-1a, so that the forgery depends only on the question, not on the validator that asks.
        let octets =
            [self.seed, self.case.unwrap_or_default(), u64::from(rtype)].map(u64::to_be_bytes).concat();
        let hash = octets.iter().chain(name.as_bytes()).fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
            (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut numbers = Numbers(hash | 1);
        for _ in 0..8 {
            numbers.next();
        }
        numbers
    }

    fn plan(&self) -> Plan {
        let data = Plan::Data;
        let plans = [data, data, data, data, Plan::Chain, Plan::Downgrade, Plan::Takeover, Plan::All];
        plans[self.numbers("plan", 0).below(plans.len())]
    }

    /// Returns the changes for one reply, as indices of `CHANGES`.
    fn changes(&self, numbers: &mut Numbers, world: &World, name: &Name, rtype: u16) -> Vec<usize> {
        let is_apex = world.zone(name, DNSKEY).apex == *name;
        let about_chain = matches!(rtype, DS | DNSKEY);
        let named = |name: &str| CHANGES.iter().position(|(known, _)| *known == name).unwrap();
        let is_forged = match (self.plan(), about_chain) {
            _ if self.case.is_none() => false,
            (Plan::Data, true) => false,
            (Plan::Chain, true) => name.count() > 0 && numbers.below(3) == 0,
            (Plan::Data | Plan::Chain, false) => numbers.below(8) > 0,
            (Plan::Downgrade | Plan::Takeover, _) if name.count() == 0 => false,
            (Plan::Downgrade, true) if rtype == DNSKEY || numbers.below(3) == 0 => false,
            (Plan::Downgrade, true) => return vec![named(DOWNGRADES[numbers.below(DOWNGRADES.len())])],
            (Plan::Downgrade, false) => return vec![named("all data unsigned")],
            // Half of the cases also replace the DS records; the others replace only the keys.
            (Plan::Takeover, true) if rtype == DS && (!is_apex || self.numbers("DS", 0).below(2) == 0) => {
                false
            }
            (Plan::Takeover, true) if rtype == DS => return vec![named("DS of the attacker")],
            (Plan::Takeover, true) => {
                let how = ["DNSKEY of the attacker", "DNSKEY of the attacker added"];
                return vec![named(how[numbers.below(2)])];
            }
            (Plan::Takeover, false) => return vec![named("signed by the attacker")],
            (Plan::All, _) => numbers.below(2) == 0,
        };
        if is_forged && !about_chain && numbers.below(2) == 0 {
            return vec![named(PROMISING[numbers.below(PROMISING.len())])];
        }
        // Usually make only one change, because a second one would make most forgeries fail for another reason.
        let count = if is_forged { [1, 1, 1, 2, 2, 3, 4][numbers.below(7)] } else { 0 };
        (0..count).map(|_| numbers.below(CHANGES.len())).collect()
    }

    /// Returns the reply to `query` before it is encoded, and the names of the changes.
    pub(crate) fn forge<'w>(&self, world: &'w World, query: &Message) -> (Draft<'w>, Vec<&'static str>) {
        let mut numbers = self.numbers(&query.name.text(), query.rtype);
        let changes = self.changes(&mut numbers, world, &query.name, query.rtype);
        let message = world.reply(query, self.mode);
        let mut draft = Draft { world, numbers, message, finish: |octets, _| octets };
        for change in &changes {
            MADE[*change].fetch_add(1, Ordering::Relaxed);
            CHANGES[*change].1(&mut draft);
        }
        (draft, changes.into_iter().map(|change| CHANGES[change].0).collect())
    }

    pub(crate) fn reply(&self, world: &World, query: &Message) -> Vec<u8> {
        let (mut draft, _) = self.forge(world, query);
        let octets = draft.message.encode();
        (draft.finish)(octets, &mut draft.numbers)
    }
}

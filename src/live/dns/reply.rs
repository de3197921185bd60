//! A question, and its reply reduced to what the question needs: RFC 1035 section 4.1, RFC 6604, RFC 6672.

use domain::base::iana::{Opcode, Rcode};
use domain::base::{Message, MessageBuilder, Rtype};

use super::name::{Name, is_below, substitute, text};
use super::rrset::{Rdata, Rrset, collect};

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) name: Name,
    pub(super) rtype: Rtype,
}

impl std::fmt::Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", text(&self.name), self.rtype)
    }
}

/// Octets of a datagram that every path carries whole (DNS flag day 2020).
const UDP_PAYLOAD: u16 = 1232;

impl Question {
    /// The query, with `id`, for a server that recurses (RD), validates nothing for us (CD) and sends signatures (DO).
    ///
    /// CD: a validating server would keep from us what it calls bogus, and the reason with it.
    ///
    /// Errors: none that a question of a name and a type could meet.
    pub(super) fn query(&self, id: u16) -> Result<Vec<u8>, String> {
        let mut message = MessageBuilder::new_vec();
        let header = message.header_mut();
        header.set_id(id);
        header.set_rd(true);
        header.set_cd(true);
        let mut message = message.question();
        message.push((&self.name, self.rtype)).map_err(|error| error.to_string())?;
        let mut message = message.additional();
        let options = message.opt(|opt| {
            opt.set_udp_payload_size(UDP_PAYLOAD);
            opt.set_dnssec_ok(true);
            Ok(())
        });
        options.map_err(|error| error.to_string())?;
        Ok(message.finish())
    }
}

/// Whether `reply` is one to `query`: the same id and question. A server that could not read the query may leave the
/// question out.
pub(super) fn answers(reply: &[u8], query: &[u8]) -> bool {
    let (Ok(reply), Ok(query)) = (Message::from_slice(reply), Message::from_slice(query)) else {
        return false;
    };
    let (header, asked) = (reply.header(), query.sole_question());
    let fits = header.id() == query.header().id() && header.qr() && header.opcode() == Opcode::QUERY;
    let is_failure = !matches!(header.rcode(), Rcode::NOERROR | Rcode::NXDOMAIN);
    fits && match reply.header_counts().qdcount() {
        0 => is_failure,
        _ => reply.sole_question().ok().zip(asked.ok()).is_some_and(|(one, other)| one == other),
    }
}

/// Whether a reply did not fit its datagram.
pub(super) fn is_truncated(reply: &[u8]) -> bool {
    Message::from_slice(reply).is_ok_and(|reply| reply.header().tc())
}

/// Records of a whole message; those of the largest zones' answers are a few dozen.
const MOST_RECORDS: usize = 1_000;

/// What a reply has for its question. Everything else in it is not looked at.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) content: Content,
    /// The NSEC and NSEC3 sets of the authority section.
    pub(super) denial: Vec<Rrset>,
}

/// What stands at the name of a question.
#[derive(Debug)]
pub(super) enum Content {
    /// The records that were asked for.
    Data(Rrset),
    /// One CNAME record, or one DNAME record above the name, and where it leads.
    Alias { set: Rrset, target: Name },
    /// What cannot be together; which of it is forged does not matter.
    Contradiction(&'static str),
    /// None of that.
    Nothing,
}

/// Why a reply cannot be used at all.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReplyError {
    /// The octets are not a message, or hold too much.
    Malformed(String),
    /// The server failed or refused.
    Rcode(Rcode),
    /// The server does not recurse, and another one is responsible (RFC 1034 section 4.3.2).
    Referral,
}

impl std::fmt::Display for ReplyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(reason) => write!(f, "the reply cannot be read: {reason}"),
            Self::Rcode(rcode) => write!(f, "the server answered {rcode}"),
            Self::Referral => {
                f.write_str("this server does not recurse, and another one is responsible: ask a resolver")
            }
        }
    }
}

impl Reply {
    /// Reads the reply to `question`: every record within the bounds, then only what the question needs.
    ///
    /// Errors: octets that are not a message, more than 1,000 records, or a failure of the server.
    pub(super) fn read(octets: &[u8], question: &Question) -> Result<Self, ReplyError> {
        let malformed = |reason: &dyn std::fmt::Display| ReplyError::Malformed(reason.to_string());
        let message = Message::from_slice(octets).map_err(|error| malformed(&error))?;
        let rcode = message.header().rcode();
        if !matches!(rcode, Rcode::NOERROR | Rcode::NXDOMAIN) {
            return Err(ReplyError::Rcode(rcode));
        }
        if message.header().tc() {
            return Err(malformed(&"it is cut off"));
        }
        let counts = message.header_counts();
        let records = [counts.ancount(), counts.nscount(), counts.arcount()].map(usize::from);
        if records.iter().sum::<usize>() > MOST_RECORDS {
            return Err(malformed(&format!("more than {MOST_RECORDS} records")));
        }
        let answer = message.answer().map_err(|error| malformed(&error))?;
        let wanted = |owner: &Name, rtype| match rtype {
            Rtype::DNAME => is_below(&question.name, owner),
            _ => *owner == question.name && (rtype == question.rtype || rtype == Rtype::CNAME),
        };
        let answer = collect(answer, wanted).map_err(|error| malformed(&error))?;
        let authority = message.authority().map_err(|error| malformed(&error))?;
        let denial = |_: &Name, rtype| matches!(rtype, Rtype::NSEC | Rtype::NSEC3);
        let denial = collect(authority, denial).map_err(|error| malformed(&error))?;
        let content = Content::of(answer, question, rcode);
        if matches!(content, Content::Nothing) && is_referral(message) {
            return Err(ReplyError::Referral);
        }
        Ok(Self { content, denial })
    }
}

/// Whether a message without data is neither an answer of a resolver nor one of a server of the zone.
fn is_referral(message: &Message<[u8]>) -> bool {
    let header = message.header();
    let types = || message.authority().into_iter().flatten().flatten().map(|record| record.rtype());
    let has = |wanted| types().any(|rtype| rtype == wanted);
    !header.aa() && !header.ra() && has(Rtype::NS) && !has(Rtype::SOA)
}

impl Content {
    fn of(answer: Vec<Rrset>, question: &Question, rcode: Rcode) -> Self {
        let (mut data, mut cname, mut dnames) = (None, None, Vec::new());
        for set in answer {
            match set.rtype {
                Rtype::DNAME => dnames.push(set),
                rtype if rtype == question.rtype => data = Some(set),
                _ => cname = Some(set),
            }
        }
        let alone = |set: &Rrset| set.records.len() == 1;
        if dnames.len() > 1 || !dnames.iter().all(alone) {
            return Self::Contradiction("several DNAME records above one name");
        }
        let cname_of_question = data.as_ref().filter(|_| question.rtype == Rtype::CNAME);
        if !cname.iter().chain(cname_of_question).all(alone) {
            return Self::Contradiction("several CNAME records at one name");
        }
        if let Some(set) = dnames.pop() {
            return Self::of_dname(set, cname.as_ref().or(cname_of_question), question);
        }
        match (data, cname) {
            (Some(_), Some(_)) => Self::Contradiction("a CNAME record beside other data"),
            // RFC 6604 section 3: an alias may lead to a name that does not exist.
            (Some(set), None) if rcode == Rcode::NXDOMAIN && question.rtype != Rtype::CNAME => {
                drop(set);
                Self::Nothing
            }
            (Some(set), None) => Self::Data(set),
            (None, Some(set)) => match set.records.first() {
                Some((Rdata::Cname(target), _)) => Self::Alias { target: target.clone(), set },
                _ => Self::Nothing,
            },
            (None, None) => Self::Nothing,
        }
    }

    /// The CNAME record that servers add to a DNAME record is not signed, and has to be the one that follows from it
    /// (RFC 6672 section 3.1).
    fn of_dname(set: Rrset, cname: Option<&Rrset>, question: &Question) -> Self {
        let target = match set.records.first() {
            Some((Rdata::Dname(target), _)) => substitute(&question.name, &set.owner, target),
            _ => None,
        };
        let Some(target) = target else {
            return Self::Contradiction("a DNAME record that makes a name too long");
        };
        let added = cname.and_then(|cname| cname.records.first());
        match added {
            Some((Rdata::Cname(other), _)) if *other != target => {
                Self::Contradiction("a CNAME record that does not follow from the DNAME record above it")
            }
            _ => Self::Alias { set, target },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(name: &str) -> Question {
        Question { name: format!("{name}.").parse().unwrap(), rtype: Rtype::TLSA }
    }

    #[test]
    fn only_replies_to_the_query_are_taken() {
        let query = question("mx.example").query(7).unwrap();
        let mut reply = query.clone();
        assert!(!answers(&reply, &query));
        reply[2] |= 0x80;
        assert!(answers(&reply, &query));
        assert!(!answers(&question("mx.example").query(8).unwrap(), &query));
        let mut other = question("my.example").query(7).unwrap();
        other[2] |= 0x80;
        assert!(!answers(&other, &query));
        assert!(!answers(&reply[..11], &query));
    }
}

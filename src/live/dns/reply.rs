//! Builds queries, and parses replies down to the records that answer the question: RFC 1035 section 4.1, RFC 6604,
//! RFC 6672.

use domain::base::iana::{Opcode, Rcode};
use domain::base::{Message, MessageBuilder, Rtype};

use super::name::{Name, is_below, substitute, text};
use super::rrset::{Rdata, Rrset, collect};

/// The name and type of one query.
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

/// UDP payload size in octets that avoids fragmentation (DNS flag day 2020).
const UDP_PAYLOAD: u16 = 1232;

impl Question {
    /// Builds the query with `id` and the flags RD (recursion desired), CD (checking disabled) and DO (DNSSEC OK).
    ///
    /// Without CD, a validating server would answer SERVFAIL instead of bogus data, which would hide the reason.
    ///
    /// Errors: the message cannot be built; this does not happen for a valid name.
    pub(super) fn query(&self, id: u16) -> Result<Vec<u8>, String> {
        let long = || "the query is too long".to_owned();
        let mut message = MessageBuilder::new_vec();
        let header = message.header_mut();
        header.set_id(id);
        header.set_rd(true);
        header.set_cd(true);
        let mut message = message.question();
        message.push((&self.name, self.rtype)).map_err(|_| long())?;
        let mut message = message.additional();
        let options = message.opt(|opt| {
            opt.set_udp_payload_size(UDP_PAYLOAD);
            opt.set_dnssec_ok(true);
            Ok(())
        });
        options.map_err(|_| long())?;
        Ok(message.finish())
    }
}

/// Whether `reply` has the id and question of `query`. A server that could not parse the query may omit the question.
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

/// Whether the reply was truncated to fit a datagram.
pub(super) fn is_truncated(reply: &[u8]) -> bool {
    Message::from_slice(reply).is_ok_and(|reply| reply.header().tc())
}

/// Why the reply is not from the server's own zone data; `None` if it is (RFC 1035 section 4.1.1).
pub(super) fn not_authoritative(reply: &[u8]) -> Option<String> {
    let header = Message::from_slice(reply).ok()?.header();
    match header.rcode() {
        _ if header.aa() => None,
        Rcode::NOERROR | Rcode::NXDOMAIN => Some("the server does not serve the zone".to_owned()),
        rcode => Some(format!("the server answered {rcode}")),
    }
}

/// Maximum number of records in a message; even replies from large zones contain only a few dozen.
const MOST_RECORDS: usize = 1_000;

/// The records of a reply that answer the question; other records are ignored.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) content: Content,
    /// The SOA, NSEC and NSEC3 RRsets of the authority section.
    pub(super) denial: Vec<Rrset>,
}

/// The records that a reply contains for the name and type of a question.
#[derive(Debug)]
pub(super) enum Content {
    /// The requested records.
    Data(Rrset),
    /// A CNAME record at the name or a DNAME record above the name, and the target.
    Alias { set: Rrset, target: Name },
    /// Contradictory or impossible records; the text is the reason.
    Contradiction(&'static str),
    /// Neither the requested records nor an alias.
    Nothing,
}

/// The reason why a reply cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReplyError {
    /// The octets are not a DNS message, or contain too many records.
    Malformed(String),
    /// The server returned this error code.
    Rcode(Rcode),
    /// A referral to other servers: the server does not recurse (RFC 1034 section 4.3.2).
    Referral,
}

impl std::fmt::Display for ReplyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(reason) => write!(f, "the reply cannot be read: {reason}"),
            Self::Rcode(rcode) => write!(f, "the server answered {rcode}"),
            Self::Referral => f.write_str(
                "this server is neither recursive nor authoritative for the name: use a recursive resolver",
            ),
        }
    }
}

impl Reply {
    /// Parses the reply to `question` and keeps only the records that answer the question.
    ///
    /// Errors: the octets are not a DNS message, the message is truncated or has more than 1,000 records, the server
    /// returned an error, or the reply is a referral.
    pub(super) fn read(octets: &[u8], question: &Question) -> Result<Self, ReplyError> {
        let malformed = |reason: &str| ReplyError::Malformed(reason.to_owned());
        let short = |_| malformed("it ends too early");
        let message =
            Message::from_slice(octets).map_err(|_| malformed("it is shorter than a DNS header"))?;
        let rcode = message.header().rcode();
        if !matches!(rcode, Rcode::NOERROR | Rcode::NXDOMAIN) {
            return Err(ReplyError::Rcode(rcode));
        }
        if message.header().tc() {
            return Err(malformed("the message is truncated"));
        }
        let counts = message.header_counts();
        let records = [counts.ancount(), counts.nscount(), counts.arcount()].map(usize::from);
        if records.iter().sum::<usize>() > MOST_RECORDS {
            return Err(malformed(&format!("more than {MOST_RECORDS} records")));
        }
        let answer = message.answer().map_err(short)?;
        let wanted = |owner: &Name, rtype| match rtype {
            Rtype::DNAME => is_below(&question.name, owner),
            _ => *owner == question.name && (rtype == question.rtype || rtype == Rtype::CNAME),
        };
        let answer = collect(answer, wanted).map_err(|_| malformed("a record is malformed"))?;
        let authority = message.authority().map_err(short)?;
        let denial = |_: &Name, rtype| matches!(rtype, Rtype::SOA | Rtype::NSEC | Rtype::NSEC3);
        let denial = collect(authority, denial).map_err(|_| malformed("a record is malformed"))?;
        let content = Content::of(answer, question, rcode);
        if matches!(content, Content::Nothing) && is_referral(message) {
            return Err(ReplyError::Referral);
        }
        Ok(Self { content, denial })
    }
}

/// Whether a message without data is a referral: the server is neither recursive nor authoritative.
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
            return Self::Contradiction("more than one DNAME record above the name");
        }
        let cname_of_question = data.as_ref().filter(|_| question.rtype == Rtype::CNAME);
        if !cname.iter().chain(cname_of_question).all(alone) {
            return Self::Contradiction("more than one CNAME record at the name");
        }
        if let Some(set) = dnames.pop() {
            return Self::of_dname(set, cname.as_ref().or(cname_of_question), question);
        }
        match (data, cname) {
            (Some(_), Some(_)) => Self::Contradiction("a CNAME record and other data at the same name"),
            // NXDOMAIN may apply to the target of a CNAME record, but never to a name with data (RFC 6604 section 3).
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

    /// Applies a DNAME record. Servers add a synthesized CNAME record, which is unsigned and must therefore match the
    /// DNAME record (RFC 6672 section 3.1).
    fn of_dname(set: Rrset, cname: Option<&Rrset>, question: &Question) -> Self {
        let target = match set.records.first() {
            Some((Rdata::Dname(target), _)) => substitute(&question.name, &set.owner, target),
            _ => None,
        };
        let Some(target) = target else {
            return Self::Contradiction("the DNAME substitution makes the name too long");
        };
        let added = cname.and_then(|cname| cname.records.first());
        match added {
            Some((Rdata::Cname(other), _)) if *other != target => {
                Self::Contradiction("the CNAME record does not match the DNAME record above it")
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

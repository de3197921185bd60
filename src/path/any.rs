//! The walk over all paths: RFC 4158 section 2.4.2.

use std::collections::HashMap;

use super::rules::{self, Role};
use super::{Answer, LONGEST, Node, Path, Question, Reason, Refusal};
use crate::chain::ChainError;
use crate::x509::{Certificate, SignatureCheck};

/// Answers as a client that finds a valid path if there is one.
///
/// If every path breaks a rule, the refusal is that of the path that came furthest. If a path fails only because this
/// program does not support an algorithm, the refusal is that one.
///
/// Errors: see [`Answer`].
pub fn any<'a>(question: &Question<'_, 'a>) -> Answer<'a> {
    let end_entity = Node::Sent(question.end_entity);
    let refusal = Refusal { nodes: vec![end_entity], is_anchored: false, reason: Reason::NoAnchor };
    let has_constraints = |certificate: &Certificate| certificate.name_constraints().is_some();
    let certificates = question.chain.members().map(|member| member.certificate());
    let certificates = certificates.chain(question.anchors.carried.iter().copied()).chain(question.store);
    let tried = (!certificates.into_iter().any(has_constraints)).then(HashMap::new);
    let mut search = Search { question, tried, refusal, unsupported: None };
    let start = Climb {
        nodes: vec![end_entity],
        in_store: false,
        matched: question.anchors.is_end_entity.then_some(0),
    };
    match search.climb(start)? {
        Some(path) => Ok(Ok(path)),
        None => Ok(Err(search.unsupported.unwrap_or(search.refusal))),
    }
}

/// A path under construction.
#[derive(Clone)]
struct Climb<'a> {
    nodes: Vec<Node<'a>>,
    /// Whether the last certificate is from the trust store.
    in_store: bool,
    /// The depth of the certificate that a record of usage 0 or 1 matches.
    matched: Option<usize>,
}

/// The address of a certificate, whether it is from the trust store, and whether a record of usage 0 or 1 has matched.
type State = (*const u8, bool, bool);

struct Search<'q, 'a> {
    question: &'q Question<'q, 'a>,
    /// The numbers of CAs and of all certificates below a certificate with which all its issuers were tried without
    /// success. `None` if a certificate has name constraints, because then it also matters which certificates are below.
    tried: Option<HashMap<State, (usize, usize)>>,
    /// The refusal of the path that came furthest.
    refusal: Refusal<'a>,
    /// The refusal of the first path with an algorithm that this program does not support.
    unsupported: Option<Refusal<'a>>,
}

impl<'a> Search<'_, 'a> {
    /// Returns a valid path that starts with the given certificates.
    fn climb(&mut self, climb: Climb<'a>) -> Result<Option<Path<'a>>, ChainError> {
        let question = self.question;
        let Some(top) = climb.nodes.last().copied() else { return Ok(None) };
        question.chain.charge(1 + climb.nodes.len() / 4)?;
        let depth = climb.nodes.len() - 1;
        let anchors = &question.anchors;
        let matched = climb
            .matched
            .or_else(|| Some(depth).filter(|_| depth > 0 && (anchors.is_pkix)(top.certificate())));
        if depth > 0 && !climb.in_store && (anchors.is_dane)(top.certificate()) {
            // A longer path only adds rules.
            return self.end(&climb.nodes, depth, None);
        }
        if let Some(depth) = matched.filter(|_| climb.in_store)
            && let Some(path) = self.end(&climb.nodes, depth, None)?
        {
            return Ok(Some(path));
        }
        if !climb.in_store {
            // The limits of a sent certificate with this key must not be evaded.
            let issuers: Vec<Node<'a>> = self.issuers(top, false).collect();
            let is_sent = |key: &&[u8]| issuers.iter().any(|issuer| issuer.certificate().spki() == *key);
            let keys = anchors.keys.iter().copied().filter(|key| !is_sent(key));
            match question.checks.find_key(question.chain, top, keys)? {
                Ok(Some(key)) => {
                    if let Some(path) = self.end(&climb.nodes, depth, Some(key))? {
                        return Ok(Some(path));
                    }
                }
                Ok(None) => {}
                Err(what) => {
                    let (nodes, reason) = (climb.nodes.clone(), Reason::Unsupported(what));
                    self.keep(Refusal { nodes, is_anchored: false, reason });
                }
            }
        }
        let cas_below =
            climb.nodes.iter().skip(1).filter(|node| !node.certificate().is_self_issued()).count();
        let state = (top.certificate().der().as_ptr(), climb.in_store, matched.is_some());
        let known = self.tried.as_ref().and_then(|tried| tried.get(&state));
        if known.is_some_and(|(cas, all)| *cas <= cas_below && *all <= depth) {
            return Ok(None);
        }
        let sources: &[bool] = if climb.in_store { &[true] } else { &[false, true] };
        for in_store in sources {
            let issuers: Vec<Node<'a>> = self.issuers(top, *in_store).collect();
            for issuer in issuers {
                if let Some(path) = self.step(&climb, issuer, *in_store, matched)? {
                    return Ok(Some(path));
                }
            }
        }
        if let Some(tried) = &mut self.tried {
            tried.insert(state, (cas_below, depth));
        }
        Ok(None)
    }

    /// Continues with `issuer` if it signed the last certificate.
    fn step(
        &mut self,
        climb: &Climb<'a>,
        issuer: Node<'a>,
        in_store: bool,
        matched: Option<usize>,
    ) -> Result<Option<Path<'a>>, ChainError> {
        let question = self.question;
        let Some(child) = climb.nodes.last().copied() else { return Ok(None) };
        question.chain.charge(2 + climb.nodes.len() / 8)?;
        // The certificate of the store may be the one that the server sent.
        let is_same = in_store && !climb.in_store && issuer.is(child);
        let mut nodes = climb.nodes.clone();
        if is_same {
            nodes.pop();
        } else if nodes.len() > LONGEST || nodes.iter().any(|node| node.is(issuer)) {
            return Ok(None);
        }
        if !is_same {
            if let Some(fault) = rules::of_certificate(issuer.certificate(), Role::Top, question) {
                self.refuse(&nodes, issuer, fault.about(issuer));
                return Ok(None);
            }
            if question.checks.check(question.chain, child, issuer)? == SignatureCheck::Invalid {
                let text = format!("the signature of {child} does not verify with the key of {issuer}");
                self.refuse(&nodes, issuer, Reason::Broken(text));
                return Ok(None);
            }
        }
        nodes.push(issuer);
        self.climb(Climb { nodes, in_store, matched })
    }

    /// The certificates whose subject is the issuer of `child`.
    fn issuers(&self, child: Node<'a>, in_store: bool) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let question = self.question;
        let name = child.certificate().issuer_canonical();
        let is_named = move |issuer: &&'a Certificate| name.is_some() && issuer.subject_canonical() == name;
        let (carried, sent, store) = match in_store {
            true => (&[][..], None, question.store),
            false => (&question.anchors.carried[..], name, &[][..]),
        };
        let carried: Vec<&'a Certificate> = carried.iter().copied().filter(is_named).collect();
        let sent = sent.into_iter().flat_map(|name| question.chain.named(name)).map(Node::Sent);
        let store = store.iter().filter(is_named).map(Node::Other);
        carried.into_iter().map(Node::Other).chain(sent).chain(store)
    }

    /// Checks a path that ends at an anchor.
    fn end(
        &mut self,
        nodes: &[Node<'a>],
        depth: usize,
        key: Option<&'a [u8]>,
    ) -> Result<Option<Path<'a>>, ChainError> {
        self.question.chain.charge(2 + nodes.len())?;
        let path = Path { nodes: nodes.to_vec(), depth, key };
        match rules::check(self.question, &path)? {
            Ok(()) => Ok(Some(path)),
            Err(refusal) => {
                self.keep(refusal);
                Ok(None)
            }
        }
    }

    fn refuse(&mut self, nodes: &[Node<'a>], last: Node<'a>, reason: Reason) {
        let nodes = nodes.iter().copied().chain([last]).collect();
        self.keep(Refusal { nodes, is_anchored: false, reason });
    }

    fn keep(&mut self, refusal: Refusal<'a>) {
        let reached = |refusal: &Refusal<'_>| (refusal.is_anchored, refusal.nodes.len());
        if matches!(refusal.reason, Reason::Unsupported(_)) {
            self.unsupported.get_or_insert(refusal);
        } else if reached(&refusal) > reached(&self.refusal) {
            self.refusal = refusal;
        }
    }
}

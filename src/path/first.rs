//! The walk of OpenSSL: the first fitting issuer, without coming back (build_chain in x509_vfy.c).

use super::rules::{check, is_in_date};
use super::{Answer, LONGEST, Node, Path, Question, Reason, Refusal};
use crate::chain::ChainError;
use crate::x509::Certificate;

/// The cost of comparing a certificate with a candidate issuer.
const COMPARISON: usize = 3;

/// Answers as a client with OpenSSL does.
///
/// Errors: see [`Answer`].
pub fn first<'a>(question: &Question<'_, 'a>) -> Answer<'a> {
    match build(question)? {
        Ok(path) => Ok(check(question, &path)?.map(|()| path)),
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// Builds the path. The refusal contains the certificates up to the point at which no issuer was found.
fn build<'a>(question: &Question<'_, 'a>) -> Answer<'a> {
    let anchors = &question.anchors;
    let end_entity = Node::Sent(question.end_entity);
    let mut nodes = vec![end_entity];
    let mut sent = 1;
    let mut matched = anchors.is_end_entity.then_some(0);
    let (mut in_untrusted, mut in_store) = (true, anchors.has_pkix);
    while in_untrusted || in_store {
        let Some(top) = nodes.last().copied() else { break };
        let is_self_signed = is_self_signed(top);
        if in_store && nodes.len() <= LONGEST {
            let trusted = issuer_in_store(question, top)?.filter(|issuer| !is_self_signed || issuer.is(top));
            if let Some(issuer) = trusted {
                if is_self_signed {
                    // A self-signed certificate that the server sent is replaced by the same certificate of the store.
                    nodes.pop();
                    sent -= 1;
                }
                nodes.push(issuer);
                in_untrusted = false;
                let depth = nodes.len() - 1;
                if matched.is_none() && depth > 0 && (anchors.is_pkix)(issuer.certificate()) {
                    matched = Some(depth);
                }
                // Only a self-signed certificate of the store ends a path.
                if self::is_self_signed(issuer) {
                    match matched {
                        Some(depth) => return Ok(Ok(Path { nodes, depth, key: None })),
                        None => break,
                    }
                }
                continue;
            }
        }
        if !in_untrusted {
            break;
        }
        let issuer = match is_self_signed || nodes.len() > LONGEST {
            true => None,
            false => first_issuer(question, &nodes, top)?,
        };
        let Some(issuer) = issuer else {
            in_untrusted = false;
            in_store = anchors.has_pkix;
            continue;
        };
        nodes.push(issuer);
        sent += 1;
        let depth = nodes.len() - 1;
        if (anchors.is_dane)(issuer.certificate()) {
            return Ok(Ok(Path { nodes, depth, key: None }));
        }
        if matched.is_none() && (anchors.is_pkix)(issuer.certificate()) {
            matched = Some(depth);
        }
    }
    by_key(question, nodes, sent)
}

/// Tries the bare keys on the last certificate that is not from the store.
fn by_key<'a>(question: &Question<'_, 'a>, mut nodes: Vec<Node<'a>>, sent: usize) -> Answer<'a> {
    let top = sent.checked_sub(1).and_then(|top| nodes.get(top)).copied().filter(|_| nodes.len() <= LONGEST);
    let keys = question.anchors.keys.iter().copied();
    let found = top.map_or(Ok(Ok(None)), |top| question.checks.find_key(question.chain, top, keys))?;
    let reason = match found {
        Ok(Some(key)) => {
            nodes.truncate(sent);
            return Ok(Ok(Path { nodes, depth: sent - 1, key: Some(key) }));
        }
        Ok(None) => Reason::NoAnchor,
        Err(what) => Reason::Unsupported(what),
    };
    Ok(Err(Refusal { nodes, is_anchored: false, reason }))
}

/// Whether clients look for no issuer of this certificate.
fn is_self_signed(node: Node<'_>) -> bool {
    node.certificate().defect().is_none() && node.certificate().is_self_signed()
}

/// Whether `issuer` may have issued `child`, by names, key identifiers and key types (ossl_x509_likely_issued).
fn fits(child: &Certificate, issuer: &Certificate) -> bool {
    child.names_issuer(issuer)
        && child.defect().is_none()
        && issuer.defect().is_none()
        && child.accepts_issuer(issuer)
        && child.may_be_signed_by(issuer) != Some(false)
        && issuer.has_readable_key()
}

/// Returns the first fitting issuer that is in date, otherwise the fitting issuer that expires last: of the
/// certificates in records, then of those that the server sent.
fn first_issuer<'a>(
    question: &Question<'_, 'a>,
    nodes: &[Node<'a>],
    child: Node<'a>,
) -> Result<Option<Node<'a>>, ChainError> {
    let end_entity = question.end_entity;
    let carried = question.anchors.carried.iter().map(|certificate| Node::Other(certificate));
    let named =
        || child.certificate().issuer_canonical().into_iter().flat_map(|name| question.chain.named(name));
    // The server's own certificate is the first that the server sends, whatever the order of the file.
    let own = named().filter(|member| *member == end_entity);
    let others = named().filter(|member| *member != end_entity);
    let may_repeat = nodes.len() == 1 && child.certificate().is_self_issued();
    let is_new = |issuer: &Node<'a>| may_repeat || !nodes.iter().any(|node| node.is(*issuer));
    best(question, child, carried.chain(own.chain(others).map(Node::Sent)).filter(is_new))
}

/// Returns the issuer in the trust store that OpenSSL chooses.
fn issuer_in_store<'a>(question: &Question<'_, 'a>, child: Node<'a>) -> Result<Option<Node<'a>>, ChainError> {
    let store: &'a [Certificate] = question.store;
    best(question, child, store.iter().map(Node::Other))
}

fn best<'a>(
    question: &Question<'_, 'a>,
    child: Node<'a>,
    candidates: impl Iterator<Item = Node<'a>>,
) -> Result<Option<Node<'a>>, ChainError> {
    let mut latest: Option<Node<'a>> = None;
    for node in candidates {
        question.chain.charge(COMPARISON)?;
        if !fits(child.certificate(), node.certificate()) {
            continue;
        }
        if is_in_date(node.certificate(), question.now) {
            return Ok(Some(node));
        }
        let end = |node: &Node<'_>| node.certificate().validity().not_after;
        if latest.is_none_or(|latest| end(&latest) < end(&node)) {
            latest = Some(node);
        }
    }
    Ok(latest)
}

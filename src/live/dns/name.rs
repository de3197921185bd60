//! Domain names in wire form, lower case: RFC 1034 section 3.1, RFC 4034 section 6.1.

use domain::base::ToName;

use crate::owner::DomainName;

/// An absolute name, lower case; at most 255 octets.
pub(super) type Name = domain::base::Name<Vec<u8>>;

/// `name` in lower case.
pub(super) fn lower(name: &impl ToName) -> Name {
    let name: Name = name.to_name();
    let octets = name.as_slice().to_ascii_lowercase();
    Name::from_octets(octets).unwrap_or(name)
}

/// The number of labels, without the root (as in RFC 4034 section 3.1.3).
pub(super) fn label_count(name: &Name) -> usize {
    name.label_count() - 1
}

/// The ancestor of `name` with `labels` labels; `name` itself if it has no more.
pub(super) fn ancestor(name: &Name, labels: usize) -> Name {
    let skip = label_count(name).saturating_sub(labels);
    name.iter_suffixes().nth(skip).map_or_else(Name::root_vec, |suffix| suffix.to_name())
}

/// The wildcard directly below `name`; `None` if it would be longer than 255 octets.
pub(super) fn wildcard_below(name: &Name) -> Option<Name> {
    Name::from_octets([b"\x01*", name.as_slice()].concat()).ok()
}

/// Whether `name` is a proper descendant of `ancestor`.
pub(super) fn is_below(name: &Name, ancestor: &Name) -> bool {
    name.ends_with(ancestor) && name != ancestor
}

/// The deepest name that is equal to or an ancestor of both.
pub(super) fn common_ancestor(one: &Name, other: &Name) -> Name {
    let mut labels = label_count(one);
    loop {
        let common = ancestor(one, labels);
        if labels == 0 || other.ends_with(&common) {
            return common;
        }
        labels -= 1;
    }
}

/// The target of `name` by a DNAME record from `owner` to `target` (RFC 6672 section 2.2); `None` if it is longer
/// than 255 octets.
pub(super) fn substitute(name: &Name, owner: &Name, target: &Name) -> Option<Name> {
    let prefix = name.as_slice().get(..name.len().checked_sub(owner.len())?)?;
    Name::from_octets([prefix, target.as_slice()].concat()).ok()
}

/// The name as the rest of the program has it.
pub(super) fn domain_name(name: &Name) -> DomainName {
    DomainName::new(&name.to_string())
}

/// The name in a message, without its final dot but for the root.
pub(super) fn text(name: &Name) -> String {
    match label_count(name) {
        0 => ".".to_owned(),
        _ => domain_name(name).as_str().to_owned(),
    }
}

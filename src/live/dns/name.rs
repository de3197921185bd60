//! Domain names in wire form, lower case: RFC 1034 section 3.1, RFC 4034 section 6.1.

use domain::base::ToName;

use crate::owner::DomainName;

/// An absolute name, lower case; at most 255 octets.
pub(super) type Name = domain::base::Name<Vec<u8>>;

/// Converts `name` to lower case.
pub(super) fn lower(name: &impl ToName) -> Name {
    let name: Name = name.to_name();
    let octets = name.as_slice().to_ascii_lowercase();
    Name::from_octets(octets).unwrap_or(name)
}

/// Counts the labels, without the root label (as in RFC 4034 section 3.1.3).
pub(super) fn label_count(name: &Name) -> usize {
    name.label_count() - 1
}

/// Returns the ancestor of `name` that has `labels` labels; `name` itself if `name` has at most `labels` labels.
pub(super) fn ancestor(name: &Name, labels: usize) -> Name {
    let skip = label_count(name).saturating_sub(labels);
    name.iter_suffixes().nth(skip).map_or_else(Name::root_vec, |suffix| suffix.to_name())
}

/// Returns the wildcard directly below `name`; `None` if the wildcard would be longer than 255 octets.
pub(super) fn wildcard_below(name: &Name) -> Option<Name> {
    Name::from_octets([b"\x01*", name.as_slice()].concat()).ok()
}

/// Whether `name` is a proper descendant of `ancestor`.
pub(super) fn is_below(name: &Name, ancestor: &Name) -> bool {
    name.ends_with(ancestor) && name != ancestor
}

/// Returns the longest name that both names end with.
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

/// Applies the DNAME record from `owner` to `target` to `name` (RFC 6672 section 2.2); `None` if the result is longer
/// than 255 octets.
pub(super) fn substitute(name: &Name, owner: &Name, target: &Name) -> Option<Name> {
    let prefix = name.as_slice().get(..name.len().checked_sub(owner.len())?)?;
    Name::from_octets([prefix, target.as_slice()].concat()).ok()
}

/// Converts the name to the type that the rest of the program uses.
pub(super) fn domain_name(name: &Name) -> DomainName {
    DomainName::new(&name.to_string())
}

/// Formats the name for messages, without its final dot; the root is `.`.
pub(super) fn text(name: &Name) -> String {
    match label_count(name) {
        0 => ".".to_owned(),
        _ => domain_name(name).as_str().to_owned(),
    }
}

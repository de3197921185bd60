//! Keeps a few other owners of TLSA records, which show a misspelt owner: a missing final dot, another host or port.

use super::names::Names;
use crate::owner::{DomainName, Owner};

/// The number of names that are kept of each kind.
const KEPT: usize = 8;

/// Owners of TLSA records that no client looks up for the requested owners.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    /// Names that resemble a requested owner.
    near: Vec<DomainName>,
    far: Vec<DomainName>,
}

impl Elsewhere {
    pub(super) fn add(&mut self, names: &Names, owner: DomainName) {
        let kept = match names.is_near(&owner) {
            true => &mut self.near,
            false => &mut self.far,
        };
        if kept.len() < KEPT && !kept.contains(&owner) {
            kept.push(owner);
        }
    }

    /// Returns the names, those that resemble `owner` first.
    pub(super) fn beside(&self, owner: &Owner) -> Vec<&DomainName> {
        let of_owner = Names::of(std::slice::from_ref(owner));
        let mut names: Vec<&DomainName> = self.near.iter().chain(&self.far).collect();
        names.sort_by_key(|name| !of_owner.is_near(name));
        names
    }
}

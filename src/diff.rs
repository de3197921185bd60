//! Compares wanted records with published records, and returns the records to add and to remove.

use std::collections::HashSet;

use crate::records::Published;
use crate::tlsa::Tlsa;

/// One half of the changes: the additions before a deployment, or the removals after the deployment (RFC 7671 section
/// 8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// The records to add.
    Add,
    /// The records to remove.
    Remove,
}

impl Half {
    /// Both halves.
    pub const ALL: [Self; 2] = [Self::Add, Self::Remove];

    /// Returns the name of the half on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
        }
    }
}

/// The changes that turn the published set into the wanted set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes<'a> {
    /// Indices of the wanted records that are not published.
    pub add: Vec<usize>,
    /// The published records that are not wanted.
    pub remove: Vec<&'a Published>,
}

impl Changes<'_> {
    /// Whether there are no changes.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

/// Returns the changes that turn `published` into `wanted`. `only` restricts them to the additions or the removals.
pub fn diff<'a>(wanted: &[&Tlsa], published: &'a [Published], only: Option<Half>) -> Changes<'a> {
    let mut changes = Changes::default();
    if only != Some(Half::Remove) {
        let known: HashSet<&Published> = published.iter().collect();
        let lacking = wanted.iter().enumerate().filter(|(_, tlsa)| !known.contains(&Published::from(**tlsa)));
        changes.add = lacking.map(|(place, _)| place).collect();
    }
    if only != Some(Half::Add) {
        let known: HashSet<Published> = wanted.iter().map(|tlsa| Published::from(*tlsa)).collect();
        changes.remove = published.iter().filter(|record| !known.contains(record)).collect();
    }
    changes
}

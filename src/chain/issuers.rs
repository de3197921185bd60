//! Candidate issuers of each certificate, by name and by key identifier.

use std::collections::HashMap;

use crate::input::Located;

/// The candidate issuers of each certificate.
#[derive(Debug, Default)]
pub(super) struct Issuers {
    /// Groups of certificates with the same subject or the same subject key identifier, each in file order.
    groups: Vec<Vec<usize>>,
    /// For each certificate, two indices in `groups`: the candidate issuers by authority key identifier, and the
    /// candidate issuers by issuer name.
    wanted: Vec<(Option<usize>, Option<usize>)>,
    /// The index in `groups` of the certificates with each subject.
    names: HashMap<Vec<u8>, usize>,
}

impl Issuers {
    pub(super) fn among(certificates: &[Located]) -> Self {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut names: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut key_ids: HashMap<&[u8], usize> = HashMap::new();
        let mut join = |group: usize, index| match groups.get_mut(group) {
            Some(members) => members.push(index),
            None => groups.push(vec![index]),
        };
        let mut count = 0;
        let mut next = || {
            count += 1;
            count - 1
        };
        for (index, Located { certificate, .. }) in certificates.iter().enumerate() {
            if let Some(name) = certificate.subject_canonical() {
                let group = match names.get(name) {
                    Some(group) => *group,
                    None => *names.entry(name.to_vec()).or_insert_with(&mut next),
                };
                join(group, index);
            }
            if let Some(key_id) = certificate.subject_key_id() {
                join(*key_ids.entry(key_id).or_insert_with(&mut next), index);
            }
        }
        let wanted = certificates.iter().map(|Located { certificate, .. }| {
            let key_id = certificate.authority_key_id().and_then(|id| key_ids.get(id));
            let name = certificate.issuer_canonical().and_then(|name| names.get(name));
            (key_id.copied(), name.copied())
        });
        Self { wanted: wanted.collect(), groups, names }
    }

    /// Returns the certificates with the subject `name`, in file order.
    pub(super) fn named(&self, name: &[u8]) -> &[usize] {
        self.names.get(name).and_then(|group| self.groups.get(*group)).map_or(&[], Vec::as_slice)
    }

    /// Returns the candidate issuers of `child` by key identifier and by name; a certificate may be in both lists.
    pub(super) fn of(&self, child: usize) -> (&[usize], &[usize]) {
        let (key_id, name) = self.wanted.get(child).copied().unwrap_or_default();
        let members =
            |group: Option<usize>| group.and_then(|at| self.groups.get(at)).map_or(&[][..], Vec::as_slice);
        (members(key_id), members(name))
    }

    /// Returns for each of the `count` certificates whether its subject is the issuer of another certificate.
    pub(super) fn wanted(&self, count: usize) -> Vec<bool> {
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); self.groups.len()];
        for (child, (_, name)) in self.wanted.iter().enumerate() {
            // Two children are enough: at least one of them is another certificate.
            let group = name.and_then(|name| children.get_mut(name));
            if let Some(children) = group.filter(|children| children.len() < 2) {
                children.push(child);
            }
        }
        let mut is_wanted = vec![false; count];
        for (members, children) in self.groups.iter().zip(children) {
            for member in members {
                if let Some(is_wanted) = is_wanted.get_mut(*member) {
                    *is_wanted |= children.iter().any(|child| child != member);
                }
            }
        }
        is_wanted
    }

    /// Returns for each of the `count` certificates whether it is in `below`, or is a direct or indirect candidate
    /// issuer of a certificate in `below`.
    pub(super) fn above(&self, below: &[usize], count: usize) -> Vec<bool> {
        let mut above = vec![false; count];
        let mut opened = vec![false; self.groups.len()];
        let mut waiting = below.to_vec();
        while let Some(child) = waiting.pop() {
            if above.get(child) != Some(&false) {
                continue;
            }
            above.iter_mut().skip(child).take(1).for_each(|above| *above = true);
            let (key_id, name) = self.wanted.get(child).copied().unwrap_or_default();
            for group in [key_id, name].into_iter().flatten() {
                // Each group is expanded once, so the time is linear even if many certificates have the same name.
                if let Some(opened) = opened.get_mut(group).filter(|opened| !**opened) {
                    *opened = true;
                    waiting.extend(self.groups.get(group).into_iter().flatten());
                }
            }
        }
        above
    }
}

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
}

impl Issuers {
    pub(super) fn among(certificates: &[Located]) -> Self {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut names: HashMap<&[u8], usize> = HashMap::new();
        let mut key_ids: HashMap<&[u8], usize> = HashMap::new();
        for (index, Located { certificate, .. }) in certificates.iter().enumerate() {
            let name = Some((&mut names, certificate.subject_der()));
            let key_id = certificate.subject_key_id().map(|id| (&mut key_ids, id));
            for (known, key) in name.into_iter().chain(key_id) {
                let group = *known.entry(key).or_insert(groups.len());
                match groups.get_mut(group) {
                    Some(members) => members.push(index),
                    None => groups.push(vec![index]),
                }
            }
        }
        let wanted = certificates.iter().map(|Located { certificate, .. }| {
            let key_id = certificate.authority_key_id().and_then(|id| key_ids.get(id));
            (key_id.copied(), names.get(certificate.issuer_der()).copied())
        });
        Self { wanted: wanted.collect(), groups }
    }

    /// Returns the candidate issuers of `child` by key identifier and by name; a certificate may be in both lists.
    pub(super) fn of(&self, child: usize) -> (&[usize], &[usize]) {
        let (key_id, name) = self.wanted.get(child).copied().unwrap_or_default();
        let members =
            |group: Option<usize>| group.and_then(|at| self.groups.get(at)).map_or(&[][..], Vec::as_slice);
        (members(key_id), members(name))
    }

    /// Returns for each of the `count` certificates whether it is a candidate issuer of any certificate for which
    /// `counts` returns true.
    pub(super) fn wanted_by(&self, counts: impl Fn(usize) -> bool, count: usize) -> Vec<bool> {
        let mut wanted = vec![false; self.groups.len()];
        for (child, groups) in self.wanted.iter().enumerate() {
            for group in [groups.0, groups.1].into_iter().flatten().filter(|_| counts(child)) {
                if let Some(wanted) = wanted.get_mut(group) {
                    *wanted = true;
                }
            }
        }
        let mut is_wanted = vec![false; count];
        for (members, _) in self.groups.iter().zip(wanted).filter(|(_, wanted)| *wanted) {
            for member in members {
                if let Some(is_wanted) = is_wanted.get_mut(*member) {
                    *is_wanted = true;
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

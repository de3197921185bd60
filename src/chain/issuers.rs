//! Candidate issuers of each certificate, by name and by key identifier.

use std::collections::HashMap;

use crate::input::Located;
use crate::x509::canonical_name;

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

/// The groups of names: equal octets need no second look, and other forms of a name are compared by canonical form.
#[derive(Default)]
struct Names<'a> {
    /// `None` for a name that cannot be read.
    raw: HashMap<&'a [u8], Option<usize>>,
    canonical: HashMap<Vec<u8>, usize>,
}

impl<'a> Names<'a> {
    /// Returns the group of the subject with the DER `name`; `next` numbers a new one. `None` if it cannot be read.
    fn group_of_subject(&mut self, name: &'a [u8], next: &mut impl FnMut() -> usize) -> Option<usize> {
        let canonical = &mut self.canonical;
        let group = || Some(*canonical.entry(canonical_name(name)?).or_insert_with(next));
        *self.raw.entry(name).or_insert_with(group)
    }

    /// Returns the group of the subjects that equal the issuer with the DER `name`.
    fn group_of_issuer(&mut self, name: &'a [u8]) -> Option<usize> {
        let canonical = &self.canonical;
        let group = || canonical.get(&canonical_name(name)?).copied();
        *self.raw.entry(name).or_insert_with(group)
    }
}

impl Issuers {
    pub(super) fn among(certificates: &[Located]) -> Self {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut names = Names::default();
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
            if let Some(group) = names.group_of_subject(certificate.subject_der(), &mut next) {
                join(group, index);
            }
            if let Some(key_id) = certificate.subject_key_id() {
                join(*key_ids.entry(key_id).or_insert_with(&mut next), index);
            }
        }
        let wanted = certificates.iter().map(|Located { certificate, .. }| {
            let key_id = certificate.authority_key_id().and_then(|id| key_ids.get(id));
            (key_id.copied(), names.group_of_issuer(certificate.issuer_der()))
        });
        Self { wanted: wanted.collect(), groups, names: names.canonical }
    }

    /// Whether the subject of the certificate is its issuer too.
    pub(super) fn is_self_issued(&self, index: usize) -> bool {
        self.of(index).1.binary_search(&index).is_ok()
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

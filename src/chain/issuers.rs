//! Candidate issuers of each certificate, by name and by key identifier.

use std::collections::HashMap;

use crate::input::Located;
use crate::x509::canonical_name;

/// The candidate issuers of each certificate.
#[derive(Debug, Default)]
pub(super) struct Issuers {
    /// The certificates with each subject.
    by_name: Groups,
    /// The certificates with each subject key identifier.
    by_key_id: Groups,
    /// For each certificate, the groups of its candidate issuers by authority key identifier and by issuer name.
    wanted: Vec<(Option<usize>, Option<usize>)>,
    /// The number of each name.
    names: HashMap<Vec<u8>, usize>,
}

/// The certificates of each group, in file order.
#[derive(Debug, Default)]
struct Groups {
    /// The place of each group's first certificate in `members`, then the length of `members`.
    starts: Vec<usize>,
    members: Vec<usize>,
}

impl Groups {
    /// Makes `count` groups; `groups` contains the group of each certificate.
    fn new(groups: &[Option<usize>], count: usize) -> Self {
        let mut starts = vec![0; count + 1];
        for group in groups.iter().flatten() {
            starts.iter_mut().skip(*group + 1).take(1).for_each(|size| *size += 1);
        }
        starts.iter_mut().fold(0, |end, size| {
            *size += end;
            *size
        });
        let mut free = starts.clone();
        let mut members = vec![0; starts.last().copied().unwrap_or_default()];
        for (index, group) in groups.iter().enumerate() {
            let Some(free) = group.and_then(|group| free.get_mut(group)) else { continue };
            members.iter_mut().skip(*free).take(1).for_each(|member| *member = index);
            *free += 1;
        }
        Self { starts, members }
    }

    fn get(&self, group: usize) -> &[usize] {
        match self.starts.get(group..group + 2) {
            Some([start, end]) => self.members.get(*start..*end).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// The numbers of names: equal octets need no second look, and other forms of a name are compared by canonical form.
#[derive(Default)]
struct Names<'a> {
    /// `None` for a name that cannot be read.
    raw: HashMap<&'a [u8], Option<usize>>,
    canonical: HashMap<Vec<u8>, usize>,
}

impl<'a> Names<'a> {
    /// Returns the number of the name with the DER `name`; `None` if it cannot be read.
    fn number(&mut self, name: &'a [u8]) -> Option<usize> {
        let canonical = &mut self.canonical;
        let new = canonical.len();
        let number = || Some(*canonical.entry(canonical_name(name)?).or_insert(new));
        *self.raw.entry(name).or_insert_with(number)
    }
}

/// Returns `number()`, or the last result if `octets` are the same as last time: most certificates of a file have the
/// issuer of the one before.
fn again<'a, T: Copy>(last: &mut Option<(&'a [u8], T)>, octets: &'a [u8], number: impl FnOnce() -> T) -> T {
    match last {
        Some((known, number)) if *known == octets => *number,
        _ => last.insert((octets, number())).1,
    }
}

impl Issuers {
    pub(super) fn among<'a>(certificates: impl ExactSizeIterator<Item = &'a Located>) -> Self {
        let mut names = Names::default();
        let mut key_ids: HashMap<&[u8], usize> = HashMap::new();
        let mut number_of_key_id = |id| {
            let new = key_ids.len();
            *key_ids.entry(id).or_insert(new)
        };
        let mut with_name = Vec::with_capacity(certificates.len());
        let mut with_key_id = Vec::with_capacity(certificates.len());
        let mut wanted = Vec::with_capacity(certificates.len());
        let (mut last_subject, mut last_issuer, mut last_key_id) = (None, None, None);
        // One loop, because each certificate is no longer in the processor's cache when the loop has reached its end.
        for Located { certificate, .. } in certificates {
            let (subject, issuer) = (certificate.subject_der(), certificate.issuer_der());
            with_name.push(again(&mut last_subject, subject, || names.number(subject)));
            with_key_id.push(certificate.subject_key_id().map(&mut number_of_key_id));
            let key_id = certificate.authority_key_id();
            let key_id = key_id.map(|id| again(&mut last_key_id, id, || number_of_key_id(id)));
            wanted.push((key_id, again(&mut last_issuer, issuer, || names.number(issuer))));
        }
        Self {
            by_name: Groups::new(&with_name, names.canonical.len()),
            by_key_id: Groups::new(&with_key_id, key_ids.len()),
            wanted,
            names: names.canonical,
        }
    }

    /// Whether the subject of the certificate is its issuer too.
    pub(super) fn is_self_issued(&self, index: usize) -> bool {
        self.of(index).1.binary_search(&index).is_ok()
    }

    /// Returns the certificates with the subject `name`, in file order.
    pub(super) fn named(&self, name: &[u8]) -> &[usize] {
        self.names.get(name).map_or(&[], |number| self.by_name.get(*number))
    }

    /// Returns the candidate issuers of `child` by key identifier and by name; a certificate may be in both lists.
    pub(super) fn of(&self, child: usize) -> (&[usize], &[usize]) {
        let (key_id, name) = self.wanted.get(child).copied().unwrap_or_default();
        let by_key_id = key_id.map_or(&[][..], |key_id| self.by_key_id.get(key_id));
        (by_key_id, name.map_or(&[], |name| self.by_name.get(name)))
    }

    /// Returns for each certificate whether its subject is the issuer of another certificate.
    pub(super) fn wanted(&self) -> Vec<bool> {
        // One child may be the certificate itself; of two, at least one is another.
        let mut children: Vec<(Option<usize>, bool)> = vec![(None, false); self.by_name.starts.len()];
        for (child, (_, name)) in self.wanted.iter().enumerate() {
            match name.and_then(|name| children.get_mut(name)) {
                Some((Some(_), has_more)) => *has_more = true,
                Some((first, _)) => *first = Some(child),
                None => {}
            }
        }
        let mut is_wanted = vec![false; self.wanted.len()];
        for (group, (first, has_more)) in children.into_iter().enumerate() {
            for member in self.by_name.get(group) {
                if let Some(is_wanted) = is_wanted.get_mut(*member) {
                    *is_wanted = has_more || first.is_some_and(|child| child != *member);
                }
            }
        }
        is_wanted
    }

    /// Returns for each certificate whether it is in `below`, or is a direct or indirect candidate issuer of a
    /// certificate in `below`.
    pub(super) fn above(&self, below: impl Iterator<Item = usize>) -> Vec<bool> {
        let mut above = vec![false; self.wanted.len()];
        let [mut opened_key_ids, mut opened_names] =
            [&self.by_key_id, &self.by_name].map(|groups| vec![false; groups.starts.len()]);
        let mut waiting: Vec<usize> = below.collect();
        while let Some(child) = waiting.pop() {
            if above.get(child) != Some(&false) {
                continue;
            }
            above.iter_mut().skip(child).take(1).for_each(|above| *above = true);
            let (key_id, name) = self.wanted.get(child).copied().unwrap_or_default();
            let both =
                [(key_id, &mut opened_key_ids, &self.by_key_id), (name, &mut opened_names, &self.by_name)];
            for (group, opened, groups) in both {
                // Each group is expanded once, so the time is linear even if many certificates have the same name.
                let Some(group) = group else { continue };
                if let Some(opened) = opened.get_mut(group).filter(|opened| !**opened) {
                    *opened = true;
                    waiting.extend(groups.get(group));
                }
            }
        }
        above
    }
}

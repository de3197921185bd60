//! The octets of a certificate, in a buffer that the certificates of a file share, and the places of its parts.

use std::ops::Range;
use std::sync::Arc;

#[derive(Clone)]
pub(super) struct Octets {
    all: Arc<Vec<u8>>,
    range: Range<usize>,
}

impl Octets {
    /// The octets in `range` of `all`.
    pub(super) fn new(all: &Arc<Vec<u8>>, range: Range<usize>) -> Self {
        Self { all: Arc::clone(all), range }
    }

    /// The octets of a buffer of its own.
    pub(super) fn alone(octets: Vec<u8>) -> Self {
        let range = 0..octets.len();
        Self { all: Arc::new(octets), range }
    }

    pub(super) fn get(&self) -> &[u8] {
        self.all.get(self.range.clone()).unwrap_or_default()
    }

    /// Keeps the first `length` octets.
    pub(super) fn truncate(&mut self, length: usize) {
        self.range.end = self.range.end.min(self.range.start + length);
    }
}

/// The place of a part in a certificate, which is shorter than 4 GiB: half the memory of a `Range<usize>`.
#[derive(Clone, Copy)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Returns the octets of the part; `der` is the certificate.
    pub(super) fn get(self, der: &[u8]) -> &[u8] {
        let at = |place| usize::try_from(place).unwrap_or(usize::MAX);
        der.get(at(self.start)..at(self.end)).unwrap_or_default()
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        let place = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: place(range.start), end: place(range.end) }
    }
}

//! The octets of a certificate, in a buffer that the certificates of a file share.

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

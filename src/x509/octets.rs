//! The octets of a certificate, in a buffer that the certificates of a file share, and the places of its parts.

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// The DER of several certificates, which have no octets until the buffer is complete.
#[derive(Debug, Clone, Default)]
pub struct SharedDer(Arc<OnceLock<Vec<u8>>>);

impl SharedDer {
    /// Sets the octets; only the first call has an effect.
    pub fn complete(&self, octets: Vec<u8>) {
        let _ = self.0.set(octets);
    }
}

/// The place of a certificate in a buffer.
#[derive(Clone)]
pub(super) struct Octets {
    all: SharedDer,
    range: Range<usize>,
}

impl Octets {
    /// The octets in `range` of `all`.
    pub(super) fn new(all: &SharedDer, range: Range<usize>) -> Self {
        Self { all: all.clone(), range }
    }

    /// The octets of a buffer of its own.
    pub(super) fn alone(octets: Vec<u8>) -> Self {
        let range = 0..octets.len();
        let all = SharedDer::default();
        all.complete(octets);
        Self { all, range }
    }

    pub(super) fn get(&self) -> &[u8] {
        self.all.0.get().and_then(|all| all.get(self.range.clone())).unwrap_or_default()
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
    /// Not 0, because each part comes after the header of the certificate: an `Option<Span>` takes no more memory.
    end: NonZeroU32,
}

impl Span {
    /// Returns the octets of the part; `der` is the certificate.
    pub(super) fn get(self, der: &[u8]) -> &[u8] {
        let at = |place| usize::try_from(place).unwrap_or(usize::MAX);
        der.get(at(self.start)..at(self.end.get())).unwrap_or_default()
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        let place = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: place(range.start), end: NonZeroU32::new(place(range.end)).unwrap_or(NonZeroU32::MAX) }
    }
}

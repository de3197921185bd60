//! x
pub(crate) fn describe() {}

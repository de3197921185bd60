//! A limit on the work of one run of the program, so that a hostile file cannot keep it busy.

use std::cell::Cell;
use std::rc::Rc;

use super::ChainError;

/// The work that a run may still do, in units of about one microsecond of a current processor. Counting work instead of
/// time gives the same result on every machine. Clones share what is left.
#[derive(Debug, Clone)]
pub struct Budget(Rc<Cell<usize>>);

/// The work of about two seconds.
const UNITS: usize = 2_000_000;

/// The part of the first check of each certificate that is free: more than a check with any usual key.
pub(super) const FREE: usize = 1500;

impl Default for Budget {
    fn default() -> Self {
        Self(Rc::new(Cell::new(UNITS)))
    }
}

impl Budget {
    /// Takes `units` from the budget.
    ///
    /// Errors: the budget does not suffice.
    pub(super) fn take(&self, units: usize) -> Result<(), ChainError> {
        match self.0.get().checked_sub(units) {
            Some(left) => {
                self.0.set(left);
                Ok(())
            }
            None => {
                // Whatever is asked next must not give an answer from half a search.
                self.0.set(0);
                Err(ChainError::TooManyPaths)
            }
        }
    }
}

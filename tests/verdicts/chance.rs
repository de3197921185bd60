//! Choices by chance, the same for the same seed.

use crate::numbers::Numbers;

pub(crate) trait Choices {
    fn pick<T: Copy>(&mut self, among: &[T]) -> T;
    fn one_in(&mut self, odds: usize) -> bool;
    fn shuffle<T>(&mut self, items: &mut [T]);
}

impl Choices for Numbers {
    fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.below(among.len())]
    }

    fn one_in(&mut self, odds: usize) -> bool {
        self.below(odds) == 0
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            items.swap(last, other);
        }
    }
}

/// A generator for this seed: neighbouring seeds would start alike without the multiplication.
pub(crate) fn numbers_of(seed: u64) -> Numbers {
    let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for _ in 0..8 {
        numbers.next();
    }
    numbers
}

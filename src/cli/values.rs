//! Option values that are one of a fixed set of words.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::diff::Half;
#[cfg(feature = "live")]
use crate::hooks::Hook;
#[cfg(feature = "live")]
use crate::live::starttls::Protocol;
use crate::owner::Transport;
use crate::render::{ChangesFormat, Format, ReportFormat};

/// Implements `ValueEnum` with the constant `ALL` and the method `name` of the type.
macro_rules! words {
    ($type:ty) => {
        impl ValueEnum for $type {
            fn value_variants<'a>() -> &'a [Self] {
                &Self::ALL
            }

            fn to_possible_value(&self) -> Option<PossibleValue> {
                Some(PossibleValue::new(self.name()))
            }
        }
    };
}

words!(Format);
words!(ReportFormat);
words!(ChangesFormat);
words!(Transport);
words!(Half);
#[cfg(feature = "live")]
words!(Protocol);
#[cfg(feature = "live")]
words!(Hook);

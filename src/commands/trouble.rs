//! An error for the user: what is wrong, in which file, its code, and a hint.

use crate::diagnostic::{Advise, Code};
use crate::text;

/// An error with its code and hint, if any. Only errors that implement [`Advise`] convert to [`Trouble`], so no code
/// or hint is lost.
#[derive(Debug)]
pub(super) struct Trouble {
    error: anyhow::Error,
    code: Option<Code>,
    hint: Option<String>,
}

impl<E: Advise + Send + Sync + 'static> From<E> for Trouble {
    fn from(error: E) -> Self {
        let (code, hint) = (error.code(), error.hint());
        Self { error: error.into(), code, hint }
    }
}

impl Trouble {
    /// Replaces the hint.
    pub(super) fn with_hint(self, hint: &str) -> Self {
        Self { hint: Some(hint.to_owned()), ..self }
    }

    /// Returns the error line, then the hint line.
    pub(super) fn lines(&self) -> Vec<String> {
        let code = self.code.map(|code| format!("[{code}]")).unwrap_or_default();
        let mut lines = vec![format!("error{code}: {:#}", self.error)];
        lines.extend(self.hint.as_ref().map(|hint| format!("hint: {hint}")));
        lines
    }
}

/// Adds the name of a file to an error.
pub(super) trait InFile<T> {
    /// Returns the same result, with the name of the file before the error message.
    fn in_file(self, file: &str) -> Result<T, Trouble>;
}

impl<T, E: Advise + Send + Sync + 'static> InFile<T> for Result<T, E> {
    fn in_file(self, file: &str) -> Result<T, Trouble> {
        self.map_err(|error| {
            let Trouble { error, code, hint } = error.into();
            Trouble { error: error.context(text::file_name(file)), code, hint }
        })
    }
}

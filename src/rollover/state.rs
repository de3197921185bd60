//! The contents of the state file.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Clock, Jump, Memory, Reading};
use crate::diagnostic::Advise;

/// What a machine remembers between calls. Contains no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    version: u32,
    /// Whose state this is.
    #[serde(flatten)]
    identity: Identity,
    /// The time that has certainly passed.
    pub clock: Clock,
    /// What the machine published, and what caches may hold.
    pub memory: Memory,
}

/// The machine and the services that a state belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// A digest of the machine's identifier; `None` if the machine has none.
    pub machine: Option<String>,
    /// The owner names of the services, sorted.
    pub owners: Vec<String>,
}

/// The version of the format.
const VERSION: u32 = 1;

/// Why a state cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateError {
    /// Not a JSON object, so rather another file, which may be a private key.
    Foreign,
    /// A damaged state; contains the reason.
    Unreadable(String),
    /// The text of another version of this program.
    Version(u32),
    /// The state of another machine.
    Machine,
    /// The state of more services: these too.
    Owners(Vec<String>),
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => f.write_str("this is not the state of a rollover"),
            Self::Unreadable(reason) => write!(f, "the state cannot be read: {reason}"),
            Self::Version(version) => {
                write!(f, "the state has version {version}; this program reads {VERSION}")
            }
            Self::Machine => f.write_str("the state belongs to another machine"),
            Self::Owners(owners) => write!(f, "the state also belongs to {}", owners.join(" ")),
        }
    }
}

impl std::error::Error for StateError {}

impl Advise for StateError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Foreign => {
                "give --state a file of its own, such as /var/lib/tlsagen/state.json; delete this one only if it is a damaged state"
            }
            Self::Owners(_) => {
                "name it too, or delete the state to start anew and remove its records by hand when no client needs them"
            }
            _ => "delete it to start anew: nothing is retired then, and every wait starts again",
        };
        Some(hint.to_owned())
    }
}

impl State {
    /// Reads the state of `identity`, or begins one if `text` is empty; advances its clock to `reading`. Also returns
    /// the jump of the wall clock, if there was one.
    ///
    /// Errors: see [`StateError`].
    pub fn read(
        text: &str,
        identity: Identity,
        reading: Reading,
    ) -> Result<(Self, Option<Jump>), StateError> {
        if text.trim().is_empty() {
            let clock = Clock::new(reading);
            return Ok((Self { version: VERSION, identity, clock, memory: Memory::default() }, None));
        }
        if !text.trim_start().starts_with('{') {
            return Err(StateError::Foreign);
        }
        let damaged = |error: serde_json::Error| {
            StateError::Unreadable(format!("damaged at line {} column {}", error.line(), error.column()))
        };
        let mut state: Self = serde_json::from_str(text).map_err(damaged)?;
        match () {
            () if state.version != VERSION => return Err(StateError::Version(state.version)),
            () if i64::try_from(state.clock.seconds).is_err() => {
                return Err(StateError::Unreadable("its clock is out of range".to_owned()));
            }
            () if state.identity.machine != identity.machine => return Err(StateError::Machine),
            () => {}
        }
        // A service that joins has no memory yet, so that it waits like one with a new state.
        let is_named = |owner: &String| identity.owners.contains(owner);
        let left: Vec<String> =
            state.identity.owners.iter().filter(|owner| !is_named(owner)).cloned().collect();
        if !left.is_empty() {
            return Err(StateError::Owners(left));
        }
        state.identity = identity;
        let jump = state.clock.advance(reading);
        Ok((state, jump))
    }

    /// The state as text.
    pub fn to_text(&self) -> String {
        // The conversion cannot fail: the state contains only strings, numbers and maps with string keys.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

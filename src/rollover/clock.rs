//! Counts the time that has certainly passed between calls.
//!
//! A wait must not be shortened by a wall clock that jumps. Within one boot, the uptime counts. Across a reboot, the
//! smaller of the uptime and the change of the wall clock counts: both start after the last call.

use serde::{Deserialize, Serialize};

/// The clocks of the machine at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The wall clock, in seconds since 1970.
    pub wall: i64,
    /// The identifier of the boot.
    pub boot: String,
    /// The seconds since the boot.
    pub uptime: u64,
}

/// The time that has certainly passed since the state was created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The time in seconds.
    pub seconds: u64,
    /// The last reading.
    pub last: Reading,
}

/// A wall clock that does not agree with the uptime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jump {
    /// How many seconds the wall clock moved more (or less, if negative) than the uptime.
    pub seconds: i64,
}

/// The difference in seconds below which a wall clock has not jumped: corrections by NTP and leap seconds.
const TOLERANCE: i64 = 60;

impl Clock {
    /// Starts to count at `reading`.
    pub fn new(reading: Reading) -> Self {
        Self { seconds: 0, last: reading }
    }

    /// Advances to `reading`. Returns the jump of the wall clock since the last reading, if there was one.
    pub fn advance(&mut self, reading: Reading) -> Option<Jump> {
        let wall = reading.wall.saturating_sub(self.last.wall);
        let is_same_boot = reading.boot == self.last.boot;
        // A virtual machine that goes back to a snapshot has a smaller uptime in the same boot: nothing is certain then.
        let passed = match is_same_boot {
            true => reading.uptime.saturating_sub(self.last.uptime),
            false => reading.uptime.min(u64::try_from(wall).unwrap_or(0)),
        };
        self.seconds = self.seconds.saturating_add(passed);
        self.last = reading;
        let surplus = wall.saturating_sub(i64::try_from(passed).unwrap_or(i64::MAX));
        let is_jump = match is_same_boot {
            true => surplus.abs() > TOLERANCE,
            false => wall < -TOLERANCE,
        };
        is_jump.then_some(Jump { seconds: surplus })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(boot: &str, wall: i64, uptime: u64) -> Reading {
        Reading { wall, boot: boot.to_owned(), uptime }
    }

    #[test]
    fn within_one_boot_the_uptime_counts() {
        let mut clock = Clock::new(at("a", 1_000_000, 100));
        assert_eq!(clock.advance(at("a", 1_003_600, 3_700)), None);
        assert_eq!(clock.seconds, 3_600);
        assert_eq!(clock.advance(at("a", 9_003_660, 3_760)), Some(Jump { seconds: 8_000_000 }));
        assert_eq!(clock.advance(at("a", 1_000_000, 3_820)), Some(Jump { seconds: -8_003_720 }));
        assert_eq!(clock.seconds, 3_720);
        clock.advance(at("a", 1_000_060, 50));
        assert_eq!(clock.seconds, 3_720);
    }

    #[test]
    fn across_a_reboot_both_clocks_must_agree() {
        let mut clock = Clock::new(at("a", 1_000_000, 900_000));
        assert_eq!(clock.advance(at("b", 1_003_600, 600)), None);
        assert_eq!(clock.seconds, 600);
        // The state was moved to a machine that has been running for a long time.
        assert_eq!(clock.advance(at("c", 1_003_700, 5_000_000)), None);
        assert_eq!(clock.seconds, 700);
        // The wall clock was wrong before the reboot, or is wrong now.
        assert_eq!(clock.advance(at("d", 903_700, 80)), Some(Jump { seconds: -100_000 }));
        assert_eq!(clock.seconds, 700);
        assert_eq!(clock.advance(at("e", 9_003_700, 80)), None);
        assert_eq!(clock.seconds, 780);
    }
}

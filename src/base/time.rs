//! Simulated time: microseconds since the start, in whole numbers, so that it
//! is exact and the same everywhere.

use std::fmt;
use std::ops::{Add, Sub};

/// A length of simulated time in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimDuration(u64);

/// An instant of simulated time: microseconds since the start of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimTime(u64);

impl SimDuration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A duration of `us` microseconds.
    #[must_use]
    pub const fn from_micros(us: u64) -> Self {
        Self(us)
    }

    /// A duration of `ms` milliseconds.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms * 1_000)
    }

    /// A duration of `s` seconds.
    #[must_use]
    pub const fn from_secs(s: u64) -> Self {
        Self(s * 1_000_000)
    }

    /// The duration nearest to `s` seconds; negative values become zero and
    /// huge ones saturate.
    #[must_use]
    pub fn from_secs_f64(s: f64) -> Self {
        // A float-to-integer cast saturates, and rounds toward zero: exact everywhere.
        Self((s * 1e6 + 0.5) as u64)
    }

    /// Whole microseconds.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Seconds.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Milliseconds.
    #[must_use]
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e3
    }
}

impl SimTime {
    /// The start of the run.
    pub const ZERO: Self = Self(0);
    /// Later than every event.
    pub const NEVER: Self = Self(u64::MAX);

    /// The instant `us` microseconds after the start.
    #[must_use]
    pub const fn from_micros(us: u64) -> Self {
        Self(us)
    }

    /// The instant `s` seconds after the start.
    #[must_use]
    pub const fn from_secs(s: u64) -> Self {
        Self(s * 1_000_000)
    }

    /// Microseconds since the start.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Seconds since the start.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Time since `earlier`, zero if that is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }
}

impl Add<SimDuration> for SimTime {
    type Output = Self;
    fn add(self, rhs: SimDuration) -> Self {
        Self(self.0.saturating_add(rhs.0))
    }
}

impl Add for SimDuration {
    type Output = Self;
    fn add(self, rhs: Self) -> Self {
        Self(self.0.saturating_add(rhs.0))
    }
}

impl Sub for SimDuration {
    type Output = Self;
    fn sub(self, rhs: Self) -> Self {
        Self(self.0.saturating_sub(rhs.0))
    }
}

impl fmt::Display for SimDuration {
    /// The largest unit that gives a whole number: `4h`, `90s`, `1500us`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 6] = [
            (86_400_000_000, "d"),
            (3_600_000_000, "h"),
            (60_000_000, "min"),
            (1_000_000, "s"),
            (1_000, "ms"),
            (1, "us"),
        ];
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let (size, unit) =
            UNITS.into_iter().find(|(size, _)| self.0.is_multiple_of(*size)).unwrap_or((1, "us"));
        write!(f, "{}{unit}", self.0 / size)
    }
}

/// A compact instant for per-contact and per-bucket bookkeeping: 32 bits that
/// count ticks of 2^16 µs (65.5 ms), from 12 days before the start to 8.9
/// years after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(u32);

impl Stamp {
    const SHIFT: u32 = 16;
    const START: u64 = 1 << 24;

    /// The tick that contains `time`; saturates at the last one.
    #[inline]
    #[must_use]
    pub const fn at(time: SimTime) -> Self {
        Self::before(time, SimDuration::ZERO)
    }

    /// The tick that contains the instant `age` before `time`, which may lie
    /// before the start.
    #[inline]
    #[must_use]
    pub const fn before(time: SimTime, age: SimDuration) -> Self {
        let start = Self::START << Self::SHIFT;
        let ticks = time.0.saturating_add(start).saturating_sub(age.0) >> Self::SHIFT;
        Self(if ticks > u32::MAX as u64 { u32::MAX } else { ticks as u32 })
    }

    /// `duration` after the start of this tick; before the start of the run
    /// counts as its start.
    #[inline]
    #[must_use]
    pub const fn plus(self, duration: SimDuration) -> SimTime {
        let start = Self::START << Self::SHIFT;
        SimTime((((self.0 as u64) << Self::SHIFT) + duration.0).saturating_sub(start))
    }

    /// As 32 bits, for packed records.
    #[inline]
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0
    }

    /// From [`Self::to_bits`].
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Time from this tick's start to `now`.
    #[inline]
    #[must_use]
    pub const fn age(self, now: SimTime) -> SimDuration {
        let start = Self::START << Self::SHIFT;
        SimDuration((now.0 + start).saturating_sub((self.0 as u64) << Self::SHIFT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_the_largest_whole_unit() {
        assert_eq!(SimDuration::from_secs(14_400).to_string(), "4h");
        assert_eq!(SimDuration::from_secs(90).to_string(), "90s");
        assert_eq!(SimDuration::from_micros(1_500).to_string(), "1500us");
        assert_eq!(SimDuration::ZERO.to_string(), "0s");
    }

    #[test]
    fn seconds_round_to_the_nearest_microsecond() {
        assert_eq!(SimDuration::from_secs_f64(0.000_001_6).as_micros(), 2);
        assert_eq!(SimDuration::from_secs_f64(-1.0), SimDuration::ZERO);
        assert_eq!(SimDuration::from_secs_f64(f64::INFINITY).as_micros(), u64::MAX);
    }

    #[test]
    fn a_stamp_is_the_tick_before() {
        let t = SimTime::from_secs(3_600);
        assert!(Stamp::at(t).age(t) < SimDuration::from_micros(1 << 16));
    }

    #[test]
    fn a_stamp_reaches_before_the_start() {
        let hour = SimDuration::from_secs(3_600);
        let stamp = Stamp::before(SimTime::ZERO, SimDuration::from_secs(600));
        assert!(stamp.age(SimTime::ZERO) >= SimDuration::from_secs(600));
        let due = stamp.plus(hour);
        assert!(due <= SimTime::from_secs(3_000) && due > SimTime::from_secs(2_999));
        assert_eq!(stamp.plus(SimDuration::ZERO), SimTime::ZERO);
    }
}

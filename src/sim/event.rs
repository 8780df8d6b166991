//! What waits in the queue, and the total order in which it comes out.

use std::cmp::Ordering;

use crate::base::time::SimTime;

/// One event: 32 bytes.
///
/// The order is (time, receiver, sender, sender's sequence number): facts of
/// the model, so it never depends on when an event was pushed. Events of one
/// instant for different nodes commute, since each touches one node only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happens, µs.
    pub time_us: u64,
    /// The node that it happens to.
    pub to: u32,
    /// The sender plus one; 0 is the world.
    pub from: u32,
    /// Counts what a sender sends.
    pub seq: u32,
    /// What happens.
    pub kind: EventKind,
    /// A payload, or whatever the kind says.
    pub data: u32,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EventKind {
    /// A message arrives; `data` is its payload.
    Message,
    /// The node asked to be woken.
    Wake,
    /// The node comes up.
    Up,
    /// The node goes down without a word.
    Down,
    /// The node says goodbye and goes down.
    Leave,
    /// The node makes a query; `data` is its place in the list of queries.
    Query,
    /// The node tries to join once more; `data` counts the attempts.
    Bootstrap,
}

const _: () = assert!(size_of::<Event>() == 32);

impl Event {
    /// `from` of what no node causes.
    pub const WORLD: u32 = 0;

    /// When it happens.
    #[must_use]
    pub const fn time(&self) -> SimTime {
        SimTime::from_micros(self.time_us)
    }

    fn rank(&self) -> (u64, u32, u32, u32) {
        (self.time_us, self.to, self.from, self.seq)
    }
}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        self.time_us.cmp(&other.time_us).then_with(|| self.rank().cmp(&other.rank()))
    }
}

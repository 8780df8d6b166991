//! Counts of messages by kind, since the start.

use std::array;
use std::iter::Sum;

use crate::kademlia::Kind;

/// What became of the messages of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Sent.
    pub sent: u64,
    /// Arrived at a live node.
    pub delivered: u64,
    /// Lost on the way.
    pub lost: u64,
    /// Arrived at a node that was down.
    pub to_dead: u64,
    /// Bytes sent.
    pub bytes: u64,
}

/// Counts by kind of message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally([Count; Kind::ALL.len()]);

impl Tally {
    /// The counts of a kind.
    #[must_use]
    pub const fn of(&self, kind: Kind) -> &Count {
        &self.0[kind as usize]
    }

    pub(super) fn of_mut(&mut self, kind: Kind) -> &mut Count {
        &mut self.0[kind as usize]
    }

    /// All kinds together.
    #[must_use]
    pub fn total(&self) -> Count {
        self.0.iter().copied().sum()
    }
}

impl Sum for Count {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |a, b| Self {
            sent: a.sent + b.sent,
            delivered: a.delivered + b.delivered,
            lost: a.lost + b.lost,
            to_dead: a.to_dead + b.to_dead,
            bytes: a.bytes + b.bytes,
        })
    }
}

impl<'a> Sum<&'a Self> for Tally {
    fn sum<I: Iterator<Item = &'a Self>>(tallies: I) -> Self {
        let add = |a: Self, b: &Self| {
            Self(array::from_fn(|kind| [a.0[kind], b.0[kind]].into_iter().sum()))
        };
        tallies.fold(Self::default(), add)
    }
}

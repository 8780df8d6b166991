//! What the simulation shows to collectors. They only watch: nothing that they
//! do reaches a node.

use super::places::Places;
use super::plan::{Change, Plan};
use super::shard::Shard;
use super::tally::Tally;
use crate::base::id::Id;
use crate::base::time::SimTime;
use crate::kademlia::{Contact, End, Node, Purpose};

/// A collector, or a set of them.
pub trait Probe {
    /// A node came up or went down. Comes before everything else of its
    /// instant.
    fn population(&mut self, change: &Change);

    /// A query's lookup ended.
    fn lookup(&mut self, ended: &LookupEnded<'_>);

    /// A sample is due: all earlier events are done, none at or after `at` is.
    fn sample(&mut self, at: SimTime, view: &View<'_>);
}

/// A query's lookup that has ended.
#[derive(Clone, Copy, Debug)]
pub struct LookupEnded<'a> {
    /// When it ended.
    pub at: SimTime,
    /// When it began.
    pub started: SimTime,
    /// Who looked.
    pub origin: u32,
    /// What for.
    pub target: Id,
    /// Why, with the number of the query as its tag.
    pub purpose: Purpose,
    /// How it ended.
    pub end: End,
    /// The closest contacts that answered, the nearest first.
    pub closest: &'a [Contact],
    /// See [`Report::hops`](crate::kademlia::Report::hops).
    pub hops: Option<u8>,
    /// Longest chain of requests.
    pub rounds: u16,
    /// Requests sent.
    pub rpcs: u16,
    /// Requests unanswered in time.
    pub timeouts: u16,
    /// See [`Report::progress`](crate::kademlia::Report::progress).
    pub progress: &'a [u8],
}

/// The whole network at an instant.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Who exists and when.
    pub plan: &'a Plan,
    /// Messages so far.
    pub tally: &'a Tally,
    pub(super) places: &'a Places,
    pub(super) shards: &'a [Shard],
}

impl View<'_> {
    /// A node, up or down.
    #[must_use]
    pub fn node(&self, handle: u32) -> &Node {
        self.shards[self.places.shard(handle)].node(self.places.local(handle))
    }
}

impl std::fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").finish_non_exhaustive()
    }
}

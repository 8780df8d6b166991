//! Everything that is known before the first event: who the nodes are, when
//! they are up, whom they join through, and what is asked when.
//!
//! The plan is the exogenous world. It depends on the seed and on what the
//! scenario says about nodes, churn, workload and faults; of the protocol it
//! sees only the length of ids. So runs that differ in a protocol parameter
//! face the same world, and adding a query stream or a fault leaves every other
//! draw where it was.
//!
//! Handles number the nodes: first those of the join waves in order, then those
//! of a trace, then every node that first appears later (a stationary process's
//! arrivals, and under `new-id` every return) by the time it does. Nodes that
//! never appear within the run get no handle, but for those of waves and trace.

mod ids;
mod lineages;
mod queries;
mod roster;

use crate::base::id::Id;
use crate::base::rng::{Key, Purpose, scale};
use crate::base::time::SimTime;
use crate::sim::spec::{Bootstrap, Query, QueryKind, Spec};

pub use queries::QueryStream;

/// Tries of a rejection sampler before it falls back to a scan.
const TRIES: u64 = 256;

/// How a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Departure {
    /// Without a word.
    Silent,
    /// The node says goodbye.
    Graceful,
    /// A fault: without a word, and for good.
    Crash,
}

/// A time that a node is up: `start <= t < end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// When the node comes up, before the end of the run.
    pub start: SimTime,
    /// When it goes down; [`SimTime::NEVER`] if the run ends before that.
    pub end: SimTime,
    /// How it goes down.
    pub how: Departure,
}

/// A node comes up or goes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// When.
    pub at: SimTime,
    /// Who.
    pub node: u32,
    /// Which of the two.
    pub kind: ChangeKind,
}

/// What happens to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It goes down.
    Down(Departure),
    /// It comes up and joins.
    Up,
}

/// One query of the workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedQuery {
    /// Number among all planned queries in the order of time; queries that found
    /// no live origin or target keep theirs.
    pub index: u64,
    /// When.
    pub at: SimTime,
    /// Who asks.
    pub origin: u32,
    /// What it does.
    pub kind: QueryKind,
    /// For which id.
    pub target: Id,
}

/// The exogenous world of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    ids: Vec<Id>,
    /// All sessions, by handle, then time.
    sessions: Vec<Session>,
    /// Where each handle's sessions begin, and the end of the last's.
    offsets: Vec<u32>,
    /// Handles by when they first come up. Live nodes are drawn from the part of
    /// it that has appeared, which keeps rejection cheap while a network grows.
    appearance: Vec<u32>,
    /// When they do, fault or no fault.
    appeared_at: Vec<SimTime>,
    bootstrap: Vec<Bootstrap>,
    unplaced: usize,
    queries: Vec<Query>,
    seed: u64,
    id_bits: u32,
    end: SimTime,
}

impl Plan {
    /// Plans the world of `spec`.
    #[must_use]
    pub fn new(spec: &Spec) -> Self {
        let roster = roster::Roster::new(spec);
        Self {
            ids: roster.ids,
            sessions: roster.sessions,
            offsets: roster.offsets,
            appearance: roster.appearance,
            appeared_at: roster.appeared_at,
            bootstrap: roster.bootstrap,
            unplaced: roster.unplaced,
            queries: spec.queries.clone(),
            seed: spec.seed,
            id_bits: spec.protocol.id_bits,
            end: SimTime::ZERO + spec.duration,
        }
    }

    /// The id of every handle; all are distinct.
    #[must_use]
    pub fn ids(&self) -> &[Id] {
        &self.ids
    }

    /// Nodes left out because all ids of this length are taken.
    #[must_use]
    pub fn unplaced(&self) -> usize {
        self.unplaced
    }

    /// When a node is up, in the order of time. Sessions of a node neither
    /// overlap nor touch: at least 1 µs lies between them.
    #[must_use]
    pub fn sessions(&self, node: u32) -> &[Session] {
        let node = node as usize;
        &self.sessions[self.offsets[node] as usize..self.offsets[node + 1] as usize]
    }

    /// Whether a node is up at an instant.
    #[must_use]
    pub fn is_live(&self, node: u32, at: SimTime) -> bool {
        self.session_at(node, at).is_some()
    }

    /// Nodes up when the run begins, ascending: those that have tables if it
    /// starts with perfect ones.
    #[must_use]
    pub fn initial(&self) -> Vec<u32> {
        (0..self.ids.len() as u32).filter(|&node| self.is_live(node, SimTime::ZERO)).collect()
    }

    /// All comings and goings within the run, by time, then node.
    #[must_use]
    pub fn timeline(&self) -> Vec<Change> {
        let mut changes = Vec::with_capacity(2 * self.sessions.len());
        for node in 0..self.ids.len() as u32 {
            for session in self.sessions(node) {
                changes.push(Change { at: session.start, node, kind: ChangeKind::Up });
                if session.end != SimTime::NEVER {
                    let kind = ChangeKind::Down(session.how);
                    changes.push(Change { at: session.end, node, kind });
                }
            }
        }
        changes.sort_unstable();
        changes
    }

    /// A uniformly random node that is up at `at`, other than `exclude`. Takes
    /// draws `0..=256` of `entity`.
    #[must_use]
    pub fn random_live(
        &self,
        at: SimTime,
        key: Key,
        entity: u64,
        exclude: Option<u32>,
    ) -> Option<u32> {
        let eligible = |node| Some(node) != exclude && self.is_live(node, at);
        pick(self.appeared_by(at), eligible, |try_| key.draw(entity, try_))
    }

    /// Whom `node`, up since or at `at`, joins through in its attempt number
    /// `attempt`: a node that came up before it (or, at the same instant, has a
    /// lower handle) and is still up. `None`: there is nobody, it founds the
    /// network.
    #[must_use]
    pub fn bootstrap(&self, node: u32, at: SimTime, attempt: u32) -> Option<u32> {
        let before = |other| {
            other != node
                && self
                    .session_at(other, at)
                    .is_some_and(|session| session.start < at || other < node)
        };
        let appeared = self.appeared_by(at);
        match self.bootstrap[node as usize] {
            Bootstrap::First => appeared.iter().copied().find(|&other| before(other)),
            Bootstrap::Random => {
                let key = Key::new(self.seed, Purpose::Bootstrap);
                let since = self.session_at(node, at).map_or(at, |session| session.start);
                // A return is a new occasion: its instant keeps it apart.
                let occasion = key.draw(since.as_micros(), u64::from(attempt) | 1 << 32);
                pick(appeared, before, |try_| key.draw(u64::from(node) ^ occasion, try_))
            }
        }
    }

    /// The workload in the order of time, made as it is read.
    #[must_use]
    pub fn queries(&self) -> QueryStream<'_> {
        QueryStream::new(self)
    }

    fn session_at(&self, node: u32, at: SimTime) -> Option<&Session> {
        let sessions = self.sessions(node);
        let started = sessions.partition_point(|session| session.start <= at);
        sessions[..started].last().filter(|session| at < session.end)
    }

    /// Handles whose first session has begun by `at`.
    fn appeared_by(&self, at: SimTime) -> &[u32] {
        let count = self.appeared_at.partition_point(|&start| start <= at);
        &self.appearance[..count]
    }
}

/// A uniform choice among the `eligible` of `nodes`: by rejection while that is
/// likely to succeed, else by counting them.
fn pick(nodes: &[u32], eligible: impl Fn(u32) -> bool, draw: impl Fn(u64) -> u64) -> Option<u32> {
    if nodes.is_empty() {
        return None;
    }
    for try_ in 0..TRIES.min(4 * nodes.len() as u64) {
        let node = nodes[scale(draw(try_), nodes.len() as u64) as usize];
        if eligible(node) {
            return Some(node);
        }
    }
    let count = nodes.iter().filter(|&&node| eligible(node)).count();
    if count == 0 {
        return None;
    }
    let chosen = scale(draw(TRIES), count as u64) as usize;
    nodes.iter().copied().filter(|&node| eligible(node)).nth(chosen)
}

#[cfg(test)]
mod tests;

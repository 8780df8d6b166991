//! What the plan has yet to bring about, and what of it collectors have yet to
//! hear of.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::journal::{self, Journal};
use super::places::Places;
use super::plan::{Change, ChangeKind, Plan, PlannedQuery, QueryStream};
use super::probe::Probe;
use super::shard::Shard;
use crate::base::time::SimTime;

/// What the plan has yet to bring about.
pub(super) struct Agenda<'a> {
    changes: Peekable<IntoIter<Change>>,
    queries: Peekable<QueryStream<'a>>,
    /// Nodes that are up when everything has happened that was handed out.
    pub(super) live: u32,
}

impl<'a> Agenda<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let changes = plan.timeline().into_iter().peekable();
        Self { changes, queries: plan.queries().peekable(), live: 0 }
    }

    /// Hands the shards what happens before `end`. Nodes in `started` are up
    /// already at the start.
    pub(super) fn feed(
        &mut self,
        shards: &mut [Shard],
        places: &Places,
        end: SimTime,
        started: &[u32],
    ) {
        while let Some(change) = self.changes.next_if(|change| change.at < end) {
            self.live = after(&change, self.live);
            let departure = match change.kind {
                ChangeKind::Up if change.at == SimTime::ZERO => {
                    if started.binary_search(&change.node).is_ok() {
                        continue;
                    }
                    None
                }
                ChangeKind::Up => None,
                ChangeKind::Down(departure) => Some(departure),
            };
            shards[places.shard(change.node)].plan_change(change.at, change.node, departure);
        }
        while let Some(query) = self.queries.next_if(|query: &PlannedQuery| query.at < end) {
            shards[places.shard(query.origin)].plan_query(query);
        }
    }
}

/// What collectors have yet to hear of.
pub(super) struct News {
    changes: Peekable<IntoIter<Change>>,
    /// What shards noted down, and has not been told.
    journals: Vec<Journal>,
}

impl News {
    pub(super) fn new(plan: &Plan, shards: usize) -> Self {
        let journals = (0..shards).map(|_| Journal::default()).collect();
        Self { changes: plan.timeline().into_iter().peekable(), journals }
    }

    /// Takes down what the shards have noted.
    pub(super) fn gather(&mut self, shards: &mut [Shard]) {
        for (journal, shard) in self.journals.iter_mut().zip(shards) {
            journal.clear();
            std::mem::swap(journal, &mut shard.journal);
        }
    }

    /// Shows the probe, in the order of time, who came and went before `end`
    /// and which lookups ended.
    pub(super) fn tell(&mut self, end: SimTime, probe: &mut impl Probe) {
        let Self { changes, journals } = self;
        journal::read(&*journals, |ended| {
            show(changes, |at| at <= ended.at && at < end, probe);
            probe.lookup(ended);
        });
        journals.iter_mut().for_each(Journal::clear);
        show(changes, |at| at < end, probe);
    }
}

fn show(
    changes: &mut Peekable<IntoIter<Change>>,
    due: impl Fn(SimTime) -> bool,
    probe: &mut impl Probe,
) {
    while let Some(change) = changes.next_if(|change| due(change.at)) {
        probe.population(&change);
    }
}

/// How many nodes are up after a change.
fn after(change: &Change, live: u32) -> u32 {
    match change.kind {
        ChangeKind::Up => live + 1,
        ChangeKind::Down(_) => live - 1,
    }
}

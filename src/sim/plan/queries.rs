//! The workload: who asks for what, and when.
//!
//! Draws belong to (stream, number within the stream), so a stream is the same
//! whatever other streams there are, and a query the same whatever became of
//! those before it.

use crate::base::dist::Dist;
use crate::base::id::Id;
use crate::base::math;
use crate::base::rng::{Key, Purpose};
use crate::base::time::{SimDuration, SimTime};
use crate::sim::plan::ids::random_id;
use crate::sim::plan::{Plan, PlannedQuery};
use crate::sim::spec::{Query, Schedule, Target};

/// Bits of a query's number within its stream, in the entity of its draws.
const NUMBER_BITS: u32 = 40;
/// Set in the entity of the draws of a target node, to keep them apart from
/// those of the origin.
const TARGET_NODE: u64 = 1 << 63;
/// Counters of a query's own draws, beyond those of [`Plan::random_live`].
const GAP: u64 = 1 << 32;
const TARGET: u64 = GAP + 1;

/// The queries of a plan in the order of time, ties by stream.
#[derive(Clone, Debug)]
pub struct QueryStream<'a> {
    plan: &'a Plan,
    key: Key,
    streams: Vec<Stream<'a>>,
    index: u64,
}

/// One `[[query]]` of the scenario.
#[derive(Clone, Debug)]
struct Stream<'a> {
    query: &'a Query,
    /// Number of this stream.
    stream: u64,
    /// Number of its next query.
    number: u64,
    /// When that is; `None` when there are no more.
    next: Option<SimTime>,
    /// Seconds from the first possible instant to that: exact where whole
    /// microseconds would drift.
    elapsed_s: f64,
    /// Instants of a fixed schedule, sorted.
    fixed: Vec<SimTime>,
    /// The handle of a given origin; an id that is nobody's asks nothing.
    origin: Option<Option<u32>>,
    /// Cumulative weights of the keys of a Zipf target.
    weights: Vec<f64>,
}

impl<'a> QueryStream<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let key = Key::new(plan.seed, Purpose::Workload);
        let streams = (0..).zip(&plan.queries).map(|(stream, query)| {
            let mut stream = Stream::new(plan, query, stream);
            stream.advance(key, plan.end);
            stream
        });
        Self { plan, key, streams: streams.collect(), index: 0 }
    }
}

impl Iterator for QueryStream<'_> {
    type Item = PlannedQuery;

    fn next(&mut self) -> Option<PlannedQuery> {
        loop {
            let due = self.streams.iter_mut().filter(|stream| stream.next.is_some());
            // The first of the earliest: ties go by stream.
            let stream = due.min_by_key(|stream| stream.next)?;
            let index = self.index;
            self.index += 1;
            let query = stream.make(self.plan, self.key, index);
            stream.number += 1;
            stream.advance(self.key, self.plan.end);
            if query.is_some() {
                return query;
            }
        }
    }
}

impl<'a> Stream<'a> {
    fn new(plan: &Plan, query: &'a Query, stream: u64) -> Self {
        let mut fixed = match &query.schedule {
            Schedule::At(times) => times.clone(),
            Schedule::Poisson { .. } => Vec::new(),
        };
        fixed.sort_unstable();
        let handle_of = |id: Id| plan.ids.iter().position(|other| *other == id);
        Self {
            query,
            stream,
            number: 0,
            next: None,
            elapsed_s: 0.0,
            fixed,
            origin: query.origin.map(|id| handle_of(id).map(|handle| handle as u32)),
            weights: cumulative_weights(query.target),
        }
    }

    /// Finds the instant of query `self.number`.
    fn advance(&mut self, key: Key, end: SimTime) {
        self.next = match self.query.schedule {
            Schedule::At(_) => self.fixed.get(self.number as usize).copied(),
            Schedule::Poisson { rate, from, until } => {
                let gap = Dist::Exponential { mean: 1.0 / rate };
                self.elapsed_s += gap.quantile(key.unit(self.entity(), GAP));
                let at = from + SimDuration::from_secs_f64(self.elapsed_s);
                Some(at).filter(|&at| rate > 0.0 && at <= until)
            }
        };
        self.next = self.next.filter(|&at| at < end);
    }

    /// The query that is due, if there is somebody to ask it and, for a node's
    /// id, somebody to look for.
    fn make(&self, plan: &Plan, key: Key, index: u64) -> Option<PlannedQuery> {
        let at = self.next?;
        let origin = match self.origin {
            Some(given) => given.filter(|&node| plan.is_live(node, at))?,
            None => plan.random_live(at, key, self.entity(), None)?,
        };
        let target = match self.query.target {
            Target::Id(id) => id,
            Target::RandomId => random_id(key, self.entity(), TARGET, plan.id_bits),
            Target::RandomNode => {
                let entity = self.entity() | TARGET_NODE;
                plan.ids[plan.random_live(at, key, entity, Some(origin))? as usize]
            }
            Target::Zipf { .. } => {
                let mark = key.unit(self.entity(), TARGET) * self.weights.last()?;
                let rank = self.weights.partition_point(|&end| end <= mark);
                catalogue_key(rank.min(self.weights.len() - 1) as u32, plan.id_bits)
            }
        };
        Some(PlannedQuery { index, at, origin, kind: self.query.kind, target })
    }

    fn entity(&self) -> u64 {
        self.stream << NUMBER_BITS | self.number
    }
}

/// The id of key `number` of a catalogue.
fn catalogue_key(number: u32, id_bits: u32) -> Id {
    Id::sha1(format!("key-{number}").as_bytes()).truncated(id_bits)
}

/// Sums of the weights of a Zipf catalogue; empty for other targets.
fn cumulative_weights(target: Target) -> Vec<f64> {
    let Target::Zipf { exponent, keys } = target else { return Vec::new() };
    let mut sum = 0.0;
    let add = |key: u32| {
        sum += math::pow(f64::from(key) + 1.0, -exponent);
        sum
    };
    (0..keys).map(add).collect()
}

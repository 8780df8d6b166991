//! Runs a simulation: feeds the plan to the nodes, lets time pass, and shows
//! collectors what happens.

use std::iter::Peekable;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::vec::IntoIter;

use super::latency::LinkModel;
use super::order::IdOrder;
use super::perfect;
use super::plan::{Change, ChangeKind, Plan, PlannedQuery};
use super::probe::{LookupEnded, Probe, View};
use super::shard::{Journal, Shard, World};
use super::spec::{Spec, Start};
use super::tally::Tally;
use crate::base::rng::{Key, Purpose};
use crate::base::time::{SimDuration, SimTime};
use crate::kademlia::{Contact, Handle};

/// The longest stretch between two looks at whether to go on.
const STRIDE: SimDuration = SimDuration::from_secs(1);

/// A simulation, ready to run.
#[derive(Debug)]
pub struct Simulation {
    world: World,
    shard: Shard,
    end: SimTime,
    sample_every: SimDuration,
    /// Nodes that were up before the first event.
    started: Vec<u32>,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Simulated time.
    pub now: SimTime,
    /// Events processed.
    pub events: u64,
    /// Nodes up.
    pub live: u32,
}

/// How a run went.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Same scenario and seed, same digest: on any machine, with any collectors.
    pub digest: u64,
    /// Events processed.
    pub events: u64,
    /// Messages by kind.
    pub tally: Tally,
    /// Where it ended: before the scenario's end if it was told to stop.
    pub end: SimTime,
    /// It was told to stop.
    pub interrupted: bool,
}

impl Simulation {
    /// Builds the world of `spec`. For the nodes that `tracks_ages` names,
    /// contact ages are kept.
    #[must_use]
    pub fn new(spec: &Spec, tracks_ages: impl Fn(&Plan, u32) -> bool) -> Self {
        let plan = Arc::new(Plan::new(spec));
        let links = LinkModel::new(&spec.network, spec.seed, plan.ids().len());
        let protocol = Key::new(spec.seed, Purpose::Protocol);
        let world = World { plan, links, config: spec.protocol.clone(), protocol };
        let shard = Shard::new(&world, |node| tracks_ages(&world.plan, node));
        let mut simulation = Self {
            world,
            shard,
            end: SimTime::ZERO + spec.duration,
            sample_every: spec.metrics.sample_every,
            started: Vec::new(),
        };
        simulation.fill_tables(spec);
        simulation
    }

    /// Who exists, when, and what is asked.
    #[must_use]
    pub fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.world.plan)
    }

    /// Runs to the end, or until `watch`, which is called about once a
    /// simulated second, says to stop.
    pub fn run(
        mut self,
        probe: &mut impl Probe,
        mut watch: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Outcome {
        let world = &self.world;
        let mut agenda = Agenda::new(&world.plan);
        let mut changes = world.plan.timeline().into_iter().peekable();
        let (mut now, mut live) = (SimTime::ZERO, 0);
        let mut next_sample = now;
        let mut interrupted = false;
        while now < self.end && !interrupted {
            if now == next_sample {
                probe.sample(now, &view(world, &self.shard));
                next_sample = now + self.sample_every;
            }
            now = (now + STRIDE).min(next_sample).min(self.end);
            agenda.feed(&mut self.shard, now, &self.started);
            self.shard.run_before(world, now);
            live = report(&mut self.shard.journal, &mut changes, now, live, probe);
            let progress = Progress { now, events: self.shard.events, live };
            interrupted = watch(&progress).is_break();
        }
        let digest = self.shard.digest();
        probe.sample(now, &view(world, &self.shard));
        self.shard.stop_all(world, now);
        report(&mut self.shard.journal, &mut changes, now, live, probe);
        let (events, tally) = (self.shard.events, self.shard.tally);
        Outcome { digest, events, tally, end: now, interrupted }
    }

    /// Gives the nodes that are up at the start the tables that the scenario
    /// asks for.
    fn fill_tables(&mut self, spec: &Spec) {
        let ids = self.world.plan.ids();
        let contact = |handle: u32| Contact::new(Handle(handle), &ids[handle as usize]);
        let order = IdOrder::new(ids, self.world.plan.initial());
        let mut contacts = Vec::new();
        match &spec.start {
            Start::Empty => {}
            Start::Perfect => {
                let key = perfect::key(spec.seed);
                let mut row = Vec::new();
                for rank in 0..order.len() {
                    row.clear();
                    perfect::contacts(&order, rank, spec.protocol.k, key, &mut row);
                    contacts.clear();
                    contacts.extend(row.iter().map(|&(_, handle)| contact(handle)));
                    self.shard.start_with(&self.world, order.handle(rank), &contacts);
                }
                self.started = order.handles().to_vec();
            }
            Start::Given(tables) => {
                for rank in 0..order.len() {
                    let known = tables.iter().find(|(owner, _)| owner == order.id(rank));
                    let ranks = known.into_iter().flat_map(|(_, known)| known);
                    contacts.clear();
                    contacts.extend(
                        ranks
                            .filter_map(|id| order.rank(id))
                            .map(|rank| contact(order.handle(rank))),
                    );
                    self.shard.start_with(&self.world, order.handle(rank), &contacts);
                }
                self.started = order.handles().to_vec();
            }
        }
        self.started.sort_unstable();
    }
}

/// What the plan has yet to bring about.
struct Agenda<'a> {
    changes: Peekable<IntoIter<Change>>,
    queries: Peekable<super::plan::QueryStream<'a>>,
}

impl<'a> Agenda<'a> {
    fn new(plan: &'a Plan) -> Self {
        Self { changes: plan.timeline().into_iter().peekable(), queries: plan.queries().peekable() }
    }

    /// Hands the shard what happens before `end`. Nodes in `started` are up
    /// already at the start.
    fn feed(&mut self, shard: &mut Shard, end: SimTime, started: &[u32]) {
        while let Some(change) = self.changes.next_if(|change| change.at < end) {
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
            shard.plan_change(change.at, change.node, departure);
        }
        while let Some(query) = self.queries.next_if(|query: &PlannedQuery| query.at < end) {
            shard.plan_query(query);
        }
    }
}

fn view<'a>(world: &'a World, shard: &'a Shard) -> View<'a> {
    View { plan: &world.plan, tally: &shard.tally, nodes: &shard.residents }
}

/// Shows the probe, in the order of time, who came and went before `end` and
/// which lookups ended; returns how many nodes are up.
fn report(
    journal: &mut Journal,
    changes: &mut Peekable<IntoIter<Change>>,
    end: SimTime,
    mut live: u32,
    probe: &mut impl Probe,
) -> u32 {
    let (mut closest_at, mut progress_at) = (0, 0);
    for ended in &journal.ended {
        live = show_changes(changes, |at| at <= ended.at && at < end, live, probe);
        let closest = closest_at..closest_at + usize::from(ended.closest);
        let progress = progress_at..progress_at + usize::from(ended.progress);
        (closest_at, progress_at) = (closest.end, progress.end);
        probe.lookup(&LookupEnded {
            at: ended.at,
            started: ended.started,
            origin: ended.origin,
            target: ended.target,
            purpose: ended.purpose,
            end: ended.end,
            closest: &journal.closest[closest],
            hops: ended.hops,
            rounds: ended.rounds,
            rpcs: ended.rpcs,
            timeouts: ended.timeouts,
            progress: &journal.progress[progress],
        });
    }
    journal.ended.clear();
    journal.closest.clear();
    journal.progress.clear();
    show_changes(changes, |at| at < end, live, probe)
}

fn show_changes(
    changes: &mut Peekable<IntoIter<Change>>,
    due: impl Fn(SimTime) -> bool,
    mut live: u32,
    probe: &mut impl Probe,
) -> u32 {
    while let Some(change) = changes.next_if(|change| due(change.at)) {
        match change.kind {
            ChangeKind::Up => live += 1,
            ChangeKind::Down(_) => live -= 1,
        }
        probe.population(&change);
    }
    live
}

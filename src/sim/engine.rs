//! Runs a simulation: feeds the plan to the nodes, lets time pass, and shows
//! collectors what happens.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread;

use super::agenda::{Agenda, News};
use super::crew::{self, Alone, Crew, Pace, Yard};
use super::critical::{CriticalPath, Metered};
use super::deal::{Deal, Wanted};
use super::digest::Digest;
use super::latency::LinkModel;
use super::parallelism::Parallelism;
use super::plan::Plan;
use super::probe::{Probe, View};
use super::shard::{Shard, World};
use super::spec::Spec;
use super::start;
use super::tally::Tally;
use crate::base::rng::{Key, Purpose};
use crate::base::time::{SimDuration, SimTime};

/// The longest stretch between two looks at whether to go on.
const STRIDE: SimDuration = SimDuration::from_secs(1);

/// A simulation, ready to run.
#[derive(Debug)]
pub struct Simulation {
    world: World,
    shards: Vec<Shard>,
    /// No message from one shard to another takes less.
    window_us: u64,
    parallelism: Parallelism,
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
    /// Builds the world of `spec`, to run on at most so many threads: on fewer,
    /// or one, if they would only wait for each other. For the nodes that
    /// `tracks_ages` names, contact ages are kept.
    #[must_use]
    pub fn new(spec: &Spec, threads: usize, tracks_ages: impl Fn(&Plan, u32) -> bool) -> Self {
        Self::build(spec, Wanted::AtMost(threads), tracks_ages)
    }

    /// The same for exactly so many threads (if there are as many nodes),
    /// whether it pays or not: for tests and measurements.
    #[must_use]
    pub fn with_shards(
        spec: &Spec,
        shards: usize,
        tracks_ages: impl Fn(&Plan, u32) -> bool,
    ) -> Self {
        Self::build(spec, Wanted::Exactly(shards), tracks_ages)
    }

    fn build(spec: &Spec, wanted: Wanted, tracks_ages: impl Fn(&Plan, u32) -> bool) -> Self {
        let plan = Arc::new(Plan::new(spec));
        let links = LinkModel::new(&spec.network, spec.seed, plan.ids().len());
        let protocol = Key::new(spec.seed, Purpose::Protocol);
        let Deal { places, window_us, parallelism } = Deal::new(wanted, spec, &plan, &links);
        let world = World { plan, links, config: spec.protocol.clone(), protocol, places };
        let tracks_ages = |node| tracks_ages(&world.plan, node);
        let shards = 0..world.places.shards();
        let mut shards: Vec<Shard> =
            shards.map(|index| Shard::new(&world, index, tracks_ages)).collect();
        let started = start::fill_tables(&world, &mut shards, spec);
        crew::settle(&mut shards);
        Self {
            world,
            shards,
            window_us,
            parallelism,
            end: SimTime::ZERO + spec.duration,
            sample_every: spec.metrics.sample_every,
            started,
        }
    }

    /// Who exists, when, and what is asked.
    #[must_use]
    pub fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.world.plan)
    }

    /// On how many threads it will run, and why.
    #[must_use]
    pub fn parallelism(&self) -> &Parallelism {
        &self.parallelism
    }

    /// Runs to the end, or until `watch`, which is called about once a
    /// simulated second, says to stop.
    pub fn run(
        self,
        probe: &mut impl Probe,
        watch: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Outcome {
        let (world, window_us, mut run) = self.into_run();
        if run.shards.len() == 1 {
            return run.drive(&mut Alone(&world), &world, probe, watch);
        }
        let yard = Yard::new(&world, window_us);
        thread::scope(|scope| run.drive(&mut Crew::muster(&yard, scope), &world, probe, watch))
    }

    /// Runs on one thread as on several, and measures with `clock` how long
    /// several would have taken.
    pub fn run_metered(
        self,
        probe: &mut impl Probe,
        clock: &mut dyn FnMut() -> u64,
    ) -> (Outcome, CriticalPath) {
        let (world, window_us, mut run) = self.into_run();
        let mut pace = Metered::new(&world, window_us, clock);
        let outcome = run.drive(&mut pace, &world, probe, |_| ControlFlow::Continue(()));
        (outcome, pace.path)
    }

    fn into_run(self) -> (World, u64, Run) {
        let Self { world, shards, window_us, end, sample_every, started, .. } = self;
        (world, window_us, Run { shards, end, sample_every, started })
    }
}

/// A simulation under way.
struct Run {
    shards: Vec<Shard>,
    end: SimTime,
    sample_every: SimDuration,
    started: Vec<u32>,
}

impl Run {
    fn drive(
        &mut self,
        pace: &mut impl Pace,
        world: &World,
        probe: &mut impl Probe,
        mut watch: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Outcome {
        let mut agenda = Agenda::new(&world.plan);
        let mut news = News::new(&world.plan, self.shards.len());
        let mut now = SimTime::ZERO;
        let mut next_sample = now;
        let mut interrupted = false;
        if !self.started.is_empty() {
            // They are up before the first event, and so in the first sample.
            news.tell(SimTime::from_micros(1), probe);
        }
        while now < self.end && !interrupted {
            if now == next_sample {
                news.tell(now, probe);
                self.show(world, now, probe);
                next_sample = now + self.sample_every;
            }
            let then = (now + STRIDE).min(next_sample).min(self.end);
            agenda.feed(&mut self.shards, &world.places, then, &self.started);
            pace.run_before(&mut self.shards, now, then, || news.tell(now, probe));
            news.gather(&mut self.shards);
            now = then;
            interrupted =
                watch(&Progress { now, events: self.events(), live: agenda.live }).is_break();
        }
        news.tell(now, probe);
        let digest = self.digest(world);
        self.show(world, now, probe);
        for shard in &mut self.shards {
            shard.stop_all(world, now);
        }
        news.gather(&mut self.shards);
        news.tell(now, probe);
        Outcome { digest, events: self.events(), tally: self.tally(), end: now, interrupted }
    }

    /// Lets the probe take a sample.
    fn show(&self, world: &World, now: SimTime, probe: &mut impl Probe) {
        let (plan, places, shards) = (&*world.plan, &world.places, self.shards.as_slice());
        probe.sample(now, &View { plan, tally: &self.tally(), places, shards });
    }

    fn events(&self) -> u64 {
        self.shards.iter().map(|shard| shard.events).sum()
    }

    fn tally(&self) -> Tally {
        self.shards.iter().map(|shard| &shard.tally).sum()
    }

    /// The digest of everything that happened, nodes in the order of handles.
    fn digest(&self, world: &World) -> u64 {
        let mut all = Digest::START;
        for node in 0..world.plan.ids().len() as u32 {
            let (shard, local) = (world.places.shard(node), world.places.local(node));
            self.shards[shard].add_to_digest(local, &mut all);
        }
        all.value()
    }
}

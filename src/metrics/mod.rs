//! Collectors: they watch a simulation and write down what it shows, one file
//! of results each. Switching any of them off changes nothing else.
//!
//! What each column means is said in `docs/metrics.md`.

mod convergence;
mod freshness;
mod lookups;
mod population;
mod sampling;
mod stats;
mod summary;
mod table;
mod traffic;

use std::io;
use std::path::Path;
use std::sync::Arc;

pub use summary::Headline;

use crate::base::time::SimTime;
use crate::sim::live::LiveIndex;
use crate::sim::plan::{Change, ChangeKind, Plan};
use crate::sim::probe::{LookupEnded, Probe, View};
use crate::sim::spec::Spec;

/// Whether the collectors of `spec` need the ages of a node's contacts.
pub fn tracks_ages(spec: &Spec) -> impl Fn(&Plan, u32) -> bool + use<> {
    let (seed, wanted) = (spec.seed, spec.metrics.freshness);
    move |plan, node| wanted && sampling::Sampled::new(seed, plan.ids().len()).contains(node)
}

/// All collectors of a run.
#[derive(Debug)]
pub struct Collectors {
    plan: Arc<Plan>,
    live: LiveIndex,
    live_count: u32,
    sampled: sampling::Sampled,
    lookups: lookups::Lookups,
    convergence: Option<convergence::Convergence>,
    freshness: Option<freshness::Freshness>,
    traffic: traffic::Traffic,
    population: population::Population,
}

impl Collectors {
    /// Starts the collectors that `spec` asks for; their files go into `dir`.
    ///
    /// # Errors
    /// If a file cannot be created.
    pub fn create(spec: &Spec, plan: Arc<Plan>, dir: &Path) -> io::Result<Self> {
        let metrics = &spec.metrics;
        let warmup = SimTime::ZERO + spec.warmup;
        let file = |wanted: bool| wanted.then_some(dir);
        let (k, id_bits) = (spec.protocol.k, spec.protocol.id_bits);
        let convergence = metrics
            .convergence
            .then(|| convergence::Convergence::create(Some(dir), k, warmup))
            .transpose()?;
        Ok(Self {
            live: LiveIndex::new(plan.ids()),
            live_count: 0,
            sampled: sampling::Sampled::new(spec.seed, plan.ids().len()),
            plan,
            lookups: lookups::Lookups::create(file(metrics.lookups), (k, id_bits), warmup)?,
            convergence,
            freshness: metrics.freshness.then(|| freshness::Freshness::create(dir)).transpose()?,
            traffic: traffic::Traffic::create(file(metrics.traffic), warmup)?,
            population: population::Population::create(file(metrics.population), warmup)?,
        })
    }

    /// Completes the files and sums up.
    ///
    /// # Errors
    /// If a file could not be written.
    pub fn finish(mut self, dir: &Path) -> io::Result<Vec<Headline>> {
        let mut headlines = Vec::new();
        self.population.headlines(&mut headlines);
        self.lookups.headlines(&mut headlines);
        let lookups = headlines.len();
        if let Some(convergence) = &self.convergence {
            convergence.headlines(&mut headlines);
        }
        for headline in &mut headlines[lookups..] {
            if headline.note.is_empty() {
                headline.note = self.sampled.note();
            }
        }
        self.traffic.headlines(&mut headlines);
        let columns = ["metric", "unit", "value", "n", "note"];
        let mut table = table::Table::create(dir, "summary.csv", &columns)?;
        for h in &headlines {
            table.row(table::row![h.metric, h.unit, h.value, h.n, h.note.as_str()]);
        }
        table.finish()?;
        self.lookups.finish(dir)?;
        self.convergence.map_or(Ok(()), convergence::Convergence::finish)?;
        self.freshness.map_or(Ok(()), freshness::Freshness::finish)?;
        self.traffic.finish()?;
        self.population.finish()?;
        Ok(headlines)
    }
}

impl Probe for Collectors {
    fn population(&mut self, change: &Change) {
        let up = change.kind == ChangeKind::Up;
        self.live.set(change.node, up);
        self.live_count = if up { self.live_count + 1 } else { self.live_count - 1 };
        self.population.change(change.kind);
        self.traffic.population(change.at, self.live_count);
    }

    fn lookup(&mut self, ended: &LookupEnded<'_>) {
        self.lookups.ended(ended, &self.live, &self.plan);
    }

    fn sample(&mut self, at: SimTime, view: &View<'_>) {
        if let Some(convergence) = &mut self.convergence {
            convergence.sample(at, view, &self.live, &self.sampled);
        }
        if let Some(freshness) = &mut self.freshness {
            freshness.sample(at, view, &self.live, &self.sampled);
        }
        self.traffic.sample(at, view.tally);
        self.population.sample(at, self.live_count);
    }
}

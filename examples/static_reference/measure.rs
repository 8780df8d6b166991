//! Runs one cell of the static reference: perfect tables that never change, no
//! loss, lookups of random keys.

use std::ops::ControlFlow;

use kadsim::base::id::Id;
use kadsim::base::time::{SimDuration, SimTime};
use kadsim::kademlia::{Config, End, LookupVariant, TableKind};
use kadsim::sim::engine::Simulation;
use kadsim::sim::live::LiveIndex;
use kadsim::sim::plan::{Change, Plan};
use kadsim::sim::probe::{LookupEnded, Probe, View};
use kadsim::sim::spec::{
    Bootstrap, Join, Latency, Metrics, Network, Query, QueryKind, Schedule, Spec, Start, Target,
};
use rayon::prelude::*;

/// One cell: what is simulated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) nodes: u32,
    pub(crate) k: usize,
    pub(crate) alpha: usize,
    pub(crate) variant: LookupVariant,
}

/// What came of it: means over all lookups of all networks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) hops: f64,
    pub(crate) rpcs: f64,
    pub(crate) rounds: f64,
    pub(crate) exact: f64,
    /// Lookups that missed one of the k closest because the initiator, itself
    /// closer, took its place in the replies.
    pub(crate) crowded_out: u64,

    pub(crate) lookups: u64,
}

/// The names that the reference gives to the variants.
pub(crate) fn variant(name: &str) -> Option<LookupVariant> {
    Some(match name {
        "async" => LookupVariant::Async,
        "strict" => LookupVariant::Strict,
        "flush" => LookupVariant::Flush,
        "flushrnd" => LookupVariant::FlushRandom,
        _ => return None,
    })
}

/// Runs `networks` networks of `lookups` lookups each.
pub(crate) fn measure(cell: Cell, networks: u64, lookups: u64) -> Measured {
    let sums: Vec<Sums> = (0..networks)
        .into_par_iter()
        .map(|seed| one_network(cell, 1_000 + seed, lookups))
        .collect();
    let total = sums.iter().fold(Sums::default(), |a, b| Sums {
        hops: a.hops + b.hops,
        rpcs: a.rpcs + b.rpcs,
        rounds: a.rounds + b.rounds,
        exact: a.exact + b.exact,
        crowded_out: a.crowded_out + b.crowded_out,
        lookups: a.lookups + b.lookups,
        contacts: a.contacts + b.contacts,
        nodes: a.nodes + b.nodes,
    });
    let mean = |sum: u64| sum as f64 / total.lookups as f64;
    Measured {
        hops: mean(total.hops),
        rpcs: mean(total.rpcs),
        rounds: mean(total.rounds),
        exact: mean(total.exact),
        crowded_out: total.crowded_out,

        lookups: total.lookups,
    }
}

#[derive(Default)]
struct Sums {
    hops: u64,
    rpcs: u64,
    rounds: u64,
    exact: u64,
    crowded_out: u64,
    lookups: u64,
    contacts: u64,
    nodes: u64,
}

fn one_network(cell: Cell, seed: u64, lookups: u64) -> Sums {
    let spec = spec(cell, seed, lookups);
    let simulation = Simulation::new(&spec, 1, |_, _| false);
    let plan = simulation.plan();
    let mut live = LiveIndex::new(plan.ids());
    (0..cell.nodes).for_each(|node| live.set(node, true));
    let mut watcher = Watcher { k: cell.k, live, sums: Sums::default(), truth: Vec::new() };
    simulation.run(&mut watcher, |_| ControlFlow::Continue(()));
    watcher.sums
}

fn spec(cell: Cell, seed: u64, lookups: u64) -> Spec {
    let ms = SimDuration::from_millis;
    let latency = match cell.variant {
        LookupVariant::Async => Latency::Uniform { min: ms(25), max: ms(75) },
        _ => Latency::Constant(ms(50)),
    };
    let at = (0..lookups).map(|i| SimTime::ZERO + ms(5 * i)).collect();
    Spec {
        name: "static-reference".into(),
        description: String::new(),
        seed,
        duration: ms(5 * lookups) + SimDuration::from_secs(30),
        warmup: SimDuration::ZERO,
        protocol: Config {
            k: cell.k,
            alpha: cell.alpha,
            reply_size: cell.k,
            lookup: cell.variant,
            refresh_interval: None,
            frozen: true,
            ..Config::default()
        },
        network: Network { latency, jitter: 0.0, loss: 0.0 },
        start: Start::Perfect,
        joins: vec![Join {
            count: cell.nodes,
            at: SimTime::ZERO,
            over: SimDuration::ZERO,
            bootstrap: Bootstrap::Random,
            ids: Vec::new(),
        }],
        churn: None,
        queries: vec![Query {
            kind: QueryKind::Lookup,
            schedule: Schedule::At(at),
            target: Target::RandomId,
            origin: None,
        }],
        events: Vec::new(),
        metrics: Metrics {
            sample_every: SimDuration::from_secs(3_600),
            lookups: false,
            convergence: false,
            freshness: false,
            traffic: false,
            population: false,
        },
    }
}

struct Watcher {
    k: usize,
    live: LiveIndex,
    sums: Sums,
    truth: Vec<u32>,
}

impl Probe for Watcher {
    fn population(&mut self, _: &Change) {}

    fn lookup(&mut self, ended: &LookupEnded<'_>) {
        assert_eq!(ended.end, End::Done, "a static lookup ends by completion");
        self.live.closest(&ended.target, self.k, Some(ended.origin), &mut self.truth);
        let found: Vec<u32> = ended.closest.iter().map(|c| c.handle.0).collect();
        if found != self.truth {
            // Replies may name the requester, which takes the place of another
            // contact if it is itself among the k closest to the target. That is
            // the only way to miss one in a static network.
            let own = distance_of(&self.live, ended.origin, &ended.target);
            let worst = self.truth.last().map(|&n| distance_of(&self.live, n, &ended.target));
            self.sums.crowded_out += 1;
            assert!(worst.is_some_and(|worst| own < worst), "inexact for no reason: {ended:?}");
        }
        self.sums.exact += u64::from(found == self.truth);
        self.sums.hops += u64::from(ended.hops.unwrap_or_default());
        self.sums.rpcs += u64::from(ended.rpcs);
        self.sums.rounds += u64::from(ended.rounds);
        self.sums.lookups += 1;
    }

    fn sample(&mut self, at: SimTime, view: &View<'_>) {
        if at > SimTime::ZERO {
            return;
        }
        let plan: &Plan = view.plan;
        self.sums.nodes = plan.ids().len() as u64;
        self.sums.contacts =
            (0..plan.ids().len() as u32).map(|n| view.node(n).table().len() as u64).sum();
    }
}

fn distance_of(live: &LiveIndex, node: u32, target: &Id) -> Id {
    let order = live.order();
    let rank = (0..order.len()).find(|&rank| order.handle(rank) == node);
    rank.map_or(Id::ZERO, |rank| order.id(rank).distance(target))
}

/// The table of every node of a network with perfect tables: its contacts,
/// sorted, and its number of buckets.
#[allow(dead_code, reason = "for the test that shares this file")]
pub(crate) fn tables(nodes: u32, k: usize, layout: TableKind) -> Vec<(Vec<u32>, usize)> {
    struct Tables(Vec<(Vec<u32>, usize)>);
    impl Probe for Tables {
        fn population(&mut self, _: &Change) {}
        fn lookup(&mut self, _: &LookupEnded<'_>) {}
        fn sample(&mut self, _: SimTime, view: &View<'_>) {
            let table = |node| {
                let table = view.node(node).table();
                let mut contacts: Vec<u32> = table.contacts().map(|c| c.handle.0).collect();
                contacts.sort_unstable();
                (contacts, table.bucket_count())
            };
            self.0 = (0..view.plan.ids().len() as u32).map(table).collect();
        }
    }
    let cell = Cell { nodes, k, alpha: 1, variant: LookupVariant::Strict };
    let mut spec = spec(cell, 1, 1);
    spec.protocol.table = layout;
    let mut tables = Tables(Vec::new());
    Simulation::new(&spec, 1, |_, _| false).run(&mut tables, |_| ControlFlow::Break(()));
    tables.0
}

//! A validated simulation: what the scenario layer hands over. Every value in
//! range, every file read; building the world from it cannot fail.

use std::path::PathBuf;
use std::sync::Arc;

use crate::base::dist::Dist;
use crate::base::id::Id;
use crate::base::time::{SimDuration, SimTime};
use crate::kademlia::Config;

/// One simulation run.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Names the results.
    pub name: String,
    /// One line for titles and tables.
    pub description: String,
    /// All randomness comes from here.
    pub seed: u64,
    /// When the simulation ends.
    pub duration: SimDuration,
    /// Nothing before it enters a summary.
    pub warmup: SimDuration,
    /// What every node runs.
    pub protocol: Config,
    /// What carries the messages.
    pub network: Network,
    /// Tables at the start.
    pub start: Start,
    /// Who joins, and when.
    pub joins: Vec<Join>,
    /// Comings and goings after that.
    pub churn: Option<Churn>,
    /// The workload.
    pub queries: Vec<Query>,
    /// Things that happen once.
    pub events: Vec<Event>,
    /// What is measured.
    pub metrics: Metrics,
}

/// Latency, jitter and loss.
#[derive(Clone, Debug)]
pub struct Network {
    /// One-way delay of a link.
    pub latency: Latency,
    /// A message's delay is the link's times a uniform draw from
    /// `1 - jitter ..= 1 + jitter`.
    pub jitter: f64,
    /// Probability that a message vanishes, independently.
    pub loss: f64,
}

/// One-way latency between two nodes. `Uniform` and `Lognormal` are drawn once
/// for each unordered pair of nodes, so a link is symmetric and keeps its
/// delay; what varies from message to message is jitter.
#[derive(Clone, Debug)]
pub enum Latency {
    /// The same everywhere.
    Constant(SimDuration),
    /// Uniform over pairs.
    Uniform {
        /// Smallest.
        min: SimDuration,
        /// Largest.
        max: SimDuration,
    },
    /// Log-normal over pairs.
    Lognormal {
        /// Of a pair's one-way delay.
        median: SimDuration,
        /// Standard deviation of its logarithm.
        sigma: f64,
    },
    /// Measured between sites; nodes are placed on them at random.
    Matrix(Arc<SiteMatrix>),
    /// The embedded wide-area model.
    Geo,
}

/// Measured one-way delays between sites, row = from, column = to.
#[derive(Debug, PartialEq)]
pub struct SiteMatrix {
    /// Where it was read from.
    pub path: PathBuf,
    /// Number of sites.
    pub sites: usize,
    /// `sites * sites` one-way delays in microseconds, at least 1, row by row.
    /// The diagonal is the delay between two nodes of one site.
    pub one_way_us: Vec<u32>,
}

/// How tables look when the run begins.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// Nodes join and learn.
    Empty,
    /// Nodes present at time 0 have the tables that an omniscient network would
    /// give them: each bucket holds all nodes of its range, or a random k.
    Perfect,
    /// Exactly these contacts, as `(owner, contacts)`; for textbook networks.
    Given(Vec<(Id, Vec<Id>)>),
}

/// A wave of arrivals.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// Nodes.
    pub count: u32,
    /// First possible arrival.
    pub at: SimTime,
    /// Arrivals are uniform over this long; zero: all at once.
    pub over: SimDuration,
    /// Whom they ask first.
    pub bootstrap: Bootstrap,
    /// Their ids, `count` of them and distinct; empty: drawn.
    pub ids: Vec<Id>,
}

/// The contact a joining node knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bootstrap {
    /// A uniformly random live node.
    Random,
    /// The longest-known live node.
    First,
}

/// How nodes come and go.
#[derive(Clone, Debug)]
pub struct Churn {
    /// Share of departures that say goodbye.
    pub graceful: f64,
    /// Where session times come from.
    pub process: ChurnProcess,
}

/// Where session times come from.
#[derive(Clone, Debug)]
pub enum ChurnProcess {
    /// Alternating sessions and down times for every node of `[[join]]`.
    OnOff {
        /// Nodes stay up until then.
        start: SimTime,
        /// Up time.
        session: Dist,
        /// Down time.
        downtime: Dist,
        /// Whether a node comes back as itself.
        rejoin: Rejoin,
        /// The process is in equilibrium at `start`: what remains of each
        /// session is drawn from the residual-life distribution, and for every
        /// node up there are `E[downtime] / E[session]` more that are down and
        /// due to arrive, so that departures are balanced by arrivals.
        stationary: bool,
    },
    /// Sessions read from a file; its nodes come on top of `[[join]]`.
    Trace(Arc<SessionTrace>),
}

/// Sessions of a trace file.
#[derive(Debug, PartialEq)]
pub struct SessionTrace {
    /// Where it was read from.
    pub path: PathBuf,
    /// Distinct nodes in it.
    pub nodes: u32,
    /// Sorted by node (numbered by first appearance), then start; sessions of
    /// one node neither overlap nor touch.
    pub sessions: Vec<TraceSession>,
}

/// One session of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceSession {
    /// Index of the node within the trace.
    pub node: u32,
    /// When it comes up.
    pub start: SimTime,
    /// When it goes down.
    pub end: SimTime,
}

/// Whether a node that comes back keeps its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejoin {
    /// Same id and address; its table is rebuilt by joining again.
    SameId,
    /// A new node in every respect.
    NewId,
}

/// A stream of queries.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What is asked.
    pub kind: QueryKind,
    /// When.
    pub schedule: Schedule,
    /// For what.
    pub target: Target,
    /// By whom: this node, or (`None`) a random live one.
    pub origin: Option<Id>,
}

/// What a query does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryKind {
    /// A node lookup.
    Lookup,
    /// A node lookup, then STORE at the k closest.
    Store,
    /// A value lookup.
    Get,
}

/// When queries of a stream are made.
#[derive(Clone, Debug, PartialEq)]
pub enum Schedule {
    /// A Poisson process over the whole network.
    Poisson {
        /// Queries a second.
        rate: f64,
        /// First instant.
        from: SimTime,
        /// Last instant.
        until: SimTime,
    },
    /// At these instants.
    At(Vec<SimTime>),
}

/// What a query looks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// A uniformly random id.
    RandomId,
    /// The id of a random live node other than the origin.
    RandomNode,
    /// A key of a catalogue; key `i` (from 0) is drawn with weight
    /// `1 / (i + 1)^exponent` and is the SHA-1 of `key-<i>`.
    Zipf {
        /// Skew.
        exponent: f64,
        /// Keys in the catalogue.
        keys: u32,
    },
    /// This id.
    Id(Id),
}

/// Something that happens once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// When.
    pub at: SimTime,
    /// What.
    pub action: Action,
}

/// What an event does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// This share of the live nodes, rounded, dies without a word and for good.
    Crash(f64),
}

/// What is measured. Collectors only watch: none of this changes a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metrics {
    /// Interval of the time series.
    pub sample_every: SimDuration,
    /// Write `lookups.csv`, `hops.csv` and `lookup_convergence.csv`.
    pub lookups: bool,
    /// Write `convergence.csv`.
    pub convergence: bool,
    /// Write `freshness.csv`.
    pub freshness: bool,
    /// Write `traffic.csv`.
    pub traffic: bool,
    /// Write `population.csv`.
    pub population: bool,
}

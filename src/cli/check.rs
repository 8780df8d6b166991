//! `kadsim check`: a scenario's plan in words, without running it.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::{Failure, Values, load_study, print};
use crate::base::dist::Dist;
use crate::base::label::{assignments, short_names};
use crate::base::time::{SimDuration, SimTime};
use crate::scenario::{Scenario, Study, Sweep, knobs};
use crate::sim::spec::{
    Action, Bootstrap, Churn, ChurnProcess, Event, Join, Latency, Query, QueryKind, Rejoin,
    Schedule, Spec, Start, Target,
};

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Scenario file
    scenario: PathBuf,
    #[command(flatten)]
    values: Values,
}

impl Check {
    pub(super) fn execute(self) -> Result<(), Failure> {
        let study = load_study(&self.scenario, &self.values)?;
        print(&plan(&study))
    }
}

/// Everything that will happen, a line for each part.
fn plan(study: &Study) -> String {
    let scenario = &study.scenario;
    let spec = &scenario.spec;
    let mut lines = vec![
        ("scenario", [spec.name.as_str(), &spec.description].join(": ")),
        ("run", run(spec)),
        ("protocol", protocol(scenario)),
        ("network", network(spec)),
        ("start", start(spec)),
    ];
    lines.extend(spec.joins.iter().map(|wave| ("join", join(wave))));
    lines.push(("churn", spec.churn.as_ref().map_or("none".into(), churn)));
    lines.push(("nodes", format!("{:.0} in all, up or down", scenario.nodes())));
    lines.extend(spec.queries.iter().map(|stream| ("queries", query(stream))));
    if spec.queries.is_empty() {
        lines.push(("queries", "none".into()));
    }
    for Event { at, action: Action::Crash(share) } in &spec.events {
        lines.push((
            "event",
            format!("at {}, {} of the live nodes die", when(*at), percent(*share)),
        ));
    }
    lines.push(("metrics", metrics(spec)));
    lines.extend(study.sweep.iter().flat_map(sweep).map(|line| ("sweep", line)));
    let mut text = String::new();
    for (what, line) in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{what:<9} {}", line.trim_end_matches(": "));
    }
    text
}

/// How many runs, what varies, and what does not go together.
fn sweep(sweep: &Sweep) -> Vec<String> {
    let names = short_names(&sweep.keys);
    let (points, repeats) = (sweep.points.len() as u64, sweep.repeats);
    let baseline = assignments(&names, &sweep.points[sweep.baseline].values);
    let mut lines = vec![format!(
        "{points} points, {repeats} seeds each: {} runs; baseline {baseline}",
        points * repeats
    )];
    for (at, key) in sweep.keys.iter().enumerate() {
        let mut values: Vec<&str> = Vec::new();
        for point in &sweep.points {
            if !values.contains(&point.values[at].as_str()) {
                values.push(&point.values[at]);
            }
        }
        lines.push(format!("{key}: {}", values.join(", ")));
    }
    lines.extend(
        sweep.skipped.iter().map(|point| {
            format!("without {}: {}", assignments(&names, &point.values), point.reason)
        }),
    );
    lines
}

fn run(spec: &Spec) -> String {
    format!("{}, the first {} not counted, seed {}", spec.duration, spec.warmup, spec.seed)
}

fn protocol(scenario: &Scenario) -> String {
    let knobs: Vec<String> = knobs(&scenario.spec.protocol)
        .into_iter()
        .map(|(knob, value)| format!("{knob} {}", value.trim_matches('"')))
        .collect();
    format!("{}: {}", scenario.profile.name, knobs.join(", "))
        .replace("interval 0s", "interval never")
}

fn network(spec: &Spec) -> String {
    let latency = match &spec.network.latency {
        Latency::Constant(value) => format!("{value} one way"),
        Latency::Uniform { min, max } => format!("uniform from {min} to {max} one way"),
        Latency::Lognormal { median, sigma } => {
            format!("log-normal, median {median} one way, sigma {sigma}")
        }
        Latency::Matrix(matrix) => {
            let (median, path) = (median(&matrix.one_way_us), matrix.path.display());
            format!("{} sites of {path}, median {median} one way", matrix.sites)
        }
        Latency::Geo => "embedded wide-area model (geo)".into(),
    };
    let (jitter, loss) = (percent(spec.network.jitter), percent(spec.network.loss));
    format!("latency {latency}; jitter ± {jitter}, loss {loss}")
}

fn median(one_way_us: &[u32]) -> SimDuration {
    let mut sorted = one_way_us.to_vec();
    sorted.sort_unstable();
    SimDuration::from_micros(sorted.get(sorted.len() / 2).copied().unwrap_or_default().into())
}

fn start(spec: &Spec) -> String {
    let tables = match &spec.start {
        Start::Empty => "empty tables: nodes join and learn".into(),
        Start::Perfect => "perfect tables".into(),
        Start::Given(contacts) => format!("given tables of {} nodes", contacts.len()),
    };
    let frozen = if spec.protocol.frozen { ", which never change" } else { "" };
    tables + frozen
}

fn join(join: &Join) -> String {
    let arrivals = match join.over {
        SimDuration::ZERO => format!("{} nodes at {}", join.count, when(join.at)),
        over => format!("{} nodes from {} to {}", join.count, when(join.at), when(join.at + over)),
    };
    let ids = if join.ids.is_empty() { "" } else { ", ids given" };
    let whom = match join.bootstrap {
        Bootstrap::Random => "a random live node",
        Bootstrap::First => "the longest-known live node",
    };
    format!("{arrivals}, through {whom}{ids}")
}

fn churn(churn: &Churn) -> String {
    let process = match &churn.process {
        ChurnProcess::Trace(trace) => format!(
            "{} sessions of {} nodes from {}",
            trace.sessions.len(),
            trace.nodes,
            trace.path.display()
        ),
        ChurnProcess::OnOff { start, session, downtime, rejoin, stationary } => {
            let back = match rejoin {
                Rejoin::SameId => "the same id",
                Rejoin::NewId => "a new id",
            };
            let balanced = if *stationary { ", in equilibrium" } else { "" };
            format!(
                "from {}{balanced}: sessions {}, down times {}, back with {back}",
                when(*start),
                dist(session),
                dist(downtime)
            )
        }
    };
    format!("{process}; {} of the departures graceful", percent(churn.graceful))
}

fn dist(dist: &Dist) -> String {
    let name = match dist {
        Dist::Constant { .. } => "constant",
        Dist::Exponential { .. } => "exponential",
        Dist::Weibull { .. } => "Weibull",
        Dist::Pareto { .. } => "Pareto",
        Dist::Lognormal { .. } => "log-normal",
    };
    let mean = dist.mean();
    if mean.is_infinite() {
        return format!("{name} with infinite mean");
    }
    format!("{name} with mean {}", rounded(mean))
}

/// Seconds in the unit that suits them.
fn rounded(s: f64) -> String {
    match s {
        s if s >= 5_400.0 => format!("{:.1} h", s / 3_600.0),
        s if s >= 90.0 => format!("{:.1} min", s / 60.0),
        s => format!("{s:.1} s"),
    }
}

fn query(query: &Query) -> String {
    let kind = match query.kind {
        QueryKind::Lookup => "lookups",
        QueryKind::Store => "stores",
        QueryKind::Get => "gets",
    };
    let target = match query.target {
        Target::RandomId => "random ids".into(),
        Target::RandomNode => "ids of random live nodes".into(),
        Target::Zipf { exponent, keys } => format!("{keys} keys, Zipf {exponent}"),
        Target::Id(_) => "one id".into(),
    };
    let whom = if query.origin.is_some() { "one node" } else { "random live nodes" };
    match &query.schedule {
        Schedule::Poisson { rate, from, until } => {
            let expected = rate * until.since(*from).as_secs_f64();
            format!(
                "about {expected:.0} {kind} of {target} by {whom}, {rate}/s from {} to {}",
                when(*from),
                when(*until)
            )
        }
        Schedule::At(times) => {
            let first = times.first().copied().unwrap_or(SimTime::ZERO);
            format!("{} {kind} of {target} by {whom}, the first at {}", times.len(), when(first))
        }
    }
}

fn metrics(spec: &Spec) -> String {
    let every = spec.metrics.sample_every;
    let samples = spec.duration.as_micros() / every.as_micros().max(1) + 1;
    let off: Vec<&str> = [
        ("lookups", spec.metrics.lookups),
        ("convergence", spec.metrics.convergence),
        ("freshness", spec.metrics.freshness),
        ("traffic", spec.metrics.traffic),
        ("population", spec.metrics.population),
    ]
    .into_iter()
    .filter_map(|(name, on)| (!on).then_some(name))
    .collect();
    let off = if off.is_empty() { String::new() } else { format!("; off: {}", off.join(", ")) };
    format!("{samples} samples, every {every}{off}")
}

fn when(time: SimTime) -> SimDuration {
    time.since(SimTime::ZERO)
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 1e6).round() / 1e4)
}

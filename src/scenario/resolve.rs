//! The whole file: its top-level keys, and what must agree between its parts.

use std::ops::Range;
use std::path::Path;

use toml::de::DeTable;

use super::diagnose::Issues;
use super::reader::Section;
use super::shape::{Keys, Kind, key};
use super::workload::Frame;
use super::{Files, Scenario, churn, network, population, protocol, sweep, workload};
use crate::base::time::SimDuration;
use crate::sim::spec::{Churn, ChurnProcess, Metrics, Spec};

/// Compact instants (`base::time::Stamp`) end a little later.
const DURATION_MAX: SimDuration = SimDuration::from_secs(3_000 * 86_400);

/// Top-level keys.
pub(super) const KEYS: Keys = &[
    key(
        "name",
        Kind::Text,
        "names the results: letters, digits, `-`, `_`, `.`; default the file's name",
    ),
    key("description", Kind::Text, "one line for titles and tables"),
    key("seed", Kind::Int(0, i64::MAX), "all randomness comes from here; default 1"),
    key("duration", Kind::Interval, "when the simulation ends"),
    key("warmup", Kind::Duration, "nothing before it enters a summary; default \"0s\""),
    key("protocol", Kind::Table(protocol::KEYS), "what every node runs"),
    key("network", Kind::Table(network::KEYS), "what carries the messages"),
    key("start", Kind::Table(population::START_KEYS), "tables at the start"),
    key("join", Kind::Tables(population::JOIN_KEYS), "waves of arrivals"),
    key("churn", Kind::Table(churn::KEYS), "comings and goings after that"),
    key("query", Kind::Tables(workload::QUERY_KEYS), "streams of queries"),
    key("event", Kind::Tables(workload::EVENT_KEYS), "things that happen once"),
    key("metrics", Kind::Table(METRICS_KEYS), "what is measured; changes no result"),
    key("sweep", Kind::Table(sweep::KEYS), "what to vary, and how often to repeat it"),
];

const METRICS_KEYS: Keys = &[
    key("sample_every", Kind::Interval, "interval of the time series; default \"1min\""),
    key("lookups", Kind::Bool, "write lookups.csv, hops.csv, lookup_convergence.csv; default true"),
    key("convergence", Kind::Bool, "write convergence.csv; default true"),
    key("freshness", Kind::Bool, "write freshness.csv; default true"),
    key("traffic", Kind::Bool, "write traffic.csv; default true"),
    key("population", Kind::Bool, "write population.csv; default true"),
];

/// Resolves a whole file; `None` or anything in `issues` means it is bad.
pub(super) fn root(
    table: &DeTable<'_>,
    span: Range<usize>,
    stem: &str,
    folder: &Path,
    issues: &Issues,
) -> Option<Scenario> {
    // The file as a whole is shown by its first line.
    let section = Section::new(table, KEYS, String::new(), span.start..span.start, issues);
    let (duration, warmup) = times(&section);
    let (profile, mut config) = protocol::resolve(section.table("protocol").as_ref());
    let id_bits = config.id_bits;
    let mut files = Files::default();
    let network = network::resolve(section.table("network").as_ref(), folder, &mut files);
    let (joins, known) = population::joins(&section.tables("join"), id_bits, duration);
    let start_section = section.table("start");
    let (start, frozen) = population::start(start_section.as_ref(), &joins, &known, id_bits);
    config.frozen = frozen;
    let churn = section.table("churn").map(|section| churn::resolve(&section, folder, duration));
    let frame = Frame { known: &known, id_bits, warmup, duration };
    let queries = section.tables("query");
    let queries = queries.iter().filter_map(|query| workload::query(query, &frame)).collect();
    let events = section.tables("event");
    let events = events.iter().filter_map(|event| workload::event(event, duration)).collect();
    let spec = Spec {
        name: name(&section, stem),
        description: section.text("description").unwrap_or_default().to_owned(),
        seed: section.int("seed").unwrap_or(1),
        duration,
        warmup,
        protocol: config,
        network,
        start,
        joins,
        // Bad churn is no churn; the problem is filed.
        churn: churn.flatten(),
        queries,
        events,
        metrics: metrics(section.table("metrics").as_ref()),
    };
    check_population(&section, &spec);
    Some(Scenario { spec, profile, files })
}

fn times(section: &Section<'_>) -> (SimDuration, SimDuration) {
    section.require("duration");
    let warmup = section.duration("warmup").unwrap_or(SimDuration::ZERO);
    let Some(duration) = section.duration("duration") else {
        // Long enough that no instant is complained about for want of it.
        return (SimDuration::from_micros(u64::MAX), warmup);
    };
    if duration > DURATION_MAX {
        let label = format!("expected at most {DURATION_MAX}");
        section.fail("duration", "is too long", &label, None);
    }
    if warmup >= duration {
        let label = format!("found {warmup}, expected less than `duration` = {duration}");
        section.fail("warmup", "leaves nothing to measure", &label, None);
    }
    (duration, warmup)
}

fn name(section: &Section<'_>, stem: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let Some(name) = section.text("name") else {
        let name: String = stem.chars().map(|c| if allowed(c) { c } else { '-' }).collect();
        return if name.trim_matches('.').is_empty() { "scenario".into() } else { name };
    };
    // It becomes a folder of results.
    if !name.chars().all(allowed) || name.starts_with('.') || name.is_empty() {
        let label = format!("expected letters, digits, `-`, `_`, `.`, found \"{name}\"");
        section.fail("name", "cannot name a folder", &label, None);
    }
    name.to_owned()
}

fn metrics(section: Option<&Section<'_>>) -> Metrics {
    let switch = |name| section.and_then(|section| section.bool(name)).unwrap_or(true);
    let sample_every = section.and_then(|section| section.duration("sample_every"));
    Metrics {
        sample_every: sample_every.unwrap_or(SimDuration::from_secs(60)),
        lookups: switch("lookups"),
        convergence: switch("convergence"),
        freshness: switch("freshness"),
        traffic: switch("traffic"),
        population: switch("population"),
    }
}

/// Nodes that ever exist at once, up or down.
pub(super) fn nodes(spec: &Spec) -> f64 {
    let joined: f64 = spec.joins.iter().map(|join| f64::from(join.count)).sum();
    match spec.churn.as_ref().map(|churn| &churn.process) {
        Some(ChurnProcess::Trace(trace)) => joined + f64::from(trace.nodes),
        Some(ChurnProcess::OnOff { session, downtime, stationary: true, .. }) => {
            joined * (1.0 + downtime.mean() / session.mean())
        }
        _ => joined,
    }
}

fn check_population(section: &Section<'_>, spec: &Spec) {
    let trace = matches!(&spec.churn, Some(Churn { process: ChurnProcess::Trace(_), .. }));
    if spec.joins.is_empty() && !trace {
        let explained =
            !section.issues().is_empty() && (section.has("join") || section.has("churn"));
        if !explained && section.has("join") {
            section.fail("join", "is empty", "expected at least one `[[join]]`", None);
        } else if !explained {
            section.require("join");
        }
        return;
    }
    let (total, bits) = (nodes(spec), spec.protocol.id_bits);
    let ids = if bits < 32 { 1_u64 << bits } else { u64::MAX };
    let max = population::NODES_MAX.min(ids);
    if total > max as f64 {
        let why = if ids <= population::NODES_MAX {
            format!(" with ids of {bits} bits")
        } else {
            String::new()
        };
        let label = format!("{total:.0} nodes in all, expected at most {max}{why}");
        let at = if section.has("join") { "join" } else { "churn" };
        section.fail(at, "has too many nodes", &label, None);
    }
}

//! A resolved scenario as a file that says everything, defaults included.
//! Reading it gives the same scenario again.

use std::fmt::{Display, Write as _};
use std::path::Path;

use super::Scenario;
use super::matrix::{Reading, Unit, Zeros};
use super::network::UNITS;
use super::protocol::{LOOKUPS, TABLES, word_for};
use super::workload::KINDS;
use crate::base::dist::Dist;
use crate::base::id::Id;
use crate::base::time::{SimDuration, SimTime};
use crate::kademlia::Config;
use crate::sim::spec::{
    Action, Bootstrap, Churn, ChurnProcess, Event, Join, Latency, Network, Query, Rejoin, Schedule,
    Start, Target,
};

/// The scenario as TOML; `path_text` says how paths of data files are written.
pub(super) fn to_toml(scenario: &Scenario, path_text: impl Fn(&Path) -> String) -> String {
    let spec = &scenario.spec;
    let bits = spec.protocol.id_bits;
    let mut out = Toml::default();
    out.set("name", text(&spec.name));
    out.set("description", text(&spec.description));
    out.set("seed", spec.seed);
    out.set("duration", span(spec.duration));
    out.set("warmup", span(spec.warmup));
    protocol(&mut out, scenario);
    network(&mut out, &spec.network, scenario.files.matrix, &path_text);
    start(&mut out, &spec.start, spec.protocol.frozen, bits);
    for wave in &spec.joins {
        join(&mut out, wave, bits);
    }
    if let Some(given) = &spec.churn {
        churn(&mut out, given, &path_text);
    }
    for stream in &spec.queries {
        query(&mut out, stream, bits);
    }
    for Event { at, action: Action::Crash(share) } in &spec.events {
        out.open("[[event]]");
        out.set("at", instant(*at));
        out.set("crash", float(*share));
    }
    out.open("[metrics]");
    out.set("sample_every", span(spec.metrics.sample_every));
    out.set("lookups", spec.metrics.lookups);
    out.set("convergence", spec.metrics.convergence);
    out.set("freshness", spec.metrics.freshness);
    out.set("traffic", spec.metrics.traffic);
    out.set("population", spec.metrics.population);
    out.0
}

/// Lines of a TOML file.
#[derive(Default)]
struct Toml(String);

impl Toml {
    fn open(&mut self, header: &str) {
        self.line(format_args!("\n{header}"));
    }

    fn set(&mut self, key: &str, value: impl Display) {
        self.line(format_args!("{key} = {value}"));
    }

    fn line(&mut self, line: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{line}");
    }
}

fn text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn span(duration: SimDuration) -> String {
    format!("\"{duration}\"")
}

fn instant(time: SimTime) -> String {
    span(time.since(SimTime::ZERO))
}

/// The shortest form that reads back the same, and is a float in TOML.
fn float(number: f64) -> String {
    format!("{number:?}")
}

fn id_list(ids: &[Id], bits: u32) -> String {
    let quoted: Vec<String> = ids.iter().map(|id| format!("\"{}\"", id.to_text(bits))).collect();
    format!("[{}]", quoted.join(", "))
}

fn protocol(out: &mut Toml, scenario: &Scenario) {
    out.open("[protocol]");
    out.set("profile", text(scenario.profile.name));
    for (knob, value) in knobs(&scenario.spec.protocol) {
        out.set(knob, value);
    }
}

/// The knobs of `[protocol]` with their values as a scenario has them.
#[must_use]
pub fn knobs(config: &Config) -> [(&'static str, String); 9] {
    [
        ("id_bits", config.id_bits.to_string()),
        ("k", config.k.to_string()),
        ("alpha", config.alpha.to_string()),
        ("reply_size", config.reply_size.to_string()),
        ("table", text(word_for(&TABLES, &config.table))),
        ("lookup", text(word_for(&LOOKUPS, &config.lookup))),
        ("rpc_timeout", span(config.rpc_timeout)),
        ("max_failures", config.max_failures.to_string()),
        ("refresh_interval", span(config.refresh_interval.unwrap_or(SimDuration::ZERO))),
    ]
}

fn network(
    out: &mut Toml,
    network: &Network,
    reading: Option<Reading>,
    path_text: impl Fn(&Path) -> String,
) {
    let latency = match &network.latency {
        Latency::Constant(value) => format!("model = \"constant\", value = {}", span(*value)),
        Latency::Uniform { min, max } => {
            format!("model = \"uniform\", min = {}, max = {}", span(*min), span(*max))
        }
        Latency::Lognormal { median, sigma } => {
            format!("model = \"lognormal\", median = {}, sigma = {}", span(*median), float(*sigma))
        }
        Latency::Matrix(matrix) => {
            let file = text(&path_text(&matrix.path));
            let reading = reading.unwrap_or(Reading {
                unit: Unit::Ms,
                round_trip: true,
                zeros: Zeros::Error,
            });
            format!(
                "model = \"matrix\", file = {file}, unit = \"{}\", measures = \"{}\", zeros = \"{}\"",
                word_for(&UNITS, &reading.unit),
                if reading.round_trip { "rtt" } else { "one-way" },
                if reading.zeros == Zeros::Smallest { "min" } else { "error" },
            )
        }
        Latency::Geo => "model = \"geo\"".into(),
    };
    out.open("[network]");
    out.set("latency", format_args!("{{ {latency} }}"));
    out.set("jitter", float(network.jitter));
    out.set("loss", float(network.loss));
}

fn start(out: &mut Toml, start: &Start, frozen: bool, bits: u32) {
    out.open("[start]");
    out.set(
        "tables",
        match start {
            Start::Empty => "\"empty\"",
            Start::Perfect => "\"perfect\"",
            Start::Given(_) => "\"given\"",
        },
    );
    out.set("frozen", frozen);
    if let Start::Given(contacts) = start {
        out.open("[start.contacts]");
        for (owner, ids) in contacts {
            out.set(&text(&owner.to_text(bits)), id_list(ids, bits));
        }
    }
}

fn join(out: &mut Toml, join: &Join, bits: u32) {
    out.open("[[join]]");
    out.set("count", join.count);
    out.set("at", instant(join.at));
    out.set("over", span(join.over));
    out.set(
        "bootstrap",
        match join.bootstrap {
            Bootstrap::Random => "\"random\"",
            Bootstrap::First => "\"first\"",
        },
    );
    if !join.ids.is_empty() {
        out.set("ids", id_list(&join.ids, bits));
    }
}

fn churn(out: &mut Toml, churn: &Churn, path_text: impl Fn(&Path) -> String) {
    out.open("[churn]");
    match &churn.process {
        ChurnProcess::OnOff { start, session, downtime, rejoin, stationary } => {
            out.set("start", instant(*start));
            out.set("session", dist(session));
            out.set("downtime", dist(downtime));
            out.set(
                "rejoin",
                match rejoin {
                    Rejoin::SameId => "\"same-id\"",
                    Rejoin::NewId => "\"new-id\"",
                },
            );
            out.set("stationary", stationary);
        }
        ChurnProcess::Trace(trace) => out.set("trace", text(&path_text(&trace.path))),
    }
    out.set("graceful", float(churn.graceful));
}

fn dist(dist: &Dist) -> String {
    let seconds = |s: f64| span(SimDuration::from_secs_f64(s));
    let fields = match *dist {
        Dist::Constant { value } => format!("dist = \"constant\", value = {}", seconds(value)),
        Dist::Exponential { mean } => format!("dist = \"exponential\", mean = {}", seconds(mean)),
        Dist::Weibull { shape, scale } => {
            format!("dist = \"weibull\", shape = {}, scale = {}", float(shape), seconds(scale))
        }
        Dist::Pareto { shape, min } => {
            format!("dist = \"pareto\", shape = {}, min = {}", float(shape), seconds(min))
        }
        Dist::Lognormal { median, sigma } => {
            format!("dist = \"lognormal\", median = {}, sigma = {}", seconds(median), float(sigma))
        }
    };
    format!("{{ {fields} }}")
}

fn query(out: &mut Toml, query: &Query, bits: u32) {
    out.open("[[query]]");
    out.set("kind", text(word_for(&KINDS, &query.kind)));
    match &query.schedule {
        Schedule::Poisson { rate, from, until } => {
            out.set("rate", format_args!("\"{rate}/s\""));
            out.set("from", instant(*from));
            out.set("until", instant(*until));
        }
        Schedule::At(times) => {
            let list: Vec<String> = times.iter().map(|time| instant(*time)).collect();
            out.set("at", format_args!("[{}]", list.join(", ")));
        }
    }
    let target = match &query.target {
        Target::RandomId => "\"random-id\"".into(),
        Target::RandomNode => "\"random-node\"".into(),
        Target::Zipf { exponent, keys } => {
            format!("{{ zipf = {}, keys = {keys} }}", float(*exponent))
        }
        Target::Id(id) => format!("{{ id = \"{}\" }}", id.to_text(bits)),
    };
    out.set("target", target);
    if let Some(origin) = &query.origin {
        out.set("origin", format_args!("\"{}\"", origin.to_text(bits)));
    }
}

//! `[churn]`: how nodes come and go after they joined.

use std::path::Path;

use super::data_path;
use super::reader::Section;
use super::shape::{Key, Keys, Kind, key};
use super::trace;
use crate::base::dist::Dist;
use crate::base::time::{SimDuration, SimTime};
use crate::sim::spec::{Churn, ChurnProcess, Rejoin};

/// Keys of `[churn]`.
pub(super) const KEYS: Keys = &[
    key("start", Kind::Duration, "nodes stay up until then; default \"0s\""),
    key("session", Kind::Tagged("dist", DISTS), "up time"),
    key("downtime", Kind::Tagged("dist", DISTS), "down time"),
    key(
        "rejoin",
        Kind::Word(&["same-id", "new-id"]),
        "whether a node comes back as itself; default \"same-id\"",
    ),
    key(
        "stationary",
        Kind::Bool,
        "begin in equilibrium, with as many more nodes down as keep departures and arrivals balanced; default false",
    ),
    key("graceful", Kind::Share, "share of departures that say goodbye; default 0"),
    key(
        "trace",
        Kind::File,
        "session trace in place of the distributions; its nodes come on top of [[join]]",
    ),
];

const DIST: Key = key("dist", Kind::Text, "which distribution");

const DISTS: &[(&str, Keys)] = &[
    ("constant", &[DIST, key("value", Kind::Interval, "always this long")]),
    ("exponential", &[DIST, key("mean", Kind::Interval, "mean")]),
    (
        "weibull",
        &[
            DIST,
            key("shape", Kind::Positive, "below 1: heavy-tailed"),
            key("scale", Kind::Interval, "scale"),
        ],
    ),
    (
        "pareto",
        &[
            DIST,
            key("shape", Kind::Positive, "tail index; the mean is finite above 1"),
            key("min", Kind::Interval, "smallest"),
        ],
    ),
    (
        "lognormal",
        &[
            DIST,
            key("median", Kind::Interval, "median"),
            key("sigma", Kind::Positive, "standard deviation of the logarithm"),
        ],
    ),
];

/// The churn that `section` describes; `folder` is the scenario's.
pub(super) fn resolve(
    section: &Section<'_>,
    folder: &Path,
    duration: SimDuration,
) -> Option<Churn> {
    let graceful = section.number("graceful").unwrap_or(0.0);
    let process = if section.has("trace") {
        for key in ["session", "downtime", "rejoin", "stationary", "start"] {
            section.exclude(key, "trace");
        }
        let path = data_path(folder, section.text("trace")?);
        match trace::load(&path, duration) {
            Ok(trace) => ChurnProcess::Trace(trace.into()),
            Err(error) => {
                section.fail("trace", error.title(), &error.to_string(), error.help());
                return None;
            }
        }
    } else {
        on_off(section, duration)?
    };
    Some(Churn { graceful, process })
}

fn on_off(section: &Section<'_>, duration: SimDuration) -> Option<ChurnProcess> {
    section.require("session");
    section.require("downtime");
    let start = section.instant("start").unwrap_or(SimTime::ZERO);
    if start >= SimTime::ZERO + duration {
        let label = format!("the run ends at {duration}");
        section.fail("start", "is not before the end of the run", &label, None);
    }
    let rejoin = match section.word("rejoin") {
        Some("new-id") => Rejoin::NewId,
        _ => Rejoin::SameId,
    };
    let stationary = section.bool("stationary").unwrap_or(false);
    let (session, downtime) = (dist(section, "session"), dist(section, "downtime"));
    let (session, downtime) = (session?, downtime?);
    for (name, dist) in [("session", session), ("downtime", downtime)] {
        if stationary && !dist.mean().is_finite() {
            let label = "`stationary` needs a finite mean: a Pareto `shape` above 1";
            section.fail(name, "has no finite mean", label, None);
        }
    }
    Some(ChurnProcess::OnOff { start, session, downtime, rejoin, stationary })
}

fn dist(section: &Section<'_>, name: &str) -> Option<Dist> {
    let (word, table) = section.tagged(name)?;
    let seconds = |name| {
        table.require(name);
        table.duration(name).map(SimDuration::as_secs_f64)
    };
    let number = |name| {
        table.require(name);
        table.number(name)
    };
    // Both parameters are read before either may end this, so that all that is
    // wrong shows at once.
    Some(match word {
        "constant" => Dist::Constant { value: seconds("value")? },
        "exponential" => Dist::Exponential { mean: seconds("mean")? },
        "weibull" => {
            let (shape, scale) = (number("shape"), seconds("scale"));
            Dist::Weibull { shape: shape?, scale: scale? }
        }
        "pareto" => {
            let (shape, min) = (number("shape"), seconds("min"));
            Dist::Pareto { shape: shape?, min: min? }
        }
        _ => {
            let (median, sigma) = (seconds("median"), number("sigma"));
            Dist::Lognormal { median: median?, sigma: sigma? }
        }
    })
}

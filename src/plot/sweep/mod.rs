//! Charts of a sweep, from its `sweep.csv`: curves where one key varies, heat
//! maps where two do, and cost against latency for any number of points.

mod data;
mod heatmap;
mod labels;
mod lines;
mod tradeoff;

use std::path::Path;

use super::PlotError;
use super::facts::Facts;
use data::Sweep;

/// The file whose presence makes a directory that of a sweep.
pub(super) const FILE: &str = "sweep.csv";

/// What charts show, in this order, of what was measured: name in `sweep.csv`,
/// title, and factor to the unit in the title.
const SHOWN: [Shown; 6] = [
    Shown { metric: "latency_p50", title: "median lookup latency [ms]", factor: 1.0 },
    Shown { metric: "latency_p95", title: "95th percentile of latency [ms]", factor: 1.0 },
    Shown { metric: "bytes_per_node_s", title: "traffic per node [B/s]", factor: 1.0 },
    Shown { metric: "rpcs_mean", title: "requests per lookup", factor: 1.0 },
    Shown { metric: "lookups_ok", title: "lookups that found the closest [%]", factor: 100.0 },
    Shown { metric: "stale_fraction_mean", title: "dead contacts in tables [%]", factor: 100.0 },
];

/// A metric as charts show it.
#[derive(Clone, Copy)]
struct Shown {
    metric: &'static str,
    title: &'static str,
    factor: f64,
}

/// Draws all charts that suit what varies; returns their names with their SVG.
pub(super) fn draw(dir: &Path, facts: &Facts) -> Result<Vec<(&'static str, String)>, PlotError> {
    let Some(sweep) = Sweep::read(dir)? else { return Ok(Vec::new()) };
    let charts = [
        ("sweep_lines", lines::draw(&sweep, facts)),
        ("sweep_heatmap", heatmap::draw(&sweep, facts)),
        ("sweep_cost_latency", tradeoff::draw(&sweep, facts)),
    ];
    Ok(charts.into_iter().filter_map(|(name, svg)| Some((name, svg?))).collect())
}

/// The metrics to show that the sweep measured anywhere.
fn measured(sweep: &Sweep) -> Vec<Shown> {
    let there = |shown: &Shown| {
        (0..sweep.points.len()).any(|point| sweep.value(point, shown.metric).is_some())
    };
    SHOWN.into_iter().filter(there).collect()
}

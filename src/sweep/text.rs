//! What a sweep says to people: a table of the points, and what sets them apart
//! from the baseline.

use std::fmt::Write as _;

use super::collect::Collected;
use super::compare::{Comparison, Shown};
use super::plan::Manifest;
use super::stats::Sample;
use crate::base::label::short_names;

/// What the table shows of each point, if it was measured.
const COLUMNS: [(&str, &str); 6] = [
    ("lookups_ok", "ok"),
    ("hops_mean", "hops"),
    ("rpcs_mean", "requests"),
    ("latency_p50", "latency p50"),
    ("latency_p95", "latency p95"),
    ("bytes_per_node_s", "traffic/node"),
];

/// What verdicts are about.
const VERDICTS: [(&str, &str); 3] =
    [("latency_p50", "latency p50"), ("bytes_per_node_s", "traffic"), ("lookups_ok", "ok")];

/// More points than this are left to the files.
const POINTS_MAX: usize = 40;

/// The table and the verdicts.
#[must_use]
pub fn digest(of: &Collected) -> String {
    let manifest = &of.manifest;
    let mut text = String::new();
    let points = manifest.points.len().min(POINTS_MAX);
    let mut rows = vec![header(of)];
    rows.extend((0..points).map(|point| row(of, point)));
    text.push_str(&aligned(&rows));
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "mean ± half the 95 % interval over seeds (Student t); * differs from the baseline"
    );
    if manifest.points.len() > 1 {
        let _ =
            writeln!(text, "\nagainst the baseline {}:", manifest.label(manifest.sweep.baseline));
        for point in (0..points).filter(|point| *point != manifest.sweep.baseline) {
            let _ = writeln!(text, "  {}: {}", manifest.label(point), verdicts(of, point));
        }
    }
    if points < manifest.points.len() {
        let _ = writeln!(text, "{} more points in sweep.csv", manifest.points.len() - points);
    }
    text
}

/// A line for each combination that was left out.
#[must_use]
pub fn skipped(manifest: &Manifest) -> String {
    let names = short_names(&manifest.sweep.keys);
    let mut text = String::new();
    for point in &manifest.skipped {
        let label = crate::base::label::assignments(&names, &point.values);
        let _ = writeln!(text, "skipped {label}: {}", point.reason);
    }
    text
}

fn columns(of: &Collected) -> impl Iterator<Item = (usize, &'static str)> {
    COLUMNS.iter().filter_map(|(name, title)| {
        of.metrics.iter().position(|(metric, _)| metric == name).map(|at| (at, *title))
    })
}

fn header(of: &Collected) -> Vec<String> {
    let keys = short_names(&of.manifest.sweep.keys).into_iter();
    let title = |(at, title): (usize, &str)| match of.metrics[at].1.as_str() {
        "share" => format!("{title} [%]"),
        "hops" | "requests" => title.to_owned(),
        unit => format!("{title} [{unit}]"),
    };
    keys.chain(["n".to_owned()]).chain(columns(of).map(title)).collect()
}

fn row(of: &Collected, point: usize) -> Vec<String> {
    let n = of.runs.iter().filter(|run| run.point == point).count();
    let values = of.manifest.points[point].values.iter().cloned();
    let cells = columns(of).map(|(at, _)| {
        let mark = of
            .comparisons
            .iter()
            .any(|one| one.point == point && one.metric == at && one.shown() == Shown::Difference);
        let cell =
            of.sample(point, at).map_or("not measured".into(), |s| cell(&s, &of.metrics[at].1));
        cell + if mark { "*" } else { " " }
    });
    values.chain([n.to_string()]).chain(cells).collect()
}

/// `1234 ± 12`, with as many digits as the interval is worth.
fn cell(sample: &Sample, unit: &str) -> String {
    let scale = if unit == "share" { 100.0 } else { 1.0 };
    let mean = sample.mean * scale;
    match sample.half().map(|half| half * scale) {
        Some(half) => {
            let decimals = match half {
                half if half >= 10.0 => 0,
                half if half >= 1.0 => 1,
                half if half >= 0.1 => 2,
                _ => 3,
            };
            format!("{mean:.decimals$} ± {half:.decimals$}")
        }
        None => format!("{mean:.3}"),
    }
}

fn verdicts(of: &Collected, point: usize) -> String {
    let about = |(name, title): &(&str, &str)| {
        let at = of.metrics.iter().position(|(metric, _)| metric == name)?;
        let found: &Comparison =
            of.comparisons.iter().find(|one| one.point == point && one.metric == at)?;
        Some(format!("{title} {}", found.verdict(&of.metrics[at].1)))
    };
    let said: Vec<String> = VERDICTS.iter().filter_map(about).collect();
    if said.is_empty() { "nothing to compare".into() } else { said.join(", ") }
}

/// Columns one below the other, all to the right.
pub(super) fn aligned(rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..rows[0].len()).map(|at| width(at).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

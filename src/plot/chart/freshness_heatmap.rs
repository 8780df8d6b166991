//! Buckets over time as heat maps: the share of dead contacts, and the mean age
//! of contacts. Buckets that never held a contact are left out at both ends.
//! From `freshness.csv`.

use std::collections::BTreeMap;

use super::Source;
use crate::plot::PlotError;
use crate::plot::axis::Axis;
use crate::plot::canvas::{Align, Canvas, drawing};
use crate::plot::figure::{Figure, PanelSpec, rule};
use crate::plot::freshness::{self, Row};
use crate::plot::legend::Entry;
use crate::plot::panel::Panel;
use crate::plot::style::{LABEL, NO_DATA, TEXT, WHITE, WIDTH, viridis};
use crate::plot::timeline::{TimeUnit, Timeline};

/// Samples are averaged into at most this many columns.
const MAX_COLUMNS: usize = 200;
/// Shades that are told apart; neighbours of one shade are drawn as one.
const SHADES: f64 = 64.0;

pub(super) fn draw(source: &Source<'_>) -> Result<Option<String>, PlotError> {
    let rows = freshness::read(source.dir)?;
    let maps: Vec<HeatMap> = maps(&rows);
    let (Some(last), false) = (rows.last(), maps.is_empty()) else { return Ok(None) };
    let timeline = Timeline::new(source.facts, last.time_s);
    let edges = edges(&rows, timeline.axis().high);
    let height = 150.0 + 300.0 * maps.len() as f64;
    Ok(Some(drawing(WIDTH, height.max(620.0), |canvas| {
        draw_maps(canvas, source, &timeline, &edges, &maps, buckets(&rows));
    })))
}

/// A value by bucket and column of time, and its colour scale.
struct HeatMap {
    colors: Axis,
    cells: BTreeMap<(usize, usize), f64>,
}

fn maps(rows: &[Row]) -> Vec<HeatMap> {
    let oldest = rows.iter().filter_map(|row| row.mean_age_s).fold(0.0, f64::max);
    let unit = TimeUnit::of_span(oldest);
    let ages = cells(rows, |row| row.mean_age_s.map(|s| s / unit.seconds));
    let stale = cells(rows, |row| row.stale.map(|share| 100.0 * share));
    let high = |cells: &BTreeMap<_, f64>| cells.values().copied().fold(0.0, f64::max);
    let age_title = format!("mean age of contacts [{}]", unit.name);
    let maps = [
        HeatMap { colors: Axis::percent("stale contacts [%]", high(&stale)), cells: stale },
        HeatMap { colors: Axis::from_zero(&age_title, high(&ages), 1.0), cells: ages },
    ];
    maps.into_iter().filter(|map| !map.cells.is_empty()).collect()
}

/// The mean over the contacts of all samples in each cell.
fn cells(rows: &[Row], value: impl Fn(&Row) -> Option<f64>) -> BTreeMap<(usize, usize), f64> {
    let mut sums: BTreeMap<(usize, usize), (f64, f64)> = BTreeMap::new();
    for (column, rows) in columns(rows).into_iter().enumerate() {
        for row in rows {
            if let Some(value) = value(row) {
                let sum = sums.entry((row.bucket, column)).or_default();
                *sum = (sum.0 + value * row.contacts, sum.1 + row.contacts);
            }
        }
    }
    sums.into_iter().map(|(cell, (sum, weight))| (cell, sum / weight)).collect()
}

/// Rows by column: one sample time, or several if there are too many.
fn columns(rows: &[Row]) -> Vec<&[Row]> {
    let samples: Vec<&[Row]> = rows.chunk_by(|a, b| a.time_s == b.time_s).collect();
    let together = samples.len().div_ceil(MAX_COLUMNS).max(1);
    let mut rest = rows;
    let mut columns = Vec::new();
    for group in samples.chunks(together) {
        let (column, after) = rest.split_at(group.iter().map(|sample| sample.len()).sum());
        columns.push(column);
        rest = after;
    }
    columns
}

/// Ends of the columns in seconds: half way between their samples.
fn edges(rows: &[Row], end_s: f64) -> Vec<f64> {
    let columns = columns(rows);
    let first: Vec<f64> = columns.iter().filter_map(|c| c.first()).map(|r| r.time_s).collect();
    let last: Vec<f64> = columns.iter().filter_map(|c| c.last()).map(|r| r.time_s).collect();
    let half = match &first[..] {
        [a, b, ..] => {
            (b - a) / 2.0 / columns[0].chunk_by(|a, b| a.time_s == b.time_s).count() as f64
        }
        _ => end_s / 50.0,
    };
    let mut edges = vec![(first[0] - half).max(0.0)];
    edges.extend(last.iter().zip(&first[1..]).map(|(a, b)| (a + b) / 2.0));
    edges.push((last[last.len() - 1] + half).min(end_s));
    edges
}

fn buckets(rows: &[Row]) -> Axis {
    let low = rows.iter().map(|row| row.bucket).min().unwrap_or(0);
    let high = rows.iter().map(|row| row.bucket).max().unwrap_or(0);
    let mut axis = Axis::counting("bucket [bits of shared prefix]", low, high, 10.0);
    axis.grid = false;
    axis
}

fn draw_maps(
    canvas: &mut Canvas<'_>,
    source: &Source<'_>,
    timeline: &Timeline,
    edges: &[f64],
    maps: &[HeatMap],
    buckets: Axis,
) {
    let mut figure = Figure::over_time(source.facts, "Freshness of buckets over time", timeline);
    figure.note = "mean over the tables of live nodes; bucket 0 covers the half of the id space \
                   away from its owner"
        .to_owned();
    figure.x.grid = false;
    figure.right = 84.0;
    let spec = |(i, _): (usize, &HeatMap)| {
        let spec = PanelSpec::new(buckets.clone());
        let entry = || vec![Entry::fill("no contacts, or not sampled", NO_DATA)];
        if i == 0 { spec.legend(entry()) } else { spec }
    };
    let specs = maps.iter().enumerate().map(spec).collect();
    for (panel, map) in figure.stack(canvas, specs).iter().zip(maps) {
        map.draw_cells(canvas, panel, edges);
        map.draw_color_bar(canvas, panel);
        let marks = timeline.events.iter().map(|event| event.at_s).chain(timeline.warmup_s);
        for at_s in marks {
            let x = panel.px(at_s);
            canvas.dashes((x, panel.top), (x, panel.bottom()), &WHITE, 1.8);
        }
        panel.draw_rules(canvas);
    }
}

impl HeatMap {
    fn shade(&self, value: f64) -> f64 {
        (self.colors.share(value) * SHADES).round() / SHADES
    }

    fn draw_cells(&self, canvas: &mut Canvas<'_>, panel: &Panel, edges: &[f64]) {
        canvas.rect((panel.left, panel.top), (panel.right(), panel.bottom()), &NO_DATA);
        let cells: Vec<_> =
            self.cells.iter().map(|(at, value)| (*at, self.shade(*value))).collect();
        let alike = |a: &((usize, usize), f64), b: &((usize, usize), f64)| {
            a.0.0 == b.0.0 && a.0.1 + 1 == b.0.1 && a.1 == b.1
        };
        for run in cells.chunk_by(alike) {
            let ((bucket, first), shade) = run[0];
            let (low, high) = (edges[first], edges[first + run.len()]);
            let bucket = bucket as f64;
            let (from, to) = (panel.point(low, bucket - 0.5), panel.point(high, bucket + 0.5));
            canvas.rect(from, to, &viridis(shade));
        }
    }

    fn draw_color_bar(&self, canvas: &mut Canvas<'_>, panel: &Panel) {
        let (left, right) = (panel.right() + 16.0, panel.right() + 32.0);
        let y = |share: f64| panel.bottom() - panel.height * share;
        for i in 0..64 {
            let (low, high) = (f64::from(i) / 64.0, f64::from(i + 1) / 64.0);
            canvas.rect((left, y(low)), (right, y(high)), &viridis(f64::from(i) / 63.0));
        }
        for tick in &self.colors.ticks {
            let y = y(self.colors.share(tick.value));
            rule(canvas, (right, y), (right + 4.0, y));
            canvas.text(&tick.label, (right + 8.0, y), TEXT, Align::Left);
        }
        let centre = panel.top + panel.height / 2.0;
        canvas.vertical_text(&self.colors.title, (canvas.width() - 16.0, centre), LABEL);
    }
}

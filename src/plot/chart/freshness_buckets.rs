//! Freshness bucket by bucket, averaged over the samples after the warm-up: the
//! share of dead contacts, and how old contacts are; whiskers say how much that
//! varied over time. From `freshness.csv`.

use std::collections::BTreeMap;

use plotters::style::RGBColor;

use super::Source;
use crate::plot::PlotError;
use crate::plot::axis::Axis;
use crate::plot::canvas::{Canvas, drawing};
use crate::plot::figure::{Figure, PanelSpec};
use crate::plot::freshness::{self, Row};
use crate::plot::legend::Entry;
use crate::plot::number::thousands;
use crate::plot::panel::Panel;
use crate::plot::stats::mean_and_span;
use crate::plot::style::{BLUE, INK, ORANGE, SKY, WIDTH};
use crate::plot::timeline::TimeUnit;

/// Height of a bar of zero, in CSS pixels.
const MIN_HEIGHT: f64 = 1.5;
/// Bars of more buckets than this are too narrow for whiskers.
const MAX_WHISKERED: usize = 60;

pub(super) fn draw(source: &Source<'_>) -> Result<Option<String>, PlotError> {
    let mut rows = freshness::read(source.dir)?;
    rows.retain(|row| row.time_s >= source.facts.measured_from_s());
    let stale = by_bucket(&rows, |row| row.stale.map(|share| 100.0 * share));
    let oldest = rows.iter().filter_map(|row| row.p95_age_s).fold(0.0, f64::max);
    let unit = TimeUnit::of_span(oldest);
    let p50 = by_bucket(&rows, |row| row.p50_age_s.map(|s| s / unit.seconds));
    let p95 = by_bucket(&rows, |row| row.p95_age_s.map(|s| s / unit.seconds));
    let title = format!("age of contacts [{}]", unit.name);
    let ages_high = top(&p50).max(top(&p95));
    let groups = [
        Group {
            y: Axis::percent("stale contacts [%]", top(&stale)),
            bars: vec![("stale contacts", BLUE, stale)],
        },
        Group {
            y: Axis::from_zero(&title, ages_high, 1.0),
            bars: vec![("median age", SKY, p50), ("p95 of age", ORANGE, p95)],
        },
    ];
    let groups: Vec<Group> = groups.into_iter().filter(Group::has_bars).collect();
    if groups.is_empty() {
        return Ok(None);
    }
    Ok(Some(drawing(WIDTH, 760.0, |canvas| draw_groups(canvas, source, &rows, &groups))))
}

/// By bucket, the mean over time, and p5 and p95 if there is room for them.
type Bars = BTreeMap<usize, (f64, Option<(f64, f64)>)>;

/// Bars side by side in one panel.
struct Group {
    y: Axis,
    bars: Vec<(&'static str, RGBColor, Bars)>,
}

impl Group {
    fn has_bars(&self) -> bool {
        self.bars.iter().any(|(.., bars)| !bars.is_empty())
    }

    fn draw(&self, canvas: &mut Canvas<'_>, panel: &Panel) {
        let width = 0.84 / self.bars.len() as f64;
        for (i, (_, color, bars)) in self.bars.iter().enumerate() {
            for (bucket, (mean, ends)) in bars {
                let left = *bucket as f64 - 0.42 + width * i as f64;
                let (from, to) = (panel.point(left, 0.0), panel.point(left + width, *mean));
                // A bar of zero is still a measurement: it shows as a stub.
                canvas.rect(from, (to.0, to.1.min(from.1 - MIN_HEIGHT)), color);
                if let Some((low, high)) = ends {
                    let x = left + width / 2.0;
                    panel.whisker(canvas, panel.point(x, *low), panel.point(x, *high), INK);
                }
            }
        }
    }
}

fn by_bucket(rows: &[Row], value: impl Fn(&Row) -> Option<f64>) -> Bars {
    let mut values: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for row in rows {
        if let Some(value) = value(row) {
            values.entry(row.bucket).or_default().push(value);
        }
    }
    let whiskered = values.len() <= MAX_WHISKERED;
    let summary = |(bucket, mut values): (usize, Vec<f64>)| {
        let (mean, low, high) = mean_and_span(&mut values)?;
        Some((bucket, (mean, whiskered.then_some((low, high)))))
    };
    values.into_iter().filter_map(summary).collect()
}

fn top(bars: &Bars) -> f64 {
    let high =
        |(mean, ends): &(f64, Option<(f64, f64)>)| ends.map_or(*mean, |(_, high)| high.max(*mean));
    bars.values().map(high).fold(0.0, f64::max)
}

fn draw_groups(canvas: &mut Canvas<'_>, source: &Source<'_>, rows: &[Row], groups: &[Group]) {
    let low = rows.iter().map(|row| row.bucket).min().unwrap_or(0);
    let high = rows.iter().map(|row| row.bucket).max().unwrap_or(0).max(low + 3);
    let x = Axis::counting("bucket [bits of prefix shared with its owner]", low, high, 22.0);
    let mut figure = Figure::new(source.facts, "Freshness by bucket", x);
    let samples = rows.chunk_by(|a, b| a.time_s == b.time_s).count();
    let samples = thousands(samples as f64, 0);
    let after = if source.facts.measured_from_s() > 0.0 { " after the warm-up" } else { "" };
    figure.note = format!("mean of {samples} samples{after}");
    if groups.iter().flat_map(|group| &group.bars).all(|(.., bars)| bars.len() <= MAX_WHISKERED) {
        figure.note += "; whiskers: p5 to p95 of them";
    }
    let spec = |group: &Group| {
        let entries = group.bars.iter().map(|(label, color, _)| Entry::fill(label, *color));
        let spec = PanelSpec::new(group.y.clone());
        // The axis alone names a single kind of bar.
        if group.bars.len() > 1 { spec.legend(entries.collect()) } else { spec }
    };
    let specs = groups.iter().map(spec).collect();
    for (panel, group) in figure.stack(canvas, specs).iter().zip(groups) {
        group.draw(canvas, panel);
    }
}

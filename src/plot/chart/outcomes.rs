//! How lookups end, by when they started: the share of finished ones that found
//! the closest live node, and what became of the others, with 95 % confidence
//! bands (Wilson). From `lookups.csv`.

use std::collections::BTreeMap;

use plotters::style::RGBColor;

use super::Source;
use crate::plot::PlotError;
use crate::plot::axis::Axis;
use crate::plot::canvas::{Canvas, drawing};
use crate::plot::curve::{self, Curve};
use crate::plot::figure::{Figure, PanelSpec};
use crate::plot::legend::Entry;
use crate::plot::lookups::{Bins, Counts};
use crate::plot::panel::{Span, marker_for};
use crate::plot::stats::{highest, wilson};
use crate::plot::style::{ORANGE, PALETTE, PURPLE, SKY, VERMILLION, WIDTH};
use crate::plot::timeline::{Timeline, duration};

/// Bins of time: at most so many, with at least so many lookups in a typical one.
const MAX_BINS: f64 = 60.0;
const MIN_LOOKUPS: f64 = 50.0;

pub(super) fn draw(source: &Source<'_>) -> Result<Option<String>, PlotError> {
    let Some(lookups) = source.lookups else { return Ok(None) };
    let (width_s, bins) = lookups.binned(MAX_BINS, MIN_LOOKUPS);
    let ended = good(&bins, width_s);
    if ended.is_empty() {
        return Ok(None);
    }
    let others = bad(&bins, width_s);
    let timeline = Timeline::new(source.facts, lookups.last_start_s);
    let height = if others.is_empty() { 620.0 } else { 780.0 };
    Ok(Some(drawing(WIDTH, height, |canvas| {
        let mut figure = Figure::over_time(source.facts, "Outcome of lookups", &timeline);
        let width = duration(width_s);
        figure.note = format!(
            "by time of start, in bins of {width}; bands: 95 % interval over this run's lookups"
        );
        draw_shares(canvas, &figure, ended, others);
    })))
}

/// A share over time, in per cent.
struct Share {
    curve: Curve,
    band: Vec<Span>,
}

impl Share {
    /// The share of `part` in each bin; `None` if no bin has any lookups.
    fn new(
        label: &str,
        color: RGBColor,
        bins: &Bins,
        width_s: f64,
        part: impl Fn(&Counts) -> (f64, f64),
    ) -> Option<Self> {
        let (first, last) = (*bins.first_key_value()?.0, *bins.last_key_value()?.0);
        let (mut mean, mut band) = (Vec::new(), Vec::new());
        for bin in first..=last {
            let time_s = (bin as f64 + 0.5) * width_s;
            let (hits, n) = bins.get(&bin).map_or((0.0, 0.0), &part);
            let measured = n > 0.0;
            mean.push((time_s, measured.then(|| 100.0 * hits / n)));
            let ends = measured.then(|| wilson(hits, n));
            band.push((time_s, ends.map(|(low, high)| (100.0 * low, 100.0 * high))));
        }
        let any = mean.iter().any(|(_, share)| share.is_some());
        let curve = Curve { label: label.to_owned(), color, marker: None, samples: mean };
        any.then_some(Self { curve, band })
    }
}

/// Shares of finished lookups that did well, kind by kind. Aborted lookups are
/// no answer of the network's, so they are not counted.
fn good(bins: &BTreeMap<String, Bins>, width_s: f64) -> Vec<Share> {
    let mut shares = Vec::new();
    for (i, (kind, bins)) in bins.iter().enumerate() {
        let color = PALETTE[i % PALETTE.len()];
        let label = format!("{kind}: ok");
        shares.extend(Share::new(&label, color, bins, width_s, |c| (c.ok, c.finished())));
    }
    if let (Some((kind, bins)), 1) = (bins.first_key_value(), bins.len()) {
        let label = format!("{kind}: exactly the k closest returned");
        shares.extend(Share::new(&label, SKY, bins, width_s, |c| (c.exact, c.judged)));
    }
    with_markers(shares)
}

/// Shares of all kinds of lookups that did not do well, where there are any.
fn bad(bins: &BTreeMap<String, Bins>, width_s: f64) -> Vec<Share> {
    let mut all = Bins::new();
    for (bin, counts) in bins.values().flatten() {
        all.entry(*bin).or_default().add(counts);
    }
    let share = |label, color, part: fn(&Counts) -> (f64, f64)| {
        Share::new(label, color, &all, width_s, part)
    };
    let shares = [
        share("missed the closest node", ORANGE, |c| (c.missed, c.finished())),
        share("failed", VERMILLION, |c| (c.failed, c.finished())),
        share("aborted (of all started)", PURPLE, |c| (c.aborted, c.finished() + c.aborted)),
    ];
    with_markers(shares.into_iter().flatten().filter(|share| share.curve.high() > 0.0).collect())
}

fn with_markers(mut shares: Vec<Share>) -> Vec<Share> {
    for (i, share) in shares.iter_mut().enumerate() {
        share.curve.marker = marker_for(i, share.curve.samples.len());
    }
    shares
}

fn draw_shares(
    canvas: &mut Canvas<'_>,
    figure: &Figure<'_>,
    ended: Vec<Share>,
    others: Vec<Share>,
) {
    let entries = |shares: &[Share]| -> Vec<Entry> {
        shares
            .iter()
            .map(|s| Entry::banded(&s.curve.label, s.curve.color, s.curve.marker))
            .collect()
    };
    let ends = ended.iter().flat_map(|share| &share.band).filter_map(|(_, ends)| *ends);
    let lowest = ends.map(|(low, _)| low).fold(100.0, f64::min);
    let floors = [99.0, 98.0, 95.0, 90.0, 80.0, 60.0, 40.0, 20.0];
    let floor = floors.into_iter().find(|floor| *floor <= lowest).unwrap_or(0.0);
    let y = Axis::linear("share of finished lookups [%]", floor, 100.0, 5.0);
    let mut specs = vec![PanelSpec::new(y).legend(entries(&ended)).weight(1.5)];
    if !others.is_empty() {
        let ends = others.iter().flat_map(|share| &share.band);
        let high = highest(ends.map(|(_, ends)| ends.map(|(_, high)| high)));
        let y = Axis::percent("share of lookups [%]", high);
        specs.push(PanelSpec::new(y).legend(entries(&others)));
    }
    for (panel, shares) in figure.stack(canvas, specs).iter().zip([ended, others]) {
        for share in &shares {
            panel.band(canvas, &share.band, share.curve.color);
        }
        let curves: Vec<Curve> = shares.into_iter().map(|share| share.curve).collect();
        curve::draw_all(canvas, panel, &curves);
    }
}

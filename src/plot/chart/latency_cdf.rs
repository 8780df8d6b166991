//! How long lookups took: the share that had finished after a time, one curve a
//! kind with its p50, p95 and p99, and the 95 % band around each (Dvoretzky,
//! Kiefer and Wolfowitz). From `lookups.csv`, without aborted lookups.

use plotters::style::{Color, RGBColor};

use super::Source;
use crate::plot::PlotError;
use crate::plot::axis::Axis;
use crate::plot::canvas::{Align, Canvas, Marker, Point, drawing};
use crate::plot::figure::{Figure, PanelSpec};
use crate::plot::legend::Entry;
use crate::plot::number::{plain, thousands};
use crate::plot::panel::Panel;
use crate::plot::stats::{dkw, percentile};
use crate::plot::style::{BAND, LIFT, LINE, MARKER, MARKER_LIFT, PALETTE, SOFT_INK, TEXT, WIDTH};

/// The percentiles that are marked.
const MARKED: [(f64, &str); 3] = [(0.50, "p50"), (0.95, "p95"), (0.99, "p99")];
/// A band thinner than this (as a share) would hide behind its curve.
const MIN_BAND: f64 = 0.004;

pub(super) fn draw(source: &Source<'_>) -> Result<Option<String>, PlotError> {
    let kinds = source.lookups.iter().flat_map(|lookups| &lookups.latencies_ms);
    let curves: Vec<Curve<'_>> = kinds
        .enumerate()
        .map(|(i, (kind, sorted_ms))| Curve {
            kind,
            sorted_ms,
            color: PALETTE[i % PALETTE.len()],
            marker: Marker::nth(i),
        })
        .collect();
    if curves.is_empty() {
        return Ok(None);
    }
    Ok(Some(drawing(WIDTH, 620.0, |canvas| draw_curves(canvas, source, &curves))))
}

/// Latencies of one kind of lookup, ascending; at least one.
struct Curve<'a> {
    kind: &'a str,
    sorted_ms: &'a [f32],
    color: RGBColor,
    marker: Marker,
}

fn draw_curves(canvas: &mut Canvas<'_>, source: &Source<'_>, curves: &[Curve<'_>]) {
    let mut figure = Figure::new(source.facts, "Lookup latency", axis(curves));
    figure.right = 30.0;
    let banded = curves.iter().any(|curve| dkw(curve.n()) > MIN_BAND);
    figure.note = "share of finished lookups that took at most so long".to_owned();
    if banded {
        figure.note += "; bands: 95 % interval over this run's lookups (DKW)";
    }
    let y = Axis::linear("cumulative share of lookups [%]", 0.0, 100.0, 5.0);
    let legend = curves.iter().map(Curve::entry).collect();
    for panel in figure.stack(canvas, vec![PanelSpec::new(y).legend(legend)]) {
        for (p, name) in MARKED {
            let (from, to) = (panel.left, panel.right());
            let y = panel.py(100.0 * p);
            canvas.dashes((from, y), (to, y), &SOFT_INK, 1.0);
            canvas.colored_text(name, (to + 6.0, y), TEXT, Align::Left, &SOFT_INK);
        }
        for (i, curve) in curves.iter().enumerate() {
            let above = &curves[i + 1..];
            let hidden_by = above.iter().filter(|other| curve.coincides(other, &panel)).count();
            curve.draw(canvas, &panel, hidden_by as f64);
        }
    }
}

/// From zero where latencies are of one size, else logarithmic.
fn axis(curves: &[Curve<'_>]) -> Axis {
    const TITLE: &str = "lookup latency [ms]";
    let value = |curve: &Curve<'_>, p| percentile(curve.sorted_ms, p).map_or(0.0, f64::from);
    // The slowest lookups would take most of the axis.
    let high = curves.iter().map(|curve| value(curve, 0.999)).fold(0.0, f64::max);
    // Lookups without any contact to ask end at once: they start at the edge.
    let low = curves.iter().map(|curve| value(curve, 0.01)).fold(high, f64::min).max(0.1);
    if high > 12.0 * low && high > 1.0 {
        Axis::log(TITLE, low, high)
    } else {
        Axis::from_zero(TITLE, high, 1.0)
    }
}

impl Curve<'_> {
    fn n(&self) -> f64 {
        self.sorted_ms.len() as f64
    }

    fn entry(&self) -> Entry {
        let percentiles = MARKED.map(|(p, name)| {
            format!("{name} {}", plain(percentile(self.sorted_ms, p).map_or(0.0, f64::from)))
        });
        let (n, percentiles) = (thousands(self.n(), 0), percentiles.join(", "));
        let label = format!("{} (n = {n}): {percentiles} ms", self.kind);
        Entry::line(&label, self.color, Some(self.marker))
    }

    /// Whether it lies on `other`, as the curves of lookups and gets may: most
    /// deciles are within the width of a line or two.
    fn coincides(&self, other: &Self, panel: &Panel) -> bool {
        let x = |curve: &Self, p| panel.px(percentile(curve.sorted_ms, p).map_or(0.0, f64::from));
        let near = |decile: &u8| {
            let p = f64::from(*decile) / 10.0;
            (x(self, p) - x(other, p)).abs() < 3.0 * LINE
        };
        (1..=9).filter(near).count() >= 5
    }

    /// Draws it wider by `lift`, the number of curves that hide it.
    fn draw(&self, canvas: &mut Canvas<'_>, panel: &Panel, lift: f64) {
        let shares = self.shares(panel);
        let points = |shift: f64| -> Vec<Point> {
            let y = |share: f64| panel.py(100.0 * (share + shift).clamp(0.0, 1.0));
            shares.iter().map(|(x, share)| (*x, y(*share))).collect()
        };
        let half = dkw(self.n());
        if half > MIN_BAND {
            panel.fill_between(canvas, &points(-half), &points(half), &self.color.mix(BAND));
        }
        canvas.path(&points(0.0), &self.color, LINE + LIFT * lift);
        let size = MARKER + 0.5 + MARKER_LIFT * lift;
        for (p, _) in MARKED {
            let at = percentile(self.sorted_ms, p).map_or(0.0, f64::from);
            canvas.marker(panel.point(at, 100.0 * p), self.marker, &self.color, size);
        }
    }

    /// The share of lookups that took at most as long as each half pixel says:
    /// both ends of every flat piece.
    fn shares(&self, panel: &Panel) -> Vec<Point> {
        let columns = (panel.width * 2.0) as usize;
        let mut shares: Vec<Point> = vec![(panel.left, 0.0)];
        let mut before = 0.0;
        for column in 0..=columns {
            let at = column as f64 / columns as f64;
            let ms = panel.x.value(at);
            let done = self.sorted_ms.partition_point(|latency| f64::from(*latency) <= ms);
            let share = if column == columns { 1.0 } else { done as f64 / self.n() };
            let x = panel.left + panel.width * at;
            if share > before || column == columns {
                shares.push((x, before));
                shares.push((x, share));
                before = share;
            }
        }
        shares
    }
}

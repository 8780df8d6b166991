//! One coordinate system: its frame, and the ways to draw data in it. Curves
//! break where a value is missing, and lose no extreme where several points
//! share a column of pixels.

use plotters::style::{Color, RGBColor};

use super::axis::Axis;
use super::canvas::{Align, Canvas, Marker, Point};
use super::figure::rule;
use super::style::{BAND, GRID, LIFT, LINE, MARKER, MARKER_LIFT, TEXT};

/// More points than this carry no markers.
const MAX_MARKED: usize = 45;

/// A value at a place on the horizontal axis; `None` where unmeasured.
pub(super) type Sample = (f64, Option<f64>);

/// A place on the horizontal axis with the low and high end of a band.
pub(super) type Span = (f64, Option<(f64, f64)>);

/// Markers for the `i`-th of several series, if it has few enough points.
pub(super) fn marker_for(i: usize, points: usize) -> Option<Marker> {
    (points <= MAX_MARKED).then(|| Marker::nth(i))
}

/// A coordinate system at a place on the canvas, in CSS pixels.
pub(super) struct Panel {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) x: Axis,
    pub(super) y: Axis,
}

impl Panel {
    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(super) fn px(&self, x: f64) -> f64 {
        self.left + self.width * self.x.share(x)
    }

    pub(super) fn py(&self, y: f64) -> f64 {
        self.bottom() - self.height * self.y.share(y)
    }

    pub(super) fn point(&self, x: f64, y: f64) -> Point {
        (self.px(x), self.py(y))
    }

    /// Light lines at the ticks.
    pub(super) fn draw_grid(&self, canvas: &mut Canvas<'_>) {
        for tick in self.x.ticks.iter().filter(|_| self.x.grid) {
            let x = self.px(tick.value);
            canvas.path(&[(x, self.top), (x, self.bottom())], &GRID, 1.0);
        }
        for tick in self.y.ticks.iter().filter(|_| self.y.grid) {
            let y = self.py(tick.value);
            canvas.path(&[(self.left, y), (self.right(), y)], &GRID, 1.0);
        }
    }

    /// Axis lines and ticks without labels, also to redraw what data covered.
    pub(super) fn draw_rules(&self, canvas: &mut Canvas<'_>) {
        rule(canvas, (self.left, self.top), (self.left, self.bottom()));
        rule(canvas, (self.left, self.bottom()), (self.right(), self.bottom()));
        for tick in &self.x.ticks {
            let (x, y) = (self.px(tick.value), self.bottom());
            rule(canvas, (x, y), (x, y + 5.0));
        }
        for tick in &self.y.ticks {
            let (x, y) = (self.left, self.py(tick.value));
            rule(canvas, (x - 5.0, y), (x, y));
        }
    }

    /// Numbers at the ticks; of the horizontal axis only if `below`.
    pub(super) fn draw_labels(&self, canvas: &mut Canvas<'_>, below: bool) {
        for tick in self.x.ticks.iter().filter(|_| below) {
            let at = (self.px(tick.value), self.bottom() + 17.0);
            canvas.text(&tick.label, at, TEXT, Align::Centre);
        }
        for tick in &self.y.ticks {
            let (x, y) = (self.left, self.py(tick.value));
            canvas.text(&tick.label, (x - 9.0, y), TEXT, Align::Right);
        }
    }

    /// A curve, with markers if given; a point without neighbours always has one.
    /// It is wider by `lift`, the number of curves that hide it.
    pub(super) fn curve(
        &self,
        canvas: &mut Canvas<'_>,
        samples: &[Sample],
        color: RGBColor,
        marker: Option<Marker>,
        lift: f64,
    ) {
        for run in samples.split(|(_, y)| y.is_none()).filter(|run| !run.is_empty()) {
            let points: Vec<Point> =
                run.iter().filter_map(|(x, y)| y.map(|y| self.point(*x, y))).collect();
            canvas.path(&thinned(&points), &color, LINE + LIFT * lift);
            let lonely = (points.len() == 1).then_some(Marker::Circle);
            if let Some(marker) = marker.or(lonely) {
                for point in points {
                    canvas.marker(point, marker, &color, MARKER + MARKER_LIFT * lift);
                }
            }
        }
    }

    /// A translucent band; a place without neighbours gets a bar.
    pub(super) fn band(&self, canvas: &mut Canvas<'_>, spans: &[Span], color: RGBColor) {
        for run in spans.split(|(_, ends)| ends.is_none()).filter(|run| !run.is_empty()) {
            let edge = |pick: fn((f64, f64)) -> f64| -> Vec<Point> {
                let point = |(x, ends): &Span| ends.map(|ends| self.point(*x, pick(ends)));
                run.iter().filter_map(point).collect()
            };
            let (low, high) = (edge(|(low, _)| low), edge(|(_, high)| high));
            if let ([low], [high]) = (&low[..], &high[..]) {
                self.whisker(canvas, *low, *high, color);
            }
            self.fill_between(canvas, &low, &high, &color.mix(BAND));
        }
    }

    /// The area between two curves over the same places, in CSS pixels.
    pub(super) fn fill_between(
        &self,
        canvas: &mut Canvas<'_>,
        low: &[Point],
        high: &[Point],
        color: &impl Color,
    ) {
        let mut outline = thinned(low);
        outline.extend(thinned(high).into_iter().rev());
        canvas.area(&outline, color);
    }

    /// A vertical error bar with caps, between two points in CSS pixels.
    pub(super) fn whisker(
        &self,
        canvas: &mut Canvas<'_>,
        low: Point,
        high: Point,
        color: RGBColor,
    ) {
        const CAP: f64 = 3.0;
        canvas.path(&[low, high], &color, 1.4);
        for (x, y) in [low, high] {
            canvas.path(&[(x - CAP, y), (x + CAP, y)], &color, 1.4);
        }
    }
}

/// The first, lowest, highest and last point of each half pixel's column:
/// looks the same and is bounded by the width of the panel.
fn thinned(points: &[Point]) -> Vec<Point> {
    let column = |point: &Point| (point.0 * 2.0) as i64;
    let mut out = Vec::new();
    for group in points.chunk_by(|a, b| column(a) == column(b)) {
        let extreme = |pick: fn(f64, f64) -> bool| {
            (0..group.len()).reduce(|a, b| if pick(group[b].1, group[a].1) { b } else { a })
        };
        let mut kept = vec![0, group.len() - 1];
        kept.extend(extreme(|b, a| b < a));
        kept.extend(extreme(|b, a| b > a));
        kept.sort_unstable();
        kept.dedup();
        out.extend(kept.into_iter().map(|i| group[i]));
    }
    out
}

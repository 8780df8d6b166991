//! Several curves in one panel. Where curves coincide, as table fill and recall
//! do in a network without churn, the ones below are drawn wider, so that no
//! curve is hidden.

use plotters::style::RGBColor;

use super::canvas::{Canvas, Marker};
use super::legend::Entry;
use super::panel::{Panel, Sample};
use super::stats::highest;

/// Curves nearer than this share of the axis touch.
const NEAR: f64 = 0.008;

/// Values over time (or another axis) with their name and look.
pub(super) struct Curve {
    pub(super) label: String,
    pub(super) color: RGBColor,
    pub(super) marker: Option<Marker>,
    pub(super) samples: Vec<Sample>,
}

impl Curve {
    /// Its entry in a legend.
    pub(super) fn entry(&self) -> Entry {
        Entry::line(&self.label, self.color, self.marker)
    }

    /// Its highest value, at least zero.
    pub(super) fn high(&self) -> f64 {
        highest(self.samples.iter().map(|(_, value)| *value))
    }

    /// Whether it lies on `other` in at least half of the places.
    fn coincides(&self, other: &Self, panel: &Panel) -> bool {
        let near = |(a, b): &(&Sample, &Sample)| match (a.1, b.1) {
            (Some(a_y), Some(b_y)) => {
                a.0 == b.0 && (panel.y.share(a_y) - panel.y.share(b_y)).abs() < NEAR
            }
            _ => false,
        };
        let places = self.samples.iter().zip(&other.samples);
        2 * places.filter(near).count() >= self.samples.len()
    }
}

/// Draws `curves`, the first at the bottom.
pub(super) fn draw_all(canvas: &mut Canvas<'_>, panel: &Panel, curves: &[Curve]) {
    for (i, curve) in curves.iter().enumerate() {
        let above = &curves[i + 1..];
        let hidden_by = above.iter().filter(|other| curve.coincides(other, panel)).count();
        panel.curve(canvas, &curve.samples, curve.color, curve.marker, hidden_by as f64);
    }
}

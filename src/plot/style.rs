//! The look that all charts share: sizes, colours that colour-blind readers
//! can tell apart (Okabe and Ito), and viridis for heat maps. A change here
//! changes every chart.

use plotters::style::RGBColor;

/// Width of every chart, in CSS pixels; images have [`super::render::SCALE`]
/// times as many.
pub(super) const WIDTH: f64 = 960.0;

/// Width of curves.
pub(super) const LINE: f64 = 2.0;
/// By how much a curve is wider for each one that hides it.
pub(super) const LIFT: f64 = 2.2;
/// The same for its markers.
pub(super) const MARKER_LIFT: f64 = 1.6;
/// Half the size of a marker.
pub(super) const MARKER: f64 = 4.0;

/// Font sizes: the title, what was simulated, axis labels, everything else.
pub(super) const TITLE: f64 = 21.0;
pub(super) const SUBTITLE: f64 = 14.5;
pub(super) const LABEL: f64 = 15.5;
pub(super) const TEXT: f64 = 14.0;

pub(super) const WHITE: RGBColor = RGBColor(0xff, 0xff, 0xff);
pub(super) const INK: RGBColor = RGBColor(0x1a, 0x1a, 0x1a);
pub(super) const SOFT_INK: RGBColor = RGBColor(0x55, 0x55, 0x55);
pub(super) const GRID: RGBColor = RGBColor(0xe3, 0xe3, 0xe3);
pub(super) const SHADE: RGBColor = RGBColor(0xf3, 0xf3, 0xf3);
pub(super) const NO_DATA: RGBColor = RGBColor(0xe8, 0xe8, 0xe8);

pub(super) const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
pub(super) const VERMILLION: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
pub(super) const GREEN: RGBColor = RGBColor(0x00, 0x9e, 0x73);
pub(super) const PURPLE: RGBColor = RGBColor(0xcc, 0x79, 0xa7);
pub(super) const ORANGE: RGBColor = RGBColor(0xe6, 0x9f, 0x00);
pub(super) const SKY: RGBColor = RGBColor(0x56, 0xb4, 0xe9);
pub(super) const YELLOW: RGBColor = RGBColor(0xf0, 0xe4, 0x42);
pub(super) const GREY: RGBColor = RGBColor(0x99, 0x99, 0x99);

/// Colours for open sets, in the order in which they tell apart best.
pub(super) const PALETTE: [RGBColor; 8] =
    [BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, YELLOW, GREY];

/// How opaque an uncertainty band is.
pub(super) const BAND: f64 = 0.18;

/// matplotlib's viridis at sixteen evenly spaced points.
const VIRIDIS: [u32; 16] = [
    0x44_0154, 0x48_1a6c, 0x47_2f7d, 0x41_4487, 0x39_568c, 0x31_688e, 0x2a_788e, 0x23_888e,
    0x1f_988b, 0x22_a884, 0x35_b779, 0x54_c568, 0x7a_d151, 0xa5_db36, 0xd2_e21b, 0xfd_e725,
];

/// Viridis at `share` of its range, 0 to 1.
pub(super) fn viridis(share: f64) -> RGBColor {
    let at = share.clamp(0.0, 1.0) * 15.0;
    let low = (at as usize).min(14);
    let mix = |shift: u32| {
        let channel = |i: usize| f64::from(VIRIDIS[i] >> shift & 0xff);
        let value = channel(low) + (channel(low + 1) - channel(low)) * (at - low as f64);
        value.round() as u8
    };
    RGBColor(mix(16), mix(8), mix(0))
}

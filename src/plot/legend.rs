//! Legends: a row (or several) of swatches and labels above a panel, so never
//! on the data. Swatches look like what they stand for: a curve with its marker
//! and band, a dashed line, a filled bar.

use plotters::style::{Color, RGBColor};

use super::canvas::{Align, Canvas, Marker, Point, text_width};
use super::style::{BAND, LINE, MARKER, TEXT};

/// Height of a row.
const ROW: f64 = 23.0;
/// Between the last row and the panel.
const BELOW: f64 = 6.0;
const SWATCH: f64 = 30.0;
const GAP: f64 = 8.0;
/// Between two entries.
const SPACE: f64 = 26.0;

/// What a label stands for.
#[derive(Clone, Copy, Debug)]
enum Swatch {
    Line { marker: Option<Marker>, band: bool },
    Dashes,
    Fill,
}

/// A swatch and its label.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    label: String,
    color: RGBColor,
    swatch: Swatch,
}

impl Entry {
    /// A curve, with a marker if its points have them.
    pub(super) fn line(label: &str, color: RGBColor, marker: Option<Marker>) -> Self {
        Self { label: label.to_owned(), color, swatch: Swatch::Line { marker, band: false } }
    }

    /// A curve within a band of uncertainty.
    pub(super) fn banded(label: &str, color: RGBColor, marker: Option<Marker>) -> Self {
        Self { label: label.to_owned(), color, swatch: Swatch::Line { marker, band: true } }
    }

    /// A dashed line.
    pub(super) fn dashes(label: &str, color: RGBColor) -> Self {
        Self { label: label.to_owned(), color, swatch: Swatch::Dashes }
    }

    /// A filled area or bar.
    pub(super) fn fill(label: &str, color: RGBColor) -> Self {
        Self { label: label.to_owned(), color, swatch: Swatch::Fill }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, (x, y): Point) {
        let (from, to) = ((x, y), (x + SWATCH, y));
        match self.swatch {
            Swatch::Fill => canvas.rect((x, y - 6.0), (x + SWATCH, y + 6.0), &self.color),
            Swatch::Dashes => canvas.dashes(from, to, &self.color, LINE),
            Swatch::Line { marker, band } => {
                if band {
                    canvas.rect((x, y - 7.0), (x + SWATCH, y + 7.0), &self.color.mix(BAND));
                }
                canvas.path(&[from, to], &self.color, LINE);
                if let Some(marker) = marker {
                    canvas.marker((x + SWATCH / 2.0, y), marker, &self.color, MARKER);
                }
            }
        }
        canvas.text(&self.label, (x + SWATCH + GAP, y), TEXT, Align::Left);
    }
}

/// Height of the entries when set in rows of `width`.
pub(super) fn height(entries: &[Entry], width: f64) -> f64 {
    places(entries, width).last().map_or(0.0, |(_, y)| y + ROW + BELOW)
}

/// Draws the entries with the top left corner at `at`.
pub(super) fn draw(canvas: &mut Canvas<'_>, entries: &[Entry], at: Point, width: f64) {
    for (entry, (x, y)) in entries.iter().zip(places(entries, width)) {
        entry.draw(canvas, (at.0 + x, at.1 + y + ROW / 2.0 - 2.0));
    }
}

/// Where each entry starts: side by side, wrapped like words.
fn places(entries: &[Entry], width: f64) -> Vec<Point> {
    let (mut x, mut y) = (0.0, 0.0);
    let place = |entry: &Entry| {
        let length = SWATCH + GAP + text_width(&entry.label, TEXT);
        if x > 0.0 && x + length > width {
            (x, y) = (0.0, y + ROW);
        }
        let at = (x, y);
        x += length + SPACE;
        at
    };
    entries.iter().map(place).collect()
}

//! A surface to draw on: lines, areas, markers and text in CSS pixels with the
//! origin at the top left.
//!
//! plotters' SVG backend knows whole coordinates only, which would show as
//! jagged curves; so everything is drawn on a grid ten times finer and the
//! finished drawing is declared a tenth as large.

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontDesc, FontFamily, FontStyle, FontTransform, ShapeStyle, TextStyle, register_font,
};

use super::render::FONT;
use super::style::{INK, WHITE};

/// Grid cells per CSS pixel.
const GRID: f64 = 10.0;
/// plotters writes a font size of this fraction of the one it is given.
const FONT_SCALE: f64 = 1.24;
const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// A point in CSS pixels.
pub(super) type Point = (f64, f64);

/// Where a text's anchor lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

/// The shape of a marker: told apart without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
}

impl Marker {
    /// A marker for the `i`-th of several series.
    pub(super) fn nth(i: usize) -> Self {
        [Self::Circle, Self::Square, Self::Triangle, Self::Diamond][i % 4]
    }
}

/// A drawing under way.
pub(super) struct Canvas<'a> {
    backend: SVGBackend<'a>,
    width: f64,
    height: f64,
}

/// Draws on a white surface of that size; returns the SVG.
pub(super) fn drawing(width: f64, height: f64, draw: impl FnOnce(&mut Canvas<'_>)) -> String {
    let mut svg = String::new();
    let size = grid((width, height));
    {
        let backend = SVGBackend::with_string(&mut svg, (size.0 as u32, size.1 as u32));
        let mut canvas = Canvas { backend, width, height };
        canvas.rect((0.0, 0.0), (width, height), &WHITE);
        draw(&mut canvas);
        // Writing to a string cannot fail.
        let _ = canvas.backend.present();
    }
    // Its own opening tag declares the grid's size and pointed corners.
    let body = svg.split_once('\n').map_or("", |(_, body)| body);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {} {}\" stroke-linejoin=\"round\">\n{body}",
        size.0, size.1
    )
}

impl Canvas<'_> {
    pub(super) fn width(&self) -> f64 {
        self.width
    }

    pub(super) fn height(&self) -> f64 {
        self.height
    }

    /// A filled rectangle between two corners; its edges are snapped to half
    /// CSS pixels, so that neighbours meet without a seam in the image.
    pub(super) fn rect(&mut self, from: Point, to: Point, color: &impl Color) {
        let snap = |(x, y): Point| grid(((x * 2.0).round() / 2.0, (y * 2.0).round() / 2.0));
        let (from, to) = (snap(from), snap(to));
        let low = (from.0.min(to.0), from.1.min(to.1));
        let high = (from.0.max(to.0), from.1.max(to.1));
        if low.0 < high.0 && low.1 < high.1 {
            let style = ShapeStyle::from(color).filled();
            let _ = self.backend.draw_rect(low, high, &style, true);
        }
    }

    /// A line through all points.
    pub(super) fn path(&mut self, points: &[Point], color: &impl Color, width: f64) {
        if points.len() > 1 {
            let style = ShapeStyle::from(color).stroke_width((width * GRID).round() as u32);
            let _ = self.backend.draw_path(points.iter().map(|p| grid(*p)), &style);
        }
    }

    /// A dashed straight line.
    pub(super) fn dashes(&mut self, from: Point, to: Point, color: &impl Color, width: f64) {
        const ON: f64 = 5.0;
        const OFF: f64 = 4.0;
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = crate::base::math::sqrt(dx * dx + dy * dy);
        let at = |d: f64| (from.0 + dx * d / length, from.1 + dy * d / length);
        let mut done = 0.0;
        while done < length {
            self.path(&[at(done), at((done + ON).min(length))], color, width);
            done += ON + OFF;
        }
    }

    /// A filled shape.
    pub(super) fn area(&mut self, outline: &[Point], color: &impl Color) {
        if outline.len() > 2 {
            let style = ShapeStyle::from(color).filled();
            let _ = self.backend.fill_polygon(outline.iter().map(|p| grid(*p)), &style);
        }
    }

    /// A marker with a thin white rim, which keeps overlapping ones apart.
    pub(super) fn marker(&mut self, at: Point, marker: Marker, color: &impl Color, size: f64) {
        self.marker_shape(at, marker, &WHITE, size + 1.0);
        self.marker_shape(at, marker, color, size);
    }

    fn marker_shape(&mut self, (x, y): Point, marker: Marker, color: &impl Color, r: f64) {
        let around = |corners: &[Point]| -> Vec<Point> {
            corners.iter().map(|(dx, dy)| (x + dx * r, y + dy * r)).collect()
        };
        let outline = match marker {
            Marker::Circle => {
                let style = ShapeStyle::from(color).filled();
                let radius = (r * GRID).round() as u32;
                let _ = self.backend.draw_circle(grid((x, y)), radius, &style, true);
                return;
            }
            Marker::Square => around(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
            Marker::Triangle => around(&[(0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)]),
            Marker::Diamond => around(&[(0.0, -1.3), (1.1, 0.0), (0.0, 1.3), (-1.1, 0.0)]),
        };
        self.area(&outline, color);
    }

    /// Text whose vertical middle is at `at`.
    pub(super) fn text(&mut self, text: &str, at: Point, size: f64, align: Align) {
        self.colored_text(text, at, size, align, &INK);
    }

    /// Text in a colour of its own.
    pub(super) fn colored_text(
        &mut self,
        text: &str,
        (x, y): Point,
        size: f64,
        align: Align,
        color: &impl Color,
    ) {
        let style = text_style(size, align, color);
        // The backend's middle is a quarter of an em above the base line; that
        // of capitals and digits is higher.
        let _ = self.backend.draw_text(text, &style, grid((x, y + 0.11 * size)));
    }

    /// Centred text that reads upwards.
    pub(super) fn vertical_text(&mut self, text: &str, (x, y): Point, size: f64) {
        let font = font(size * GRID).transform(FontTransform::Rotate270);
        let style = TextStyle::from(font).color(&INK).pos(Pos::new(HPos::Center, VPos::Center));
        let _ = self.backend.draw_text(text, &style, grid((x + 0.11 * size, y)));
    }
}

/// Width of `text` in CSS pixels.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    // Measured large, because the answer is in whole units.
    let (width, _) = font(size * 10.0).box_size(text).unwrap_or((0, 0));
    f64::from(width) / 10.0
}

/// Makes the font known to plotters, which measures text with it.
pub(super) fn prepare() {
    // Fails only for bytes that are no font; then widths are estimated as zero.
    let _ = register_font(FAMILY, FontStyle::Normal, FONT);
}

fn font(size: f64) -> FontDesc<'static> {
    FontDesc::new(FontFamily::Name(FAMILY), size * FONT_SCALE, FontStyle::Normal)
}

fn text_style(size: f64, align: Align, color: &impl Color) -> TextStyle<'_> {
    let horizontal = match align {
        Align::Left => HPos::Left,
        Align::Centre => HPos::Center,
        Align::Right => HPos::Right,
    };
    TextStyle::from(font(size * GRID)).color(color).pos(Pos::new(horizontal, VPos::Center))
}

fn grid((x, y): Point) -> (i32, i32) {
    ((x * GRID).round() as i32, (y * GRID).round() as i32)
}

//! Two keys vary: a small map of each metric, the first key upwards, the second
//! to the right, with the mean and half of the 95 % interval in each cell.

use super::data::{Sweep, Value};
use super::{Shown, measured};
use crate::plot::axis::Axis;
use crate::plot::canvas::{Align, Canvas, drawing};
use crate::plot::facts::Facts;
use crate::plot::figure::Figure;
use crate::plot::number::thousands;
use crate::plot::style::{INK, LABEL, NO_DATA, TEXT, WHITE, WIDTH, viridis};
use plotters::style::RGBColor;

/// Maps in one chart, two in a row.
const MAPS: usize = 4;
/// Cells narrower than this have no room for numbers.
const CELLS_MAX: usize = 9;
const CELL_HEIGHT: f64 = 52.0;

pub(super) fn draw(sweep: &Sweep, facts: &Facts) -> Option<String> {
    if sweep.names.len() != 2 {
        return None;
    }
    let (rows, columns) = (sweep.values_of(0), sweep.values_of(1));
    let linked = sweep.points.len() <= rows.len().max(columns.len());
    let wanted = ["latency_p50", "bytes_per_node_s", "rpcs_mean", "lookups_ok"];
    let shown: Vec<Shown> =
        measured(sweep).into_iter().filter(|one| wanted.contains(&one.metric)).take(MAPS).collect();
    if linked || rows.len() < 2 || columns.len() < 2 || shown.is_empty() {
        return None;
    }
    let map = Map { sweep, rows, columns };
    let map_height = 96.0 + (CELL_HEIGHT * map.rows.len() as f64).clamp(150.0, 420.0);
    let height = 96.0 + map_height * shown.len().div_ceil(2) as f64;
    Some(drawing(WIDTH, height.max(520.0), |canvas| {
        let title = format!("Effect of {} and {}", sweep.names[0], sweep.names[1]);
        let mut figure = Figure::new(facts, &title, Axis::linear("", 0.0, 1.0, 1.0));
        figure.note = "means over seeds ± half of the 95 % interval (Student t); the brighter, \
                       the larger; grey: left out"
            .to_owned();
        let top = figure.header(canvas);
        let free = canvas.height() - top;
        let each = free / shown.len().div_ceil(2) as f64;
        for (i, one) in shown.iter().enumerate() {
            let left = (i % 2) as f64 * WIDTH / 2.0;
            map.draw(canvas, *one, (left, top + (i / 2) as f64 * each), (WIDTH / 2.0, each));
        }
    }))
}

struct Map<'a> {
    sweep: &'a Sweep,
    rows: Vec<&'a str>,
    columns: Vec<&'a str>,
}

impl Map<'_> {
    fn draw(
        &self,
        canvas: &mut Canvas<'_>,
        shown: Shown,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
    ) {
        let (left, top) = (x + 92.0, y + 40.0);
        let (right, bottom) = (x + width - 16.0, y + height - 56.0);
        let cell =
            ((right - left) / self.columns.len() as f64, (bottom - top) / self.rows.len() as f64);
        canvas.text(shown.title, ((left + right) / 2.0, top - 16.0), LABEL, Align::Centre);
        canvas.rect((left, top), (right, bottom), &NO_DATA);
        let values: Vec<Value> =
            (0..self.sweep.points.len()).filter_map(|p| self.value(p, shown)).collect();
        let scale = Scale::of(&values);
        for point in 0..self.sweep.points.len() {
            let Some(value) = self.value(point, shown) else { continue };
            let (row, column) = self.place(point);
            let share = (value.mean - scale.low) / (scale.high - scale.low);
            let from = (left + cell.0 * column as f64, bottom - cell.1 * (row + 1) as f64);
            let to = (from.0 + cell.0, from.1 + cell.1);
            canvas.rect(from, to, &viridis(share));
            let centre = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
            self.numbers(canvas, value, centre, if share < 0.6 { WHITE } else { INK }, &scale);
        }
        for (at, label) in self.columns.iter().enumerate() {
            let x = left + cell.0 * (at as f64 + 0.5);
            canvas.text(label, (x, bottom + 14.0), TEXT, Align::Centre);
        }
        for (at, label) in self.rows.iter().enumerate() {
            let y = bottom - cell.1 * (at as f64 + 0.5);
            canvas.text(label, (left - 9.0, y), TEXT, Align::Right);
        }
        let names = &self.sweep.names;
        canvas.text(&names[1], ((left + right) / 2.0, bottom + 36.0), LABEL, Align::Centre);
        canvas.vertical_text(&names[0], (x + 30.0, (top + bottom) / 2.0), LABEL);
    }

    fn value(&self, point: usize, shown: Shown) -> Option<Value> {
        Some(self.sweep.value(point, shown.metric)?.times(shown.factor))
    }

    /// Row and column of a point.
    fn place(&self, point: usize) -> (usize, usize) {
        let values = &self.sweep.points[point].values;
        let find = |list: &[&str], value: &str| list.iter().position(|one| *one == value);
        let row = find(&self.rows, &values[0]).unwrap_or(0);
        (row, find(&self.columns, &values[1]).unwrap_or(0))
    }

    fn numbers(
        &self,
        canvas: &mut Canvas<'_>,
        value: Value,
        (x, y): (f64, f64),
        ink: RGBColor,
        scale: &Scale,
    ) {
        if self.columns.len() > CELLS_MAX || self.rows.len() > CELLS_MAX {
            return;
        }
        let mean = thousands(value.mean, scale.decimals);
        match value.half() {
            Some(half) => {
                canvas.colored_text(&mean, (x, y - 9.0), TEXT, Align::Centre, &ink);
                let half = format!("± {}", thousands(half, scale.decimals));
                canvas.colored_text(&half, (x, y + 10.0), TEXT - 2.0, Align::Centre, &ink);
            }
            None => canvas.colored_text(&mean, (x, y), TEXT, Align::Centre, &ink),
        }
    }
}

/// The range of colours of a map, and how its numbers are written.
struct Scale {
    low: f64,
    high: f64,
    decimals: usize,
}

impl Scale {
    /// From the smallest to the largest mean, but wide enough that noise does
    /// not look like an effect.
    fn of(values: &[Value]) -> Self {
        const NOISE: f64 = 12.0;
        let low = values.iter().map(|value| value.mean).fold(f64::INFINITY, f64::min);
        let high = values.iter().map(|value| value.mean).fold(f64::NEG_INFINITY, f64::max);
        let widest = values.iter().filter_map(|value| value.half()).fold(0.0, f64::max);
        let missing = (NOISE * widest - (high - low)).max(0.0);
        let missing = if high - low + missing > 0.0 { missing } else { 1.0 };
        // So that the narrowest interval still shows a digit.
        let halves = values.iter().filter_map(|value| value.half()).filter(|half| *half > 0.0);
        let narrowest = halves.fold(f64::INFINITY, f64::min);
        let decimals = match if narrowest.is_finite() { narrowest } else { high.abs() / 100.0 } {
            half if half >= 0.95 => 0,
            half if half >= 0.095 => 1,
            _ => 2,
        };
        Self { low: low - missing / 2.0, high: high + missing / 2.0, decimals }
    }
}

//! One key varies: its effect on each metric, one panel below the other, with
//! bands of the 95 % intervals over seeds. Values that are no numbers, such as
//! lookup variants, get places side by side and no line between them.

use super::data::{Sweep, Value, numbers};
use super::{Shown, measured};
use crate::plot::axis::{Axis, Tick};
use crate::plot::canvas::{Canvas, Marker, drawing};
use crate::plot::facts::Facts;
use crate::plot::figure::{Figure, PanelSpec};
use crate::plot::legend::Entry;
use crate::plot::panel::{Panel, Sample, Span};
use crate::plot::style::{BLUE, PALETTE, WIDTH};

/// Metrics in one chart, each with a panel.
const PANELS: usize = 4;
/// Values further apart than this share of the range have ticks of their own.
const TICK_APART: f64 = 0.06;

pub(super) fn draw(sweep: &Sweep, facts: &Facts) -> Option<String> {
    let [name] = &sweep.names[..] else { return None };
    let shown: Vec<Shown> = measured(sweep)
        .into_iter()
        .filter(|one| one.metric != "latency_p95")
        .take(PANELS)
        .collect();
    if sweep.points.len() < 2 || shown.is_empty() {
        return None;
    }
    let height = 170.0 + 230.0 * shown.len() as f64;
    Some(drawing(WIDTH, height.max(560.0), |canvas| {
        draw_panels(canvas, sweep, facts, name, &shown);
    }))
}

fn draw_panels(canvas: &mut Canvas<'_>, sweep: &Sweep, facts: &Facts, name: &str, shown: &[Shown]) {
    let values = sweep.values_of(0);
    let (places, axis, ordered) = places(name, &values);
    let title = format!("Effect of {name}");
    let mut figure = Figure::new(facts, &title, axis);
    figure.note =
        "means over seeds with their 95 % intervals (Student t); not all scales start at 0"
            .to_owned();
    figure.right = 20.0;
    let specs = shown.iter().enumerate().map(|(i, one)| {
        let color = PALETTE[i % PALETTE.len()];
        let marker = Some(Marker::nth(i));
        let entry = match ordered {
            true => Entry::banded(one.title, color, marker),
            false => Entry::line(one.title, color, marker),
        };
        PanelSpec::new(axis_of(sweep, *one)).legend(vec![entry])
    });
    let panels = figure.stack(canvas, specs.collect());
    for (i, (panel, one)) in panels.iter().zip(shown).enumerate() {
        let value = |point: usize| Some(sweep.value(point, one.metric)?.times(one.factor));
        let values: Vec<(f64, Option<Value>)> =
            places.iter().enumerate().map(|(point, x)| (*x, value(point))).collect();
        draw_values(canvas, panel, values, i, ordered);
    }
}

fn draw_values(
    canvas: &mut Canvas<'_>,
    panel: &Panel,
    mut values: Vec<(f64, Option<Value>)>,
    i: usize,
    ordered: bool,
) {
    let color = PALETTE.get(i).copied().unwrap_or(BLUE);
    if ordered {
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        let spans: Vec<Span> =
            values.iter().map(|(x, value)| (*x, value.and_then(|value| value.ends))).collect();
        panel.band(canvas, &spans, color);
        let samples: Vec<Sample> =
            values.iter().map(|(x, value)| (*x, value.map(|value| value.mean))).collect();
        panel.curve(canvas, &samples, color, Some(Marker::nth(i)), 0.0);
        return;
    }
    for (x, value) in values {
        let Some(value) = value else { continue };
        let (low, high) = value.span();
        panel.whisker(canvas, panel.point(x, low), panel.point(x, high), color);
        canvas.marker(panel.point(x, value.mean), Marker::nth(i), &color, 5.0);
    }
}

/// Where each point lies, on which axis, and whether places between have a
/// meaning.
fn places(name: &str, values: &[&str]) -> (Vec<f64>, Axis, bool) {
    let tick = |(value, label): (f64, &str)| Tick { value, label: label.to_owned() };
    let Some((numbers, unit)) = numbers(values) else {
        let places: Vec<f64> = (0..values.len()).map(|at| at as f64).collect();
        let ticks = places.iter().copied().zip(values.iter().copied()).map(tick).collect();
        let end = values.len() as f64 - 0.5;
        let mut axis = Axis::with_ticks(name, -0.5, end, ticks);
        axis.grid = false;
        return (places, axis, false);
    };
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let title = if unit.is_empty() { name.to_owned() } else { format!("{name} [{unit}]") };
    let mut sorted = numbers.clone();
    sorted.sort_by(f64::total_cmp);
    let roomy = sorted.windows(2).all(|pair| pair[1] - pair[0] > TICK_APART * (high - low));
    let axis = if roomy {
        let label = |value: &f64| Tick { value: *value, label: value.to_string() };
        let margin = 0.03 * (high - low);
        Axis::with_ticks(&title, low - margin, high + margin, sorted.iter().map(label).collect())
    } else if low > 0.0 && high / low > 20.0 {
        Axis::log(&title, low, high)
    } else {
        Axis::linear(&title, low, high, 8.0)
    };
    (numbers, axis, true)
}

/// From zero, but close to the data where all of it lies far from zero.
fn axis_of(sweep: &Sweep, shown: Shown) -> Axis {
    let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
    for point in 0..sweep.points.len() {
        if let Some(value) = sweep.value(point, shown.metric) {
            let (from, to) = value.times(shown.factor).span();
            (low, high) = (low.min(from), high.max(to));
        }
    }
    let share = shown.factor != 1.0;
    let unit = match shown.title.rsplit_once('[') {
        Some((_, unit)) => format!("[{unit}"),
        None => String::new(),
    };
    let spread = high - low;
    if low > 0.6 * high && spread > 0.0 {
        let high = high + 0.1 * spread;
        let high = if share { high.min(100.0) } else { high };
        return Axis::linear(&unit, (low - 0.1 * spread).max(0.0), high, 5.0);
    }
    if share { Axis::percent(&unit, high) } else { Axis::from_zero(&unit, high, 1e-9) }
}

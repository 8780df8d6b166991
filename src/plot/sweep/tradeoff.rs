//! What lookups cost against how long they take: every point of the sweep with
//! its parameters, and the lower convex hull, below which no tried setting
//! gets (Li et al., "A performance vs. cost framework for evaluating DHT design
//! tradeoffs under churn", INFOCOM 2005).

use plotters::style::{Color, RGBColor};

use super::data::{Sweep, Value};
use super::labels;
use crate::plot::axis::Axis;
use crate::plot::canvas::{Canvas, Marker, Point, drawing};
use crate::plot::facts::Facts;
use crate::plot::figure::{Figure, PanelSpec};
use crate::plot::legend::Entry;
use crate::plot::panel::Panel;
use crate::plot::style::{PALETTE, SOFT_INK, TEXT, WHITE, WIDTH};

const COST: &str = "bytes_per_node_s";
const LATENCY: &str = "latency_p50";
/// More points than this are labelled only on the hull.
const LABELLED: usize = 30;

/// Wide and pale, so that it shows beside what is drawn over it.
const HULL: RGBColor = RGBColor(0xd0, 0xd0, 0xd0);

/// A point of the sweep that was measured in both.
struct Setting {
    label: String,
    series: usize,
    cost: Value,
    latency: Value,
}

pub(super) fn draw(sweep: &Sweep, facts: &Facts) -> Option<String> {
    let groups = groups(sweep);
    let settings: Vec<Setting> = (0..sweep.points.len())
        .filter_map(|point| {
            let (cost, latency) = (sweep.value(point, COST)?, sweep.value(point, LATENCY)?);
            let own = sweep.points[point].values.first();
            let series = groups.iter().position(|group| Some(group) == own).unwrap_or(0);
            Some(Setting { label: sweep.label(point), series, cost, latency })
        })
        .collect();
    if settings.len() < 2 {
        return None;
    }
    Some(drawing(WIDTH, 680.0, |canvas| draw_settings(canvas, sweep, facts, &groups, &settings)))
}

/// Values of the first key, which colours tell apart, if there are few enough.
fn groups(sweep: &Sweep) -> Vec<String> {
    let values = sweep.values_of(0);
    match values.len() {
        2..=7 if sweep.names.len() > 1 => values.into_iter().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn draw_settings(
    canvas: &mut Canvas<'_>,
    sweep: &Sweep,
    facts: &Facts,
    groups: &[String],
    settings: &[Setting],
) {
    let highest = |value: fn(&Setting) -> Value| {
        settings.iter().map(|one| value(one).span().1).fold(0.0, f64::max)
    };
    let x = Axis::from_zero("traffic per node [B/s]", highest(|one| one.cost), 1e-9);
    let y = Axis::from_zero("median lookup latency [ms]", highest(|one| one.latency), 1e-9);
    let mut figure = Figure::new(facts, "Cost against latency", x);
    figure.note = "means over seeds with 95 % intervals (Student t); nothing tried lies below the \
                   hull"
        .to_owned();
    figure.right = 20.0;
    let mut legend: Vec<Entry> = groups
        .iter()
        .enumerate()
        .map(|(at, group)| {
            let label = format!("{} = {group}", sweep.names[0]);
            Entry::line(&label, PALETTE[at], Some(Marker::nth(at)))
        })
        .collect();
    legend.push(Entry::fill("lower hull", HULL));
    for panel in figure.stack(canvas, vec![PanelSpec::new(y).legend(legend)]) {
        let hull = hull(settings);
        let at = |one: &Setting| panel.point(one.cost.mean, one.latency.mean);
        let line: Vec<Point> = hull.iter().map(|i| at(&settings[*i])).collect();
        canvas.path(&line, &HULL, 9.0);
        draw_groups(canvas, &panel, settings);
        let labelled: Vec<(Point, String)> = (0..settings.len())
            .filter(|i| settings.len() <= LABELLED || hull.contains(i))
            .map(|i| (at(&settings[i]), settings[i].label.clone()))
            .collect();
        let frame = ((panel.left, panel.top), (panel.right() + 40.0, panel.bottom()));
        let lines = between(settings, at);
        for label in labels::place(&labelled, &lines, TEXT - 2.5, frame) {
            canvas.rect(label.room.0, label.room.1, &WHITE.mix(0.8));
            canvas.colored_text(&label.text, label.at, TEXT - 2.5, label.align, &SOFT_INK);
        }
    }
}

/// Places on the lines between the settings of a group.
fn between(settings: &[Setting], at: impl Fn(&Setting) -> Point) -> Vec<Point> {
    let mut places = Vec::new();
    for pair in settings.windows(2).filter(|pair| pair[0].series == pair[1].series) {
        let (from, to) = (at(&pair[0]), at(&pair[1]));
        for step in 1..16 {
            let share = f64::from(step) / 16.0;
            let along = |a: f64, b: f64| a + (b - a) * share;
            places.push((along(from.0, to.0), along(from.1, to.1)));
        }
    }
    places
}

fn draw_groups(canvas: &mut Canvas<'_>, panel: &Panel, settings: &[Setting]) {
    let color = |one: &Setting| -> RGBColor { PALETTE[one.series % PALETTE.len()] };
    for group in settings.chunk_by(|a, b| a.series == b.series) {
        let points: Vec<Point> =
            group.iter().map(|one| panel.point(one.cost.mean, one.latency.mean)).collect();
        if settings.iter().any(|one| one.series > 0) {
            canvas.path(&points, &color(&group[0]), 1.2);
        }
    }
    for one in settings {
        let (low, high) = one.latency.span();
        let x = panel.px(one.cost.mean);
        panel.whisker(canvas, (x, panel.py(low)), (x, panel.py(high)), color(one));
        let (low, high) = one.cost.span();
        let y = panel.py(one.latency.mean);
        canvas.path(&[(panel.px(low), y), (panel.px(high), y)], &color(one), 1.4);
    }
    for one in settings {
        let at = panel.point(one.cost.mean, one.latency.mean);
        canvas.marker(at, Marker::nth(one.series), &color(one), 5.0);
    }
}

/// The settings on the lower convex hull, from the cheapest to the fastest.
fn hull(settings: &[Setting]) -> Vec<usize> {
    let place = |i: usize| (settings[i].cost.mean, settings[i].latency.mean);
    let mut order: Vec<usize> = (0..settings.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (place(*a), place(*b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    let mut hull: Vec<usize> = Vec::new();
    for i in order {
        // More cost for no less latency is on no lower hull.
        if hull.last().is_some_and(|last| place(*last).1 <= place(i).1) {
            continue;
        }
        while let [.., a, b] = hull[..] {
            let (a, b, c) = (place(a), place(b), place(i));
            let turn = (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0);
            if turn > 0.0 {
                break;
            }
            hull.pop();
        }
        hull.push(i);
    }
    hull
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hull_is_below_everything() {
        let setting = |(cost, latency)| Setting {
            label: String::new(),
            series: 0,
            cost: Value { mean: cost, ends: None },
            latency: Value { mean: latency, ends: None },
        };
        let all = [(1.0, 9.0), (2.0, 8.5), (3.0, 3.0), (4.0, 5.0), (6.0, 2.0), (7.0, 2.5)];
        assert_eq!(hull(&all.map(setting)), [0, 2, 4]);
        assert_eq!(hull(&[(1.0, 1.0), (2.0, 2.0)].map(setting)), [0]);
    }
}

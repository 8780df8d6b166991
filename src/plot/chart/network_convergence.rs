//! How well tables match the network over time: what an omniscient table would
//! hold, dead contacts, and how many nodes live and have joined.

use plotters::style::RGBColor;

use super::Source;
use crate::plot::PlotError;
use crate::plot::axis::Axis;
use crate::plot::canvas::{Canvas, drawing};
use crate::plot::figure::{Figure, PanelSpec};
use crate::plot::legend::Entry;
use crate::plot::panel::{Sample, marker_for};
use crate::plot::series::Series;
use crate::plot::stats::highest;
use crate::plot::style::{BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION, WIDTH};
use crate::plot::timeline::Timeline;

const NAMES: &[&str] = &[
    "time_s",
    "live_nodes",
    "joined_nodes",
    "table_fill",
    "table_recall",
    "knows_k_closest",
    "stale_fraction",
    "components",
];
const LIVE: usize = 0;
const JOINED: usize = 1;
const FILL: usize = 2;
const RECALL: usize = 3;
const KNOWS: usize = 4;
const STALE: usize = 5;
const COMPONENTS: usize = 6;

pub(super) fn draw(source: &Source<'_>) -> Result<Option<String>, PlotError> {
    let Some(series) = Series::read(source.dir, "convergence.csv", NAMES)? else {
        return Ok(None);
    };
    let groups = groups(&series);
    let height = 300.0 + 190.0 * groups.len() as f64;
    Ok(Some(drawing(WIDTH, height, |canvas| draw_groups(canvas, source, &series, groups))))
}

/// Curves that share a panel.
struct Group {
    y: Axis,
    weight: f64,
    curves: Vec<Curve>,
}

struct Curve {
    label: &'static str,
    color: RGBColor,
    samples: Vec<Sample>,
}

fn groups(series: &Series) -> Vec<Group> {
    let curve = |column: usize, factor: f64, label, color| {
        let samples = series.scaled(column, factor);
        series.has(column).then_some(Curve { label, color, samples })
    };
    let top = |curves: &[Option<Curve>]| {
        highest(curves.iter().flatten().flat_map(|c| c.samples.iter().map(|(_, value)| *value)))
    };
    let tables = [
        curve(FILL, 100.0, "table fill", BLUE),
        curve(RECALL, 100.0, "table recall (live contacts only)", VERMILLION),
        curve(KNOWS, 100.0, "nodes that know their k closest", GREEN),
    ];
    let stale = [curve(STALE, 100.0, "dead contacts in tables", PURPLE)];
    let nodes =
        [curve(LIVE, 1.0, "live nodes", SKY), curve(JOINED, 1.0, "of these, joined", ORANGE)];
    let split = highest(series.column(COMPONENTS).iter().map(|(_, value)| *value)) > 1.0;
    let components = [curve(COMPONENTS, 1.0, "connected components", BLUE).filter(|_| split)];
    let fill_high = top(&tables).max(100.0);
    let all = [
        (Axis::linear("share [%]", 0.0, fill_high, 5.0), 2.0, tables.into()),
        (Axis::percent("stale [%]", top(&stale)), 1.0, Vec::from(stale)),
        (Axis::counts("nodes", top(&nodes)), 1.0, nodes.into()),
        (Axis::counts("components", top(&components)), 0.8, components.into()),
    ];
    all.into_iter()
        .map(|(y, weight, curves)| Group {
            y,
            weight,
            curves: curves.into_iter().flatten().collect(),
        })
        .filter(|group| !group.curves.is_empty())
        .collect()
}

fn draw_groups(
    canvas: &mut Canvas<'_>,
    source: &Source<'_>,
    series: &Series,
    mut groups: Vec<Group>,
) {
    let timeline = Timeline::new(source.facts, series.last_s());
    let mut figure = Figure::over_time(source.facts, "Convergence of the network", &timeline);
    figure.note = "tables of live joined nodes against tables that know every live node".to_owned();
    let marker = |i| marker_for(i, series.len());
    let spec = |group: &mut Group| {
        let entry = |(i, curve): (usize, &Curve)| Entry::line(curve.label, curve.color, marker(i));
        PanelSpec::new(group.y.clone())
            .legend(group.curves.iter().enumerate().map(entry).collect())
            .weight(group.weight)
    };
    let specs = groups.iter_mut().map(spec).collect();
    for (panel, group) in figure.stack(canvas, specs).iter().zip(&groups) {
        for (i, curve) in group.curves.iter().enumerate() {
            panel.curve(canvas, &curve.samples, curve.color, marker(i));
        }
    }
}

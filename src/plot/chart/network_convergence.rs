//! How well tables match the network over time: what an omniscient table would
//! hold, dead contacts, and how many nodes live and have joined; components of
//! the network too if it ever falls apart. From `convergence.csv`.

use super::Source;
use crate::plot::PlotError;
use crate::plot::axis::Axis;
use crate::plot::canvas::{Canvas, drawing};
use crate::plot::curve::{self, Curve};
use crate::plot::figure::{Figure, PanelSpec};
use crate::plot::panel::marker_for;
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
    Ok(Some(drawing(WIDTH, height, |canvas| draw_groups(canvas, source, &series, &groups))))
}

/// Curves that share a panel.
struct Group {
    y: Axis,
    weight: f64,
    curves: Vec<Curve>,
}

fn groups(series: &Series) -> Vec<Group> {
    let curve = |i, column: usize, factor: f64, label: &str, color| {
        let (samples, marker) = (series.scaled(column, factor), marker_for(i, series.len()));
        series.has(column).then(|| Curve { label: label.to_owned(), color, marker, samples })
    };
    let top =
        |curves: &[Option<Curve>]| curves.iter().flatten().map(Curve::high).fold(0.0, f64::max);
    let tables = [
        curve(0, FILL, 100.0, "table fill", BLUE),
        curve(1, RECALL, 100.0, "table recall (live contacts only)", VERMILLION),
        curve(2, KNOWS, 100.0, "nodes that know their k closest", GREEN),
    ];
    let stale = [curve(0, STALE, 100.0, "dead contacts in tables", PURPLE)];
    let nodes =
        [curve(0, LIVE, 1.0, "live nodes", SKY), curve(1, JOINED, 1.0, "of these, joined", ORANGE)];
    let split = highest(series.column(COMPONENTS).iter().map(|(_, value)| *value)) > 1.0;
    let components = [curve(0, COMPONENTS, 1.0, "connected components", BLUE).filter(|_| split)];
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

fn draw_groups(canvas: &mut Canvas<'_>, source: &Source<'_>, series: &Series, groups: &[Group]) {
    let timeline = Timeline::new(source.facts, series.last_s());
    let mut figure = Figure::over_time(source.facts, "Convergence of the network", &timeline);
    figure.note = "tables of live joined nodes against tables that know every live node".to_owned();
    let spec = |group: &Group| {
        PanelSpec::new(group.y.clone())
            .legend(group.curves.iter().map(Curve::entry).collect())
            .weight(group.weight)
    };
    let specs = groups.iter().map(spec).collect();
    for (panel, group) in figure.stack(canvas, specs).iter().zip(groups) {
        curve::draw_all(canvas, panel, &group.curves);
    }
}

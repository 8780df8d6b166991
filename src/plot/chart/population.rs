//! Live nodes over time, and how many joined, left and crashed in windows
//! between samples: as steps, since they are counts of a window.
//! From `population.csv`.

use super::Source;
use crate::plot::PlotError;
use crate::plot::axis::Axis;
use crate::plot::canvas::{Canvas, drawing};
use crate::plot::curve::{self, Curve};
use crate::plot::figure::{Figure, PanelSpec};
use crate::plot::panel::{Sample, marker_for};
use crate::plot::series::Series;
use crate::plot::stats::{highest, percentile};
use crate::plot::style::{BLUE, GREEN, ORANGE, VERMILLION, WIDTH};
use crate::plot::timeline::{Timeline, duration};

const NAMES: &[&str] = &["time_s", "live", "joins", "leaves", "crashes"];
/// A spike so many times the typical count needs a logarithmic axis.
const SPIKE: f64 = 30.0;
/// More windows than this are joined, for curves that can be followed.
const MAX_WINDOWS: usize = 80;

pub(super) fn draw(source: &Source<'_>) -> Result<Option<String>, PlotError> {
    let series = Series::read(source.dir, "population.csv", NAMES)?;
    Ok(series.map(|series| {
        let changes = Changes::new(&series);
        let height = if changes.curves.is_empty() { 560.0 } else { 760.0 };
        drawing(WIDTH, height, |canvas| draw_nodes(canvas, source, &series, &changes))
    }))
}

/// How many nodes came and went in windows of time.
struct Changes {
    /// Width of the windows, if there are several.
    window_s: Option<f64>,
    curves: Vec<Curve>,
}

impl Changes {
    /// Joins windows where there are too many; leaves out what never happened.
    fn new(series: &Series) -> Self {
        let together = series.len().div_ceil(MAX_WINDOWS).max(1);
        let times = series.column(0).windows(2);
        let mut gaps_s: Vec<f64> = times.map(|pair| pair[1].0 - pair[0].0).collect();
        gaps_s.sort_by(f64::total_cmp);
        let gap_s = percentile(&gaps_s, 0.5);
        let steps = |column| steps(series.column(column), together, gap_s);
        let curves = [(1, "joined", GREEN), (2, "left", ORANGE), (3, "crashed", VERMILLION)]
            .into_iter()
            .map(|(column, label, color)| Curve {
                label: label.to_owned(),
                color,
                marker: None,
                samples: steps(column),
            })
            .filter(|curve| curve.high() > 0.0);
        Self { window_s: gap_s.map(|gap_s| gap_s * together as f64), curves: curves.collect() }
    }

    /// Linear, but logarithmic where one spike would flatten the rest.
    fn axis(&self) -> Axis {
        let counts = self.curves.iter().flat_map(|curve| &curve.samples);
        let mut counts: Vec<f64> = counts.filter_map(|(_, count)| *count).collect();
        counts.retain(|count| *count > 0.0);
        counts.sort_by(f64::total_cmp);
        let high = percentile(&counts, 1.0).unwrap_or(0.0);
        let typical = percentile(&counts, 0.5).unwrap_or(0.0);
        let window = self.window_s.map_or("sample".to_owned(), duration);
        let title = format!("nodes per {}", window.trim_start_matches("1 "));
        if high > SPIKE * typical {
            Axis::log_from_zero(&title, high)
        } else {
            Axis::counts(&title, high)
        }
    }
}

/// Sums of `together` samples each, from the start of their window to its end.
/// A last group that is too short to compare is left out.
fn steps(samples: &[Sample], together: usize, gap_s: Option<f64>) -> Vec<Sample> {
    let first_s = samples.first().map_or(0.0, |(time_s, _)| *time_s);
    let mut start_s = gap_s.map_or(0.0, |gap_s| (first_s - gap_s).max(0.0));
    let mut steps = Vec::new();
    for group in samples.chunks_exact(together) {
        let count: Option<f64> = group.iter().map(|(_, count)| *count).sum();
        let end_s = group[together - 1].0;
        steps.extend([(start_s, count), (end_s, count)]);
        start_s = end_s;
    }
    steps
}

fn draw_nodes(canvas: &mut Canvas<'_>, source: &Source<'_>, series: &Series, changes: &Changes) {
    let timeline = Timeline::new(source.facts, series.last_s());
    let figure = Figure::over_time(source.facts, "Population", &timeline);
    let high = highest(series.column(0).iter().map(|(_, count)| *count));
    let mut specs = vec![PanelSpec::new(Axis::counts("live nodes", high)).weight(1.3)];
    if !changes.curves.is_empty() {
        let entries = changes.curves.iter().map(Curve::entry);
        specs.push(PanelSpec::new(changes.axis()).legend(entries.collect()));
    }
    let panels = figure.stack(canvas, specs);
    panels[0].curve(canvas, series.column(0), BLUE, marker_for(0, series.len()), 0.0);
    for panel in &panels[1..] {
        curve::draw_all(canvas, panel, &changes.curves);
    }
}

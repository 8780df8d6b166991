//! The layout of a chart: a title, what was simulated, and panels one above
//! the other that share their horizontal axis, each with its legend above it.
//! Events and the warm-up are marked in all panels and named above the first.

use super::axis::Axis;
use super::canvas::{Align, Canvas, text_width};
use super::facts::Facts;
use super::legend::{self, Entry};
use super::panel::Panel;
use super::style::{INK, LABEL, SHADE, SOFT_INK, SUBTITLE, TEXT, TITLE};
use super::timeline::Timeline;

/// Left of the rotated axis label, and right of panels with nothing there.
const MARGIN: f64 = 26.0;
/// Below the last panel: tick labels and the axis label.
const FOOT: f64 = 64.0;
/// Between the header and a panel with nothing above it.
const HEAD: f64 = 8.0;
/// Between panels.
const GAP: f64 = 20.0;
/// Height of a row of event labels.
const STRIP_ROW: f64 = 19.0;

/// What a panel is to show.
pub(super) struct PanelSpec {
    y: Axis,
    legend: Vec<Entry>,
    weight: f64,
}

impl PanelSpec {
    /// A panel with that vertical axis.
    pub(super) fn new(y: Axis) -> Self {
        Self { y, legend: Vec::new(), weight: 1.0 }
    }

    /// With these entries in its legend.
    pub(super) fn legend(mut self, entries: Vec<Entry>) -> Self {
        self.legend = entries;
        self
    }

    /// As many times as high as a panel of weight 1.
    pub(super) fn weight(mut self, weight: f64) -> Self {
        self.weight = weight;
        self
    }
}

/// A chart's title, notes and common horizontal axis.
pub(super) struct Figure<'a> {
    pub(super) facts: &'a Facts,
    pub(super) title: &'a str,
    /// A line on how to read the chart, empty for none.
    pub(super) note: String,
    pub(super) x: Axis,
    pub(super) timeline: Option<&'a Timeline>,
    /// Room right of the panels beyond the margin.
    pub(super) right: f64,
}

impl<'a> Figure<'a> {
    /// A chart over the time of the run.
    pub(super) fn over_time(facts: &'a Facts, title: &'a str, timeline: &'a Timeline) -> Self {
        let timeline_axis = timeline.axis();
        Self { timeline: Some(timeline), ..Self::new(facts, title, timeline_axis) }
    }

    /// A chart over `x`.
    pub(super) fn new(facts: &'a Facts, title: &'a str, x: Axis) -> Self {
        Self { facts, title, note: String::new(), x, timeline: None, right: 0.0 }
    }

    /// Draws everything but the data; returns the panels to draw it in.
    pub(super) fn stack(&self, canvas: &mut Canvas<'_>, specs: Vec<PanelSpec>) -> Vec<Panel> {
        let left = left_edge(&specs);
        let last_label = self.x.ticks.last().map_or(0.0, |tick| text_width(&tick.label, TEXT));
        let right = (MARGIN + self.right).max(last_label / 2.0 + 4.0);
        let width = canvas.width() - right - left;
        let labels = self
            .timeline
            .map_or(Vec::new(), |timeline| event_labels(timeline, &self.x, left, width));
        let strip = labels.iter().map(|label| label.row + 1).max().unwrap_or(0) as f64 * STRIP_ROW;
        let mut top = self.header(canvas);
        let legends: Vec<f64> = specs.iter().map(|s| legend::height(&s.legend, width)).collect();
        let weights: f64 = specs.iter().map(|spec| spec.weight).sum();
        let taken = legends.iter().sum::<f64>() + strip + GAP * (specs.len() - 1) as f64;
        let head = if legends[0] + strip == 0.0 { HEAD } else { 0.0 };
        top += head;
        let free = canvas.height() - top - FOOT - taken;
        let last = specs.len() - 1;
        let mut panels = Vec::new();
        for (i, spec) in specs.into_iter().enumerate() {
            legend::draw(canvas, &spec.legend, (left, top), width);
            top += legends[i];
            if i == 0 {
                draw_event_labels(canvas, &labels, top, strip);
                top += strip;
            }
            let height = free * spec.weight / weights;
            let panel = Panel { left, top, width, height, x: self.x.clone(), y: spec.y };
            self.draw_frame(canvas, &panel, i == last);
            panels.push(panel);
            top += height + GAP;
        }
        panels
    }

    /// Title, what was simulated, and the note; returns where they end.
    pub(super) fn header(&self, canvas: &mut Canvas<'_>) -> f64 {
        canvas.text(self.title, (MARGIN, 28.0), TITLE, Align::Left);
        let mut y = 28.0;
        for line in [self.facts.subtitle(), self.note.clone()] {
            if !line.is_empty() {
                y += 23.0;
                canvas.colored_text(&line, (MARGIN, y), SUBTITLE, Align::Left, &SOFT_INK);
            }
        }
        y + 20.0
    }

    /// Dashed lines at the events, also to redraw what data covered.
    pub(super) fn draw_events(&self, canvas: &mut Canvas<'_>, panel: &Panel) {
        for event in self.timeline.map_or(&[][..], |timeline| &timeline.events) {
            let x = panel.px(event.at_s);
            canvas.dashes((x, panel.top), (x, panel.bottom()), &SOFT_INK, 1.2);
        }
    }

    fn draw_frame(&self, canvas: &mut Canvas<'_>, panel: &Panel, last: bool) {
        if let Some(warmup_s) = self.timeline.and_then(|timeline| timeline.warmup_s) {
            let (from, to) = (panel.px(0.0), panel.px(warmup_s));
            canvas.rect((from, panel.top), (to, panel.bottom()), &SHADE);
        }
        panel.draw_grid(canvas);
        self.draw_events(canvas, panel);
        panel.draw_rules(canvas);
        panel.draw_labels(canvas, last);
        canvas.vertical_text(&panel.y.title, (MARGIN, panel.top + panel.height / 2.0), LABEL);
        if last {
            let at = (panel.left + panel.width / 2.0, panel.bottom() + 46.0);
            canvas.text(&self.x.title, at, LABEL, Align::Centre);
        }
    }
}

/// Where panels start: right of the widest tick label of all of them.
fn left_edge(specs: &[PanelSpec]) -> f64 {
    let labels = specs.iter().flat_map(|spec| &spec.y.ticks);
    let widest = labels.map(|tick| text_width(&tick.label, TEXT)).fold(0.0, f64::max);
    (MARGIN + 20.0 + widest + 8.0).round()
}

/// A label above the first panel.
struct EventLabel {
    text: String,
    centre: f64,
    row: usize,
}

/// Labels of the warm-up and the events, each in the lowest row where it
/// touches no other. An event for which no row has room keeps its line only.
fn event_labels(timeline: &Timeline, x: &Axis, left: f64, width: f64) -> Vec<EventLabel> {
    const ROWS: usize = 4;
    let place = |s: f64| left + width * x.share(s);
    let warmup = timeline.warmup_s.map(|s| ("warm-up", (left + place(s)) / 2.0));
    let events = timeline.events.iter().map(|event| (event.label.as_str(), place(event.at_s)));
    let mut ends = [f64::NEG_INFINITY; ROWS];
    let mut labels = Vec::new();
    for (text, centre) in warmup.into_iter().chain(events) {
        let half = text_width(text, TEXT) / 2.0;
        let centre = centre.min(left + width + MARGIN / 2.0 - half).max(left + half);
        if let Some(row) = ends.iter().position(|end| *end + 12.0 < centre - half) {
            ends[row] = centre + half;
            labels.push(EventLabel { text: text.to_owned(), centre, row });
        }
    }
    labels
}

fn draw_event_labels(canvas: &mut Canvas<'_>, labels: &[EventLabel], top: f64, strip: f64) {
    for label in labels {
        let y = top + strip - (label.row as f64 + 0.5) * STRIP_ROW - 2.0;
        canvas.colored_text(&label.text, (label.centre, y), TEXT, Align::Centre, &SOFT_INK);
    }
}

/// Draws an axis line; here so that panels and colour bars share it.
pub(super) fn rule(canvas: &mut Canvas<'_>, from: (f64, f64), to: (f64, f64)) {
    canvas.path(&[from, to], &INK, 1.2);
}

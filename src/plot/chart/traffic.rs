//! What nodes send over time: bytes and messages per node and second by message
//! type, stacked, and the share of messages that arrive nowhere.
//! From `traffic.csv`, whose types are an open set.

use std::collections::BTreeMap;

use plotters::style::RGBColor;

use super::Source;
use crate::plot::PlotError;
use crate::plot::axis::Axis;
use crate::plot::canvas::{Canvas, Point, drawing};
use crate::plot::curve::{self, Curve};
use crate::plot::figure::{Figure, PanelSpec};
use crate::plot::legend::Entry;
use crate::plot::panel::{Panel, marker_for};
use crate::plot::style::{GREY, PALETTE, PURPLE, VERMILLION, WIDTH};
use crate::plot::table::Table;
use crate::plot::timeline::Timeline;

const NAMES: &[&str] = &["time_s", "type", "sent", "lost", "to_dead", "bytes", "bytes_per_node_s"];
/// Types beyond these are drawn as one.
const MAX_TYPES: usize = 7;
/// More windows than this are averaged, as there are no more pixels.
const MAX_WINDOWS: usize = 600;

pub(super) fn draw(source: &Source<'_>) -> Result<Option<String>, PlotError> {
    let traffic = Traffic::read(source)?;
    let used = traffic.windows.iter().any(|window| window.sent > 0.0);
    Ok(used.then(|| drawing(WIDTH, 960.0, |canvas| traffic.draw(canvas, source))))
}

/// Places in a pair of rates.
const BYTES: usize = 0;
const MESSAGES: usize = 1;

/// All types in one window of time.
#[derive(Default)]
struct Window {
    time_s: f64,
    sent: f64,
    lost: f64,
    to_dead: f64,
    /// By type: bytes and messages, each per node and second.
    rates: BTreeMap<String, [f64; 2]>,
}

struct Traffic {
    windows: Vec<Window>,
}

/// A layer of the stack: one type, or the rest.
struct Layer {
    label: String,
    color: RGBColor,
    types: Vec<String>,
}

impl Traffic {
    fn read(source: &Source<'_>) -> Result<Self, PlotError> {
        let mut windows: Vec<Window> = Vec::new();
        let Some(mut table) = Table::open(source.dir, "traffic.csv", NAMES)? else {
            return Ok(Self { windows });
        };
        while table.advance()? {
            let time_s = table.required(0)?;
            if windows.last().is_none_or(|window| window.time_s != time_s) {
                windows.push(Window { time_s, ..Window::default() });
            }
            let Some(window) = windows.last_mut() else { continue };
            window.sent += table.number(2)?.unwrap_or(0.0);
            window.lost += table.number(3)?.unwrap_or(0.0);
            window.to_dead += table.number(4)?.unwrap_or(0.0);
            // Bytes tell how many node-seconds the window has, for messages to share.
            let (bytes, rate) = (table.number(5)?.unwrap_or(0.0), table.number(6)?.unwrap_or(0.0));
            let sent = table.number(2)?.unwrap_or(0.0);
            let messages = if bytes > 0.0 { sent * rate / bytes } else { 0.0 };
            add(window.rates.entry(table.text(1).to_owned()).or_default(), [rate, messages], 1.0);
        }
        let together = windows.len().div_ceil(MAX_WINDOWS).max(1);
        Ok(Self { windows: windows.chunks(together).map(Window::mean).collect() })
    }

    /// Types by traffic, the most first; those without any are left out.
    fn layers(&self) -> Vec<Layer> {
        let mut totals: BTreeMap<&String, f64> = BTreeMap::new();
        for (name, rate) in self.windows.iter().flat_map(|window| &window.rates) {
            *totals.entry(name).or_default() += rate[BYTES];
        }
        let mut totals: Vec<_> = totals.into_iter().filter(|(_, total)| *total > 0.0).collect();
        totals.sort_by(|a, b| b.1.total_cmp(&a.1));
        let named = if totals.len() > MAX_TYPES + 1 { MAX_TYPES } else { totals.len() };
        let layer = |(i, (name, _)): (usize, &(&String, f64))| Layer {
            label: (*name).clone(),
            color: PALETTE[i % PALETTE.len()],
            types: vec![(*name).clone()],
        };
        let mut layers: Vec<Layer> = totals[..named].iter().enumerate().map(layer).collect();
        if named < totals.len() {
            let types = totals[named..].iter().map(|(name, _)| (*name).clone()).collect();
            layers.push(Layer { label: "other types".to_owned(), color: GREY, types });
        }
        layers
    }

    fn draw(&self, canvas: &mut Canvas<'_>, source: &Source<'_>) {
        let timeline = Timeline::new(source.facts, self.windows.last().map_or(0.0, |w| w.time_s));
        let figure = Figure::over_time(source.facts, "Traffic by message type", &timeline);
        let high = |of: usize| {
            let total = |window: &Window| window.rates.values().map(|rates| rates[of]).sum();
            self.windows.iter().map(total).fold(0.0, f64::max)
        };
        let bytes_high = high(BYTES);
        let (unit, factor) = if bytes_high >= 10_000.0 { ("kB", 1e-3) } else { ("B", 1.0) };
        let layers = self.layers();
        let nowhere = [
            self.share(0, "lost on the way", VERMILLION, |window| window.lost),
            self.share(1, "sent to a dead node", PURPLE, |window| window.to_dead),
        ];
        let worst = nowhere.iter().map(Curve::high).fold(0.0, f64::max);
        let title = format!("bytes sent [{unit}/s per node]");
        let specs = vec![
            PanelSpec::new(Axis::from_zero(&title, bytes_high * factor, 0.01))
                .legend(layers.iter().map(|l| Entry::fill(&l.label, l.color)).collect())
                .weight(1.6),
            PanelSpec::new(Axis::from_zero("messages sent [1/s per node]", high(MESSAGES), 0.01))
                .weight(1.4),
            PanelSpec::new(Axis::percent("messages [%]", worst))
                .legend(nowhere.iter().map(Curve::entry).collect()),
        ];
        if let [bytes, messages, shares] = &figure.stack(canvas, specs)[..] {
            self.draw_stack(canvas, bytes, &layers, |rates| rates[BYTES] * factor);
            self.draw_stack(canvas, messages, &layers, |rates| rates[MESSAGES]);
            figure.draw_events(canvas, bytes);
            figure.draw_events(canvas, messages);
            curve::draw_all(canvas, shares, &nowhere);
        }
    }

    fn draw_stack(
        &self,
        canvas: &mut Canvas<'_>,
        panel: &Panel,
        layers: &[Layer],
        pick: impl Fn(&[f64; 2]) -> f64,
    ) {
        let mut below = vec![0.0; self.windows.len()];
        for layer in layers {
            let rate = |window: &Window| -> f64 {
                layer.types.iter().filter_map(|name| window.rates.get(name)).map(&pick).sum()
            };
            let add = |(window, below): (&Window, &f64)| below + rate(window);
            let above: Vec<f64> = self.windows.iter().zip(&below).map(add).collect();
            let edge = |heights: &[f64]| -> Vec<Point> {
                let times = self.windows.iter().map(|window| window.time_s);
                let points = times.zip(heights).map(|(t, y)| panel.point(t, *y)).collect();
                widened(points, panel)
            };
            panel.fill_between(canvas, &edge(&below), &edge(&above), &layer.color);
            below = above;
        }
        panel.draw_rules(canvas);
    }

    /// What `part` of the messages sent in each window, in per cent.
    fn share(&self, i: usize, label: &str, color: RGBColor, part: fn(&Window) -> f64) -> Curve {
        let share = |window: &Window| {
            let share = (window.sent > 0.0).then(|| 100.0 * part(window) / window.sent);
            (window.time_s, share)
        };
        Curve {
            label: label.to_owned(),
            color,
            marker: marker_for(i, self.windows.len()),
            samples: self.windows.iter().map(share).collect(),
        }
    }
}

impl Window {
    /// Several windows as one.
    fn mean(windows: &[Self]) -> Self {
        let n = windows.len() as f64;
        let mut mean = Self::default();
        for window in windows {
            mean.time_s += window.time_s / n;
            mean.sent += window.sent;
            mean.lost += window.lost;
            mean.to_dead += window.to_dead;
            for (name, rate) in &window.rates {
                add(mean.rates.entry(name.clone()).or_default(), *rate, 1.0 / n);
            }
        }
        mean
    }
}

fn add(sum: &mut [f64; 2], rates: [f64; 2], weight: f64) {
    sum[BYTES] += rates[BYTES] * weight;
    sum[MESSAGES] += rates[MESSAGES] * weight;
}

/// A single point as a short piece, so that its area can be seen.
fn widened(points: Vec<Point>, panel: &Panel) -> Vec<Point> {
    match points[..] {
        [(x, y)] => vec![((x - 6.0).max(panel.left), y), ((x + 6.0).min(panel.right()), y)],
        _ => points,
    }
}

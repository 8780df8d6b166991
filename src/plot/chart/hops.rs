//! How many hops lookups took: a bar for each hop count with its share, the
//! 95 % confidence interval of that share (Wilson), and the mean of all.
//! From `hops.csv`.

use std::collections::BTreeMap;

use super::Source;
use crate::base::math;
use crate::plot::PlotError;
use crate::plot::axis::Axis;
use crate::plot::canvas::{Align, Canvas, drawing, text_width};
use crate::plot::figure::{Figure, PanelSpec};
use crate::plot::legend::Entry;
use crate::plot::number::thousands;
use crate::plot::panel::Panel;
use crate::plot::stats::wilson;
use crate::plot::style::{BLUE, INK, TEXT, VERMILLION, WHITE, WIDTH};
use crate::plot::table::Table;

const SHARE: &str = "share of lookups [%]";
/// More bars than this have no room for numbers above them.
const MAX_NUMBERED: usize = 16;

pub(super) fn draw(source: &Source<'_>) -> Result<Option<String>, PlotError> {
    let Some(mut table) = Table::open(source.dir, "hops.csv", &["hops", "count"])? else {
        return Ok(None);
    };
    let mut counts = BTreeMap::new();
    while table.advance()? {
        let count = table.required(1)?;
        if count > 0.0 {
            *counts.entry(table.index(0)?).or_insert(0.0) += count;
        }
    }
    let histogram = Histogram::new(&counts);
    Ok(histogram.map(|histogram| drawing(WIDTH, 620.0, |canvas| histogram.draw(canvas, source))))
}

struct Histogram {
    low: usize,
    high: usize,
    n: f64,
    mean: f64,
    /// Half the 95 % confidence interval of the mean.
    mean_error: f64,
    bars: Vec<Bar>,
}

/// Shares in per cent.
struct Bar {
    hops: usize,
    share: f64,
    low: f64,
    high: f64,
}

impl Histogram {
    fn new(counts: &BTreeMap<usize, f64>) -> Option<Self> {
        let (first, last) = (*counts.first_key_value()?.0, *counts.last_key_value()?.0);
        let n: f64 = counts.values().sum();
        let mean = counts.iter().map(|(hops, count)| *hops as f64 * count).sum::<f64>() / n;
        let square = |hops: usize| (hops as f64 - mean) * (hops as f64 - mean);
        let squares: f64 = counts.iter().map(|(hops, count)| square(*hops) * count).sum();
        let bar = |(hops, count): (&usize, &f64)| {
            let (low, high) = wilson(*count, n);
            Bar { hops: *hops, share: 100.0 * count / n, low: 100.0 * low, high: 100.0 * high }
        };
        let low = first.min(1);
        Some(Self {
            low,
            high: last.max(low + 5),
            n,
            mean,
            mean_error: 1.96 * math::sqrt(squares / n / n),
            bars: counts.iter().map(bar).collect(),
        })
    }

    fn draw(&self, canvas: &mut Canvas<'_>, source: &Source<'_>) {
        let x = Axis::counting("hops to the closest node found", self.low, self.high, 20.0);
        let highest = self.bars.iter().map(|bar| bar.high).fold(0.0, f64::max);
        // A little above the bars, for their numbers.
        let y = match highest * 1.06 {
            high if high > 100.0 => Axis::linear(SHARE, 0.0, 108.0, 5.5),
            high => Axis::percent(SHARE, high),
        };
        let mut figure = Figure::new(source.facts, "Hops of a lookup", x);
        figure.note = format!(
            "n = {} lookups; whiskers: 95 % interval over this run's lookups",
            thousands(self.n, 0)
        );
        let decimals = if self.mean_error < 0.005 { 4 } else { 2 };
        let mean = format!("mean {:.decimals$} ± {:.decimals$} hops", self.mean, self.mean_error);
        let legend = vec![Entry::dashes(&mean, VERMILLION)];
        for panel in figure.stack(canvas, vec![PanelSpec::new(y).legend(legend)]) {
            self.bars.iter().for_each(|bar| self.draw_bar(canvas, &panel, bar));
            let x = panel.px(self.mean);
            canvas.dashes((x, panel.top), (x, panel.bottom()), &VERMILLION, 2.0);
            if self.high - self.low < MAX_NUMBERED {
                self.bars.iter().for_each(|bar| draw_number(canvas, &panel, bar));
            }
        }
    }

    fn draw_bar(&self, canvas: &mut Canvas<'_>, panel: &Panel, bar: &Bar) {
        let hops = bar.hops as f64;
        canvas.rect(panel.point(hops - 0.4, 0.0), panel.point(hops + 0.4, bar.share), &BLUE);
        if self.high - self.low < 60 {
            panel.whisker(canvas, panel.point(hops, bar.low), panel.point(hops, bar.high), INK);
        }
    }
}

/// The bar's share above it, on white so that the mean's line does not cross it.
fn draw_number(canvas: &mut Canvas<'_>, panel: &Panel, bar: &Bar) {
    let (x, y) = panel.point(bar.hops as f64, bar.high);
    let y = y - 11.0;
    let text = if bar.share < 0.05 { "< 0.1".into() } else { format!("{:.1}", bar.share) };
    let half = text_width(&text, TEXT) / 2.0;
    canvas.rect((x - half, y - 7.0), (x + half, y + 6.0), &WHITE);
    canvas.text(&text, (x, y), TEXT, Align::Centre);
}

//! How lookups close in on their target: the bits that the closest contact
//! known shares with it, by the number of responses so far, and how many
//! lookups got that far.

use super::Source;
use crate::plot::PlotError;
use crate::plot::axis::Axis;
use crate::plot::canvas::{Canvas, drawing};
use crate::plot::figure::{Figure, PanelSpec};
use crate::plot::legend::Entry;
use crate::plot::number::thousands;
use crate::plot::panel::{Sample, Span, marker_for};
use crate::plot::stats::highest;
use crate::plot::style::{BLUE, GREEN, WIDTH};
use crate::plot::table::Table;

const NAMES: &[&str] = &["response", "lookups", "mean_cpl_bits", "p10_cpl_bits", "p90_cpl_bits"];
/// Responses that less than this share of lookups got to are left out.
const MIN_SHARE: f64 = 0.01;

pub(super) fn draw(source: &Source<'_>) -> Result<Option<String>, PlotError> {
    let Some(mut table) = Table::open(source.dir, "lookup_convergence.csv", NAMES)? else {
        return Ok(None);
    };
    let mut steps = Steps { mean: Vec::new(), band: Vec::new(), reached: Vec::new(), first: 0.0 };
    while table.advance()? {
        let (response, lookups) = (table.required(0)?, table.required(1)?);
        if steps.first == 0.0 {
            steps.first = lookups;
        }
        if lookups == 0.0 || lookups < MIN_SHARE * steps.first {
            continue;
        }
        steps.mean.push((response, table.number(2)?));
        steps.band.push((response, table.number(3)?.zip(table.number(4)?)));
        steps.reached.push((response, Some(100.0 * lookups / steps.first)));
    }
    let measured = steps.mean.iter().any(|(_, bits)| bits.is_some());
    Ok(measured.then(|| drawing(WIDTH, 760.0, |canvas| steps.draw(canvas, source))))
}

struct Steps {
    mean: Vec<Sample>,
    band: Vec<Span>,
    /// In per cent of the lookups that had a first response.
    reached: Vec<Sample>,
    first: f64,
}

impl Steps {
    fn draw(&self, canvas: &mut Canvas<'_>, source: &Source<'_>) {
        let low = self.mean.iter().map(|(response, _)| *response).fold(1.0, f64::min);
        let high = self.mean.iter().map(|(response, _)| *response).fold(low + 1.0, f64::max);
        let mut x = Axis::counting("responses received", low as usize, high as usize, 20.0);
        x.grid = true;
        let mut figure = Figure::new(source.facts, "Convergence of lookups", x);
        figure.note = format!(
            "n = {} lookups; responses that at least 1 % of them received",
            thousands(self.first, 0)
        );
        let ends = self.band.iter().map(|(_, ends)| ends.map(|(_, high)| high));
        let bits = highest(self.mean.iter().map(|(_, bits)| *bits).chain(ends));
        let marker = marker_for(0, self.mean.len());
        let specs =
            vec![
                PanelSpec::new(Axis::from_zero("prefix shared with target [bits]", bits, 1.0))
                    .legend(vec![Entry::banded("mean (band: p10 to p90)", BLUE, marker)])
                    .weight(2.4),
                PanelSpec::new(Axis::linear("lookups [%]", 0.0, 100.0, 4.0))
                    .legend(vec![Entry::line("lookups that received so many", GREEN, marker)]),
            ];
        if let [matched, reached] = &figure.stack(canvas, specs)[..] {
            matched.band(canvas, &self.band, BLUE);
            matched.curve(canvas, &self.mean, BLUE, marker, 0.0);
            reached.curve(canvas, &self.reached, GREEN, marker, 0.0);
        }
    }
}

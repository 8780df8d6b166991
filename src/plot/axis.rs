//! Axes: what range of values a side of a panel shows, how values map to
//! places on it, and where its ticks are. Ticks are always explicit: round
//! numbers, as many as fit.

use super::number::{Step, thousands};
use crate::base::math;

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    Linear,
    /// By the logarithm.
    Log,
    /// By the logarithm of one more than the value: shows both zero and spikes.
    LogFromZero,
}

/// A place on an axis with a label.
#[derive(Clone, Debug)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: String,
}

/// One side of a panel.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) title: String,
    pub(super) ticks: Vec<Tick>,
    pub(super) low: f64,
    pub(super) high: f64,
    scale: Scale,
    /// Whether grid lines are drawn at the ticks.
    pub(super) grid: bool,
}

impl Axis {
    /// A linear axis that shows exactly `low..=high`, with about `count` ticks.
    pub(super) fn linear(title: &str, low: f64, high: f64, count: f64) -> Self {
        // A constant series still needs a range.
        let high = if high > low { high } else { low + 1.0 };
        let step = Step::fitting(high - low, count);
        let tick = |i: f64| {
            let value = step.times(i);
            Tick { value, label: thousands(value, step.decimals()) }
        };
        let slack = (high - low) * 1e-9;
        let first = ((low - slack) / step.value()).ceil();
        let last = ((high + slack) / step.value()).floor();
        let ticks = (0..=(last - first) as u64).map(|i| tick(first + i as f64)).collect();
        Self { title: title.to_owned(), ticks, low, high, scale: Scale::Linear, grid: true }
    }

    /// A linear axis from zero to the tick above `high`; `least` is shown even
    /// if all values are smaller.
    pub(super) fn from_zero(title: &str, high: f64, least: f64) -> Self {
        let high = (high * 1.02).max(least);
        let step = Step::fitting(high, 6.0).value();
        Self::linear(title, 0.0, (high / step).ceil() * step, 6.0)
    }

    /// Like [`Self::from_zero`], with ticks at whole numbers only.
    pub(super) fn counts(title: &str, high: f64) -> Self {
        let high = (high * 1.02).max(1.0);
        let step = Step::fitting(high, 6.0).value().max(1.0);
        let mut axis = Self::linear(title, 0.0, (high / step).ceil() * step, 6.0);
        axis.ticks.retain(|tick| tick.value.fract() == 0.0);
        for tick in &mut axis.ticks {
            tick.label = thousands(tick.value, 0);
        }
        axis
    }

    /// A share in per cent from zero; the axis ends at 100 at most.
    pub(super) fn percent(title: &str, high: f64) -> Self {
        if high > 80.0 {
            return Self::linear(title, 0.0, 100.0, 5.0);
        }
        Self::from_zero(title, high, 1.0)
    }

    /// Whole numbers `low..=high` with room for half a bar at both ends.
    pub(super) fn counting(title: &str, low: usize, high: usize, count: f64) -> Self {
        let every = Step::fitting((high - low + 1) as f64, count).value().max(1.0) as usize;
        let ticks = (low..=high).filter(|i| i % every == 0 || low == high);
        let tick = |i: usize| Tick { value: i as f64, label: thousands(i as f64, 0) };
        Self {
            title: title.to_owned(),
            ticks: ticks.map(tick).collect(),
            low: low as f64 - 0.5,
            high: high as f64 + 0.5,
            scale: Scale::Linear,
            grid: false,
        }
    }

    /// A logarithmic axis from at most `low` to at least `high`, both above 0.
    pub(super) fn log(title: &str, low: f64, high: f64) -> Self {
        let ladder = ladder(low, high);
        let value = |i: Option<&(f64, usize)>| i.map_or(1.0, |(value, _)| *value);
        let (low, high) = (value(ladder.first()), value(ladder.last()));
        let ticks = thinned(&ladder, 14);
        Self { title: title.to_owned(), ticks, low, high, scale: Scale::Log, grid: true }
    }

    /// A logarithmic axis that starts with zero, for counts.
    pub(super) fn log_from_zero(title: &str, high: f64) -> Self {
        let ladder = ladder(1.0, high.max(1.0));
        let high = ladder.last().map_or(1.0, |(value, _)| *value);
        let mut ticks = vec![Tick { value: 0.0, label: "0".to_owned() }];
        ticks.extend(thinned(&ladder, 6));
        Self {
            title: title.to_owned(),
            ticks,
            low: 0.0,
            high,
            scale: Scale::LogFromZero,
            grid: true,
        }
    }

    /// An axis with ticks of the caller's choice.
    pub(super) fn with_ticks(title: &str, low: f64, high: f64, ticks: Vec<Tick>) -> Self {
        Self { title: title.to_owned(), ticks, low, high, scale: Scale::Linear, grid: true }
    }

    /// Where `value` lies: 0 at the low end, 1 at the high end. Values beyond
    /// an end are drawn at it.
    pub(super) fn share(&self, value: f64) -> f64 {
        let (low, high, value) =
            (self.spread(self.low), self.spread(self.high), self.spread(value));
        ((value - low) / (high - low)).clamp(0.0, 1.0)
    }

    /// The value at `share` of the axis.
    pub(super) fn value(&self, share: f64) -> f64 {
        let (low, high) = (self.spread(self.low), self.spread(self.high));
        let at = low + (high - low) * share;
        match self.scale {
            Scale::Linear => at,
            Scale::Log => math::exp(at),
            Scale::LogFromZero => math::exp(at) - 1.0,
        }
    }

    fn spread(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Log => math::ln(value.max(f64::MIN_POSITIVE)),
            Scale::LogFromZero => math::ln(1.0 + value.max(0.0)),
        }
    }
}

/// 1, 2, 5, 10, 20, … from the last at or below `low` to the first at or above
/// `high`, each with the decimal places that it needs.
fn ladder(low: f64, high: f64) -> Vec<(f64, usize)> {
    let mut rungs = Vec::new();
    for exponent in -6i32..=18 {
        let scale = (0..exponent.unsigned_abs()).fold(1.0, |scale, _| scale * 10.0);
        for mantissa in [1.0, 2.0, 5.0] {
            let value = if exponent < 0 { mantissa / scale } else { mantissa * scale };
            rungs.push((value, usize::try_from(-exponent).unwrap_or(0)));
        }
    }
    let first = rungs.iter().rposition(|(value, _)| *value <= low).unwrap_or(0);
    let last = rungs.iter().position(|(value, _)| *value >= high).unwrap_or(rungs.len() - 1);
    rungs[first..=last.max(first + 1).min(rungs.len() - 1)].to_vec()
}

/// All rungs, or only the powers of ten where all are more than `count`.
fn thinned(ladder: &[(f64, usize)], count: usize) -> Vec<Tick> {
    let power_of_ten = |value: f64| {
        let text = format!("{value}");
        text.trim_start_matches(['0', '.']).trim_end_matches('0') == "1"
    };
    let kept = ladder.iter().filter(|(value, _)| ladder.len() <= count || power_of_ten(*value));
    let tick = |(value, decimals): &(f64, usize)| Tick {
        value: *value,
        label: thousands(*value, *decimals),
    };
    kept.map(tick).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(
            labels(&Axis::linear("", 0.0, 1.0, 5.0)),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(
            labels(&Axis::from_zero("", 1_950.0, 1.0)),
            ["0", "500", "1,000", "1,500", "2,000"]
        );
        assert_eq!(labels(&Axis::log("", 30.0, 900.0)), ["20", "50", "100", "200", "500", "1,000"]);
        assert_eq!(labels(&Axis::log_from_zero("", 9.0)), ["0", "1", "2", "5", "10"]);
        assert_eq!(labels(&Axis::counting("", 2, 4, 10.0)), ["2", "3", "4"]);
    }

    #[test]
    fn odd_ranges_have_ticks() {
        for axis in [
            Axis::from_zero("", 0.0, 1.0),
            Axis::linear("", 5.0, 5.0, 5.0),
            Axis::log("", 1.0, 1.0),
            Axis::log_from_zero("", 0.0),
            Axis::percent("", 0.0),
            Axis::counting("", 0, 0, 10.0),
        ] {
            assert!(!axis.ticks.is_empty() && axis.high > axis.low, "{axis:?}");
        }
    }

    #[test]
    fn a_share_leads_back_to_its_value() {
        for axis in [Axis::linear("", 2.0, 9.0, 5.0), Axis::log("", 2.0, 90.0)] {
            assert!((axis.value(axis.share(5.0)) - 5.0).abs() < 1e-9);
        }
    }
}

//! The time axis that all charts over time share: its unit follows the span,
//! the warm-up is shaded, and events are dashed lines with a label above the
//! panel.

use super::axis::{Axis, Tick};
use super::facts::{Event, Facts};
use super::number::{Step, plain, thousands};

/// A unit of time: its seconds, its name, and the round steps of its ticks.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeUnit {
    pub(super) seconds: f64,
    pub(super) name: &'static str,
    steps: &'static [f64],
}

const SECONDS: TimeUnit = TimeUnit { seconds: 1.0, name: "s", steps: &[] };
const MINUTES: TimeUnit =
    TimeUnit { seconds: 60.0, name: "min", steps: &[0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0] };
const HOURS: TimeUnit =
    TimeUnit { seconds: 3_600.0, name: "h", steps: &[0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 12.0, 24.0] };
const DAYS: TimeUnit = TimeUnit { seconds: 86_400.0, name: "d", steps: &[] };

impl TimeUnit {
    /// The unit in which a span of `s` seconds reads well.
    pub(super) fn of_span(s: f64) -> Self {
        match s {
            _ if s <= 180.0 => SECONDS,
            _ if s <= 2.5 * 3_600.0 => MINUTES,
            _ if s <= 5.0 * 86_400.0 => HOURS,
            _ => DAYS,
        }
    }

    /// An axis over `low..=high` seconds with labels in this unit.
    fn axis(self, title: &str, low: f64, high: f64) -> Axis {
        let span = (high - low) / self.seconds;
        let round = Step::fitting(span, 9.0);
        let (step, decimals) = match self.steps.iter().find(|step| **step * 9.0 >= span) {
            Some(step) => (*step, usize::from(*step < 1.0)),
            None => (round.value(), round.decimals()),
        };
        let first = (low / self.seconds / step - 1e-9).ceil();
        let last = (high / self.seconds / step + 1e-9).floor();
        let tick = |i: u64| {
            let value = (first + i as f64) * step;
            Tick { value: value * self.seconds, label: thousands(value, decimals) }
        };
        let ticks = (0..=(last - first).max(0.0) as u64).map(tick).collect();
        Axis::with_ticks(&format!("{title} [{}]", self.name), low, high, ticks)
    }
}

/// A duration in words: `4 h`, `90 s`.
pub(super) fn duration(s: f64) -> String {
    let unit = [DAYS, HOURS, MINUTES].into_iter().find(|unit| {
        let count = s / unit.seconds;
        count >= 1.0 && (count * 10.0).fract() == 0.0 && (unit.name != "d" || count >= 3.0)
    });
    let unit = unit.unwrap_or_else(|| TimeUnit::of_span(s));
    format!("{} {}", plain(s / unit.seconds), unit.name)
}

/// What a chart over time shows besides its data.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    end_s: f64,
    pub(super) warmup_s: Option<f64>,
    pub(super) events: Vec<Event>,
}

impl Timeline {
    /// The whole run, or as far as the data goes if that is further.
    pub(super) fn new(facts: &Facts, last_s: f64) -> Self {
        let end_s = facts.simulated_s.unwrap_or(0.0).max(last_s);
        let end_s = if end_s > 0.0 { end_s } else { 1.0 };
        let warmup_s = facts.run.warmup_s.filter(|s| *s > 0.0).map(|s| s.min(end_s));
        let inside = |event: &&Event| (0.0..=end_s).contains(&event.at_s);
        let mut events: Vec<_> = facts.run.events.iter().filter(inside).cloned().collect();
        events.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        Self { end_s, warmup_s, events }
    }

    /// The axis; it starts at zero, so that charts of a run line up.
    pub(super) fn axis(&self) -> Axis {
        TimeUnit::of_span(self.end_s).axis("simulated time", 0.0, self.end_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(end_s: f64) -> Axis {
        Timeline { end_s, warmup_s: None, events: Vec::new() }.axis()
    }

    #[test]
    fn the_unit_follows_the_span() {
        for (end_s, title, last) in [
            (20.0, "simulated time [s]", "20"),
            (1_800.0, "simulated time [min]", "30"),
            (36_000.0, "simulated time [h]", "10"),
            (864_000.0, "simulated time [d]", "10"),
        ] {
            let axis = axis(end_s);
            assert_eq!(axis.title, title);
            assert_eq!(axis.ticks.last().map(|tick| tick.label.as_str()), Some(last));
            assert!((3..=11).contains(&axis.ticks.len()), "{end_s}: {}", axis.ticks.len());
        }
    }

    #[test]
    fn durations_read_well() {
        for (s, words) in [(14_400.0, "4 h"), (90.0, "1.5 min"), (20.0, "20 s"), (5_400.0, "1.5 h")]
        {
            assert_eq!(duration(s), words);
        }
    }
}

//! How far a run has got, on stderr: a bar on a terminal, a plain line now and
//! then elsewhere, nothing if quiet. (Off a terminal indicatif prints nothing
//! at all.)

use std::io::{IsTerminal, Write};
use std::time::Duration;
#[expect(clippy::disallowed_types, reason = "progress is about wall time; no result reads it")]
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::base::time::{SimDuration, SimTime};

/// Between plain lines.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows progress until dropped or finished.
#[expect(clippy::disallowed_types, reason = "progress is about wall time; no result reads it")]
pub(super) struct Progress {
    show: Show,
    duration: SimDuration,
    started: Instant,
    last_line: Instant,
}

enum Show {
    Nothing,
    Bar(ProgressBar),
    Lines,
}

impl Progress {
    /// Progress of a run of `duration`.
    #[expect(clippy::disallowed_types, reason = "progress is about wall time; no result reads it")]
    pub(super) fn new(duration: SimDuration, quiet: bool) -> Self {
        let show = if quiet {
            Show::Nothing
        } else if std::io::stderr().is_terminal() {
            Show::Bar(bar(duration))
        } else {
            Show::Lines
        };
        let now = Instant::now();
        Self { show, duration, started: now, last_line: now }
    }

    /// The run is at `now`, after `events` events, with `live` nodes up. Cheap
    /// enough to be called every few thousand events.
    #[expect(clippy::disallowed_types, reason = "progress is about wall time; no result reads it")]
    pub(super) fn update(&mut self, now: SimTime, events: u64, live: usize) {
        match &self.show {
            Show::Nothing => {}
            Show::Bar(bar) => {
                let rate = self.rate(events);
                bar.set_message(format!("{rate} events/s · {live} nodes live"));
                bar.set_prefix(clock(now.since(SimTime::ZERO)));
                bar.set_position(now.as_micros());
            }
            Show::Lines => {
                if self.last_line.elapsed() >= LINE_EVERY {
                    self.last_line = Instant::now();
                    self.line(now, events, live);
                }
            }
        }
    }

    /// The run is over: the bar goes.
    pub(super) fn finish(self) {
        if let Show::Bar(bar) = &self.show {
            bar.finish_and_clear();
        }
    }

    fn line(&self, now: SimTime, events: u64, live: usize) {
        let done = now.as_secs_f64() / self.duration.as_secs_f64().max(1e-6);
        let elapsed = self.started.elapsed().as_secs_f64();
        let left = if done > 0.0 { elapsed / done - elapsed } else { 0.0 };
        // With stderr closed there is nobody to tell.
        let _ = writeln!(
            std::io::stderr(),
            "{} of {} ({:.0} %), {} events/s, {live} nodes live, about {left:.0} s left",
            clock(now.since(SimTime::ZERO)),
            clock(self.duration),
            done * 100.0,
            self.rate(events),
        );
    }

    /// Events a second of wall time so far, for people.
    fn rate(&self, events: u64) -> String {
        let rate = events as f64 / self.started.elapsed().as_secs_f64().max(1e-3);
        match rate {
            rate if rate >= 1e6 => format!("{:.1} M", rate / 1e6),
            rate if rate >= 1e3 => format!("{:.0} k", rate / 1e3),
            rate => format!("{rate:.0}"),
        }
    }
}

fn bar(duration: SimDuration) -> ProgressBar {
    let template = format!(
        "{{prefix}} of {} {{bar:30}} {{percent:>3}} % · {{msg}} · {{eta}} left",
        clock(duration)
    );
    // A template with a mistake in it would only lose the looks.
    let style = ProgressStyle::with_template(&template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━━─");
    let target = ProgressDrawTarget::stderr_with_hz(10);
    ProgressBar::with_draw_target(Some(duration.as_micros()), target).with_style(style)
}

/// `1:05:09`, hours to seconds.
fn clock(duration: SimDuration) -> String {
    let s = duration.as_micros() / 1_000_000;
    format!("{}:{:02}:{:02}", s / 3_600, s / 60 % 60, s % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks() {
        assert_eq!(clock(SimDuration::from_secs(3_909)), "1:05:09");
        assert_eq!(clock(SimDuration::from_secs(14_400)), "4:00:00");
    }

    #[test]
    fn quiet_progress_is_silent() {
        let mut progress = Progress::new(SimDuration::from_secs(1), true);
        progress.update(SimTime::from_secs(1), 10, 2);
        progress.finish();
    }
}

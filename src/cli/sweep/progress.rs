//! How far a sweep has got, on stderr: a bar on a terminal, a plain line now
//! and then elsewhere, nothing if quiet.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;
#[expect(clippy::disallowed_types, reason = "progress is about wall time; no result reads it")]
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::say;
use crate::sweep::{Event, Manifest};

/// Between plain lines.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows progress until finished; told from several threads.
#[expect(clippy::disallowed_types, reason = "progress is about wall time; no result reads it")]
pub(super) struct Progress {
    quiet: bool,
    bar: Option<ProgressBar>,
    runs: usize,
    before: usize,
    started: Instant,
    state: Mutex<(usize, Instant)>,
}

impl Progress {
    /// Progress over `runs`, of which `before` were done before.
    #[expect(clippy::disallowed_types, reason = "progress is about wall time; no result reads it")]
    pub(super) fn new(runs: usize, before: usize, quiet: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| bar(runs, before));
        let now = Instant::now();
        if !quiet && before > 0 {
            say(&format!("{before} of {runs} runs are done already\n"));
        }
        Self { quiet, bar, runs, before, started: now, state: Mutex::new((0, now)) }
    }

    /// A run ended.
    #[expect(clippy::disallowed_types, reason = "progress is about wall time; no result reads it")]
    pub(super) fn update(&self, event: Event<'_>, manifest: &Manifest) {
        if let Event::Failed(task, why) = event {
            let label = manifest.label(task.point);
            say(&format!("failed: {label}, seed {}: {why}\n", task.seed));
        }
        let mut state = self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        state.0 += 1;
        let ended = state.0;
        let left = self.runs.saturating_sub(self.before + ended);
        let elapsed = self.started.elapsed().as_secs_f64();
        let eta = elapsed / ended as f64 * left as f64;
        if let Some(bar) = &self.bar {
            bar.set_position((self.before + ended) as u64);
            bar.set_message(format!("about {} left", time(eta)));
        } else if !self.quiet && (state.1.elapsed() >= LINE_EVERY || left == 0) {
            state.1 = Instant::now();
            say(&format!(
                "{} of {} runs, about {} left\n",
                self.before + ended,
                self.runs,
                time(eta)
            ));
        }
    }

    /// All is over: the bar goes.
    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(runs: usize, before: usize) -> ProgressBar {
    let template = "{pos} of {len} runs {bar:30} {percent:>3} % · {msg}";
    // A template with a mistake in it would only lose the looks.
    let style = ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━━─");
    let target = ProgressDrawTarget::stderr_with_hz(10);
    let bar = ProgressBar::with_draw_target(Some(runs as u64), target).with_style(style);
    bar.set_position(before as u64);
    bar
}

fn time(s: f64) -> String {
    match s {
        s if s >= 5_400.0 => format!("{:.1} h", s / 3_600.0),
        s if s >= 90.0 => format!("{:.0} min", s / 60.0),
        s => format!("{s:.0} s"),
    }
}

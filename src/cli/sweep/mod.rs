//! `kadsim sweep`: the steps of a sweep one by one, for several machines that
//! share a directory. Exit codes: 0 done, 2 usage or mismatch, 3 incomplete,
//! 4 failures recorded, 75 try again. A scenario with a `[sweep]` that is run
//! as it is goes through the same steps here.

mod flow;
mod progress;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

pub(super) use flow::{Whole, whole};

use super::{Failure, Values, interrupt, load_study, print, say};
use crate::sweep::{self, Keep, State, Store};
use flow::{How, INCOMPLETE, TRY_AGAIN, check_failures, collect, failed, jobs, run, size};

#[derive(Debug, Args)]
pub(super) struct Sweep {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Write what is to be run: manifest.json and tasks.csv
    Plan(Plan),
    /// Run what is not done yet, all of it or a part
    Run(Run),
    /// Say what is done
    Status(Status),
    /// Write CSV files and charts from what is done
    Collect(Collect),
    /// Run some finished runs again and compare
    Verify(Verify),
}

#[derive(Debug, Args)]
struct Plan {
    /// Scenario file with a [sweep]
    scenario: PathBuf,
    /// Directory of the sweep
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    values: Values,
    /// What is kept of each run
    #[arg(long, value_enum, default_value_t)]
    keep: Kept,
    /// Plan over the sweep of another scenario, too
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
struct Run {
    /// Directory of the sweep
    dir: PathBuf,
    /// Runs at a time [default: as many as there are cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Of N shards the one with this number, from 0
    #[arg(long, value_name = "I/N", conflicts_with = "tasks", value_parser = parse_shard)]
    shard: Option<(usize, usize)>,
    /// These tasks, by their number in tasks.csv, such as 0-9,12
    #[arg(long, value_name = "LIST")]
    tasks: Option<String>,
    /// Go on with a sweep of another model, and count its runs
    #[arg(long)]
    allow_mixed: bool,
    /// No progress
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Debug, Args)]
struct Status {
    /// Directory of the sweep
    dir: PathBuf,
    /// Only the numbers of tasks that are not done, as `run --tasks` takes them
    #[arg(long)]
    missing: bool,
}

#[derive(Debug, Args)]
struct Collect {
    /// Directory of the sweep
    dir: PathBuf,
    /// Collect what is there
    #[arg(long)]
    allow_missing: bool,
    /// Collect runs of different models
    #[arg(long)]
    allow_mixed: bool,
    /// Draw no charts
    #[arg(long)]
    no_charts: bool,
}

#[derive(Debug, Args)]
struct Verify {
    /// Directory of the sweep
    dir: PathBuf,
    /// How many runs
    #[arg(long, value_name = "N", default_value_t = 5)]
    sample: usize,
}

/// What is kept of each run of a sweep.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Kept {
    /// Headline figures
    #[default]
    Summary,
    /// All CSV files
    All,
}

impl From<Kept> for Keep {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Summary => Self::Summary,
            Kept::All => Self::All,
        }
    }
}

fn parse_shard(text: &str) -> Result<(usize, usize), String> {
    let numbers = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    match numbers {
        Some((i, n)) if i < n => Ok((i, n)),
        _ => Err("expected I/N with I from 0 to N - 1, such as 0/4".into()),
    }
}

impl Sweep {
    pub(super) fn execute(self) -> Result<(), Failure> {
        match self.step {
            Step::Plan(step) => step.execute(),
            Step::Run(step) => step.execute(),
            Step::Status(step) => step.execute(),
            Step::Collect(step) => step.execute(),
            Step::Verify(step) => step.execute(),
        }
    }
}

impl Plan {
    fn execute(self) -> Result<(), Failure> {
        let study = load_study(&self.scenario, &self.values)?;
        let store = Store::new(&self.out);
        let manifest = sweep::plan(&store, &study, self.keep.into(), self.force).map_err(failed)?;
        say(&sweep::skipped(&manifest));
        let states = manifest.states(&store);
        let done = states.iter().find(|(state, _)| *state == State::Done).map_or(0, |(_, n)| *n);
        print(&format!(
            "{}\nplanned in {}, {done} done; run with `kadsim sweep run {}`\n",
            size(&manifest),
            self.out.display(),
            self.out.display(),
        ))
    }
}

impl Run {
    fn execute(self) -> Result<(), Failure> {
        let store = Store::new(&self.dir);
        let manifest = store.manifest().map_err(failed)?;
        if !self.allow_mixed {
            manifest.check_model().map_err(failed)?;
        }
        let count = manifest.tasks.len();
        let tasks = match (&self.tasks, self.shard) {
            (Some(list), _) => sweep::select(list, count).ok_or_else(|| {
                let problem = format!("`--tasks {list}` is no list of tasks of this sweep");
                let last = count.saturating_sub(1);
                Failure::input(&problem, &format!("numbers from 0 to {last}, such as 0-9,12"))
            })?,
            (None, Some((i, n))) => sweep::shard(count, i, n),
            (None, None) => (0..count).collect(),
        };
        let how = How { jobs: jobs(self.jobs), quiet: self.quiet, mixed: self.allow_mixed };
        let report = run(&store, &manifest, &tasks, &how)?;
        print(&format!(
            "{} runs done now, {} before, {} failed\n",
            report.done, report.kept, report.failed
        ))?;
        check_failures(&store, &manifest, report.failed)
    }
}

impl Status {
    fn execute(self) -> Result<(), Failure> {
        let store = Store::new(&self.dir);
        let manifest = store.manifest().map_err(failed)?;
        let states = manifest.states(&store);
        let count = |wanted| states.iter().filter(|(state, _)| *state == wanted).map(|s| s.1).sum();
        let (done, broken): (usize, usize) = (count(State::Done), count(State::Failed));
        let (outdated, missing): (usize, usize) = (count(State::Outdated), count(State::Missing));
        if self.missing {
            let open: Vec<usize> = (0..manifest.tasks.len())
                .filter(|at| {
                    let state = store.state(&manifest.tasks[*at].id, manifest.keep);
                    matches!(state, State::Missing | State::Outdated)
                })
                .collect();
            print(&format!("{}\n", ranges(&open)))?;
        } else {
            print(&format!(
                "{}\n{done} done, {missing} missing, {outdated} of another model, {broken} failed\n",
                size(&manifest)
            ))?;
        }
        match missing + outdated {
            0 => check_failures(&store, &manifest, broken),
            open => Err(Failure::Code(INCOMPLETE, format!("{open} runs are not done"))),
        }
    }
}

impl Collect {
    fn execute(self) -> Result<(), Failure> {
        collect(&Store::new(&self.dir), self.allow_missing, self.allow_mixed, !self.no_charts)
    }
}

impl Verify {
    fn execute(self) -> Result<(), Failure> {
        let store = Store::new(&self.dir);
        let manifest = store.manifest().map_err(failed)?;
        manifest.check_model().map_err(failed)?;
        let mut done: Vec<usize> = (0..manifest.tasks.len())
            .filter(|at| store.state(&manifest.tasks[*at].id, Keep::Summary) == State::Done)
            .collect();
        if done.is_empty() {
            return Err(Failure::Code(INCOMPLETE, "no run is done yet".into()));
        }
        interrupt::install();
        let mut wrong = 0;
        for draw in 0..self.sample.min(done.len()) {
            let task = &manifest.tasks[done.swap_remove(pick(draw as u64, done.len()))];
            let Some(again) =
                sweep::again(&manifest, task, &interrupt::requested).map_err(failed)?
            else {
                return Err(Failure::Code(TRY_AGAIN, "interrupted".into()));
            };
            let kept = store.done(&task.id);
            let same = kept.is_some_and(|kept| {
                kept.trace_digest == again.trace_digest && kept.summary == again.summary
            });
            wrong += usize::from(!same);
            let verdict = if same { "the same" } else { "DIFFERENT" };
            let label = manifest.label(task.point);
            print(&format!("{verdict}: {} ({label}, seed {})\n", task.id, task.seed))?;
        }
        match wrong {
            0 => Ok(()),
            wrong => Err(Failure::Code(2, format!("error: {wrong} runs gave something else"))),
        }
    }
}

/// A position below `len`, different each time the program runs.
#[expect(clippy::disallowed_types, reason = "which runs are checked is not to be foreseen")]
fn pick(draw: u64, len: usize) -> usize {
    use crate::base::rng::{Key, Purpose};
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seed = now.map_or(0, |now| now.as_nanos() as u64);
    Key::new(seed, Purpose::Sampling).below(draw, 0, len as u64) as usize
}

/// `0-9,12`.
fn ranges(sorted: &[usize]) -> String {
    let runs = sorted.chunk_by(|a, b| a + 1 == *b);
    let range = |run: &[usize]| match run {
        [one] => one.to_string(),
        _ => format!("{}-{}", run[0], run[run.len() - 1]),
    };
    runs.map(range).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_read_back() {
        let open = [0, 1, 2, 5, 7, 8];
        assert_eq!(ranges(&open), "0-2,5,7-8");
        assert_eq!(sweep::select(&ranges(&open), 9), Some(open.to_vec()));
        assert_eq!(ranges(&[]), "");
    }
}

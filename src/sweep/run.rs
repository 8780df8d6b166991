//! Runs tasks: as many at a time as there are threads, each on one thread, in
//! whatever order; what a task leaves depends on the task alone.

use std::any::Any;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
#[expect(clippy::disallowed_types, reason = "runtime.csv says how long runs took")]
use std::time::Instant;

use super::store::{Done, Failed, Keep, Metric, Runtime, State, Store};
use super::{FINGERPRINT, Manifest, SweepError, Task};
use crate::metrics::{self, Collectors, Headline};
use crate::report;
use crate::scenario::Scenario;
use crate::sim::engine::{Outcome, Simulation};
use crate::sim::spec::Spec;

/// What happens while tasks run.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A task is done.
    Done(&'a Task),
    /// A task cannot succeed.
    Failed(&'a Task, &'a str),
}

/// How it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Tasks that were done before.
    pub kept: usize,
    /// Tasks that were done now.
    pub done: usize,
    /// Tasks that cannot succeed, now or before.
    pub failed: usize,
    /// It was told to stop before all was done.
    pub interrupted: bool,
}

/// Runs tasks of a sweep.
pub struct Runner<'a> {
    /// Where they are.
    pub store: &'a Store,
    /// Their plan.
    pub manifest: &'a Manifest,
    /// Threads.
    pub jobs: usize,
    /// Whether runs of another model count as done.
    pub mixed: bool,
    /// Whether to stop.
    pub stop: &'a (dyn Fn() -> bool + Sync),
    /// Is told what happens.
    pub on: &'a (dyn Fn(Event<'_>) + Sync),
}

/// What a finished attempt at a task came to.
enum Attempt {
    Done(Box<Done>),
    Failed(String),
    Stopped,
}

impl Runner<'_> {
    /// Runs those of `tasks` (positions in the plan) that are not done.
    ///
    /// # Errors
    /// If the directory cannot be written, or a task is no longer what was
    /// planned. What is done by then is kept.
    pub fn run(&self, tasks: &[usize]) -> Result<Report, SweepError> {
        self.run_with(tasks, &|scenario, task| {
            attempt(scenario, self.store, &task.id, self.manifest.keep, self.stop)
        })
    }

    fn run_with(
        &self,
        tasks: &[usize],
        work: &(dyn Fn(&Scenario, &Task) -> Result<Attempt, SweepError> + Sync),
    ) -> Result<Report, SweepError> {
        let (open, mut report) = self.open(tasks);
        let (next, done, failed) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let (halt, error) = (AtomicBool::new(false), Mutex::new(None));
        let one = |task: &Task| -> Result<bool, SweepError> {
            let scenario = self.manifest.scenario(task)?;
            let count = match catch_unwind(AssertUnwindSafe(|| work(&scenario, task))) {
                Ok(result) => match result? {
                    Attempt::Done(record) => {
                        self.store.write_done(&record)?;
                        (self.on)(Event::Done(task));
                        &done
                    }
                    Attempt::Failed(why) => self.record_failure(task, why, &failed)?,
                    Attempt::Stopped => return Ok(false),
                },
                Err(panic) => self.record_failure(task, message(panic.as_ref()), &failed)?,
            };
            count.fetch_add(1, Ordering::Relaxed);
            Ok(true)
        };
        let worker = || {
            while !halt.load(Ordering::Relaxed) && !(self.stop)() {
                let Some(task) = open.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                match one(task) {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(problem) => {
                        halt.store(true, Ordering::Relaxed);
                        error.lock().unwrap_or_else(|e| e.into_inner()).get_or_insert(problem);
                    }
                }
            }
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.jobs.min(open.len()).max(1));
        let pool =
            pool.build().map_err(|e| SweepError::io(self.store.root())(io::Error::other(e)))?;
        pool.broadcast(|_| worker());
        if let Some(problem) = error.into_inner().unwrap_or_else(|e| e.into_inner()) {
            return Err(problem);
        }
        report.done = done.into_inner();
        report.failed += failed.into_inner();
        report.interrupted = report.kept + report.done + report.failed < tasks.len();
        Ok(report)
    }

    fn record_failure<'c>(
        &self,
        task: &Task,
        why: String,
        count: &'c AtomicUsize,
    ) -> Result<&'c AtomicUsize, SweepError> {
        (self.on)(Event::Failed(task, &why));
        let (id, fingerprint) = (task.id.clone(), FINGERPRINT.to_owned());
        self.store.write_failed(&Failed { id, fingerprint, error: why })?;
        Ok(count)
    }

    /// What is left to do: all points with the first seed, then all with the
    /// second, so that a sweep that is stopped early has something to compare.
    fn open(&self, tasks: &[usize]) -> (Vec<&Task>, Report) {
        let mut report = Report::default();
        let mut open = Vec::new();
        for task in tasks.iter().filter_map(|at| self.manifest.tasks.get(*at)) {
            match self.store.state(&task.id, self.manifest.keep) {
                State::Done => report.kept += 1,
                State::Failed => report.failed += 1,
                State::Outdated if self.mixed => report.kept += 1,
                State::Missing | State::Outdated => open.push(task),
            }
        }
        open.sort_by_key(|task| (task.seed, task.point));
        (open, report)
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or(panic.downcast_ref::<&str>().copied());
    format!("the simulation stopped with: {}", text.unwrap_or("no message"))
}

/// Runs a task again, for comparison; `None` if told to stop.
///
/// # Errors
/// If there is no room for its files.
pub fn again(
    manifest: &Manifest,
    task: &Task,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Done>, SweepError> {
    let scenario = manifest.scenario(task)?;
    let nowhere = Store::new(Path::new(""));
    match attempt(&scenario, &nowhere, &task.id, Keep::Summary, stop)? {
        Attempt::Done(done) => Ok(Some(*done)),
        Attempt::Failed(_) | Attempt::Stopped => Ok(None),
    }
}

/// Simulates, and puts the files that are kept in their place.
#[expect(clippy::disallowed_types, reason = "runtime.csv says how long runs took")]
fn attempt(
    scenario: &Scenario,
    store: &Store,
    id: &str,
    keep: Keep,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Attempt, SweepError> {
    let began = Instant::now();
    let home = store.run_dir(id);
    let folder = match keep {
        Keep::Summary => std::env::temp_dir(),
        Keep::All => home.clone(),
    };
    fs::create_dir_all(&folder).map_err(SweepError::io(&folder))?;
    let room = tempfile::Builder::new().prefix(".kadsim-").tempdir_in(&folder);
    let room = room.map_err(SweepError::io(&folder))?;
    let simulated = simulate(&watched(&scenario.spec, keep), room.path(), stop);
    let Some((outcome, headlines)) = simulated.map_err(SweepError::io(room.path()))? else {
        return Ok(Attempt::Stopped);
    };
    if outcome.events == 0 {
        return Ok(Attempt::Failed("nothing happened: no node came up".into()));
    }
    if keep == Keep::All {
        keep_files(scenario, room.path(), &home).map_err(SweepError::io(&home))?;
    }
    Ok(Attempt::Done(Box::new(Done {
        id: id.to_owned(),
        kadsim: env!("CARGO_PKG_VERSION").into(),
        git_commit: option_env!("KADSIM_GIT_COMMIT").map(Into::into),
        fingerprint: FINGERPRINT.into(),
        keep,
        trace_digest: format!("{:016x}", outcome.digest),
        events: outcome.events,
        messages: outcome.tally.total().sent,
        summary: headlines.into_iter().map(metric).collect(),
        runtime: Runtime { wall_s: began.elapsed().as_secs_f64(), host: host() },
    })))
}

/// What to watch: files that nobody keeps need not be written.
fn watched(spec: &Spec, keep: Keep) -> Spec {
    let mut spec = spec.clone();
    if keep == Keep::Summary {
        spec.metrics.lookups = false;
        spec.metrics.freshness = false;
        spec.metrics.traffic = false;
        spec.metrics.population = false;
    }
    spec
}

/// The only place that runs a simulation for a sweep; `None` if told to stop.
fn simulate(
    spec: &Spec,
    dir: &Path,
    stop: &(dyn Fn() -> bool + Sync),
) -> io::Result<Option<(Outcome, Vec<Headline>)>> {
    // One thread: as many runs go on at a time as there are threads.
    let simulation = Simulation::new(spec, 1, metrics::tracks_ages(spec));
    let mut collectors = Collectors::create(spec, simulation.plan(), dir)?;
    let outcome = simulation.run(&mut collectors, |_| {
        if stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if outcome.interrupted {
        return Ok(None);
    }
    let headlines = collectors.finish(dir)?;
    Ok(Some((outcome, headlines)))
}

fn metric(headline: Headline) -> Metric {
    let Headline { metric, unit, value, .. } = headline;
    Metric { metric: metric.into(), unit: unit.into(), value: value.filter(|v| v.is_finite()) }
}

/// Moves the files of a run into its folder, one by one: another attempt may
/// have put the same there.
fn keep_files(scenario: &Scenario, from: &Path, to: &Path) -> io::Result<()> {
    fs::write(from.join("scenario.toml"), scenario.to_toml())?;
    fs::write(from.join("manifest.json"), report::Manifest::new(scenario).to_json())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::rename(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

fn host() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned())
}

/// The tasks of shard `i` of `n`.
#[must_use]
pub fn shard(tasks: usize, i: usize, n: usize) -> Vec<usize> {
    (0..tasks).filter(|at| at % n == i).collect()
}

/// The tasks of a list such as `0-9,12`; `None` if it is none, or names a task
/// that is not there.
#[must_use]
pub fn select(list: &str, tasks: usize) -> Option<Vec<usize>> {
    let mut selected = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        if first > last || last >= tasks {
            return None;
        }
        selected.extend(first..=last);
    }
    selected.sort_unstable();
    selected.dedup();
    Some(selected)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run that stops with a message is recorded and not tried again.
    #[test]
    fn what_cannot_succeed_is_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.toml");
        let text = "duration = '1min'\njoin = [{ count = 2 }]\n[sweep]\nrepeats = 3\n";
        fs::write(&file, format!("{text}grid.protocol.k = [4]\n")).unwrap();
        let study = crate::scenario::load_study(&file, &[], &["protocol.alpha=1".into()]).unwrap();
        let store = Store::new(&folder.path().join("out"));
        let manifest = crate::sweep::plan(&store, &study, Keep::Summary, false).unwrap();
        let (stop, on) = (|| false, |_: Event<'_>| {});
        let (store, manifest) = (&store, &manifest);
        let runner = Runner { store, manifest, jobs: 2, mixed: false, stop: &stop, on: &on };
        let odd = |_: &Scenario, task: &Task| {
            assert_ne!(task.seed, 2, "seed 2 is odd");
            Ok(Attempt::Failed("no luck".into()))
        };
        let report = runner.run_with(&[0, 1], &odd).unwrap();
        assert_eq!((report.failed, report.done, report.interrupted), (2, 0, false));
        assert_eq!(store.failure(&manifest.tasks[0].id).unwrap(), "no luck");
        assert!(store.failure(&manifest.tasks[1].id).unwrap().contains("seed 2 is odd"));
        let report = runner.run(&[0, 1, 2]).unwrap();
        assert_eq!((report.failed, report.done), (2, 1));
        assert_eq!(runner.run(&[0, 1, 2]).unwrap().kept, 1);
    }

    #[test]
    fn tasks_are_selected() {
        assert_eq!(select("0-2,5", 6), Some(vec![0, 1, 2, 5]));
        assert_eq!(select("3,1-3", 6), Some(vec![1, 2, 3]));
        for bad in ["", "6", "2-1", "a", "1-", "-1"] {
            assert_eq!(select(bad, 6), None, "{bad}");
        }
    }

    #[test]
    fn shards_cover_everything_once() {
        let mut all: Vec<usize> = (0..4).flat_map(|i| shard(10, i, 4)).collect();
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        assert_eq!(shard(10, 1, 4), [1, 5, 9]);
    }
}

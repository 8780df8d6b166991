//! The steps that commands on sweeps share, and what their ends mean.

use std::path::PathBuf;

use super::progress::Progress;
use crate::cli::{Failure, interrupt, print, say};
use crate::plot;
use crate::scenario::Study;
use crate::sweep::{self, Keep, Manifest, Runner, State, Store, SweepError};

/// Exit code: runs are not done.
pub(super) const INCOMPLETE: u8 = 3;
/// Exit code: runs failed.
pub(super) const FAILURES: u8 = 4;
/// Exit code: the same command may succeed later.
pub(super) const TRY_AGAIN: u8 = 75;

/// Plans, runs and collects the sweep of `study` in `target`.
pub(in crate::cli) fn whole(study: &Study, target: PathBuf, how: &Whole) -> Result<(), Failure> {
    let store = Store::new(&target);
    let manifest = sweep::plan(&store, study, how.keep, how.force).map_err(failed)?;
    if !how.quiet {
        say(&sweep::skipped(&manifest));
        say(&(size(&manifest) + "\n"));
    }
    let tasks: Vec<usize> = (0..manifest.tasks.len()).collect();
    let run_how = How { jobs: jobs(how.jobs), quiet: how.quiet, mixed: false };
    let report = run(&store, &manifest, &tasks, &run_how)?;
    collect(&store, report.failed > 0, false, how.charts)?;
    check_failures(&store, &manifest, report.failed)
}

/// How to do all steps at once.
pub(in crate::cli) struct Whole {
    pub(in crate::cli) keep: Keep,
    pub(in crate::cli) force: bool,
    pub(in crate::cli) jobs: Option<u16>,
    pub(in crate::cli) quiet: bool,
    pub(in crate::cli) charts: bool,
}

/// How to run tasks.
pub(super) struct How {
    pub(super) jobs: usize,
    pub(super) quiet: bool,
    pub(super) mixed: bool,
}

pub(super) fn jobs(given: Option<u16>) -> usize {
    given.map_or_else(
        || std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        usize::from,
    )
}

/// Runs tasks with progress; an interruption ends the program.
pub(super) fn run(
    store: &Store,
    manifest: &Manifest,
    tasks: &[usize],
    how: &How,
) -> Result<sweep::Report, Failure> {
    interrupt::install();
    let done = |at: &&usize| store.state(&manifest.tasks[**at].id, manifest.keep) == State::Done;
    let progress = Progress::new(tasks.len(), tasks.iter().filter(done).count(), how.quiet);
    let runner = Runner {
        store,
        manifest,
        jobs: how.jobs,
        mixed: how.mixed,
        stop: &interrupt::requested,
        on: &|event| progress.update(event, manifest),
    };
    let report = runner.run(tasks);
    progress.finish();
    let report = report.map_err(failed)?;
    if report.interrupted {
        let (kept, dir) = (report.done + report.kept, store.root().display());
        return Err(Failure::Code(
            TRY_AGAIN,
            format!(
                "interrupted: {kept} of {} runs are done and kept in {dir}; \
                 the same command goes on from there",
                tasks.len()
            ),
        ));
    }
    Ok(report)
}

/// Writes and prints results.
pub(super) fn collect(
    store: &Store,
    missing: bool,
    mixed: bool,
    charts: bool,
) -> Result<(), Failure> {
    let collected = sweep::collect(store, missing, mixed).map_err(failed)?;
    if charts {
        plot::draw_all(store.root()).map_err(|error| Failure::Run(format!("error: {error}")))?;
    }
    let (dir, lost) = (store.root().display(), collected.missing);
    let gaps = if lost > 0 { format!("{lost} runs are missing\n") } else { String::new() };
    let drawn = if charts { ", charts in its folder charts" } else { "" };
    print(&format!("{}{gaps}\nresults in {dir}{drawn}\n", sweep::digest(&collected)))
}

/// Exit code 4 where runs failed, with the first reason.
pub(super) fn check_failures(
    store: &Store,
    manifest: &Manifest,
    failed: usize,
) -> Result<(), Failure> {
    if failed == 0 {
        return Ok(());
    }
    let first = manifest.tasks.iter().find_map(|task| store.failure(&task.id));
    let why = first.unwrap_or_else(|| "unknown".into());
    let place = store.root().join("failed");
    Err(Failure::Code(
        FAILURES,
        format!("error: {failed} runs failed; the first: {why}\n  help: see {}", place.display()),
    ))
}

pub(super) fn failed(error: SweepError) -> Failure {
    match error {
        SweepError::Mismatch { problem, help } => Failure::input(&problem, &help),
        SweepError::Incomplete { .. } => Failure::Code(
            INCOMPLETE,
            format!("error: {error}\n  help: `kadsim sweep run`, or --allow-missing"),
        ),
        SweepError::Io { .. } => Failure::Code(TRY_AGAIN, format!("error: {error}")),
    }
}

pub(super) fn size(manifest: &Manifest) -> String {
    let (points, repeats) = (manifest.points.len(), manifest.sweep.repeats);
    let skipped = match manifest.skipped.len() {
        0 => String::new(),
        n => format!(" ({n} skipped)"),
    };
    let runs = manifest.tasks.len();
    format!("{}: {points} points{skipped}, {repeats} seeds each: {runs} runs", manifest.scenario)
}

//! `kadsim run`: simulate a scenario, write results, draw charts.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;

use super::progress::Progress;
use super::{Failure, Values, interrupt, load_study, memory, print, sweep};
use crate::base::time::SimTime;
use crate::metrics::{self, Collectors};
use crate::plot;
use crate::report::{self, Manifest, OutputDir, OutputError};
use crate::scenario::Scenario;
use crate::sim::engine::Simulation;
use crate::sim::parallelism::Parallelism;

#[derive(Debug, Args)]
pub(super) struct Run {
    /// Scenario file
    pub(super) scenario: PathBuf,
    #[command(flatten)]
    pub(super) values: Values,
    #[command(flatten)]
    pub(super) options: Options,
}

/// How to run; none of it changes a result.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Where results go [default: results/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Threads to use [default: as many as there are cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Draw no charts
    #[arg(long)]
    no_charts: bool,
    /// Write lookups.parquet beside lookups.csv
    #[cfg(feature = "parquet")]
    #[arg(long)]
    parquet: bool,
    /// Replace results of another scenario, too
    #[arg(long)]
    force: bool,
    /// No progress
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// More on stderr
    #[arg(short, long)]
    verbose: bool,
    /// What is kept of each run of a sweep
    #[arg(long, value_enum, default_value_t)]
    keep: sweep::Kept,
}

impl Options {
    /// Says on how many threads it runs: if asked to say more, or if it is not
    /// what was asked for.
    fn tell(&self, parallelism: &Parallelism) {
        let as_asked = self.threads.is_none() || parallelism.threads == parallelism.asked;
        if self.verbose || (!as_asked && !self.quiet) {
            eprintln!("{parallelism}");
        }
    }
}

impl Run {
    pub(super) fn execute(self) -> Result<(), Failure> {
        let Self { scenario, values, options } = self;
        let study = load_study(&scenario, &values)?;
        let name = &study.scenario.spec.name;
        let target = options.out.clone().unwrap_or_else(|| PathBuf::from("results").join(name));
        if study.sweep.is_some() {
            return sweep::whole(&study, target, &options.for_sweep());
        }
        let scenario = study.scenario;
        let name = &scenario.spec.name;
        let out = OutputDir::prepare(&target, name, options.force).map_err(no_place)?;
        interrupt::install();
        let summary = execute(&scenario, &out, &options)?;
        out.commit().map_err(no_place)?;
        let charts = if options.no_charts { "" } else { ", charts in its folder charts" };
        print(&format!("{summary}results in {}{charts}\n", target.display()))
    }
}

impl Options {
    fn for_sweep(&self) -> sweep::Whole {
        sweep::Whole {
            keep: self.keep.into(),
            force: self.force,
            jobs: self.threads,
            quiet: self.quiet,
            charts: !self.no_charts,
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn no_place(error: OutputError) -> Failure {
    let message = format!("error: {error}\n  help: {}", error.help());
    match error {
        OutputError::Io { .. } => Failure::Run(message),
        _ => Failure::Input(message),
    }
}

/// Simulates, and writes everything into `out`; returns the summary to print.
#[expect(clippy::disallowed_types, reason = "the manifest says how long the run took")]
fn execute(scenario: &Scenario, out: &OutputDir, options: &Options) -> Result<String, Failure> {
    let failed = |error| no_place(out.error(error));
    let spec = &scenario.spec;
    let began = std::time::Instant::now();
    let threads = options.threads.map_or_else(cores, usize::from);
    let simulation = Simulation::new(spec, threads, metrics::tracks_ages(spec));
    let parallelism = simulation.parallelism().clone();
    options.tell(&parallelism);
    let mut collectors = Collectors::create(spec, simulation.plan(), out.path()).map_err(failed)?;
    let mut progress = Progress::new(spec.duration, options.quiet);
    let outcome = simulation.run(&mut collectors, |at| {
        progress.update(at.now, at.events, at.live as usize);
        if interrupt::requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    progress.finish();
    if outcome.interrupted {
        let kept = "nothing was kept; results of an earlier run are as they were";
        let at = outcome.end.since(SimTime::ZERO);
        return Err(Failure::Run(format!("interrupted after {at} of simulated time: {kept}")));
    }
    let wall_s = began.elapsed().as_secs_f64();
    let headlines = collectors.finish(out.path()).map_err(failed)?;
    #[cfg(feature = "parquet")]
    if options.parquet && spec.metrics.lookups {
        report::write_lookups(out.path()).map_err(failed)?;
    }
    let sent = outcome.tally.total().sent;
    let manifest = Manifest {
        trace_digest: Some(format!("{:016x}", outcome.digest)),
        events: Some(outcome.events),
        messages: Some(sent),
        wall_s: Some(wall_s),
        peak_memory_bytes: memory::peak_bytes(),
        threads: Some(parallelism.threads),
        ..Manifest::new(scenario)
    };
    out.write("scenario.toml", scenario.to_toml())
        .and_then(|()| out.write("manifest.json", manifest.to_json()))
        .map_err(failed)?;
    if !options.no_charts {
        plot::draw_all(out.path()).map_err(|error| Failure::Run(format!("error: {error}")))?;
    }
    let rate = sent as f64 / wall_s.max(1e-9) / 1e3;
    let digest = outcome.digest;
    Ok(format!(
        "{}\n{} simulated in {wall_s:.1} s: {sent} messages, {rate:.0} k/s; \
         trace digest {digest:016x}\n",
        report::table(&headlines),
        spec.duration,
    ))
}

//! `kadsim run`: simulate a scenario, write results, draw charts.

use std::path::PathBuf;

use clap::Args;

use super::progress::Progress;
use super::{Failure, Values, interrupt, load, print};
use crate::base::time::SimTime;
use crate::report::{Manifest, OutputDir, OutputError};
use crate::scenario::Scenario;

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
    /// Replace results of another scenario, too
    #[arg(long)]
    force: bool,
    /// No progress
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// More on stderr
    #[arg(short, long)]
    verbose: bool,
}

impl Run {
    pub(super) fn execute(self) -> Result<(), Failure> {
        let Self { scenario, values, options } = self;
        let scenario = load(&scenario, &values)?;
        let name = &scenario.spec.name;
        let target = options.out.clone().unwrap_or_else(|| PathBuf::from("results").join(name));
        let mut out = OutputDir::prepare(&target, name, options.force).map_err(no_place)?;
        interrupt::install();
        execute(&scenario, &mut out, &options)?;
        out.commit().map_err(no_place)?;
        print(&format!("results in {}\n", target.display()))
    }
}

fn no_place(error: OutputError) -> Failure {
    let message = format!("error: {error}\n  help: {}", error.help());
    match error {
        OutputError::Io { .. } => Failure::Run(message),
        _ => Failure::Input(message),
    }
}

/// Simulates, and writes everything into `out`.
fn execute(scenario: &Scenario, out: &mut OutputDir, options: &Options) -> Result<(), Failure> {
    let mut progress = Progress::new(scenario.spec.duration, options.quiet);
    progress.update(SimTime::ZERO, 0, 0);
    progress.finish();
    if interrupt::requested() {
        let kept = "nothing was kept; results of an earlier run are as they were";
        return Err(Failure::Run(format!("interrupted: {kept}")));
    }
    let written = out
        .write("scenario.toml", scenario.to_toml())
        .and_then(|()| out.write("manifest.json", Manifest::new(scenario).to_json()));
    written.map_err(|error| no_place(out.error(error)))
}

//! Sweeps: a scenario's `[sweep]` becomes tasks, one for each point and seed;
//! tasks run on threads or on machines that share a directory; what they leave
//! is collected into CSV files with intervals and comparisons.
//!
//! The directory is the only state. A task is done when `runs/<id>/done.json`
//! is there, which is renamed into its place when complete; its id is a hash of
//! all that decides about its result, so a larger grid or more seeds keep what
//! is done. No result depends on threads, hosts or the order of completion.
//!
//! `plan` writes the directory, `run` works on it, `collect` reads it; `store`
//! is its layout, `stats` and `compare` the statistics, `text` what is
//! printed; `pairs` sets single runs side by side.

mod collect;
mod compare;
mod csvs;
mod pairs;
mod plan;
mod run;
pub mod stats;
mod store;
mod student;
mod text;

pub use collect::{Collected, Run, collect};
pub use pairs::{Outcome, side_by_side};
pub use plan::{Manifest, Task, plan};
pub use run::{Event, Report, Runner, again, select, shard};
pub use store::{Done, Keep, Metric, State, Store};
pub use text::{digest, skipped};

use std::io;
use std::path::{Path, PathBuf};

/// What kind of source this program was built from; runs of different
/// fingerprints do not mix.
pub const FINGERPRINT: &str = env!("KADSIM_FINGERPRINT");

/// Why a command on a sweep did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The directory is not what the command needs, or of another model.
    #[error("{problem}")]
    Mismatch {
        /// What is wrong.
        problem: String,
        /// What to do about it.
        help: String,
    },
    /// Tasks are not done.
    #[error("{missing} of {tasks} runs are not done")]
    Incomplete {
        /// How many.
        missing: usize,
        /// Of how many.
        tasks: usize,
    },
    /// The file system says no.
    #[error("`{}`: {error}", path.display())]
    Io {
        /// The directory or file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl SweepError {
    fn mismatch(problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Mismatch { problem: problem.into(), help: help.into() }
    }

    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |error| Self::Io { path: path.to_owned(), error }
    }
}

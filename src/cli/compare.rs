//! `kadsim compare`: results of single runs side by side.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, print};
use crate::sweep::{Outcome, side_by_side};

#[derive(Debug, Args)]
pub(super) struct Compare {
    /// Results of runs; the first is what the others are compared with
    #[arg(required = true, num_args = 2..)]
    dirs: Vec<PathBuf>,
}

impl Compare {
    pub(super) fn execute(self) -> Result<(), Failure> {
        let mut outcomes = Vec::new();
        for dir in &self.dirs {
            let outcome = Outcome::read(dir).map_err(|problem| {
                Failure::input(&problem, "give folders that `kadsim run` wrote")
            })?;
            outcomes.push(outcome);
        }
        print(&side_by_side(&outcomes))
    }
}

//! `kadsim compare`: promised, not there yet.

use std::path::PathBuf;

use clap::Args;

use super::Failure;

#[derive(Debug, Args)]
pub(super) struct Compare {
    /// Results of runs
    dirs: Vec<PathBuf>,
}

impl Compare {
    pub(super) fn execute(self) -> Result<(), Failure> {
        let help = match self.dirs.first() {
            Some(dir) => {
                format!("each result has a summary: {}", dir.join("summary.csv").display())
            }
            None => "each result has a summary.csv".to_owned(),
        };
        Err(Failure::input("`compare` is not available in this version", &help))
    }
}

//! `kadsim plot`: draw the charts of a result again.

use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::report::is_result;

#[derive(Debug, Args)]
pub(super) struct Plot {
    /// Results of a run
    dir: PathBuf,
}

impl Plot {
    pub(super) fn execute(self) -> Result<(), Failure> {
        let dir = self.dir.display();
        if !is_result(&self.dir) {
            let problem = format!("`{dir}` holds no results of kadsim");
            return Err(Failure::input(&problem, "give a folder that `kadsim run` wrote"));
        }
        Err(Failure::Run(format!("error: no charts to draw from `{dir}` in this version")))
    }
}

//! `kadsim plot`: draw the charts of a result again.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, print};
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
        let drawn = crate::plot::draw_all(&self.dir)
            .map_err(|error| Failure::Run(format!("error: {error}")))?;
        let lines: String = drawn.iter().map(|path| format!("{}\n", path.display())).collect();
        print(&lines)
    }
}

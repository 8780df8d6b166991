//! What a run leaves behind: the output directory, its manifest, and the
//! summary that is printed.

mod manifest;
mod output;
mod summary;

pub use manifest::{Manifest, chart_facts};
pub use output::{OutputDir, OutputError, is_result};
pub use summary::table;

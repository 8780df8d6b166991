//! What a run leaves behind: the output directory, its manifest, and the
//! summary that is printed.

mod manifest;
mod output;
#[cfg(feature = "parquet")]
mod parquet;
mod summary;

pub use manifest::{Manifest, chart_facts};
pub use output::{OutputDir, OutputError, is_result, is_sweep};
#[cfg(feature = "parquet")]
pub use parquet::write_lookups;
pub use summary::table;

//! What a run leaves behind: the output directory and its manifest.

mod manifest;
mod output;

pub use manifest::Manifest;
pub use output::{OutputDir, OutputError, is_result};

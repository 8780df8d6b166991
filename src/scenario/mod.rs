//! Scenario files: TOML in, a validated [`Spec`] out, or everything that is
//! wrong with the file at once.
//!
//! The keys and what they may hold are data ([`shape`]); [`reader`] checks the
//! tables of a file against them and keeps places for messages ([`diagnose`]);
//! the other modules each resolve one part of the file. [`write`] turns a
//! resolved scenario back into a complete file, [`schema`] the key tables into
//! a JSON Schema.

mod churn;
mod diagnose;
mod matrix;
mod network;
mod overrides;
mod population;
mod protocol;
mod reader;
mod resolve;
mod schema;
mod shape;
mod trace;
mod units;
mod workload;
mod write;

use std::path::{Path, PathBuf};

use toml::de::DeTable;

pub use diagnose::Diagnostics;
pub use schema::json_schema;
pub use write::knobs;

use crate::kademlia::profile::Profile;
use crate::sim::spec::Spec;
use diagnose::{Issues, Source};

/// A scenario, read and found sound.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What to simulate.
    pub spec: Spec,
    /// The protocol preset it started from.
    pub profile: &'static Profile,
    files: Files,
}

impl Scenario {
    /// Nodes that the run knows at its start or that join: up or down, but
    /// without those that churn makes as it goes.
    #[must_use]
    pub fn nodes(&self) -> f64 {
        resolve::nodes(&self.spec)
    }

    /// The scenario as a file that says everything, defaults included, and
    /// runs from anywhere: paths of data files are absolute.
    #[must_use]
    pub fn to_toml(&self) -> String {
        write::to_toml(self, |path| {
            std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
        })
    }

    /// SHA-1, in hexadecimal, of what the scenario says and of the content of
    /// its data files, wherever they are.
    #[must_use]
    pub fn hash(&self) -> String {
        let content = |path: &Path| match std::fs::read(path) {
            Ok(bytes) => format!("{:?}", crate::base::id::Id::sha1(&bytes)),
            Err(error) => error.to_string(),
        };
        format!("{:?}", crate::base::id::Id::sha1(write::to_toml(self, content).as_bytes()))
    }
}

/// How data files were read: needed to write the scenario again.
#[derive(Clone, Copy, Debug, Default)]
struct Files {
    matrix: Option<matrix::Reading>,
}

/// A value from the command line.
#[derive(Clone, Debug)]
pub struct Override {
    /// The option it came with, for messages: `--set`.
    pub option: &'static str,
    /// `path=value`.
    pub text: String,
}

/// Reads the scenario at `path`, with `overrides` over it.
///
/// # Errors
/// Everything that is wrong with the file, the overrides or the data files.
pub fn load(path: &Path, overrides: &[Override]) -> Result<Scenario, Diagnostics> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Diagnostics::unreadable(path, &error))?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let folder = path.parent().unwrap_or(Path::new(""));
    parse(text, &path.display().to_string(), &stem, folder, overrides)
}

/// As [`load`], of a `text` that messages call `name`.
fn parse(
    text: String,
    name: &str,
    stem: &str,
    folder: &Path,
    overrides: &[Override],
) -> Result<Scenario, Diagnostics> {
    let mut sources = vec![Source { name: name.to_owned(), text, base: 0 }];
    for given in overrides {
        // One apart, so that the end of a text is not the start of the next.
        let base = sources.last().map_or(0, Source::end) + 1;
        sources.push(Source { name: given.option.to_owned(), text: given.text.clone(), base });
    }
    let padded: Vec<String> = sources[1..].iter().map(overrides::padded).collect();
    let issues = Issues::default();
    let (root, errors) = DeTable::parse_recoverable(&sources[0].text);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        issues.push(span, "the file is not TOML", error.message(), None);
    }
    let scenario = if errors.is_empty() {
        let span = root.span();
        let mut table = root.into_inner();
        for (source, padded) in sources[1..].iter().zip(&padded) {
            overrides::apply(&mut table, source, padded, &issues);
        }
        resolve::root(&table, span, stem, folder, &issues)
    } else {
        None
    };
    match scenario {
        Some(scenario) if issues.is_empty() => Ok(scenario),
        _ => Err(issues.into_diagnostics(sources)),
    }
}

/// A data file's path: relative ones are relative to the scenario's folder.
fn data_path(folder: &Path, text: &str) -> PathBuf {
    folder.join(text)
}

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
mod points;
mod population;
mod protocol;
mod reader;
mod resolve;
mod schema;
mod shape;
mod sweep;
mod trace;
mod units;
mod workload;
mod write;

use std::path::{Path, PathBuf};

use toml::de::DeTable;

pub use diagnose::Diagnostics;
pub use schema::json_schema;
pub use sweep::{SkippedPoint, Sweep, SweepPoint};
pub use write::knobs;

use crate::kademlia::profile::Profile;
use crate::sim::spec::{Churn, ChurnProcess, Latency, Spec};
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

impl Scenario {
    /// As [`Self::hash`], of what decides about results: without the scenario's
    /// name and description.
    #[must_use]
    pub fn model_hash(&self) -> String {
        let mut anonymous = self.clone();
        anonymous.spec.name.clear();
        anonymous.spec.description.clear();
        anonymous.hash()
    }

    /// The data files that it was read with.
    #[must_use]
    pub fn data_files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        if let Latency::Matrix(matrix) = &self.spec.network.latency {
            files.push(matrix.path.clone());
        }
        if let Some(Churn { process: ChurnProcess::Trace(trace), .. }) = &self.spec.churn {
            files.push(trace.path.clone());
        }
        files
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

/// A scenario file: what it says without its `[sweep]`, and the sweep.
#[derive(Clone, Debug)]
pub struct Study {
    /// The scenario as it stands.
    pub scenario: Scenario,
    /// What varies, if anything does.
    pub sweep: Option<Sweep>,
}

/// Reads the scenario at `path`, with `overrides` over it, without its sweep.
///
/// # Errors
/// Everything that is wrong with the file, the overrides or the data files.
pub fn load(path: &Path, overrides: &[Override]) -> Result<Scenario, Diagnostics> {
    load_study(path, overrides, &[]).map(|study| study.scenario)
}

/// Reads the scenario at `path` and its sweep, with `overrides` over the file
/// and `sweeps` (`path=value,value,…`) over its sweep.
///
/// # Errors
/// As [`load`], and everything that is wrong with the sweep.
pub fn load_study(
    path: &Path,
    overrides: &[Override],
    sweeps: &[String],
) -> Result<Study, Diagnostics> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Diagnostics::unreadable(path, &error))?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let folder = path.parent().unwrap_or(Path::new(""));
    parse(text, &path.display().to_string(), (&stem, folder), overrides, sweeps)
}

/// Reads a scenario without a file, such as one that [`Scenario::to_toml`]
/// gave; messages call it `name`.
///
/// # Errors
/// As [`load`].
pub fn read(text: &str, name: &str) -> Result<Scenario, Diagnostics> {
    let place = (name, Path::new(""));
    parse(text.to_owned(), name, place, &[], &[]).map(|study| study.scenario)
}

/// Reads `text`, which messages call `name`; it comes from a file of this stem
/// in this folder.
fn parse(
    text: String,
    name: &str,
    (stem, folder): (&str, &Path),
    overrides: &[Override],
    sweeps: &[String],
) -> Result<Study, Diagnostics> {
    let mut sources = vec![Source { name: name.to_owned(), text, base: 0 }];
    let given = overrides.iter().map(|given| (given.option, &given.text));
    for (option, text) in given.chain(sweeps.iter().map(|text| ("--sweep", text))) {
        // One apart, so that the end of a text is not the start of the next.
        let base = sources.last().map_or(0, Source::end) + 1;
        sources.push(Source { name: option.to_owned(), text: text.clone(), base });
    }
    let (set, varied) = sources[1..].split_at(overrides.len());
    let padded: Vec<String> = set.iter().map(overrides::padded).collect();
    let arguments: Vec<sweep::Argument<'_>> = varied.iter().map(sweep::Argument::new).collect();
    let issues = Issues::default();
    let (root, errors) = DeTable::parse_recoverable(&sources[0].text);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        issues.push(span, "the file is not TOML", error.message(), None);
    }
    let study = errors.is_empty().then(|| {
        let span = root.span();
        let mut table = root.into_inner();
        for (source, padded) in set.iter().zip(&padded) {
            overrides::apply(&mut table, source, padded, &issues);
        }
        let raw = sweep::take(&mut table, &arguments, &issues);
        let resolve = |table: &DeTable<'_>, issues: &Issues| {
            resolve::root(table, span.clone(), stem, folder, issues)
        };
        let scenario = resolve(&table, &issues)?;
        let sweep = match raw {
            // Points of a bad scenario would only repeat what is wrong with it.
            Some(raw) if issues.is_empty() => points::resolve(&raw, &table, &issues, resolve),
            _ => None,
        };
        Some(Study { scenario, sweep })
    });
    match study.flatten() {
        Some(study) if issues.is_empty() => Ok(study),
        _ => Err(issues.into_diagnostics(sources)),
    }
}

/// A data file's path: relative ones are relative to the scenario's folder.
fn data_path(folder: &Path, text: &str) -> PathBuf {
    folder.join(text)
}

//! The directory of a sweep:
//!
//! ```text
//! manifest.json        the plan
//! tasks.csv            the same for people and engines
//! runs/<id>/done.json  a finished run
//! failed/<id>.json     a run that cannot succeed
//! ```
//!
//! Every file is written under a name of its own, synchronised, and renamed:
//! it is there as a whole or not at all. Two attempts at one run may overlap;
//! both write the same, and the last rename wins.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{FINGERPRINT, Manifest, SweepError};

/// How names of files end that are being written.
const PART: &str = ".part";

/// What is kept of each run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// Its headline figures.
    Summary,
    /// All its CSV files, too.
    All,
}

/// A headline figure of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Its name.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// `None` if it could not be measured.
    pub value: Option<f64>,
}

/// A finished run: the content of `done.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The task.
    pub id: String,
    /// Of the program that ran it.
    pub kadsim: String,
    /// Of the program that ran it.
    pub git_commit: Option<String>,
    /// Of the program that ran it.
    pub fingerprint: String,
    /// What is beside it.
    pub keep: Keep,
    /// See `docs/metrics.md`.
    pub trace_digest: String,
    /// Events processed.
    pub events: u64,
    /// Messages sent.
    pub messages: u64,
    /// Its headline figures.
    pub summary: Vec<Metric>,
    /// Facts of the machine, which no collected result holds.
    pub runtime: Runtime,
}

/// How a run went on the machine it ran on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Runtime {
    /// Wall time.
    pub wall_s: f64,
    /// Name of the machine, where it tells.
    pub host: Option<String>,
}

/// A run that cannot succeed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Failed {
    pub(super) id: String,
    pub(super) fingerprint: String,
    pub(super) error: String,
}

/// How far a task has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Finished by this model, with all that is to be kept.
    Done,
    /// It ran, and cannot succeed.
    Failed,
    /// Finished by another model, which does not count.
    Outdated,
    /// None of these.
    Missing,
}

/// The directory of a sweep.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// The sweep in `root`, planned or not.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The plan.
    ///
    /// # Errors
    /// If there is none that this version can read.
    pub fn manifest(&self) -> Result<Manifest, SweepError> {
        let path = self.root.join("manifest.json");
        let help = "plan one with `kadsim sweep plan SCENARIO -o DIR`";
        let none =
            || SweepError::mismatch(format!("`{}` holds no sweep", self.root.display()), help);
        let value = self.plan().ok_or_else(none)?;
        serde_json::from_value(value).map_err(|error| {
            let problem = format!("`{}` is of another version: {error}", path.display());
            SweepError::mismatch(problem, "plan it again with `kadsim sweep plan`")
        })
    }

    /// The name of the scenario that is swept here, in any version of the file.
    pub(super) fn scenario(&self) -> Option<String> {
        Some(self.plan()?.get("scenario")?.as_str()?.to_owned())
    }

    /// Whether the directory holds nothing, or no more than a plan that was
    /// killed while it was written.
    pub(super) fn is_blank(&self) -> bool {
        let ours = |name: &str| name.starts_with(".manifest.json-") && name.ends_with(PART);
        fs::read_dir(&self.root).is_ok_and(|entries| {
            entries.flatten().all(|entry| entry.file_name().to_str().is_some_and(ours))
        })
    }

    fn plan(&self) -> Option<serde_json::Value> {
        let value: serde_json::Value = read(&self.root.join("manifest.json"))?;
        (value.get("kadsim").is_some() && value.get("sweep").is_some()).then_some(value)
    }

    /// The folder of a run.
    #[must_use]
    pub fn run_dir(&self, id: &str) -> PathBuf {
        self.root.join("runs").join(id)
    }

    /// The record of a finished run, whoever finished it; `None` if there is
    /// none, or none that can be read.
    #[must_use]
    pub fn done(&self, id: &str) -> Option<Done> {
        read(&self.run_dir(id).join("done.json")).filter(|done: &Done| done.id == id)
    }

    /// The reason why a run cannot succeed, if it was tried by this model.
    #[must_use]
    pub fn failure(&self, id: &str) -> Option<String> {
        let failed: Failed = read(&self.failed_path(id))?;
        (failed.fingerprint == FINGERPRINT).then_some(failed.error)
    }

    /// How far a task has come, where `keep` is asked for.
    #[must_use]
    pub fn state(&self, id: &str, keep: Keep) -> State {
        match self.done(id) {
            Some(done) if done.fingerprint == FINGERPRINT && done.keep >= keep => State::Done,
            _ if self.failure(id).is_some() => State::Failed,
            Some(done) if done.fingerprint != FINGERPRINT => State::Outdated,
            _ => State::Missing,
        }
    }

    pub(super) fn write_done(&self, done: &Done) -> Result<(), SweepError> {
        write_json(&self.run_dir(&done.id).join("done.json"), done)?;
        let failed = self.failed_path(&done.id);
        match fs::remove_file(&failed) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(SweepError::io(&failed)(error))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn write_failed(&self, failed: &Failed) -> Result<(), SweepError> {
        write_json(&self.failed_path(&failed.id), failed)
    }

    fn failed_path(&self, id: &str) -> PathBuf {
        self.root.join("failed").join(format!("{id}.json"))
    }

    /// Writes the file `name` of the sweep.
    pub(super) fn write(&self, name: &str, content: &[u8]) -> Result<(), SweepError> {
        let path = self.root.join(name);
        write_whole(&path, content).map_err(SweepError::io(&path))
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}

pub(super) fn write_json(path: &Path, content: &impl Serialize) -> Result<(), SweepError> {
    let json = serde_json::to_string_pretty(content).map_err(io::Error::from);
    json.and_then(|json| write_whole(path, (json + "\n").as_bytes())).map_err(SweepError::io(path))
}

/// Writes beside `path`, synchronises, renames.
fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut file =
        tempfile::Builder::new().prefix(&format!(".{name}-")).suffix(PART).tempfile_in(folder)?;
    file.write_all(content)?;
    #[cfg(unix)]
    file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // The name has to last, too. Not every file system can synchronise folders.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

//! The output directory: written beside its place and renamed when whole, so
//! that what stands there is complete, or the complete result before it.
//!
//! A result of the same scenario name is replaced; of another name only with
//! force; anything that kadsim did not make never.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Why there is no place for results.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Something else is there.
    #[error("`{}` was not made by kadsim and is never overwritten", .0.display())]
    NotOurs(PathBuf),
    /// The result of another scenario is there.
    #[error("`{}` holds results of the scenario `{found}`, not of `{expected}`", path.display())]
    OtherScenario {
        /// The directory.
        path: PathBuf,
        /// The scenario whose results it holds.
        found: String,
        /// The scenario to be run.
        expected: String,
    },
    /// A sweep is there.
    #[error("`{}` holds a sweep, not the results of a single run", .0.display())]
    Sweep(PathBuf),
    /// The file system says no.
    #[error("cannot write to `{}`: {error}", path.display())]
    Io {
        /// The directory or file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl OutputError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotOurs(_) | Self::Sweep(_) => "give a path that does not exist yet: `--out DIR`",
            Self::OtherScenario { .. } => "give another place with `--out DIR`, or `--force`",
            Self::Io { .. } => "give a place that can be written to: `--out DIR`",
        }
    }
}

/// A directory in the making; dropped without [`Self::commit`] it vanishes and
/// what was there before stays.
#[derive(Debug)]
pub struct OutputDir {
    target: PathBuf,
    temporary: TempDir,
}

impl OutputDir {
    /// Makes room for the results of the scenario `name` at `target`, and finds
    /// out whether they can be written there.
    ///
    /// # Errors
    /// If `target` must not be replaced or cannot be written.
    pub fn prepare(target: &Path, name: &str, force: bool) -> Result<Self, OutputError> {
        // A link is followed: what it points to is replaced, not the link.
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        check_replaceable(&target, name, force)?;
        let io_error = |error| OutputError::Io { path: target.clone(), error };
        if target.file_name().is_none() {
            return Err(io_error(io::Error::new(
                io::ErrorKind::InvalidInput,
                "no name of a folder",
            )));
        }
        let parent = parent(&target);
        fs::create_dir_all(&parent).map_err(io_error)?;
        let temporary = hidden_sibling(&target).map_err(io_error)?;
        let room = Self { target, temporary };
        room.write("manifest.json", "").map_err(|error| room.error(error))?;
        Ok(room)
    }

    /// Where the results will be.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Where they are until then.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.temporary.path()
    }

    /// Begins the file `name`, which may contain folders.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn create(&self, name: &str) -> io::Result<BufWriter<File>> {
        let path = self.path().join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = File::create(&path)?;
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        Ok(BufWriter::new(file))
    }

    /// Writes the whole file `name`.
    ///
    /// # Errors
    /// If the file cannot be made or written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> io::Result<()> {
        let mut file = self.create(name)?;
        file.write_all(content.as_ref())?;
        file.flush()
    }

    /// An input or output error of this directory.
    #[must_use]
    pub fn error(&self, error: io::Error) -> OutputError {
        OutputError::Io { path: self.target.clone(), error }
    }

    /// Puts the directory, now whole, in its place; returns that place.
    ///
    /// # Errors
    /// If it cannot be renamed; what was there before is then put back.
    pub fn commit(self) -> Result<PathBuf, OutputError> {
        let Self { target, temporary } = self;
        let io_error = |error| OutputError::Io { path: target.clone(), error };
        // Holds the old directory until the new one is in place; removed with
        // its content when dropped.
        let aside = hidden_sibling(&target).map_err(io_error)?;
        let old = aside.path().join("old");
        let replaces = target.exists();
        if replaces {
            fs::rename(&target, &old).map_err(io_error)?;
        }
        if let Err(error) = fs::rename(temporary.path(), &target) {
            if replaces && fs::rename(&old, &target).is_err() {
                // Better a stray folder than a lost result.
                let _ = aside.keep();
            }
            return Err(io_error(error));
        }
        // It has moved: there is nothing left to remove.
        let _ = temporary.keep();
        Ok(target)
    }
}

/// Whether the directory at `path` is a result of kadsim.
#[must_use]
pub fn is_result(path: &Path) -> bool {
    scenario_of(path).is_some()
}

/// Whether the directory at `path` is a sweep: many runs, which no single one
/// replaces.
#[must_use]
pub fn is_sweep(path: &Path) -> bool {
    manifest_of(path).is_some_and(|manifest| manifest.get("sweep").is_some())
}

/// The name of the scenario whose results are at `path`, if kadsim made it.
fn scenario_of(path: &Path) -> Option<String> {
    Some(manifest_of(path)?.get("scenario")?.as_str()?.to_owned())
}

/// The manifest at `path`, if kadsim wrote it.
fn manifest_of(path: &Path) -> Option<serde_json::Value> {
    let text = fs::read_to_string(path.join("manifest.json")).ok()?;
    let manifest: serde_json::Value = serde_json::from_str(&text).ok()?;
    manifest.get("kadsim").is_some().then_some(manifest)
}

fn check_replaceable(target: &Path, name: &str, force: bool) -> Result<(), OutputError> {
    if fs::symlink_metadata(target).is_err() {
        return Ok(());
    }
    if is_sweep(target) {
        return Err(OutputError::Sweep(target.to_owned()));
    }
    match scenario_of(target) {
        None => Err(OutputError::NotOurs(target.to_owned())),
        Some(found) if found != name && !force => Err(OutputError::OtherScenario {
            path: target.to_owned(),
            found,
            expected: name.to_owned(),
        }),
        Some(_) => Ok(()),
    }
}

fn parent(target: &Path) -> PathBuf {
    match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A new directory beside `target`, so on the same file system.
fn hidden_sibling(target: &Path) -> io::Result<TempDir> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let dir = tempfile::Builder::new().prefix(&format!(".{name}-")).tempdir_in(parent(target))?;
    #[cfg(unix)]
    fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"{ "kadsim": "0", "scenario": "a" }"#;

    fn entries(path: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn finished(target: &Path, name: &str, file: &str) {
        let out = OutputDir::prepare(target, name, false).unwrap();
        out.write("manifest.json", MANIFEST).unwrap();
        out.write(file, "x").unwrap();
        out.commit().unwrap();
    }

    #[test]
    fn a_whole_directory_replaces_a_whole_directory() {
        let base = tempfile::tempdir().unwrap();
        let target = base.path().join("results/a");
        finished(&target, "a", "one.csv");
        finished(&target, "a", "charts/two.svg");
        assert_eq!(entries(&target), ["charts", "manifest.json"]);
        assert_eq!(entries(target.parent().unwrap()), ["a"]);
    }

    #[test]
    fn an_unfinished_one_leaves_no_trace() {
        let base = tempfile::tempdir().unwrap();
        let target = base.path().join("a");
        finished(&target, "a", "one.csv");
        let out = OutputDir::prepare(&target, "a", false).unwrap();
        out.write("two.csv", "x").unwrap();
        drop(out);
        assert_eq!(entries(&target), ["manifest.json", "one.csv"]);
        assert_eq!(entries(base.path()), ["a"]);
    }

    #[test]
    fn other_results_need_force_and_other_directories_never_go() {
        let base = tempfile::tempdir().unwrap();
        let target = base.path().join("a");
        finished(&target, "a", "one.csv");
        let other = OutputDir::prepare(&target, "b", false);
        assert!(matches!(other, Err(OutputError::OtherScenario { .. })));
        assert!(OutputDir::prepare(&target, "b", true).is_ok());

        fs::write(target.join("manifest.json"), "{}").unwrap();
        let foreign = OutputDir::prepare(&target, "a", true);
        assert!(matches!(foreign, Err(OutputError::NotOurs(_))));
        let file = base.path().join("file");
        fs::write(&file, "x").unwrap();
        assert!(matches!(OutputDir::prepare(&file, "a", true), Err(OutputError::NotOurs(_))));
        let below_a_file = OutputDir::prepare(&file.join("a"), "a", true);
        assert!(matches!(below_a_file, Err(OutputError::Io { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn others_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let base = tempfile::tempdir().unwrap();
        let target = base.path().join("a");
        finished(&target, "a", "one.csv");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&target), 0o755);
        assert_eq!(mode(&target.join("one.csv")), 0o644);
    }
}

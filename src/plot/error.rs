//! What can go wrong while drawing: a file that cannot be read or written, a
//! CSV or manifest that is not what kadsim writes, or a drawing that cannot be
//! turned into pixels. Messages are fragments that name the file.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a chart could not be drawn.
#[derive(Debug, Error)]
pub enum PlotError {
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file or directory could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file's content is not what it should be.
    #[error("{}, line {line}: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// A finished drawing could not be turned into pixels.
    #[error("cannot turn {} into pixels: {what}", path.display())]
    Render {
        /// The image that was to be made.
        path: PathBuf,
        /// What the renderer said.
        what: String,
    },
}

impl PlotError {
    /// Wraps an error of reading `path`.
    pub(super) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        |source| Self::Read { path: path.to_owned(), source }
    }

    /// Wraps an error of writing `path`.
    pub(super) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        |source| Self::Write { path: path.to_owned(), source }
    }

    /// Wraps what the renderer says about `path`.
    pub(super) fn render<E: ToString>(path: &Path) -> impl Fn(E) -> Self + '_ {
        |error| Self::Render { path: path.to_owned(), what: error.to_string() }
    }
}

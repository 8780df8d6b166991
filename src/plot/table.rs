//! Reads the CSVs of a results directory row by row, without holding a file in
//! memory: `lookups.csv` can have millions of rows.
//!
//! A chart names the columns it needs and addresses them by their position in
//! that list; other columns are ignored, so that files may grow new ones. An
//! empty field is an unmeasured value. Errors name the file and the line.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::PlotError;

/// An open CSV, positioned on a row.
pub(super) struct Table {
    path: PathBuf,
    names: &'static [&'static str],
    columns: Vec<usize>,
    reader: csv::Reader<File>,
    row: csv::StringRecord,
}

impl Table {
    /// Opens `dir/file` and finds the columns `names`; `None` if there is no
    /// such file.
    pub(super) fn open(
        dir: &Path,
        file: &str,
        names: &'static [&'static str],
    ) -> Result<Option<Self>, PlotError> {
        let path = dir.join(file);
        let opened = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(PlotError::read(&path))?,
        };
        let mut reader = csv::Reader::from_reader(opened);
        let header = reader.headers().map_err(|error| csv_error(&path, error))?.clone();
        let column = |name: &&str| {
            header.iter().position(|title| title == *name).ok_or_else(|| PlotError::Malformed {
                path: path.clone(),
                line: 1,
                what: format!("there is no column `{name}`"),
            })
        };
        let columns = names.iter().map(column).collect::<Result<_, _>>()?;
        Ok(Some(Self { path, names, columns, reader, row: csv::StringRecord::new() }))
    }

    /// Moves to the next row; `false` at the end.
    pub(super) fn advance(&mut self) -> Result<bool, PlotError> {
        self.reader.read_record(&mut self.row).map_err(|error| csv_error(&self.path, error))
    }

    /// The text of the `column`-th of the named columns.
    pub(super) fn text(&self, column: usize) -> &str {
        // The reader refuses rows of another length than the header's.
        &self.row[self.columns[column]]
    }

    /// A number, or `None` where it was not measured.
    pub(super) fn number(&self, column: usize) -> Result<Option<f64>, PlotError> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Some(value)),
            _ => Err(self.malformed(column, "is not a number")),
        }
    }

    /// A number that every row must have.
    pub(super) fn required(&self, column: usize) -> Result<f64, PlotError> {
        self.number(column)?.ok_or_else(|| self.malformed(column, "is empty"))
    }

    /// A whole number of at least zero that every row must have, such as a
    /// bucket or a hop count.
    pub(super) fn index(&self, column: usize) -> Result<usize, PlotError> {
        let value = self.text(column).parse::<u32>();
        value.map(|value| value as usize).map_err(|_| self.malformed(column, "is no whole number"))
    }

    /// `true`, `false`, or `None` where it was not measured.
    pub(super) fn truth(&self, column: usize) -> Result<Option<bool>, PlotError> {
        match self.text(column) {
            "" => Ok(None),
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            _ => Err(self.malformed(column, "is neither `true` nor `false`")),
        }
    }

    /// The error that the field in `column` of this row deserves.
    pub(super) fn malformed(&self, column: usize, what: &str) -> PlotError {
        PlotError::Malformed {
            path: self.path.clone(),
            line: self.row.position().map_or(0, csv::Position::line),
            what: format!("`{}` in column `{}` {what}", self.text(column), self.names[column]),
        }
    }
}

/// What the reader says about the file at `path`.
pub(super) fn csv_error(path: &Path, error: csv::Error) -> PlotError {
    let line = error.position().map_or(0, csv::Position::line);
    let path = path.to_owned();
    match error.into_kind() {
        csv::ErrorKind::Io(source) => PlotError::Read { path, source },
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let what = format!("{len} fields where the header has {expected_len}");
            PlotError::Malformed { path, line, what }
        }
        csv::ErrorKind::Utf8 { err, .. } => {
            PlotError::Malformed { path, line, what: err.to_string() }
        }
        other => PlotError::Malformed { path, line, what: format!("{other:?}") },
    }
}

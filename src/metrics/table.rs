//! A CSV file that is written row by row as results come in.
//!
//! Numbers are written in the shortest form that reads back the same; what
//! could not be measured is an empty field.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

/// An open CSV file. The first error is kept and handed out by
/// [`Table::finish`], so that rows can be written where nobody can return one.
#[derive(Debug)]
pub(super) struct Table {
    writer: csv::Writer<BufWriter<File>>,
    error: Option<csv::Error>,
    columns: usize,
    row: Vec<String>,
}

/// A field of a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field<'a> {
    Text(&'a str),
    Int(u64),
    Float(f64),
    Bool(bool),
    /// Could not be measured.
    Empty,
}

impl Table {
    /// Creates `name` in `dir` with these columns.
    pub(super) fn create(dir: &Path, name: &str, columns: &[&str]) -> io::Result<Self> {
        let file = BufWriter::with_capacity(1 << 16, File::create(dir.join(name))?);
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(columns).map_err(io::Error::other)?;
        Ok(Self { writer, error: None, columns: columns.len(), row: Vec::new() })
    }

    /// Writes a row.
    pub(super) fn row(&mut self, fields: &[Field<'_>]) {
        debug_assert_eq!(fields.len(), self.columns);
        self.row.resize(fields.len(), String::new());
        for (text, field) in self.row.iter_mut().zip(fields) {
            use std::fmt::Write as _;
            text.clear();
            // Writing to a string cannot fail.
            let _ = match field {
                Field::Text(value) => write!(text, "{value}"),
                Field::Int(value) => write!(text, "{value}"),
                Field::Float(value) if value.is_finite() => write!(text, "{value}"),
                Field::Bool(value) => write!(text, "{value}"),
                Field::Float(_) | Field::Empty => Ok(()),
            };
        }
        if let Err(error) = self.writer.write_record(&self.row) {
            self.error.get_or_insert(error);
        }
    }

    /// Completes the file.
    pub(super) fn finish(mut self) -> io::Result<()> {
        match self.error.take() {
            Some(error) => Err(io::Error::other(error)),
            None => self.writer.flush(),
        }
    }
}

impl From<f64> for Field<'_> {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<u64> for Field<'_> {
    fn from(value: u64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Field<'_> {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<bool> for Field<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl<'a> From<&'a str> for Field<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a, T: Into<Field<'a>>> From<Option<T>> for Field<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Field::Empty, Into::into)
    }
}

/// Builds a row of fields from values of various types.
macro_rules! row {
    ($($value:expr),* $(,)?) => { &[$($crate::metrics::table::Field::from($value)),*] };
}
pub(super) use row;

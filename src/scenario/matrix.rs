//! Latency matrices: a square table of numbers, whitespace- or
//! comma-separated, a line for each site; line = from, column = to. Read line
//! by line; asymmetry is kept. `#` starts a comment.
//!
//! The diagonal says nothing about two nodes at one site when it is zero, as
//! it mostly is: such nodes then get half of the smallest delay above zero to
//! another site in that line, or of the smallest in the file if the line has
//! none. A zero elsewhere is a hole in the data: refused, or replaced by the
//! smallest delay above zero between two sites of the file.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::sim::spec::SiteMatrix;

/// How a matrix file is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) unit: Unit,
    /// The numbers are round trips, to be halved.
    pub(super) round_trip: bool,
    pub(super) zeros: Zeros,
}

/// What the numbers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Us,
    Ms,
    S,
}

/// What a zero between two sites is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zeros {
    Error,
    Smallest,
}

/// Why a matrix cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum MatrixError {
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{}:{line}:{column}: `{found}` is not a number, 0 or above", path.display())]
    Number { path: PathBuf, line: usize, column: usize, found: String },
    #[error("{}:{line}:{column}: {found} is above {max} {unit}", path.display())]
    Huge { path: PathBuf, line: usize, column: usize, found: String, max: f64, unit: &'static str },
    #[error("{}:{line}: {found} numbers, where the lines before have {expected}", path.display())]
    Ragged { path: PathBuf, line: usize, found: usize, expected: usize },
    #[error("{}: {rows} lines of {columns} numbers, expected as many lines as columns", path.display())]
    NotSquare { path: PathBuf, rows: usize, columns: usize },
    #[error("{}: {sites} sites, expected at least 2", path.display())]
    Small { path: PathBuf, sites: usize },
    #[error("{}:{line}: number {column} of this line, between two sites, is zero ({count} such cells)", path.display())]
    Zero { path: PathBuf, line: usize, column: usize, count: usize },
    #[error("{}: all delays are zero", path.display())]
    AllZero { path: PathBuf },
}

impl MatrixError {
    /// The message's first half, after the key.
    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::Io { .. } => "cannot be read",
            Self::Number { .. } | Self::Huge { .. } => "has a cell that is not a delay",
            Self::Ragged { .. } | Self::NotSquare { .. } | Self::Small { .. } => {
                "is not a square matrix"
            }
            Self::Zero { .. } | Self::AllZero { .. } => "has zeros off its diagonal",
        }
    }

    /// What to do about it.
    pub(super) fn help(&self) -> Option<String> {
        match self {
            Self::Io { .. } => Some("paths are relative to the scenario file".into()),
            Self::Zero { .. } => Some(
                "`zeros = \"min\"` replaces them by the smallest delay above zero in the file"
                    .into(),
            ),
            _ => None,
        }
    }
}

/// A cell on its way in: where it stands in the file, for later complaints.
struct Rows {
    columns: usize,
    rows: usize,
    one_way_us: Vec<u32>,
    /// Line of each row.
    lines: Vec<usize>,
}

/// Reads the matrix at `path`.
pub(super) fn load(path: &Path, reading: Reading) -> Result<SiteMatrix, MatrixError> {
    let io_error = |error| MatrixError::Io { path: path.to_owned(), error };
    let file = File::open(path).map_err(io_error)?;
    let mut rows = Rows { columns: 0, rows: 0, one_way_us: Vec::new(), lines: Vec::new() };
    for (number, line) in (1..).zip(BufReader::new(file).lines()) {
        let line = line.map_err(io_error)?;
        let data = line.split('#').next().unwrap_or_default();
        if !data.trim().is_empty() {
            add_row(&mut rows, data, number, reading, path)?;
        }
    }
    let Rows { columns, rows: found, .. } = rows;
    if columns < 2 {
        return Err(MatrixError::Small { path: path.to_owned(), sites: columns });
    }
    if columns != found {
        return Err(MatrixError::NotSquare { path: path.to_owned(), rows: found, columns });
    }
    fill_holes(&mut rows, reading, path)?;
    Ok(SiteMatrix { path: path.to_owned(), sites: columns, one_way_us: rows.one_way_us })
}

fn add_row(
    rows: &mut Rows,
    data: &str,
    line: usize,
    reading: Reading,
    path: &Path,
) -> Result<(), MatrixError> {
    // Bounds the memory that a file which is no matrix can take.
    if rows.columns > 0 && rows.rows == rows.columns {
        let (rows, columns) = (rows.rows + 1, rows.columns);
        return Err(MatrixError::NotSquare { path: path.to_owned(), rows, columns });
    }
    let before = rows.one_way_us.len();
    for (column, cell) in cells(data) {
        let us = delay_us(cell, reading)
            .map_err(|kind| cell_error(kind, path, line, column, cell, reading))?;
        rows.one_way_us.push(us);
    }
    let found = rows.one_way_us.len() - before;
    if rows.rows == 0 {
        rows.columns = found;
    } else if found != rows.columns {
        let expected = rows.columns;
        return Err(MatrixError::Ragged { path: path.to_owned(), line, found, expected });
    }
    rows.rows += 1;
    rows.lines.push(line);
    Ok(())
}

/// The cells of a line, each with its column of characters from 1. Commas
/// separate even where nothing is between them.
fn cells(data: &str) -> Vec<(usize, &str)> {
    let place = |cell: &str| {
        let bytes = cell.as_ptr() as usize - data.as_ptr() as usize;
        data[..bytes].chars().count() + 1
    };
    if data.contains(',') {
        data.trim().split(',').map(|cell| (place(cell.trim_start()), cell.trim())).collect()
    } else {
        data.split_whitespace().map(|cell| (place(cell), cell)).collect()
    }
}

enum CellError {
    Number,
    Huge,
}

fn delay_us(cell: &str, reading: Reading) -> Result<u32, CellError> {
    let number: f64 = cell.parse().map_err(|_| CellError::Number)?;
    if !(number.is_finite() && number >= 0.0) {
        return Err(CellError::Number);
    }
    let us = number * scale(reading);
    if us > f64::from(u32::MAX) {
        return Err(CellError::Huge);
    }
    // Zero means unknown, so nothing else may become it.
    Ok(if number == 0.0 { 0 } else { ((us + 0.5) as u32).max(1) })
}

/// One-way microseconds for each unit of the file.
fn scale(reading: Reading) -> f64 {
    let unit = match reading.unit {
        Unit::Us => 1.0,
        Unit::Ms => 1e3,
        Unit::S => 1e6,
    };
    if reading.round_trip { unit / 2.0 } else { unit }
}

fn cell_error(
    kind: CellError,
    path: &Path,
    line: usize,
    column: usize,
    cell: &str,
    reading: Reading,
) -> MatrixError {
    let (path, found) = (path.to_owned(), cell.chars().take(40).collect());
    match kind {
        CellError::Number => MatrixError::Number { path, line, column, found },
        CellError::Huge => {
            let unit = match reading.unit {
                Unit::Us => "us",
                Unit::Ms => "ms",
                Unit::S => "s",
            };
            let max = f64::from(u32::MAX) / scale(reading);
            MatrixError::Huge { path, line, column, found, max, unit }
        }
    }
}

/// Replaces the zeros, which stand for "unknown".
fn fill_holes(rows: &mut Rows, reading: Reading, path: &Path) -> Result<(), MatrixError> {
    let sites = rows.columns;
    let between = |from: usize, cells: &[u32]| -> Option<u32> {
        let others = cells.iter().enumerate().filter(|(to, us)| *to != from && **us > 0);
        others.map(|(_, us)| *us).min()
    };
    let smallest: Vec<Option<u32>> =
        rows.one_way_us.chunks(sites).enumerate().map(|(from, row)| between(from, row)).collect();
    let Some(overall) = smallest.iter().flatten().min().copied() else {
        return Err(MatrixError::AllZero { path: path.to_owned() });
    };
    let mut holes = 0;
    let mut first = None;
    for (from, row) in rows.one_way_us.chunks_mut(sites).enumerate() {
        for (to, us) in row.iter_mut().enumerate().filter(|(_, us)| **us == 0) {
            if from == to {
                *us = (smallest[from].unwrap_or(overall) / 2).max(1);
            } else {
                holes += 1;
                first = first.or(Some((from, to)));
                *us = overall;
            }
        }
    }
    match (first, reading.zeros) {
        (Some((from, to)), Zeros::Error) => Err(MatrixError::Zero {
            path: path.to_owned(),
            line: rows.lines[from],
            column: to + 1,
            count: holes,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT_MS: Reading = Reading { unit: Unit::Ms, round_trip: true, zeros: Zeros::Error };

    fn read(text: &str, reading: Reading) -> Result<Vec<u32>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m");
        std::fs::write(&path, text).unwrap();
        load(&path, reading)
            .map(|matrix| matrix.one_way_us)
            .map_err(|error| error.to_string().replace(path.to_str().unwrap(), "m"))
    }

    #[test]
    fn round_trips_are_halved_and_asymmetry_kept() {
        assert_eq!(read("0 10\n20 0\n", RTT_MS).unwrap(), [2_500, 5_000, 10_000, 5_000]);
        let one_way = Reading { round_trip: false, ..RTT_MS };
        assert_eq!(read("1,10\n20,2", one_way).unwrap(), [1_000, 10_000, 20_000, 2_000]);
        let seconds = Reading { unit: Unit::S, ..RTT_MS };
        assert_eq!(read("# c\n0\t.01\n\n.02\t0", seconds).unwrap(), [2_500, 5_000, 10_000, 5_000]);
    }

    #[test]
    fn zeros_between_sites() {
        let text = "0 10 0\n10 0 4\n6 4 0\n";
        assert_eq!(
            read(text, RTT_MS).unwrap_err(),
            "m:1: number 3 of this line, between two sites, is zero (1 such cells)"
        );
        let smallest = Reading { zeros: Zeros::Smallest, ..RTT_MS };
        assert_eq!(read(text, smallest).unwrap()[2], 2_000);
        assert!(read("0 0\n0 0\n", smallest).is_err());
    }

    #[test]
    fn what_is_no_matrix_is_refused_with_its_place() {
        let cases = [
            ("0 1\n1 x\n", "m:2:3: `x` is not a number, 0 or above"),
            ("0,1\n1,\n", "m:2:3: `` is not a number, 0 or above"),
            ("0 -1\n1 0\n", "m:1:3: `-1` is not a number, 0 or above"),
            ("0 NaN\n1 0\n", "m:1:3: `NaN` is not a number, 0 or above"),
            ("0 1\n1 0 1\n", "m:2: 3 numbers, where the lines before have 2"),
            ("0 1\n", "m: 1 lines of 2 numbers, expected as many lines as columns"),
            ("0 1\n1 0\n1 0", "m: 3 lines of 2 numbers, expected as many lines as columns"),
            ("0\n", "m: 1 sites, expected at least 2"),
            ("", "m: 0 sites, expected at least 2"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text, RTT_MS).unwrap_err(), expected, "{text}");
        }
        assert!(read("0 1e9\n1 0\n", RTT_MS).unwrap_err().contains("is above 8589934.59 ms"));
    }
}

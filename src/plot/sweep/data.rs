//! Reads `sweep.csv`: which keys vary, the points, and each metric's mean with
//! its interval.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use super::FILE;
use crate::base::label::{assignments, short_names};
use crate::plot::PlotError;
use crate::plot::table::csv_error;

/// Columns after those of the keys.
const REST: [&str; 7] = ["metric", "unit", "n", "mean", "sd", "ci95_low", "ci95_high"];

/// A mean over seeds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    pub(super) mean: f64,
    /// The 95 % interval; `None` of a single seed.
    pub(super) ends: Option<(f64, f64)>,
}

impl Value {
    /// In another unit.
    pub(super) fn times(self, factor: f64) -> Self {
        let ends = self.ends.map(|(low, high)| (low * factor, high * factor));
        Self { mean: self.mean * factor, ends }
    }

    /// Half the width of the interval.
    pub(super) fn half(self) -> Option<f64> {
        self.ends.map(|(low, high)| (high - low) / 2.0)
    }

    /// The interval, or the mean twice.
    pub(super) fn span(self) -> (f64, f64) {
        self.ends.unwrap_or((self.mean, self.mean))
    }
}

/// A point of a sweep.
#[derive(Debug)]
pub(super) struct Point {
    /// A value for each of the keys.
    pub(super) values: Vec<String>,
    metrics: BTreeMap<String, Value>,
}

/// What `sweep.csv` says.
#[derive(Debug)]
pub(super) struct Sweep {
    /// Short names of what varies.
    pub(super) names: Vec<String>,
    pub(super) points: Vec<Point>,
}

impl Sweep {
    /// Reads it; `None` if there are no points.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>, PlotError> {
        let path = dir.join(FILE);
        let file = File::open(&path).map_err(PlotError::read(&path))?;
        let mut reader = csv::Reader::from_reader(file);
        let header = reader.headers().map_err(|error| csv_error(&path, error))?.clone();
        let malformed =
            |line: u64, what: String| PlotError::Malformed { path: path.clone(), line, what };
        let columns: Vec<&str> = header.iter().collect();
        let keys = match columns.split_first() {
            Some((&"point", rest)) if rest.ends_with(&REST) => &rest[..rest.len() - REST.len()],
            _ => {
                let what = format!("expected columns point, …, {}", REST.join(", "));
                return Err(malformed(1, what));
            }
        };
        let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
        let mut points: Vec<(String, Point)> = Vec::new();
        for row in reader.records() {
            let row = row.map_err(|error| csv_error(&path, error))?;
            let line = row.position().map_or(0, csv::Position::line);
            let number = |column: usize| match &row[1 + keys.len() + column] {
                "" => Ok(None),
                text => match text.parse::<f64>() {
                    Ok(value) if value.is_finite() => Ok(Some(value)),
                    _ => Err(malformed(line, format!("`{text}` is not a number"))),
                },
            };
            if points.last().is_none_or(|(id, _)| *id != row[0]) {
                let values = (1..=keys.len()).map(|at| row[at].to_owned()).collect();
                points.push((row[0].to_owned(), Point { values, metrics: BTreeMap::new() }));
            }
            let (mean, low, high) = (number(3)?, number(5)?, number(6)?);
            if let (Some(mean), Some((_, point))) = (mean, points.last_mut()) {
                let value = Value { mean, ends: low.zip(high) };
                point.metrics.insert(row[1 + keys.len()].to_owned(), value);
            }
        }
        let points: Vec<Point> = points.into_iter().map(|(_, point)| point).collect();
        Ok((!points.is_empty()).then(|| Self { names: short_names(&keys), points }))
    }

    /// A metric at a point.
    pub(super) fn value(&self, point: usize, metric: &str) -> Option<Value> {
        self.points[point].metrics.get(metric).copied()
    }

    /// `k = 8, α = 3`.
    pub(super) fn label(&self, point: usize) -> String {
        assignments(&self.names, &self.points[point].values)
    }

    /// The different values of a key, in the order of the sweep.
    pub(super) fn values_of(&self, key: usize) -> Vec<&str> {
        let mut values: Vec<&str> = Vec::new();
        for point in &self.points {
            if !values.contains(&point.values[key].as_str()) {
                values.push(&point.values[key]);
            }
        }
        values
    }
}

/// Numbers of an axis, with the unit that they have in common: plain ones, or
/// durations in their smallest unit. `None` if any is neither.
pub(super) fn numbers(values: &[&str]) -> Option<(Vec<f64>, &'static str)> {
    let plain: Option<Vec<f64>> = values.iter().map(|text| text.parse().ok()).collect();
    if let Some(plain) = plain {
        return Some((plain, ""));
    }
    const UNITS: [(&str, f64); 5] =
        [("ms", 1e-3), ("min", 60.0), ("s", 1.0), ("h", 3_600.0), ("d", 86_400.0)];
    let quantity = |text: &&str| -> Option<(f64, usize)> {
        if *text == "0" {
            return Some((0.0, UNITS.len()));
        }
        let (at, number) = UNITS.iter().enumerate().find_map(|(at, (unit, _))| {
            Some((at, text.strip_suffix(unit)?.trim().parse::<f64>().ok()?))
        })?;
        Some((number * UNITS[at].1, at))
    };
    let all: Vec<(f64, usize)> = values.iter().map(quantity).collect::<Option<_>>()?;
    let used = all.iter().filter_map(|(_, at)| UNITS.get(*at));
    let (unit, scale) = used.min_by(|a, b| a.1.total_cmp(&b.1))?;
    Some((all.iter().map(|(s, _)| s / scale).collect(), unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_numbers_or_not() {
        assert_eq!(numbers(&["4", "8"]), Some((vec![4.0, 8.0], "")));
        assert_eq!(numbers(&["500ms", "1s"]), Some((vec![500.0, 1_000.0], "ms")));
        assert_eq!(numbers(&["0", "1h", "2h"]), Some((vec![0.0, 1.0, 2.0], "h")));
        assert_eq!(numbers(&["10min", "1h"]), Some((vec![10.0, 60.0], "min")));
        assert_eq!(numbers(&["strict", "async"]), None);
    }
}

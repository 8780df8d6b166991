//! Columns over time: reads the CSVs that have one row a sample time. An
//! unmeasured value stays a gap, so that curves break there instead of joining
//! the neighbours.

use std::path::Path;

use super::PlotError;
use super::panel::Sample;
use super::table::Table;

/// Values of several columns at the same sample times.
pub(super) struct Series {
    columns: Vec<Vec<Sample>>,
}

impl Series {
    /// Reads `dir/file`, of whose columns `names` the first is the time in
    /// seconds; `None` if it is missing or has no rows.
    pub(super) fn read(
        dir: &Path,
        file: &str,
        names: &'static [&'static str],
    ) -> Result<Option<Self>, PlotError> {
        let Some(mut table) = Table::open(dir, file, names)? else { return Ok(None) };
        let mut columns = vec![Vec::new(); names.len() - 1];
        while table.advance()? {
            let time_s = table.required(0)?;
            for (i, column) in columns.iter_mut().enumerate() {
                column.push((time_s, table.number(i + 1)?));
            }
        }
        for column in &mut columns {
            column.sort_by(|a: &Sample, b| a.0.total_cmp(&b.0));
        }
        let measured = columns.iter().flatten().any(|(_, value)| value.is_some());
        Ok(measured.then_some(Self { columns }))
    }

    /// The `i`-th column after the time.
    pub(super) fn column(&self, i: usize) -> &[Sample] {
        &self.columns[i]
    }

    /// The `i`-th column with every value times `factor`.
    pub(super) fn scaled(&self, i: usize, factor: f64) -> Vec<Sample> {
        self.columns[i].iter().map(|(time, value)| (*time, value.map(|v| v * factor))).collect()
    }

    /// Whether the `i`-th column has any value.
    pub(super) fn has(&self, i: usize) -> bool {
        self.columns[i].iter().any(|(_, value)| value.is_some())
    }

    /// The last sample time.
    pub(super) fn last_s(&self) -> f64 {
        self.columns[0].last().map_or(0.0, |(time, _)| *time)
    }

    /// The number of samples.
    pub(super) fn len(&self) -> usize {
        self.columns[0].len()
    }
}

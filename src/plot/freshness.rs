//! Reads `freshness.csv`, the age and staleness of contacts by bucket and time,
//! for the two charts that show it. Rows of buckets without any contact are
//! dropped: there is nothing that could be stale.

use std::path::Path;

use super::PlotError;
use super::table::Table;

const NAMES: &[&str] =
    &["time_s", "bucket", "contacts", "stale_fraction", "mean_age_s", "p50_age_s", "p95_age_s"];

/// One bucket at one sample time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) time_s: f64,
    pub(super) bucket: usize,
    pub(super) contacts: f64,
    pub(super) stale: Option<f64>,
    pub(super) mean_age_s: Option<f64>,
    pub(super) p50_age_s: Option<f64>,
    pub(super) p95_age_s: Option<f64>,
}

/// The rows of buckets that hold contacts, in order of time.
pub(super) fn read(dir: &Path) -> Result<Vec<Row>, PlotError> {
    let mut rows = Vec::new();
    let Some(mut table) = Table::open(dir, "freshness.csv", NAMES)? else { return Ok(rows) };
    while table.advance()? {
        let row = Row {
            time_s: table.required(0)?,
            bucket: table.index(1)?,
            contacts: table.number(2)?.unwrap_or(0.0),
            stale: table.number(3)?,
            mean_age_s: table.number(4)?,
            p50_age_s: table.number(5)?,
            p95_age_s: table.number(6)?,
        };
        if row.contacts > 0.0 {
            rows.push(row);
        }
    }
    rows.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
    Ok(rows)
}

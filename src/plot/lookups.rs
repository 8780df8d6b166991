//! One pass over `lookups.csv`, which can have millions of rows: keeps the
//! latencies of each kind (4 bytes a lookup) and counts of outcomes in bins of
//! time, and nothing else.

use std::collections::BTreeMap;
use std::path::Path;

use super::PlotError;
use super::table::Table;

const NAMES: &[&str] = &["kind", "start_s", "outcome", "exact", "latency_ms"];
const KIND: usize = 0;
const START: usize = 1;
const OUTCOME: usize = 2;
const EXACT: usize = 3;
const LATENCY: usize = 4;

/// Widths of bins in seconds; each is a multiple of the one before, so that
/// bins can be joined without counting again.
const WIDTHS: [f64; 15] = [
    0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1_800.0, 3_600.0, 10_800.0, 21_600.0,
    43_200.0, 86_400.0,
];
/// Bins are joined while there are more than this.
const MAX_BINS: usize = 3_000;

/// Bins of sparse lookups are not joined further than to so many.
const MIN_BINS: u64 = 8;

/// How lookups ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) ok: f64,
    pub(super) missed: f64,
    pub(super) failed: f64,
    pub(super) aborted: f64,
    /// Those whose exactness is known, and those of them that were exact.
    pub(super) judged: f64,
    pub(super) exact: f64,
}

impl Counts {
    /// Lookups that ran to their end.
    pub(super) fn finished(&self) -> f64 {
        self.ok + self.missed + self.failed
    }

    /// Adds the counts of `other`.
    pub(super) fn add(&mut self, other: &Self) {
        self.ok += other.ok;
        self.missed += other.missed;
        self.failed += other.failed;
        self.aborted += other.aborted;
        self.judged += other.judged;
        self.exact += other.exact;
    }
}

/// Counts by number of the bin.
pub(super) type Bins = BTreeMap<u64, Counts>;

/// What the charts need of `lookups.csv`.
#[derive(Default)]
pub(super) struct Lookups {
    /// By kind, ascending: the latencies in ms of lookups that finished.
    pub(super) latencies_ms: BTreeMap<String, Vec<f32>>,
    /// By kind: how lookups ended, by the bin in which they started.
    bins: BTreeMap<String, Bins>,
    /// The width of bins, as a place in `WIDTHS`.
    width: usize,
    pub(super) last_start_s: f64,
}

impl Lookups {
    /// Reads `dir/lookups.csv`; `None` if there is none.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>, PlotError> {
        let Some(mut table) = Table::open(dir, "lookups.csv", NAMES)? else { return Ok(None) };
        let mut lookups = Self::default();
        while table.advance()? {
            lookups.count(&table)?;
        }
        for latencies in lookups.latencies_ms.values_mut() {
            latencies.sort_unstable_by(f32::total_cmp);
        }
        Ok(Some(lookups))
    }

    fn count(&mut self, table: &Table) -> Result<(), PlotError> {
        let start_s = table.required(START)?;
        let mut counts = Counts::default();
        match table.text(OUTCOME) {
            "ok" => counts.ok = 1.0,
            "missed" => counts.missed = 1.0,
            "failed" => counts.failed = 1.0,
            "aborted" => counts.aborted = 1.0,
            _ => return Err(table.malformed(OUTCOME, "is no outcome")),
        }
        let exact = table.truth(EXACT)?.filter(|_| counts.aborted == 0.0);
        counts.judged = f64::from(u8::from(exact.is_some()));
        counts.exact = f64::from(u8::from(exact == Some(true)));
        let kind = table.text(KIND);
        if let Some(latency_ms) = table.number(LATENCY)?.filter(|_| counts.aborted == 0.0) {
            entry(&mut self.latencies_ms, kind).push(latency_ms as f32);
        }
        self.last_start_s = self.last_start_s.max(start_s);
        while start_s / WIDTHS[self.width] > MAX_BINS as f64 && self.width + 1 < WIDTHS.len() {
            self.widen();
        }
        let bin = (start_s / WIDTHS[self.width]) as u64;
        entry(&mut self.bins, kind).entry(bin).or_default().add(&counts);
        Ok(())
    }

    fn widen(&mut self) {
        let factor = (WIDTHS[self.width + 1] / WIDTHS[self.width]).round() as u64;
        self.width += 1;
        for bins in self.bins.values_mut() {
            *bins = joined(bins, factor);
        }
    }

    /// Counts by kind in bins of the returned width: the narrowest with at most
    /// `max_bins` bins of which the typical one has at least `least` lookups.
    pub(super) fn binned(&self, max_bins: f64, least: f64) -> (f64, BTreeMap<String, Bins>) {
        let mut width = self.width;
        let mut bins = self.bins.clone();
        let too_narrow = |width: usize, bins: &BTreeMap<String, Bins>| {
            let sparse = |bins: &Bins| {
                let ends = bins.first_key_value().zip(bins.last_key_value());
                let spanned = ends.map_or(0, |((first, _), (last, _))| last - first + 1);
                let total: f64 = bins.values().map(Counts::finished).sum();
                total < least * spanned as f64 && spanned > MIN_BINS
            };
            self.last_start_s / WIDTHS[width] > max_bins || bins.values().any(sparse)
        };
        while width + 1 < WIDTHS.len() && too_narrow(width, &bins) {
            let factor = (WIDTHS[width + 1] / WIDTHS[width]).round() as u64;
            width += 1;
            bins.values_mut().for_each(|bins| *bins = joined(bins, factor));
        }
        (WIDTHS[width], bins)
    }
}

/// Looks up without allocating a key that is there already.
fn entry<'a, T: Default>(map: &'a mut BTreeMap<String, T>, key: &str) -> &'a mut T {
    if !map.contains_key(key) {
        map.insert(key.to_owned(), T::default());
    }
    map.get_mut(key).expect("was inserted if missing")
}

fn joined(bins: &Bins, factor: u64) -> Bins {
    let mut out = Bins::new();
    for (bin, counts) in bins {
        out.entry(bin / factor).or_default().add(counts);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_joined_exactly() {
        let counts = |ok| Counts { ok, ..Counts::default() };
        let bins = Bins::from([(0, counts(1.0)), (4, counts(2.0)), (5, counts(4.0))]);
        assert_eq!(joined(&bins, 5), Bins::from([(0, counts(3.0)), (1, counts(4.0))]));
        for pair in WIDTHS.windows(2) {
            let factor = pair[1] / pair[0];
            assert!((factor - factor.round()).abs() < 1e-9, "{pair:?}");
        }
    }
}

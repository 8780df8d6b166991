//! The headline figures of a run: `summary.csv` and the table that is printed.

/// A headline figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Headline {
    /// Its name in `summary.csv`.
    pub metric: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// `None` if it could not be measured.
    pub value: Option<f64>,
    /// What it was taken over: lookups, samples, messages.
    pub n: u64,
    /// What a reader should know.
    pub note: String,
}

impl Headline {
    pub(super) fn new(
        metric: &'static str,
        unit: &'static str,
        value: Option<f64>,
        n: u64,
    ) -> Self {
        Self { metric, unit, value, n, note: String::new() }
    }

    pub(super) fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

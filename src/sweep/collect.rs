//! From finished runs to CSV files, which hold nothing of the machines that
//! ran them but for `runtime.csv`.

use std::collections::BTreeMap;

use super::compare::{self, Comparison};
use super::csvs::{Csv, number};
use super::stats::Sample;
use super::store::{Done, State, Store};
use super::{FINGERPRINT, Manifest, SweepError, Task};

/// A sweep with its results.
#[derive(Debug)]
pub struct Collected {
    /// Its plan.
    pub manifest: Manifest,
    /// Names and units of metrics, in the order of a run's summary.
    pub metrics: Vec<(String, String)>,
    /// Finished runs, in the order of the plan.
    pub runs: Vec<Run>,
    /// Runs that are not there.
    pub missing: usize,
    /// Every other point against the baseline, by point, then metric.
    pub comparisons: Vec<Comparison>,
}

/// A finished run.
#[derive(Debug)]
pub struct Run {
    /// Position of its point.
    pub point: usize,
    /// Its seed.
    pub seed: u64,
    /// A value for each metric, if measured.
    pub values: Vec<Option<f64>>,
    record: Done,
}

/// Reads what is done and writes `runs.csv`, `sweep.csv`, `comparison.csv` and
/// `runtime.csv`.
///
/// # Errors
/// If runs are missing, unless `allow_missing`; if runs are of another model,
/// unless `allow_mixed`; if a file cannot be written.
pub fn collect(
    store: &Store,
    allow_missing: bool,
    allow_mixed: bool,
) -> Result<Collected, SweepError> {
    let manifest = store.manifest()?;
    if !allow_mixed {
        manifest.check_model()?;
    }
    let mut records = Vec::new();
    let mut missing = 0;
    for task in &manifest.tasks {
        match store.done(&task.id) {
            Some(done) if done.fingerprint == FINGERPRINT || allow_mixed => {
                records.push((task, done));
            }
            _ => missing += 1,
        }
    }
    if missing > 0 && (!allow_missing || records.is_empty()) {
        return Err(SweepError::Incomplete { missing, tasks: manifest.tasks.len() });
    }
    let metrics = metrics(&records);
    let runs: Vec<Run> =
        records.into_iter().map(|(task, done)| run(task, done, &metrics)).collect();
    let comparisons = compare::all(&manifest, &metrics, &runs);
    let collected = Collected { manifest, metrics, runs, missing, comparisons };
    store.write("runs.csv", &collected.runs_csv())?;
    store.write("sweep.csv", &collected.sweep_csv())?;
    store.write("comparison.csv", &collected.comparison_csv())?;
    store.write("runtime.csv", &collected.runtime_csv())?;
    Ok(collected)
}

/// All metrics of all runs. Scenarios may differ in what they measure.
fn metrics(records: &[(&Task, Done)]) -> Vec<(String, String)> {
    let mut metrics: Vec<(String, String)> = Vec::new();
    for metric in records.iter().flat_map(|(_, done)| &done.summary) {
        if !metrics.iter().any(|(name, _)| *name == metric.metric) {
            metrics.push((metric.metric.clone(), metric.unit.clone()));
        }
    }
    metrics
}

fn run(task: &Task, record: Done, metrics: &[(String, String)]) -> Run {
    let by_name: BTreeMap<&str, Option<f64>> =
        record.summary.iter().map(|metric| (metric.metric.as_str(), metric.value)).collect();
    let values =
        metrics.iter().map(|(name, _)| by_name.get(name.as_str()).copied().flatten()).collect();
    Run { point: task.point, seed: task.seed, values, record }
}

impl Collected {
    /// The values of a metric at a point, in the order of seeds.
    #[must_use]
    pub fn values(&self, point: usize, metric: usize) -> Vec<f64> {
        let runs = self.runs.iter().filter(|run| run.point == point);
        runs.filter_map(|run| run.values[metric]).collect()
    }

    /// A metric at a point; `None` if nothing was measured.
    #[must_use]
    pub fn sample(&self, point: usize, metric: usize) -> Option<Sample> {
        Sample::of(&self.values(point, metric))
    }

    /// Columns that say which point a row is about.
    fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once("point").chain(self.manifest.sweep.keys.iter().map(String::as_str))
    }

    fn point_fields(&self, point: usize) -> impl Iterator<Item = String> {
        let values = self.manifest.points[point].values.iter().cloned();
        std::iter::once(point.to_string()).chain(values)
    }

    fn runs_csv(&self) -> Vec<u8> {
        let columns = std::iter::once("id").chain(self.keys());
        let columns = columns.chain(["seed", "trace_digest"]);
        let columns = columns.chain(self.metrics.iter().map(|(name, _)| name.as_str()));
        let mut csv = Csv::new(&columns.collect::<Vec<_>>());
        for run in &self.runs {
            let fields = std::iter::once(run.record.id.clone()).chain(self.point_fields(run.point));
            let fields = fields.chain([run.seed.to_string(), run.record.trace_digest.clone()]);
            csv.row(fields.chain(run.values.iter().map(|value| number(*value))));
        }
        csv.into_bytes()
    }

    fn sweep_csv(&self) -> Vec<u8> {
        let rest = ["metric", "unit", "n", "mean", "sd", "ci95_low", "ci95_high"];
        let mut csv = Csv::new(&self.keys().chain(rest).collect::<Vec<_>>());
        for point in 0..self.manifest.points.len() {
            for (at, (name, unit)) in self.metrics.iter().enumerate() {
                let sample = self.sample(point, at);
                let ends = sample.and_then(|sample| sample.ci95);
                let fields = self.point_fields(point).chain([
                    name.clone(),
                    unit.clone(),
                    sample.map_or(0, |sample| sample.n).to_string(),
                    number(sample.map(|sample| sample.mean)),
                    number(sample.and_then(|sample| sample.sd)),
                    number(ends.map(|(low, _)| low)),
                    number(ends.map(|(_, high)| high)),
                ]);
                csv.row(fields);
            }
        }
        csv.into_bytes()
    }

    fn comparison_csv(&self) -> Vec<u8> {
        let rest = Comparison::COLUMNS;
        let mut csv = Csv::new(&self.keys().chain(rest).collect::<Vec<_>>());
        for comparison in &self.comparisons {
            csv.row(self.point_fields(comparison.point).chain(comparison.fields(self)));
        }
        csv.into_bytes()
    }

    fn runtime_csv(&self) -> Vec<u8> {
        let mut csv = Csv::new(&["id", "point", "seed", "wall_s", "events", "messages", "host"]);
        for Run { point, seed, record, .. } in &self.runs {
            csv.row([
                record.id.clone(),
                point.to_string(),
                seed.to_string(),
                number(record.runtime.wall_s),
                record.events.to_string(),
                record.messages.to_string(),
                record.runtime.host.clone().unwrap_or_default(),
            ]);
        }
        csv.into_bytes()
    }
}

impl Manifest {
    /// How many tasks are in each state.
    #[must_use]
    pub fn states(&self, store: &Store) -> Vec<(State, usize)> {
        let states: Vec<State> =
            self.tasks.iter().map(|task| store.state(&task.id, self.keep)).collect();
        [State::Done, State::Failed, State::Outdated, State::Missing]
            .map(|state| (state, states.iter().filter(|found| **found == state).count()))
            .to_vec()
    }
}

//! From a scenario with a sweep to a directory that says what to run.

use std::collections::BTreeMap;
use std::fs;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::csvs::Csv;
use super::store::{Keep, Store, write_json};
use super::{FINGERPRINT, SweepError};
use crate::base::id::Id;
use crate::report;
use crate::scenario::{self, Scenario, Study, Sweep};

/// What a sweep is: the content of its `manifest.json`. It holds all that a
/// machine needs to run a task, but for data files, which it names.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the program that planned it.
    pub kadsim: String,
    /// The commit that it was built from, if from one.
    pub git_commit: Option<String>,
    /// Whether its sources differed from that commit.
    pub git_dirty: Option<bool>,
    /// Of its model, see [`FINGERPRINT`].
    pub fingerprint: String,
    /// Scenario name.
    pub scenario: String,
    /// What varies and how often it is repeated.
    pub sweep: Variation,
    /// What is kept of each run.
    pub keep: Keep,
    /// The points, in order.
    pub points: Vec<Point>,
    /// Combinations that make no scenario.
    pub skipped: Vec<Skipped>,
    /// One for each point and seed, by point.
    pub tasks: Vec<Task>,
    /// Data files with the hash of their content.
    pub inputs: BTreeMap<String, String>,
    /// Simulated time of a run, if the same for all.
    pub simulated_s: Option<f64>,
    /// What charts say under their titles, as far as it is the same for all.
    pub chart_facts: Value,
}

/// What varies.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Variation {
    /// Full names of keys.
    pub keys: Vec<String>,
    /// The first seed.
    pub seed: u64,
    /// Runs of each point.
    pub repeats: u64,
    /// Position of the point that the others are compared with.
    pub baseline: usize,
}

/// A point.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Point {
    /// A value for each of the keys.
    pub values: Vec<String>,
    /// The complete scenario with them and the first seed, as a file.
    pub scenario: String,
}

/// A combination that was left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Skipped {
    /// A value for each of the keys.
    pub values: Vec<String>,
    /// Why.
    pub reason: String,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// A hash of everything that decides about its result.
    pub id: String,
    /// Position of its point.
    pub point: usize,
    /// Its seed.
    pub seed: u64,
}

/// Hexadecimal digits of an id: 64 bits, so that among a million tasks two are
/// the same with a chance of 1 in 40 million.
const ID_DIGITS: usize = 16;

/// The id of the run of `scenario` with its seed.
fn id(scenario: &Scenario) -> String {
    let mut hash = scenario.model_hash();
    hash.truncate(ID_DIGITS);
    hash
}

impl Manifest {
    fn new(study: &Study, sweep: &Sweep, keep: Keep) -> Self {
        let seed = study.scenario.spec.seed;
        let mut tasks = Vec::new();
        for (point, of) in sweep.points.iter().enumerate() {
            for repeat in 0..sweep.repeats {
                let mut scenario = of.scenario.clone();
                scenario.spec.seed = seed + repeat;
                tasks.push(Task { id: id(&scenario), point, seed: seed + repeat });
            }
        }
        let inputs = sweep.points.iter().flat_map(|point| point.scenario.data_files());
        let inputs = inputs.map(|path| std::path::absolute(&path).unwrap_or(path));
        let hash = |path: &std::path::PathBuf| {
            fs::read(path).map_or_else(|error| error.to_string(), |b| format!("{:?}", Id::sha1(&b)))
        };
        let inputs: std::collections::BTreeSet<_> = inputs.collect();
        Self {
            kadsim: env!("CARGO_PKG_VERSION").into(),
            git_commit: option_env!("KADSIM_GIT_COMMIT").map(Into::into),
            git_dirty: option_env!("KADSIM_GIT_DIRTY").map(|dirty| dirty == "true"),
            fingerprint: FINGERPRINT.into(),
            scenario: study.scenario.spec.name.clone(),
            sweep: Variation {
                keys: sweep.keys.clone(),
                seed,
                repeats: sweep.repeats,
                baseline: sweep.baseline,
            },
            keep,
            points: sweep
                .points
                .iter()
                .map(|point| Point {
                    values: point.values.clone(),
                    scenario: point.scenario.to_toml(),
                })
                .collect(),
            skipped: sweep
                .skipped
                .iter()
                .map(|point| Skipped { values: point.values.clone(), reason: point.reason.clone() })
                .collect(),
            tasks,
            inputs: inputs.iter().map(|path| (path.display().to_string(), hash(path))).collect(),
            simulated_s: common_duration(sweep),
            chart_facts: common_facts(sweep),
        }
    }

    /// The scenario of a task.
    ///
    /// # Errors
    /// If it is no longer what was planned: a data file changed, or this
    /// program reads scenarios differently.
    pub fn scenario(&self, task: &Task) -> Result<Scenario, SweepError> {
        let help = "plan the sweep again; what is unchanged stays done";
        let point = self.points.get(task.point).ok_or_else(|| {
            SweepError::mismatch(format!("task {} has no point {}", task.id, task.point), help)
        })?;
        let mut scenario = scenario::read(&point.scenario, "manifest.json").map_err(|wrong| {
            let problem = format!("point {} is not sound:\n{}", task.point, wrong.render(false));
            SweepError::mismatch(problem, help)
        })?;
        scenario.spec.seed = task.seed;
        if id(&scenario) != task.id {
            let inputs: Vec<&str> = self.inputs.keys().map(String::as_str).collect();
            let what = if inputs.is_empty() { "the manifest".into() } else { inputs.join(", ") };
            let problem = format!("task {} is not what was planned: {what} changed", task.id);
            return Err(SweepError::mismatch(problem, help));
        }
        Ok(scenario)
    }

    /// How people call a point: `k = 8, α = 3`.
    #[must_use]
    pub fn label(&self, point: usize) -> String {
        let names = crate::base::label::short_names(&self.sweep.keys);
        let values = self.points.get(point).map_or(&[][..], |point| &point.values);
        crate::base::label::assignments(&names, values)
    }

    /// What this program is to the sweep: it must be of the same model.
    ///
    /// # Errors
    /// If it is not.
    pub fn check_model(&self) -> Result<(), SweepError> {
        if self.fingerprint == FINGERPRINT {
            return Ok(());
        }
        let commit = |commit: Option<&str>| commit.unwrap_or("an unknown commit").to_owned();
        let problem = format!(
            "the sweep was planned with another model: {} at {}, this is {} at {}",
            self.kadsim,
            commit(self.git_commit.as_deref()),
            env!("CARGO_PKG_VERSION"),
            commit(option_env!("KADSIM_GIT_COMMIT")),
        );
        let help = "plan it again with this program, which runs all of it again; or --allow-mixed";
        Err(SweepError::mismatch(problem, help))
    }
}

fn common_duration(sweep: &Sweep) -> Option<f64> {
    let mut durations = sweep.points.iter().map(|point| point.scenario.spec.duration);
    let first = durations.next()?;
    durations.all(|other| other == first).then(|| first.as_secs_f64())
}

/// The chart facts that all points share.
fn common_facts(sweep: &Sweep) -> Value {
    let facts = |scenario: &Scenario| match report::chart_facts(&scenario.spec) {
        Value::Object(facts) => facts,
        _ => Map::new(),
    };
    let mut points = sweep.points.iter().map(|point| facts(&point.scenario));
    let mut common = points.next().unwrap_or_default();
    for other in points {
        common.retain(|key, value| other.get(key) == Some(value));
    }
    common.insert("seeds".into(), sweep.repeats.into());
    Value::Object(common)
}

/// Writes the plan of `study`, which has a sweep, into `store`. Runs that are
/// done there stay.
///
/// # Errors
/// If the directory cannot be written, or is something else.
pub fn plan(store: &Store, study: &Study, keep: Keep, force: bool) -> Result<Manifest, SweepError> {
    let Some(sweep) = &study.sweep else {
        let help = "add a [sweep], or --sweep protocol.k=4,8,20";
        return Err(SweepError::mismatch("the scenario has no [sweep]", help));
    };
    let manifest = Manifest::new(study, sweep, keep);
    check_place(store, &manifest, force)?;
    fs::create_dir_all(store.root()).map_err(SweepError::io(store.root()))?;
    let mut columns = vec!["task".to_owned(), "id".into(), "point".into(), "seed".into()];
    columns.extend(manifest.sweep.keys.iter().cloned());
    let mut csv = Csv::new(&columns);
    for (index, task) in manifest.tasks.iter().enumerate() {
        let fixed =
            [index.to_string(), task.id.clone(), task.point.to_string(), task.seed.to_string()];
        csv.row(fixed.iter().chain(&manifest.points[task.point].values));
    }
    // First: it marks the directory as ours, and says everything.
    write_json(&store.root().join("manifest.json"), &manifest)?;
    store.write("tasks.csv", &csv.into_bytes())?;
    Ok(manifest)
}

/// Only a sweep of this scenario, or nothing at all, may be there.
fn check_place(store: &Store, planned: &Manifest, force: bool) -> Result<(), SweepError> {
    let root = store.root();
    let elsewhere = "give another place with `--out DIR`";
    if fs::symlink_metadata(root).is_err() || store.is_blank() {
        return Ok(());
    }
    let here = root.display();
    if !report::is_result(root) {
        let problem = format!("`{here}` was not made by kadsim and is never overwritten");
        return Err(SweepError::mismatch(problem, elsewhere));
    }
    let Some(found) = store.scenario() else {
        let problem = format!("`{here}` holds the results of a single run, not of a sweep");
        return Err(SweepError::mismatch(problem, elsewhere));
    };
    if found != planned.scenario && !force {
        let name = &planned.scenario;
        let problem = format!("`{here}` holds results of the scenario `{found}`, not of `{name}`");
        return Err(SweepError::mismatch(problem, format!("{elsewhere}, or `--force`")));
    }
    Ok(())
}

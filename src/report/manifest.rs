//! `manifest.json`: what was run, with what, and how it went. Facts of the wall
//! clock live only here.

use serde::Serialize;
use serde_json::Value;

use crate::scenario::Scenario;

/// The content of `manifest.json`. Its key `kadsim` marks a directory as made
/// by kadsim.
#[derive(Clone, Debug, Serialize)]
pub struct Manifest {
    /// Version of kadsim.
    pub kadsim: &'static str,
    /// Commit it was built from, if from one.
    pub git_commit: Option<&'static str>,
    /// Scenario name.
    pub scenario: String,
    /// See [`Scenario::hash`].
    pub scenario_hash: String,
    /// Resolved seed.
    pub seed: u64,
    /// The resolved scenario.
    pub parameters: Value,
    /// Digest over all events of all nodes.
    pub trace_digest: Option<String>,
    /// Events processed.
    pub events: Option<u64>,
    /// Simulated time.
    pub simulated_s: f64,
    /// Wall time of the simulation.
    pub wall_s: Option<f64>,
    /// Peak memory of the process.
    pub peak_memory_bytes: Option<u64>,
    /// Threads used.
    pub threads: Option<usize>,
}

impl Manifest {
    /// What is known before the run.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        // Parsing our own output cannot fail; null would only lose the copy.
        let parameters = toml::from_str(&scenario.to_toml()).unwrap_or(Value::Null);
        Self {
            kadsim: env!("CARGO_PKG_VERSION"),
            git_commit: option_env!("KADSIM_GIT_COMMIT"),
            scenario: scenario.spec.name.clone(),
            scenario_hash: scenario.hash(),
            seed: scenario.spec.seed,
            parameters,
            trace_digest: None,
            events: None,
            simulated_s: scenario.spec.duration.as_secs_f64(),
            wall_s: None,
            peak_memory_bytes: None,
            threads: None,
        }
    }

    /// As pretty JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Only maps with keys that are no strings can fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

//! `manifest.json`: what was run, with what, and how it went. Facts of the wall
//! clock live only here.

use serde::Serialize;
use serde_json::Value;

use crate::scenario::Scenario;
use crate::sim::spec::{Action, ChurnProcess, Spec};

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
    /// Messages sent.
    pub messages: Option<u64>,
    /// Simulated time.
    pub simulated_s: f64,
    /// Wall time of the simulation.
    pub wall_s: Option<f64>,
    /// Peak memory of the process.
    pub peak_memory_bytes: Option<u64>,
    /// Threads used.
    pub threads: Option<usize>,
    /// What charts say under their titles and mark on their time axes.
    pub chart_facts: ChartFacts,
}

/// What charts say of a run.
#[derive(Clone, Debug, Serialize)]
pub struct ChartFacts {
    nodes: u64,
    k: usize,
    alpha: usize,
    loss: f64,
    warmup_s: f64,
    events: Vec<ChartEvent>,
}

#[derive(Clone, Debug, Serialize)]
struct ChartEvent {
    at_s: f64,
    label: String,
}

impl ChartFacts {
    fn new(spec: &Spec) -> Self {
        let joining: u64 = spec.joins.iter().map(|wave| u64::from(wave.count)).sum();
        let traced = spec.churn.as_ref().map_or(0, |churn| match &churn.process {
            ChurnProcess::Trace(trace) => u64::from(trace.nodes),
            ChurnProcess::OnOff { .. } => 0,
        });
        let events = spec.events.iter().map(|event| match event.action {
            Action::Crash(share) => {
                let percent = (share * 1e4 + 0.5).floor() / 100.0;
                ChartEvent { at_s: event.at.as_secs_f64(), label: format!("{percent} % crash") }
            }
        });
        Self {
            nodes: joining + traced,
            k: spec.protocol.k,
            alpha: spec.protocol.alpha,
            loss: spec.network.loss,
            warmup_s: spec.warmup.as_secs_f64(),
            events: events.collect(),
        }
    }
}

/// [`ChartFacts`] of a run of `spec`, as JSON.
#[must_use]
pub fn chart_facts(spec: &Spec) -> Value {
    // Only maps with keys that are no strings can fail.
    serde_json::to_value(ChartFacts::new(spec)).unwrap_or(Value::Null)
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
            messages: None,
            chart_facts: ChartFacts::new(&scenario.spec),
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

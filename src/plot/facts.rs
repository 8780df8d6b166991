//! What was simulated, from `manifest.json`: every chart says it under its
//! title, and those over time show the warm-up and the events. All of it is
//! optional, so that a directory of CSVs alone still gives charts.

use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;

use super::PlotError;
use super::number::{plain, thousands};
use super::timeline::duration;

/// The part of the manifest that charts use.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Facts {
    #[serde(default, rename = "scenario")]
    pub(super) name: String,
    seed: Option<u64>,
    pub(super) simulated_s: Option<f64>,
    #[serde(default, rename = "chart_facts")]
    pub(super) run: RunFacts,
}

/// The run's parameters that titles state.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct RunFacts {
    nodes: Option<f64>,
    k: Option<u32>,
    alpha: Option<u32>,
    loss: Option<f64>,
    /// Of a sweep: runs of each point.
    seeds: Option<u32>,
    pub(super) warmup_s: Option<f64>,
    #[serde(default)]
    pub(super) events: Vec<Event>,
}

/// Something that happened once.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Event {
    pub(super) at_s: f64,
    pub(super) label: String,
}

impl Facts {
    /// Reads `dir/manifest.json`; without one nothing is known.
    pub(super) fn read(dir: &Path) -> Result<Self, PlotError> {
        let path = dir.join("manifest.json");
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            other => other.map_err(PlotError::read(&path))?,
        };
        serde_json::from_str(&text).map_err(|error| PlotError::Malformed {
            path,
            line: error.line() as u64,
            what: error.to_string(),
        })
    }

    /// When measurements count from: the end of the warm-up, in seconds.
    pub(super) fn measured_from_s(&self) -> f64 {
        self.run.warmup_s.unwrap_or(0.0)
    }

    /// One line that says what was simulated.
    pub(super) fn subtitle(&self) -> String {
        let run = &self.run;
        let facts = [
            run.nodes.map(|nodes| format!("N = {}", thousands(nodes, 0))),
            run.k.map(|k| format!("k = {k}")),
            run.alpha.map(|alpha| format!("α = {alpha}")),
            run.loss.map(|loss| format!("loss {} %", plain(loss * 100.0))),
            self.seed.map(|seed| format!("seed {seed}")),
            run.seeds.map(|seeds| format!("{seeds} seeds each")),
            self.simulated_s.map(|s| format!("{} simulated", duration(s))),
        ];
        let facts = facts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let mut name: String = self.name.chars().take(MAX_NAME_CHARS).collect();
        if name.len() < self.name.len() {
            name.push('…');
        }
        match (name.is_empty(), facts.is_empty()) {
            (false, false) => format!("{name}: {facts}"),
            _ => name + &facts,
        }
    }
}

/// A longer scenario name is cut, so that the line fits.
const MAX_NAME_CHARS: usize = 32;

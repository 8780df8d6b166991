//! Single runs side by side: what differs in their scenarios, their headline
//! figures, and, where they asked the same, lookup by lookup.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::text::aligned;
use crate::report::is_sweep;

/// A headline figure: name, unit, value.
type Figure = (String, String, Option<f64>);

/// What makes two lookups the same question: kind, time, origin, target.
type Question = [String; 4];

/// What is paired of a lookup, with its unit.
const PAIRED: [(&str, &str); 3] = [("latency_ms", "ms"), ("hops", "hops"), ("rpcs", "requests")];

/// Finished lookups by number: what was asked, and what is paired.
type Lookups = BTreeMap<u64, (Question, [Option<f64>; 3])>;

/// Results of a run.
#[derive(Debug)]
pub struct Outcome {
    name: String,
    parameters: BTreeMap<String, String>,
    figures: Vec<Figure>,
    lookups: Lookups,
}

impl Outcome {
    /// Reads the results in `dir`.
    ///
    /// # Errors
    /// A text for people if there are none, or they cannot be read.
    pub fn read(dir: &Path) -> Result<Self, String> {
        let name = dir.display().to_string();
        if is_sweep(dir) {
            return Err(format!("`{name}` holds a sweep; its comparison.csv compares its points"));
        }
        let manifest = fs::read_to_string(dir.join("manifest.json")).ok();
        let manifest: Option<Value> = manifest.and_then(|text| serde_json::from_str(&text).ok());
        let manifest = manifest.filter(|manifest| manifest.get("kadsim").is_some());
        let manifest = manifest.ok_or_else(|| format!("`{name}` holds no results of kadsim"))?;
        let mut parameters = BTreeMap::new();
        flatten("", manifest.get("parameters").unwrap_or(&Value::Null), &mut parameters);
        let wrong = |file: &str, error: &dyn std::fmt::Display| format!("`{name}/{file}`: {error}");
        let figures = figures(dir).map_err(|error| wrong("summary.csv", &error))?;
        let lookups = lookups(dir).map_err(|error| wrong("lookups.csv", &error))?;
        Ok(Self { name, parameters, figures, lookups })
    }
}

/// Every value of nested tables and lists by its dotted path.
fn flatten(path: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(table) => {
            table.iter().for_each(|(key, value)| flatten(&below(key), value, found));
        }
        Value::Array(list) => {
            let items = list.iter().enumerate();
            items.for_each(|(at, value)| flatten(&below(&at.to_string()), value, found));
        }
        Value::String(text) => drop(found.insert(path.to_owned(), text.clone())),
        other => drop(found.insert(path.to_owned(), other.to_string())),
    }
}

fn figures(dir: &Path) -> Result<Vec<Figure>, csv::Error> {
    let mut reader = csv::Reader::from_path(dir.join("summary.csv"))?;
    let rows = reader.records().map(|row| {
        let row = row?;
        let field = |at: usize| row.get(at).unwrap_or_default().to_owned();
        Ok((field(0), field(1), field(2).parse().ok()))
    });
    rows.collect()
}

/// Lookups by number; none if the run kept none.
fn lookups(dir: &Path) -> Result<Lookups, csv::Error> {
    let path = dir.join("lookups.csv");
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let mut reader = csv::Reader::from_path(path)?;
    let header = reader.headers()?.clone();
    let column = |name: &str| header.iter().position(|title| title == name);
    let asked = ["kind", "start_s", "origin", "target"].map(column);
    let paired = PAIRED.map(|(name, _)| column(name));
    let (number, outcome) = (column("lookup"), column("outcome"));
    let mut lookups = BTreeMap::new();
    for row in reader.records() {
        let row = row?;
        let field = |at: Option<usize>| at.and_then(|at| row.get(at)).unwrap_or_default();
        // What was cut short has no latency to compare.
        if let (Ok(number), false) = (field(number).parse(), field(outcome) == "aborted") {
            let question = asked.map(|at| field(at).to_owned());
            lookups.insert(number, (question, paired.map(|at| field(at).parse().ok())));
        }
    }
    Ok(lookups)
}

/// A text that sets the first of at least one outcome against the others.
#[must_use]
pub fn side_by_side(outcomes: &[Outcome]) -> String {
    let Some((first, others)) = outcomes.split_first() else { return String::new() };
    let mut text = String::new();
    let mut head = vec![String::new()];
    head.extend(outcomes.iter().map(|outcome| outcome.name.clone()));
    // Writing to a string cannot fail.
    let _ = writeln!(text, "what differs in the scenarios:\n{}", differences(&head, outcomes));
    let mut rows = vec![head];
    rows[0].insert(1, "unit".into());
    for (metric, unit, _) in &first.figures {
        let mut row = vec![metric.clone(), unit.clone()];
        row.extend(outcomes.iter().map(|outcome| {
            let found = outcome.figures.iter().find(|(name, ..)| name == metric);
            found.and_then(|(_, _, value)| *value).map_or("not measured".into(), digits)
        }));
        rows.push(row);
    }
    text.push_str(&aligned(&rows));
    for other in others {
        let _ = write!(text, "\n{}", pairs(first, other));
    }
    text
}

fn differences(head: &[String], outcomes: &[Outcome]) -> String {
    let mut keys: Vec<&String> = outcomes.iter().flat_map(|one| one.parameters.keys()).collect();
    keys.sort();
    keys.dedup();
    let mut rows = vec![head.to_vec()];
    for key in keys.into_iter().filter(|key| !["name", "description"].contains(&key.as_str())) {
        let values: Vec<String> = outcomes
            .iter()
            .map(|one| one.parameters.get(key).cloned().unwrap_or_else(|| "none".into()))
            .collect();
        if values.iter().any(|value| *value != values[0]) {
            rows.push([vec![key.clone()], values].concat());
        }
    }
    if rows.len() == 1 { "nothing\n".into() } else { aligned(&rows) }
}

/// Mean differences over lookups of the same number that asked the same.
fn pairs(first: &Outcome, other: &Outcome) -> String {
    let title = format!("{} against {}", other.name, first.name);
    let both = first.lookups.iter().filter_map(|(number, a)| {
        let b = other.lookups.get(number)?;
        (a.0 == b.0).then_some((a.1, b.1))
    });
    let both: Vec<_> = both.collect();
    let fewer = first.lookups.len().min(other.lookups.len());
    if both.is_empty() || both.len() * 2 < fewer {
        return format!(
            "{title}: their lookups are not the same questions, so they do not pair up\n"
        );
    }
    let mut text = format!("{title}, mean difference over lookups paired by number:\n");
    for (at, (name, unit)) in PAIRED.iter().enumerate() {
        let differences: Vec<f64> =
            both.iter().filter_map(|(a, b)| Some(b[at]? - a[at]?)).collect();
        let n = differences.len();
        let mean = differences.iter().sum::<f64>() / n.max(1) as f64;
        let _ = writeln!(text, "  {name:<10} {mean:+.3} {unit}  n = {n}");
    }
    text.push_str(
        "  (lookups of one run are not independent: for an interval, sweep over seeds)\n",
    );
    text
}

/// To about five digits.
fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 10_000.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    }
}

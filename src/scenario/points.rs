//! The points of a sweep: every combination of its values as a scenario of its
//! own, and what to say of those that are none.

use std::ops::Range;

use super::Scenario;
use super::diagnose::{Issue, Issues};
use super::overrides;
use super::shape::listed;
use super::sweep::{Axis, Leaf, Raw, SkippedPoint, Sweep, SweepPoint, text};
use toml::de::DeTable;

/// What a combination came to.
type Outcome = Result<Scenario, Vec<Issue>>;

/// Combinations of more runs than this are refused.
const RUNS_MAX: u64 = 1_000_000;

/// Resolves every combination of `raw` over the tables of the file with
/// `resolve`.
pub(super) fn resolve(
    raw: &Raw<'_>,
    root: &DeTable<'_>,
    issues: &Issues,
    resolve: impl Fn(&DeTable<'_>, &Issues) -> Option<Scenario>,
) -> Option<Sweep> {
    let lengths: Vec<usize> = raw.axes.iter().map(Axis::len).collect();
    let count = lengths.iter().try_fold(1_u64, |count, len| count.checked_mul(*len as u64));
    let runs = count.and_then(|count| count.checked_mul(raw.repeats));
    if runs.is_none_or(|runs| runs > RUNS_MAX) {
        let label = format!("expected at most {RUNS_MAX} runs in all");
        issues.push(raw.span.clone(), "`sweep` is too large", label, None);
        return None;
    }
    let combinations: Vec<Vec<usize>> =
        (0..count?).map(|number| digits(number as usize, &lengths)).collect();
    let outcomes: Vec<Outcome> =
        combinations.iter().map(|chosen| point(raw, root, chosen, &resolve)).collect();
    if !wrong_everywhere(&combinations, &outcomes, &lengths, issues) {
        return None;
    }
    let baseline = baseline(raw, &combinations, &outcomes, issues)?;
    let mut sweep = Sweep {
        repeats: raw.repeats,
        keys: raw.parameters().map(|parameter| parameter.path.clone()).collect(),
        points: Vec::new(),
        baseline: 0,
        skipped: Vec::new(),
    };
    for (number, (chosen, outcome)) in combinations.iter().zip(outcomes).enumerate() {
        let values = raw.texts(chosen);
        match outcome {
            Ok(scenario) => {
                if number == baseline {
                    sweep.baseline = sweep.points.len();
                }
                sweep.points.push(SweepPoint { values, scenario });
            }
            Err(problems) => sweep.skipped.push(SkippedPoint { values, reason: reason(&problems) }),
        }
    }
    Some(sweep)
}

/// The position on each axis of combination `number`, the last axis fastest.
fn digits(mut number: usize, lengths: &[usize]) -> Vec<usize> {
    let mut chosen = vec![0; lengths.len()];
    for (digit, len) in chosen.iter_mut().zip(lengths).rev() {
        *digit = number % len;
        number /= len;
    }
    chosen
}

/// The scenario with the values at the positions `chosen`.
fn point(
    raw: &Raw<'_>,
    root: &DeTable<'_>,
    chosen: &[usize],
    resolve: impl Fn(&DeTable<'_>, &Issues) -> Option<Scenario>,
) -> Outcome {
    let issues = Issues::default();
    let mut table = root.clone();
    for (axis, at) in raw.axes.iter().zip(chosen) {
        for parameter in &axis.0 {
            let segments: Vec<(&str, Range<usize>)> = parameter
                .segments
                .iter()
                .map(|(part, span)| (part.as_str(), span.clone()))
                .collect();
            overrides::set(&mut table, &segments, parameter.values[*at].clone(), &issues);
        }
    }
    let scenario = if issues.is_empty() { resolve(&table, &issues) } else { None };
    match scenario {
        Some(scenario) if issues.is_empty() => Ok(scenario),
        _ => Err(issues.into_inner()),
    }
}

/// Files the problems of values with which no combination is sound; `false` if
/// there are any.
fn wrong_everywhere(
    combinations: &[Vec<usize>],
    outcomes: &[Outcome],
    lengths: &[usize],
    issues: &Issues,
) -> bool {
    let mut sound = true;
    for (axis, len) in lengths.iter().enumerate() {
        for value in 0..*len {
            let with_it = |at: &usize| combinations[*at][axis] == value;
            let those: Vec<&Outcome> =
                (0..combinations.len()).filter(with_it).map(|at| &outcomes[at]).collect();
            let failed: Vec<&Vec<Issue>> =
                those.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
            if failed.len() == those.len() {
                sound = false;
                issues.extend(shared(&failed));
            }
        }
    }
    sound
}

/// The problems that all of these have, or those of the first if they have none
/// in common.
fn shared(failed: &[&Vec<Issue>]) -> Vec<Issue> {
    let Some((first, others)) = failed.split_first() else { return Vec::new() };
    let everywhere = |issue: &&Issue| others.iter().all(|other| other.contains(issue));
    let common: Vec<Issue> = first.iter().filter(everywhere).cloned().collect();
    if common.is_empty() { first.to_vec() } else { common }
}

/// The combination that the others are compared with.
fn baseline(
    raw: &Raw<'_>,
    combinations: &[Vec<usize>],
    outcomes: &[Outcome],
    issues: &Issues,
) -> Option<usize> {
    let keys: Vec<&str> = raw.parameters().map(|parameter| parameter.path.as_str()).collect();
    for Leaf { path, span, .. } in &raw.baseline {
        if !keys.contains(&path.as_str()) {
            let title = format!("`sweep.baseline` names `{path}`, which does not vary");
            let help = format!("what varies: {}", listed(&keys));
            issues.push(span.clone(), title, "unknown key", Some(help));
            return None;
        }
    }
    let agrees = |chosen: &[usize], leaf: &Leaf<'_>| {
        let values = raw.texts(chosen);
        let wanted = text(leaf.value.get_ref());
        keys.iter().zip(values).any(|(key, value)| *key == leaf.path && value == wanted)
    };
    let found =
        combinations.iter().position(|chosen| raw.baseline.iter().all(|leaf| agrees(chosen, leaf)));
    let Some(found) = found else {
        for leaf in &raw.baseline {
            if !combinations.iter().any(|chosen| agrees(chosen, leaf)) {
                let title = format!("`sweep.baseline` is no point: `{}`", leaf.path);
                let label = "expected one of the values that are tried";
                issues.push(leaf.value.span(), title, label, None);
            }
        }
        if issues.is_empty() {
            let title = "`sweep.baseline` is no point";
            issues.push(raw.span.clone(), title, "its values are not tried together", None);
        }
        return None;
    };
    if let Err(problems) = &outcomes[found] {
        let span = raw.baseline.first().map_or(raw.span.clone(), |leaf| leaf.span.clone());
        let help = "choose another with `baseline` in `[sweep]`".to_owned();
        issues.push(span, "the baseline of the sweep is not sound", reason(problems), Some(help));
        return None;
    }
    Some(found)
}

fn reason(problems: &[Issue]) -> String {
    let texts: Vec<String> =
        problems.iter().map(|problem| format!("{} ({})", problem.title, problem.label)).collect();
    texts.join("; ")
}

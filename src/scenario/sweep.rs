//! `[sweep]` and `--sweep`: which values to try for which keys. Each
//! combination becomes a scenario of its own, resolved like any file, so that
//! nothing is run that would not have been accepted on its own.
//!
//! A value that is wrong wherever it occurs is an error, shown in its place. A
//! combination of values that each make sense elsewhere, such as α above k in
//! a corner of a grid, is left out and said.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Scenario;
use super::diagnose::{Issues, Source};
use super::overrides;
use super::reader::Section;
use super::shape::{Keys, Kind, key};

/// Keys of `[sweep]`.
pub(super) const KEYS: Keys = &[
    key(
        "repeats",
        Kind::Int(1, 100_000),
        "runs of each point, with seeds seed, seed + 1, …; default 10",
    ),
    key("grid", Kind::Axes, "values to try for each key, every combination of them"),
    key(
        "zip",
        Kind::Axes,
        "values that go together: the first of each list, the second of each, …",
    ),
    key(
        "baseline",
        Kind::Values,
        "what the other points are compared with; default the first values",
    ),
];

/// Enough for an interval, and few enough to wait for.
const REPEATS: u64 = 10;

/// Keys that make no point of a sweep, and what does it instead.
const FIXED: [(&str, &str); 4] = [
    ("name", "it names the results of the whole sweep"),
    ("description", "it describes the whole sweep"),
    ("seed", "`sweep.repeats` runs each point with seed, seed + 1, …"),
    ("sweep", "a sweep does not change itself"),
];

/// A sweep, resolved.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// Runs of each point.
    pub repeats: u64,
    /// What varies: full names of keys.
    pub keys: Vec<String>,
    /// Combinations that make a scenario, the first key slowest.
    pub points: Vec<SweepPoint>,
    /// Position in `points` of the one that the others are compared with.
    pub baseline: usize,
    /// Combinations that make none.
    pub skipped: Vec<SkippedPoint>,
}

/// One combination of values.
#[derive(Clone, Debug)]
pub struct SweepPoint {
    /// A value for each of the keys, as text.
    pub values: Vec<String>,
    /// The scenario with them.
    pub scenario: Scenario,
}

/// A combination that was left out.
#[derive(Clone, Debug)]
pub struct SkippedPoint {
    /// A value for each of the keys, as text.
    pub values: Vec<String>,
    /// What is wrong with it.
    pub reason: String,
}

/// A key with the values to try.
pub(super) struct Parameter<'a> {
    pub(super) path: String,
    /// The parts of `path` with their places.
    pub(super) segments: Vec<(String, Range<usize>)>,
    pub(super) values: Vec<Spanned<DeValue<'a>>>,
}

/// Parameters that change together: at least one, all with as many values.
pub(super) struct Axis<'a>(pub(super) Vec<Parameter<'a>>);

impl Axis<'_> {
    pub(super) fn len(&self) -> usize {
        self.0[0].values.len()
    }
}

/// A sweep as written: its keys are known to hold lists of values, not more.
pub(super) struct Raw<'a> {
    pub(super) repeats: u64,
    pub(super) axes: Vec<Axis<'a>>,
    pub(super) baseline: Vec<Leaf<'a>>,
    pub(super) span: Range<usize>,
}

impl<'a> Raw<'a> {
    /// What varies, linked or not.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &Parameter<'a>> {
        self.axes.iter().flat_map(|axis| &axis.0)
    }

    /// The values at these positions of the axes, a text for each parameter.
    pub(super) fn texts(&self, chosen: &[usize]) -> Vec<String> {
        let of_axis = |(axis, at): (&Axis<'a>, &usize)| {
            axis.0.iter().map(|one| text(one.values[*at].get_ref())).collect::<Vec<_>>()
        };
        self.axes.iter().zip(chosen).flat_map(of_axis).collect()
    }
}

/// A `--sweep` argument: where it is, and its values as padded documents (see
/// [`overrides::padded`]).
pub(super) struct Argument<'s> {
    source: &'s Source,
    padded: Vec<String>,
}

impl<'s> Argument<'s> {
    pub(super) fn new(source: &'s Source) -> Self {
        let Some((path, list)) = source.text.split_once('=') else {
            return Self { source, padded: Vec::new() };
        };
        let start = source.base + path.len() + 1;
        let padded = elements(list)
            .map(|at| {
                format!("{:indent$}v={}", "", &list[at.clone()], indent = start + at.start - 2)
            })
            .collect();
        Self { source, padded }
    }

    fn parameter(&'s self, issues: &Issues) -> Option<Parameter<'s>> {
        let Some((path, list)) = self.source.text.split_once('=') else {
            let span = self.source.base..self.source.end();
            let help = "for example `--sweep protocol.k=4,8,20`".to_owned();
            issues.push(span, "`--sweep` takes PATH=VALUE,VALUE,…", "no `=` here", Some(help));
            return None;
        };
        let start = self.source.base + path.len() + 1;
        let values = elements(list).zip(&self.padded).map(|(at, padded)| {
            overrides::value(padded, &list[at.clone()], &(start + at.start..start + at.end))
        });
        let segments = split(path, self.source.base);
        Some(Parameter { path: path.trim().to_owned(), segments, values: values.collect() })
    }
}

/// The parts of a list between commas that are in no bracket and no quotes.
fn elements(list: &str) -> impl Iterator<Item = Range<usize>> {
    let (mut depth, mut quote, mut from) = (0_i32, None, 0);
    let mut parts = Vec::new();
    for (at, c) in list.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(from..at);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(from..list.len());
    parts.into_iter()
}

/// The parts of a dotted path that starts at `at`, with their places.
fn split(path: &str, mut at: usize) -> Vec<(String, Range<usize>)> {
    let segment = |segment: &str| {
        let span = at..at + segment.len();
        at = span.end + 1;
        (segment.trim().to_owned(), span)
    };
    path.split('.').map(segment).collect()
}

/// Takes the `[sweep]` out of the file's tables and puts `arguments` over it;
/// `None` if there is neither, or nothing sound.
pub(super) fn take<'a>(
    root: &mut DeTable<'a>,
    arguments: &'a [Argument<'a>],
    issues: &Issues,
) -> Option<Raw<'a>> {
    let written = root.remove("sweep");
    let given: Vec<Parameter<'a>> =
        arguments.iter().filter_map(|argument| argument.parameter(issues)).collect();
    if written.is_none() && given.is_empty() {
        return None;
    }
    let first = given.first().map(|parameter| parameter.segments[0].1.clone());
    let span = written.as_ref().map(Spanned::span).or(first)?;
    let (mut grid, mut zip) = (Vec::new(), Vec::new());
    let (mut repeats, mut baseline) = (None, Vec::new());
    if let Some(written) = &written {
        let DeValue::Table(table) = written.get_ref() else {
            issues.push(span, "`sweep` is not a table", "expected `[sweep]`", None);
            return None;
        };
        let section = Section::new(table, KEYS, "sweep".into(), span.clone(), issues);
        repeats = section.int("repeats");
        grid = parameters(table, "grid", issues);
        zip = parameters(table, "zip", issues);
        baseline = values(table, "baseline", issues);
        for parameter in &given {
            grid.retain(|old: &Parameter<'_>| old.path != parameter.path);
        }
    }
    grid.extend(given);
    let sound = linked(&zip, issues) & distinct(&grid, &zip, issues);
    let mut axes: Vec<Axis<'a>> = grid.into_iter().map(|one| Axis(vec![one])).collect();
    axes.extend((!zip.is_empty()).then_some(Axis(zip)));
    if axes.is_empty() && sound && issues.is_empty() {
        let help = "list values to try: grid = { \"protocol.k\" = [8, 20] }".to_owned();
        let title = "`sweep` varies nothing";
        issues.push(span.clone(), title, "expected `grid` or `zip`", Some(help));
    }
    let repeats = repeats.unwrap_or(REPEATS);
    (sound && !axes.is_empty()).then_some(Raw { repeats, axes, baseline, span })
}

/// A key inside tables: its path, the path's parts, its place, its value.
pub(super) struct Leaf<'a> {
    pub(super) path: String,
    segments: Vec<(String, Range<usize>)>,
    pub(super) span: Range<usize>,
    pub(super) value: Spanned<DeValue<'a>>,
}

/// What a table of keys holds, in the order of the file. `"protocol.k" = …` and
/// `protocol.k = …` mean the same.
fn leaves<'a>(table: &DeTable<'a>) -> Vec<Leaf<'a>> {
    let mut found = Vec::new();
    for (key, value) in table {
        let (name, span) = (key.get_ref().as_ref(), key.span());
        let segments = match span.len().checked_sub(name.len()) {
            Some(0) => split(name, span.start),
            Some(2) => split(name, span.start + 1),
            // With escapes the parts have no places of their own.
            _ => name.split('.').map(|part| (part.to_owned(), span.clone())).collect(),
        };
        match value.get_ref() {
            DeValue::Table(inner) if !name.contains('.') => {
                found.extend(leaves(inner).into_iter().map(|leaf| Leaf {
                    path: format!("{name}.{}", leaf.path),
                    segments: segments.iter().cloned().chain(leaf.segments).collect(),
                    ..leaf
                }));
            }
            _ => {
                let (path, value) = (name.to_owned(), value.clone());
                found.push(Leaf { path, segments, span, value });
            }
        }
    }
    found.sort_by_key(|leaf| leaf.span.start);
    found
}

/// The leaves of the table at `name`.
fn values<'a>(table: &DeTable<'a>, name: &str, issues: &Issues) -> Vec<Leaf<'a>> {
    let Some(value) = table.get(name) else { return Vec::new() };
    match value.get_ref() {
        DeValue::Table(table) => leaves(table),
        _ => {
            let title = format!("`sweep.{name}` is not a table");
            issues.push(value.span(), title, "expected a table of keys", None);
            Vec::new()
        }
    }
}

/// The keys of the table at `name`, each with its list of values.
fn parameters<'a>(table: &DeTable<'a>, name: &str, issues: &Issues) -> Vec<Parameter<'a>> {
    let parameter = |leaf: Leaf<'a>| {
        let values: Vec<_> = match leaf.value.get_ref() {
            DeValue::Array(list) => list.iter().cloned().collect(),
            _ => Vec::new(),
        };
        if values.is_empty() {
            let title = format!("`sweep.{name}` needs values for `{}`", leaf.path);
            let help = format!("for example \"{}\" = [8, 20]", leaf.path);
            issues.push(leaf.value.span(), title, "expected a list of values", Some(help));
            return None;
        }
        Some(Parameter { path: leaf.path, segments: leaf.segments, values })
    };
    values(table, name, issues).into_iter().filter_map(parameter).collect()
}

/// Files it where linked lists differ in length.
fn linked(zip: &[Parameter<'_>], issues: &Issues) -> bool {
    let Some(first) = zip.first() else { return true };
    let mut sound = true;
    for other in &zip[1..] {
        let (len, expected) = (other.values.len(), first.values.len());
        if len != expected {
            let title = format!("`sweep.zip` links lists of different length at `{}`", other.path);
            let label = format!("{len} values, `{}` has {expected}", first.path);
            issues.push(other.place(), title, label, None);
            sound = false;
        }
    }
    sound
}

/// Files it where a key cannot vary or varies twice, or a value occurs twice.
fn distinct(grid: &[Parameter<'_>], zip: &[Parameter<'_>], issues: &Issues) -> bool {
    let before = issues.len();
    let all: Vec<&Parameter<'_>> = grid.iter().chain(zip).collect();
    for (i, one) in all.iter().enumerate() {
        let root = &one.segments[0].0;
        if let Some((_, instead)) = FIXED.iter().find(|(name, _)| name == root) {
            let title = format!("`{}` cannot be swept", one.path);
            issues.push(one.place(), title, *instead, None);
        }
        if all[..i].iter().any(|other| other.path == one.path) {
            let title = format!("`{}` varies twice", one.path);
            issues.push(one.place(), title, "allowed once in `grid`, `zip` and `--sweep`", None);
        }
        if one.segments.iter().any(|(part, _)| part.is_empty()) {
            let title = "empty key in a sweep";
            issues.push(one.place(), title, "expected keys joined by dots", None);
        }
    }
    for one in grid {
        for (i, value) in one.values.iter().enumerate() {
            let text = text(value.get_ref());
            if one.values[..i].iter().any(|other| self::text(other.get_ref()) == text) {
                let title = format!("`{}` is tried with {text} twice", one.path);
                issues.push(value.span(), title, "expected different values", None);
            }
        }
    }
    issues.len() == before
}

impl Parameter<'_> {
    /// Where its path is written.
    fn place(&self) -> Range<usize> {
        let start = self.segments.first().map_or(0, |(_, span)| span.start);
        start..self.segments.last().map_or(start, |(_, span)| span.end)
    }
}

/// A value as results and messages show it: numbers in their plain form, texts
/// without quotes.
pub(super) fn text(value: &DeValue<'_>) -> String {
    let list = |items: &mut dyn Iterator<Item = String>| items.collect::<Vec<_>>().join(", ");
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(int) => i64::from_str_radix(int.as_str(), int.radix())
            .map_or_else(|_| int.to_string(), |int| int.to_string()),
        DeValue::Float(float) => {
            float.as_str().parse::<f64>().map_or_else(|_| float.to_string(), |f| f.to_string())
        }
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(items) => {
            format!("[{}]", list(&mut items.iter().map(|item| text(item.get_ref()))))
        }
        DeValue::Table(table) => {
            let mut pairs = table
                .iter()
                .map(|(key, value)| format!("{} = {}", key.get_ref(), text(value.get_ref())));
            format!("{{ {} }}", list(&mut pairs))
        }
    }
}

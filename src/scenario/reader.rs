//! Typed access to one table of a scenario file. Every getter checks the value
//! against the table's [`Keys`] and files what is wrong with it, so that
//! resolving goes on and finds the rest; it returns `None` for a value that is
//! absent or bad.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnose::Issues;
use super::shape::{Key, Keys, Kind, listed, one_of, similar};
use super::units;
use crate::base::time::{SimDuration, SimTime};

/// A table, its known keys, and where problems go.
#[derive(Clone)]
pub(super) struct Section<'a> {
    table: &'a DeTable<'a>,
    keys: Keys,
    path: String,
    span: Range<usize>,
    issues: &'a Issues,
}

impl<'a> Section<'a> {
    /// The table at `path` (empty: the whole file), after a look for keys it
    /// should not have.
    pub(super) fn new(
        table: &'a DeTable<'a>,
        keys: Keys,
        path: String,
        span: Range<usize>,
        issues: &'a Issues,
    ) -> Self {
        let section = Self { table, keys, path, span, issues };
        for key in table.keys() {
            section.check_key(key.get_ref(), key.span());
        }
        section
    }

    fn check_key(&self, name: &str, key_span: Range<usize>) {
        match self.keys.iter().find(|key| key.name == name) {
            Some(Key { kind: Kind::Unavailable(instead), .. }) => {
                let title = format!("`{}` is not supported yet", self.path_of(name));
                self.issues.push(key_span, title, "not in this version", Some((*instead).into()));
            }
            Some(_) => {}
            None => {
                let known: Vec<&str> = self
                    .keys
                    .iter()
                    .filter(|key| !matches!(key.kind, Kind::Unavailable(_)))
                    .map(|key| key.name)
                    .collect();
                let whose = if self.path.is_empty() { "a scenario" } else { &self.path };
                let allowed = format!("keys of {whose} are {}", listed(&known));
                let help = match similar(name, known) {
                    Some(meant) => format!("did you mean `{meant}`? {allowed}"),
                    None => allowed,
                };
                let title = format!("unknown key `{}`", self.path_of(name));
                self.issues.push(key_span, title, "unknown key", Some(help));
            }
        }
    }

    /// The full name of a key of this table, as `--set` takes it.
    pub(super) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Whether the file has this key, good or bad.
    pub(super) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// Where the value at `name` is, or the table if it is absent.
    pub(super) fn span_of(&self, name: &str) -> Range<usize> {
        self.table.get(name).map_or_else(|| self.span.clone(), Spanned::span)
    }

    /// Files a problem with the value at `name`.
    pub(super) fn fail(&self, name: &str, title: &str, label: &str, help: Option<String>) {
        let title = format!("`{}` {title}", self.path_of(name));
        self.issues.push(self.span_of(name), title, label, help);
    }

    /// Files it if `name` is absent.
    pub(super) fn require(&self, name: &str) {
        if !self.has(name) {
            let key = self.key(name);
            let title = format!("`{}` is missing", self.path_of(name));
            let label = format!("expected `{name}`, {}", key.kind.expected());
            self.issues.push(self.span.clone(), title, label, None);
        }
    }

    /// Files it if both keys are there.
    pub(super) fn exclude(&self, name: &str, because_of: &str) {
        if self.has(name) && self.has(because_of) {
            let title = format!("does not go with `{}`", self.path_of(because_of));
            self.fail(name, &title, &format!("allowed only without `{because_of}`"), None);
        }
    }

    fn key(&self, name: &str) -> &'static Key {
        // Every name asked for is a literal in the table of its section.
        self.keys.iter().find(|key| key.name == name).expect("the key is in its section's table")
    }

    fn invalid(
        &self,
        name: &str,
        value: &Spanned<DeValue<'_>>,
        expected: &str,
        help: Option<String>,
    ) {
        let title = format!("invalid value for `{}`", self.path_of(name));
        let label = format!("expected {expected}, found {}", describe(value.get_ref()));
        self.issues.push(value.span(), title, label, help);
    }

    /// The value at `name` turned by `read`, which gives `Err` with a hint if
    /// it is not what the key's kind allows.
    fn get<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Kind, &'a DeValue<'a>) -> Result<T, Option<String>>,
    ) -> Option<T> {
        let kind = &self.key(name).kind;
        let value = self.table.get(name)?;
        read(kind, value.get_ref())
            .map_err(|help| self.invalid(name, value, &kind.expected(), help))
            .ok()
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name, |_, value| value.as_str().ok_or(None))
    }

    pub(super) fn bool(&self, name: &str) -> Option<bool> {
        self.get(name, |_, value| value.as_bool().ok_or(None))
    }

    pub(super) fn int(&self, name: &str) -> Option<u64> {
        self.get(name, |kind, value| {
            let Kind::Int(min, max) = *kind else { return Err(None) };
            let number = value
                .as_integer()
                .and_then(|int| i64::from_str_radix(int.as_str(), int.radix()).ok());
            match number {
                Some(number) if (min..=max).contains(&number) => Ok(number.unsigned_abs()),
                _ => Err(None),
            }
        })
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.get(name, |kind, value| {
            let number = number(value).filter(|number| number.is_finite()).ok_or(None)?;
            let allowed = match kind {
                Kind::Share => (0.0..=1.0).contains(&number),
                Kind::Positive => number > 0.0,
                _ => number >= 0.0,
            };
            if allowed { Ok(number) } else { Err(None) }
        })
    }

    pub(super) fn duration(&self, name: &str) -> Option<SimDuration> {
        self.get(name, duration)
    }

    pub(super) fn instant(&self, name: &str) -> Option<SimTime> {
        self.duration(name).map(|after| SimTime::ZERO + after)
    }

    /// One instant or a list of them, each with its place.
    pub(super) fn instants(&self, name: &str) -> Option<Vec<(SimTime, Range<usize>)>> {
        let value = self.table.get(name)?;
        let list = match value.get_ref() {
            DeValue::Array(list) => list.iter().collect(),
            _ => vec![value],
        };
        let mut instants = Vec::with_capacity(list.len());
        for item in list {
            match duration(&Kind::Duration, item.get_ref()) {
                Ok(after) => instants.push((SimTime::ZERO + after, item.span())),
                Err(help) => self.invalid(name, item, &self.key(name).kind.expected(), help),
            }
        }
        Some(instants)
    }

    pub(super) fn rate(&self, name: &str) -> Option<f64> {
        self.get(name, |_, value| match value {
            DeValue::String(text) => match units::rate(text)? {
                rate if rate > 0.0 => Ok(rate),
                _ => Err(None),
            },
            DeValue::Integer(_) | DeValue::Float(_) => Err(number(value)
                .filter(|number| *number > 0.0)
                .map(|number| format!("per unit of time: \"{number}/s\""))),
            _ => Err(None),
        })
    }

    /// The position, among the words allowed, of the one at `name`.
    pub(super) fn word(&self, name: &str) -> Option<&'static str> {
        self.get(name, |kind, value| {
            let (Kind::Word(words) | Kind::WordOr(words, _)) = *kind else { return Err(None) };
            pick(value, words)
        })
    }

    /// Texts of a list, each with its place.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<(&'a str, Range<usize>)>> {
        let value = self.table.get(name)?;
        let Some(list) = value.get_ref().as_array() else {
            self.invalid(name, value, &Kind::Ids.expected(), None);
            return None;
        };
        let mut texts = Vec::with_capacity(list.len());
        for item in list.iter() {
            match item.get_ref().as_str() {
                Some(text) => texts.push((text, item.span())),
                None => self.invalid(name, item, "an id in quotes", None),
            }
        }
        Some(texts)
    }

    /// The table at `name`, which the kind says may be one.
    pub(super) fn table(&self, name: &str) -> Option<Self> {
        let (Kind::Table(keys) | Kind::WordOr(_, keys)) = self.key(name).kind else { return None };
        let value = self.table.get(name)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(self.child(table, keys, name, value.span())),
            _ => {
                self.invalid(name, value, &self.key(name).kind.expected(), None);
                None
            }
        }
    }

    /// Whether the value at `name` is a table.
    pub(super) fn is_table(&self, name: &str) -> bool {
        self.table.get(name).is_some_and(|value| value.get_ref().is_table())
    }

    /// The tables of the list at `name`; none if it is absent.
    pub(super) fn tables(&self, name: &str) -> Vec<Self> {
        let (Kind::Tables(keys), Some(value)) = (self.key(name).kind, self.table.get(name)) else {
            return Vec::new();
        };
        let Some(list) = value.get_ref().as_array() else {
            let help = format!("write `[[{name}]]`, once for each");
            self.invalid(name, value, "a list of tables", Some(help));
            return Vec::new();
        };
        let mut tables = Vec::with_capacity(list.len());
        for (index, item) in list.iter().enumerate() {
            match item.get_ref() {
                DeValue::Table(table) => {
                    tables.push(self.child(table, keys, &format!("{name}.{index}"), item.span()));
                }
                _ => self.invalid(name, item, "a table", None),
            }
        }
        tables
    }

    /// The table at `name` with the word that says which keys it has.
    pub(super) fn tagged(&self, name: &str) -> Option<(&'static str, Self)> {
        let kind = self.key(name).kind;
        let Kind::Tagged(tag, variants) = kind else { return None };
        let value = self.table.get(name)?;
        let Some(table) = value.get_ref().as_table() else {
            self.invalid(name, value, &kind.expected(), None);
            return None;
        };
        let words: Vec<&'static str> = variants.iter().map(|(word, _)| *word).collect();
        let path = format!("{}.{tag}", self.path_of(name));
        let Some(chosen) = table.get(tag) else {
            let label = format!("expected `{tag}`: {}", one_of(&words));
            self.issues.push(value.span(), format!("`{path}` is missing"), label, None);
            return None;
        };
        match pick(chosen.get_ref(), &words) {
            Ok(word) => {
                let keys = variants.iter().find(|variant| variant.0 == word)?.1;
                Some((word, self.child(table, keys, name, value.span())))
            }
            Err(help) => {
                self.invalid(&format!("{name}.{tag}"), chosen, &one_of(&words), help);
                None
            }
        }
    }

    /// The lists of texts in the table at `name`, by their keys.
    pub(super) fn lists(&self, name: &str) -> Option<Vec<(&'a str, Range<usize>, Self)>> {
        let value = self.table.get(name)?;
        let Some(table) = value.get_ref().as_table() else {
            self.invalid(name, value, &self.key(name).kind.expected(), None);
            return None;
        };
        let raw = Self {
            table,
            keys: &[],
            path: self.path_of(name),
            span: value.span(),
            issues: self.issues,
        };
        Some(table.keys().map(|key| (&**key.get_ref(), key.span(), raw.clone())).collect())
    }

    fn child(&self, table: &'a DeTable<'a>, keys: Keys, name: &str, span: Range<usize>) -> Self {
        Self::new(table, keys, self.path_of(name), span, self.issues)
    }

    /// Where further problems go.
    pub(super) fn issues(&self) -> &'a Issues {
        self.issues
    }
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(int) => {
            i64::from_str_radix(int.as_str(), int.radix()).ok().map(|int| int as f64)
        }
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    }
}

fn duration(kind: &Kind, value: &DeValue<'_>) -> Result<SimDuration, Option<String>> {
    match value {
        DeValue::String(text) => match units::duration(text)? {
            SimDuration::ZERO if matches!(kind, Kind::Interval) => Err(None),
            duration => Ok(duration),
        },
        DeValue::Integer(_) | DeValue::Float(_) => match number(value) {
            Some(0.0) if matches!(kind, Kind::DurationOrZero) => Ok(SimDuration::ZERO),
            Some(number) if number >= 0.0 => Err(Some(format!(
                "in quotes and with a unit: \"{number}s\"; units are {}",
                units::UNITS
            ))),
            _ => Err(None),
        },
        _ => Err(None),
    }
}

fn pick(value: &DeValue<'_>, words: &[&'static str]) -> Result<&'static str, Option<String>> {
    let found = value.as_str().ok_or(None)?;
    words.iter().copied().find(|word| *word == found).ok_or_else(|| {
        similar(found, words.iter().copied()).map(|meant| format!("did you mean \"{meant}\"?"))
    })
}

/// A value in a message.
fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("\"{text}\""),
        DeValue::Integer(int) => format!("{int}"),
        DeValue::Float(float) => format!("{float}"),
        DeValue::Boolean(bool) => format!("{bool}"),
        DeValue::Datetime(date) => format!("the date {date}"),
        DeValue::Array(_) => "a list".into(),
        DeValue::Table(_) => "a table".into(),
    }
}

//! `--set protocol.k=8`: values from the command line, put into the tables of
//! the file before anything is read, each with a place in its argument so that
//! what is wrong with it is shown there.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnose::{Issues, Source};

/// Puts the override written in `source` (`path=value`) into `root`. `padded`
/// is its value as a TOML document that defines `v`, at its true position (see
/// [`padded`]).
pub(super) fn apply<'a>(
    root: &mut DeTable<'a>,
    source: &'a Source,
    padded: &'a str,
    issues: &Issues,
) {
    let Some((path, value)) = source.text.split_once('=') else {
        let span = source.base..source.end();
        let help = "for example `--set protocol.k=8`".to_owned();
        issues.push(span, "`--set` takes PATH=VALUE", "no `=` here", Some(help));
        return;
    };
    let value_span = source.base + path.len() + 1..source.end();
    let value = self::value(padded, value, &value_span);
    let mut segments = Vec::new();
    let mut at = source.base;
    for segment in path.split('.') {
        segments.push((segment.trim(), at..at + segment.len()));
        at += segment.len() + 1;
    }
    if segments.iter().any(|(segment, _)| segment.is_empty()) {
        let span = source.base..source.base + path.len();
        issues.push(span, "empty key in `--set`", "expected keys joined by dots", None);
        return;
    }
    set(root, &segments, value, issues);
}

/// Puts `value` at the path of these parts.
pub(super) fn set<'a>(
    root: &mut DeTable<'a>,
    segments: &[Segment<'a>],
    value: Spanned<DeValue<'a>>,
    issues: &Issues,
) {
    if let Some((last, parents)) = segments.split_last() {
        insert(root, parents, last, value, issues);
    }
}

/// The value of override `source` as a document `v=…`, shifted so that spans
/// in it are positions in the space of all texts.
pub(super) fn padded(source: &Source) -> String {
    let Some((path, value)) = source.text.split_once('=') else { return String::new() };
    // The file's newline stands before the first override, so there is room
    // for the `v`; the `=` stands where the argument has it.
    format!("{:indent$}v={value}", "", indent = source.base + path.len() - 1)
}

/// A TOML value, defined as `v` in `padded`, or else the text as it stands.
pub(super) fn value<'a>(
    padded: &'a str,
    text: &'a str,
    span: &Range<usize>,
) -> Spanned<DeValue<'a>> {
    if let Ok(document) = DeTable::parse(padded) {
        let mut table = document.into_inner();
        if let (1, Some(value)) = (table.len(), table.remove("v")) {
            return value;
        }
    }
    Spanned::new(span.clone(), DeValue::String(Cow::Borrowed(text.trim())))
}

/// A part of a path with its place.
pub(super) type Segment<'a> = (&'a str, Range<usize>);

fn insert<'a>(
    table: &mut DeTable<'a>,
    parents: &[Segment<'a>],
    last: &Segment<'a>,
    value: Spanned<DeValue<'a>>,
    issues: &Issues,
) {
    let Some(((name, span), rest)) = parents.split_first() else {
        // Removed first: an insert would keep the old key and its place.
        table.remove(last.0);
        table.insert(Spanned::new(last.1.clone(), Cow::Borrowed(last.0)), value);
        return;
    };
    let child = table
        .entry(Spanned::new(span.clone(), Cow::Borrowed(*name)))
        .or_insert_with(|| Spanned::new(span.clone(), DeValue::Table(DeTable::new())));
    match child.get_mut() {
        DeValue::Table(table) => insert(table, rest, last, value, issues),
        DeValue::Array(list) => {
            let (index, rest) = match rest.split_first() {
                Some((index, rest)) => (index, Some(rest)),
                None => (last, None),
            };
            let len = list.len();
            let slot = index.0.parse::<usize>().ok().and_then(|i| list.get_mut(i));
            match (slot, rest) {
                (None, _) => {
                    let title = format!("no element `{}` in `{name}`", index.0);
                    let label = match len {
                        0 => "the list is empty".to_owned(),
                        _ => format!("expected a position from 0 to {}", len - 1),
                    };
                    issues.push(index.1.clone(), title, label, None);
                }
                (Some(slot), None) => *slot = value,
                (Some(slot), Some(rest)) => match slot.get_mut() {
                    DeValue::Table(table) => insert(table, rest, last, value, issues),
                    _ => not_a_table(index, issues),
                },
            }
        }
        _ => not_a_table(&(*name, span.clone()), issues),
    }
}

fn not_a_table(segment: &Segment<'_>, issues: &Issues) {
    let title = format!("`{}` holds a value, not a table", segment.0);
    issues.push(segment.1.clone(), title, "nothing can be set inside it", None);
}

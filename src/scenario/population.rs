//! `[[join]]` and `[start]`: who is there, and what they know at first.

use std::collections::BTreeMap;
use std::ops::Range;

use super::reader::Section;
use super::shape::{Keys, Kind, key};
use crate::base::id::Id;
use crate::base::time::{SimDuration, SimTime};
use crate::sim::spec::{Bootstrap, Join, Start};

/// Most nodes of a run, counting those that come back under a new id once.
pub(super) const NODES_MAX: u64 = (1 << 27) - 1;

/// Keys of `[[join]]`.
pub(super) const JOIN_KEYS: Keys = &[
    key("count", Kind::Int(1, NODES_MAX as i64), "nodes; may be left out with `ids`"),
    key("at", Kind::Duration, "first possible arrival; default \"0s\""),
    key(
        "over",
        Kind::Duration,
        "arrivals are spread uniformly over this long; default \"0s\", all at once",
    ),
    key(
        "bootstrap",
        Kind::Word(&["random", "first"]),
        "whom they ask first: a random live node, or the longest-known one; default \"random\"",
    ),
    key("ids", Kind::Ids, "their ids; default drawn"),
];

/// Keys of `[start]`.
pub(super) const START_KEYS: Keys = &[
    key(
        "tables",
        Kind::Word(&["empty", "perfect", "given"]),
        "tables at the start: nodes join and learn, an oracle fills them, or `contacts` says; default \"empty\"",
    ),
    key("frozen", Kind::Bool, "tables never change; default false"),
    key("contacts", Kind::Contacts, "owner = [contacts], with tables = \"given\""),
];

/// An id and where it is written.
pub(super) fn parse_id(
    section: &Section<'_>,
    text: &str,
    span: &Range<usize>,
    id_bits: u32,
) -> Option<Id> {
    Id::parse(text, id_bits)
        .map_err(|why| {
            let title = format!("`{text}` is not an id of {id_bits} bits");
            section.issues().push(span.clone(), title, why, None);
        })
        .ok()
}

/// Ids that `[[join]]` gives, with their places.
#[derive(Default)]
pub(super) struct KnownIds(BTreeMap<Id, Range<usize>>);

impl KnownIds {
    /// The id written as `text`, if it is a node's.
    pub(super) fn node(
        &self,
        section: &Section<'_>,
        text: &str,
        span: &Range<usize>,
        id_bits: u32,
    ) -> Option<Id> {
        let id = parse_id(section, text, span, id_bits)?;
        if self.0.contains_key(&id) {
            return Some(id);
        }
        let title = format!("no node has the id `{text}`");
        let label = "expected an id listed in `ids` of a `[[join]]`";
        section.issues().push(span.clone(), title, label, None);
        None
    }
}

/// The waves of arrivals, and the ids they give.
pub(super) fn joins(
    sections: &[Section<'_>],
    id_bits: u32,
    duration: SimDuration,
) -> (Vec<Join>, KnownIds) {
    let mut known = KnownIds::default();
    let joins =
        sections.iter().map(|section| join(section, id_bits, duration, &mut known)).collect();
    (joins, known)
}

fn join(section: &Section<'_>, id_bits: u32, duration: SimDuration, known: &mut KnownIds) -> Join {
    let ids = ids(section, id_bits, known);
    let count = section.int("count");
    match (count, &ids) {
        (None, None) if !section.has("count") && !section.has("ids") => section.require("count"),
        (Some(count), Some(ids)) if count != ids.len() as u64 => {
            let label = format!("found {count}, but `ids` lists {}: leave `count` out", ids.len());
            section.fail("count", "does not agree with `ids`", &label, None);
        }
        _ => {}
    }
    let ids = ids.unwrap_or_default();
    let at = section.instant("at").unwrap_or(SimTime::ZERO);
    let over = section.duration("over").unwrap_or(SimDuration::ZERO);
    if at + over >= SimTime::ZERO + duration {
        let name = if section.has("over") { "over" } else { "at" };
        let label =
            format!("the last node joins at {}, the run ends at {duration}", over_end(at, over));
        section.fail(name, "is not over before the run ends", &label, None);
    }
    let bootstrap = match section.word("bootstrap") {
        Some("first") => Bootstrap::First,
        _ => Bootstrap::Random,
    };
    Join { count: count.unwrap_or(ids.len() as u64) as u32, at, over, bootstrap, ids }
}

fn over_end(at: SimTime, over: SimDuration) -> SimDuration {
    (at + over).since(SimTime::ZERO)
}

fn ids(section: &Section<'_>, id_bits: u32, known: &mut KnownIds) -> Option<Vec<Id>> {
    let texts = section.texts("ids")?;
    if texts.is_empty() {
        section.fail("ids", "is empty", "expected at least one id", None);
    }
    let mut ids = Vec::with_capacity(texts.len());
    for (text, span) in texts {
        let Some(id) = parse_id(section, text, &span, id_bits) else { continue };
        if known.0.contains_key(&id) {
            let title = format!("the id `{text}` is given twice");
            section.issues().push(span, title, "ids are distinct across all `[[join]]`", None);
            continue;
        }
        known.0.insert(id, span);
        ids.push(id);
    }
    Some(ids)
}

/// Tables at the start, and whether they ever change.
pub(super) fn start(
    section: Option<&Section<'_>>,
    joins: &[Join],
    known: &KnownIds,
    id_bits: u32,
) -> (Start, bool) {
    let Some(section) = section else { return (Start::Empty, false) };
    let tables = section.word("tables").unwrap_or("empty");
    let frozen = section.bool("frozen").unwrap_or(false);
    let given = section.has("contacts").then(|| contacts(section, known, id_bits));
    if given.is_some() && tables != "given" {
        section.fail("contacts", "goes only with `start.tables` = \"given\"", "not used", None);
    }
    let at_zero = |join: &Join| join.at == SimTime::ZERO && join.over == SimDuration::ZERO;
    if tables != "empty" && !joins.is_empty() && !joins.iter().any(at_zero) {
        let label = "expected a `[[join]]` with `at` = \"0s\" and no `over`";
        section.fail("tables", "are for nodes present at time 0, and there are none", label, None);
    }
    if frozen && tables == "empty" {
        let label = "expected `tables` = \"perfect\" or \"given\" beside it";
        section.fail("frozen", "would keep empty tables empty", label, None);
    }
    let start = match (tables, given) {
        ("perfect", _) => Start::Perfect,
        ("given", Some(given)) => Start::Given(given),
        ("given", None) => {
            section.require("contacts");
            Start::Empty
        }
        _ => Start::Empty,
    };
    (start, frozen)
}

fn contacts(section: &Section<'_>, known: &KnownIds, id_bits: u32) -> Vec<(Id, Vec<Id>)> {
    let mut given: Vec<(Id, Vec<Id>)> = Vec::new();
    for (owner, span, lists) in section.lists("contacts").unwrap_or_default() {
        let owner_id = known.node(section, owner, &span, id_bits);
        let listed = lists.texts(owner).unwrap_or_default();
        let ids: Vec<Id> = listed
            .iter()
            .filter_map(|(text, span)| {
                let id = known.node(section, text, span, id_bits)?;
                if owner_id == Some(id) {
                    let title = format!("`{text}` is its own contact");
                    section.issues().push(span.clone(), title, "expected other nodes", None);
                }
                Some(id)
            })
            .collect();
        let Some(owner_id) = owner_id else { continue };
        if given.iter().any(|(id, _)| *id == owner_id) {
            let title = format!("contacts of `{owner}` are given twice");
            section.issues().push(span, title, "expected each owner once", None);
        }
        given.push((owner_id, ids));
    }
    given.sort();
    given
}

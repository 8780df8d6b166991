//! `[[query]]` and `[[event]]`: what is asked, and what happens once.

use super::population::{KnownIds, parse_id};
use super::protocol::meaning;
use super::reader::Section;
use super::shape::{Keys, Kind, key, listed};
use crate::base::time::{SimDuration, SimTime};
use crate::sim::spec::{Action, Event, Query, QueryKind, Schedule, Target};

/// Words of `query.kind`.
pub(super) const KINDS: [(&str, QueryKind); 3] =
    [("lookup", QueryKind::Lookup), ("store", QueryKind::Store), ("get", QueryKind::Get)];

/// Keys of `[[query]]`.
pub(super) const QUERY_KEYS: Keys = &[
    key("kind", Kind::Word(&["lookup", "store", "get"]), "what is asked; default \"lookup\""),
    key("rate", Kind::Rate, "network-wide Poisson rate"),
    key("from", Kind::Duration, "first instant, with `rate`; default the warm-up's end"),
    key("until", Kind::Duration, "last instant, with `rate`; default the end of the run"),
    key("at", Kind::Instants, "these instants, in place of `rate`"),
    key(
        "target",
        Kind::WordOr(&["random-id", "random-node"], TARGET_KEYS),
        "what is looked for; default \"random-id\"",
    ),
    key("origin", Kind::Id, "by whom: an id listed in a [[join]]; default a random live node"),
];

const TARGET_KEYS: Keys = &[
    key("zipf", Kind::Number, "skew: key i is drawn with weight 1 / (i + 1)^zipf"),
    key("keys", Kind::Int(1, u32::MAX as i64), "keys in the catalogue, with `zipf`"),
    key("id", Kind::Id, "this id"),
];

const ONLY_CRASH: &str = "the only event in this version is `crash`";

/// Keys of `[[event]]`.
pub(super) const EVENT_KEYS: Keys = &[
    key("at", Kind::Duration, "when"),
    key("crash", Kind::Share, "this share of the live nodes dies without a word and for good"),
    key("leave", Kind::Unavailable(ONLY_CRASH), ""),
    key("partition", Kind::Unavailable(ONLY_CRASH), ""),
    key("heal", Kind::Unavailable(ONLY_CRASH), ""),
    key("loss", Kind::Unavailable(ONLY_CRASH), ""),
    key("latency_factor", Kind::Unavailable(ONLY_CRASH), ""),
];

/// What a query needs to know of the rest.
pub(super) struct Frame<'a> {
    pub(super) known: &'a KnownIds,
    pub(super) id_bits: u32,
    pub(super) warmup: SimDuration,
    pub(super) duration: SimDuration,
}

/// A stream of queries.
pub(super) fn query(section: &Section<'_>, frame: &Frame<'_>) -> Option<Query> {
    let kind = section.word("kind").and_then(|word| meaning(&KINDS, word));
    let origin = section.text("origin").and_then(|text| {
        frame.known.node(section, text, &section.span_of("origin"), frame.id_bits)
    });
    let target = target(section, frame.id_bits);
    Some(Query {
        kind: kind.unwrap_or(QueryKind::Lookup),
        schedule: schedule(section, frame)?,
        target: target?,
        origin,
    })
}

fn schedule(section: &Section<'_>, frame: &Frame<'_>) -> Option<Schedule> {
    if section.has("at") {
        for key in ["rate", "from", "until"] {
            section.exclude(key, "at");
        }
        return at(section, frame).map(Schedule::At);
    }
    if !section.has("rate") {
        let title = format!("`{}` is missing", section.path_of("rate"));
        let label = "expected `rate`, or `at` for single queries";
        section.issues().push(section.span_of("rate"), title, label, None);
    }
    let rate = section.rate("rate");
    let from = section.instant("from").unwrap_or(SimTime::ZERO + frame.warmup);
    let until = section.instant("until").unwrap_or(SimTime::ZERO + frame.duration);
    if until > SimTime::ZERO + frame.duration {
        section.fail("until", "is after the end of the run", &ends(frame), None);
    }
    if from >= until {
        let end = until.since(SimTime::ZERO);
        let label = format!("found {}, queries end at {end}", from.since(SimTime::ZERO));
        section.fail("from", "leaves no time for queries", &label, None);
    }
    Some(Schedule::Poisson { rate: rate?, from, until })
}

fn ends(frame: &Frame<'_>) -> String {
    format!("the run ends at {}", frame.duration)
}

fn at(section: &Section<'_>, frame: &Frame<'_>) -> Option<Vec<SimTime>> {
    let instants = section.instants("at")?;
    if instants.is_empty() {
        section.fail("at", "is an empty list", "expected at least one instant", None);
    }
    let mut times = Vec::with_capacity(instants.len());
    for (time, span) in instants {
        if time > SimTime::ZERO + frame.duration {
            let title = format!("`{}` is after the end of the run", section.path_of("at"));
            section.issues().push(span, title, ends(frame), None);
        }
        times.push(time);
    }
    times.sort_unstable();
    Some(times)
}

fn target(section: &Section<'_>, id_bits: u32) -> Option<Target> {
    if !section.is_table("target") {
        let word = section.word("target").unwrap_or("random-id");
        return Some(if word == "random-node" { Target::RandomNode } else { Target::RandomId });
    }
    let table = section.table("target")?;
    match (table.has("zipf"), table.has("id")) {
        (true, false) => {
            table.require("keys");
            let (exponent, keys) = (table.number("zipf"), table.int("keys"));
            Some(Target::Zipf { exponent: exponent?, keys: keys? as u32 })
        }
        (false, true) => {
            table.exclude("keys", "id");
            let text = table.text("id")?;
            parse_id(&table, text, &table.span_of("id"), id_bits).map(Target::Id)
        }
        (true, true) => {
            table.exclude("id", "zipf");
            None
        }
        (false, false) => {
            let label = "expected { zipf = 0.8, keys = 1000 } or { id = \"…\" }";
            section.fail("target", "says neither `zipf` nor `id`", label, None);
            None
        }
    }
}

/// A one-off event.
pub(super) fn event(section: &Section<'_>, duration: SimDuration) -> Option<Event> {
    section.require("at");
    let unsupported = EVENT_KEYS
        .iter()
        .any(|key| matches!(key.kind, Kind::Unavailable(_)) && section.has(key.name));
    if !unsupported && !section.has("crash") {
        let title = format!("`{}` says nothing that happens", section.path_of("at"));
        let label = format!("expected one of {}", listed(&["crash"]));
        section.issues().push(section.span_of("at"), title, label, None);
    }
    let (at, share) = (section.instant("at"), section.number("crash"));
    if at.is_some_and(|at| at > SimTime::ZERO + duration) {
        section.fail(
            "at",
            "is after the end of the run",
            &format!("the run ends at {duration}"),
            None,
        );
    }
    Some(Event { at: at?, action: Action::Crash(share?) })
}

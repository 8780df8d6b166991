//! `[protocol]`: a profile, then any knob over it.

use super::reader::Section;
use super::shape::{Key, Kind, key};
use crate::base::id::ID_BITS;
use crate::kademlia::profile::{self, PROFILES, Profile};
use crate::kademlia::{Config, LookupVariant, TableKind};

const PROFILE_NAMES: &[&str] = &[PROFILES[0].name, PROFILES[1].name];

/// Words of `protocol.table`.
pub(super) const TABLES: [(&str, TableKind); 2] =
    [("split", TableKind::Split), ("fixed", TableKind::Fixed)];

/// Words of `protocol.lookup`.
pub(super) const LOOKUPS: [(&str, LookupVariant); 4] = [
    ("async", LookupVariant::Async),
    ("strict", LookupVariant::Strict),
    ("flush", LookupVariant::Flush),
    ("flush-random", LookupVariant::FlushRandom),
];

/// Keys of `[protocol]`.
pub(super) const KEYS: &[Key] = &[
    key(
        "profile",
        Kind::Word(PROFILE_NAMES),
        "preset that the other keys override; default \"kademlia\"",
    ),
    key("id_bits", Kind::Int(4, ID_BITS as i64), "bits of an id; default 160"),
    key("k", Kind::Int(1, 255), "contacts in a bucket, and nodes that hold a value"),
    key("alpha", Kind::Int(1, 255), "requests in flight of one lookup, at most k"),
    key("reply_size", Kind::Int(1, 255), "contacts in a reply; default k"),
    key(
        "table",
        Kind::Word(&["split", "fixed"]),
        "how buckets come to be: split as the own range fills up, or one for each prefix length",
    ),
    key(
        "lookup",
        Kind::Word(&["async", "strict", "flush", "flush-random"]),
        "how a lookup sends its requests",
    ),
    key("rpc_timeout", Kind::Interval, "when a request counts as unanswered"),
    key(
        "max_failures",
        Kind::Int(1, 31),
        "consecutive unanswered requests after which a contact is stale",
    ),
    key(
        "refresh_interval",
        Kind::DurationOrZero,
        "a bucket without a lookup for this long is refreshed; 0 never",
    ),
];

/// The profile and configuration that `section` asks for; all defaults if the
/// scenario has none.
pub(super) fn resolve(section: Option<&Section<'_>>) -> (&'static Profile, Config) {
    let default = &PROFILES[0];
    let Some(section) = section else { return (default, (default.config)()) };
    let profile = section.word("profile").and_then(profile::by_name).unwrap_or(default);
    let base = (profile.config)();
    let k = section.int("k").map_or(base.k, |k| k as usize);
    let reply_size = match (section.int("reply_size"), section.has("k")) {
        (Some(size), _) => size as usize,
        (None, true) => k,
        (None, false) => base.reply_size,
    };
    let config = Config {
        id_bits: section.int("id_bits").map_or(base.id_bits, |bits| bits as u32),
        k,
        alpha: section.int("alpha").map_or(base.alpha, |alpha| alpha as usize),
        reply_size,
        table: section.word("table").and_then(|word| meaning(&TABLES, word)).unwrap_or(base.table),
        lookup: section
            .word("lookup")
            .and_then(|word| meaning(&LOOKUPS, word))
            .unwrap_or(base.lookup),
        rpc_timeout: section.duration("rpc_timeout").unwrap_or(base.rpc_timeout),
        max_failures: section.int("max_failures").map_or(base.max_failures, |n| n as u32),
        refresh_interval: match section.duration("refresh_interval") {
            Some(interval) => (interval.as_micros() > 0).then_some(interval),
            None => base.refresh_interval,
        },
        frozen: base.frozen,
    };
    if config.alpha > config.k {
        check_alpha(section, &config);
    }
    (profile, config)
}

fn check_alpha(section: &Section<'_>, config: &Config) {
    let at = if section.has("alpha") { "alpha" } else { "k" };
    let label = format!("alpha is {}, k is {}: allowed are 1 to k", config.alpha, config.k);
    let name = format!("`{}`", section.path_of("alpha"));
    section.issues().push(section.span_of(at), format!("{name} is above k"), label, None);
}

/// What `word` stands for.
pub(super) fn meaning<T: Copy>(words: &[(&str, T)], word: &str) -> Option<T> {
    words.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}

/// The word for `value`.
pub(super) fn word_for<T: PartialEq>(
    words: &'static [(&'static str, T)],
    value: &T,
) -> &'static str {
    words.iter().find(|(_, meant)| meant == value).map_or("", |(name, _)| name)
}

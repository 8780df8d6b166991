//! The keys of a scenario file as data: what each may hold and what it means.
//! The reader checks files against it, suggestions come from it, and
//! `kadsim schema` prints it; so the three cannot disagree.

/// One key of a table.
#[derive(Debug)]
pub(super) struct Key {
    /// As written in the file.
    pub(super) name: &'static str,
    /// What it may hold.
    pub(super) kind: Kind,
    /// What it means, with its default.
    pub(super) doc: &'static str,
}

/// The keys of a table.
pub(super) type Keys = &'static [Key];

/// Shorthand for the tables below.
pub(super) const fn key(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, doc }
}

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// A path, relative to the scenario file.
    File,
    /// `true` or `false`.
    Bool,
    /// A whole number from the first to the second.
    Int(i64, i64),
    /// A number from 0 to 1.
    Share,
    /// A number at least 0.
    Number,
    /// A number above 0.
    Positive,
    /// A duration.
    Duration,
    /// A duration above zero.
    Interval,
    /// A duration, or the number 0.
    DurationOrZero,
    /// A duration or a list of them.
    Instants,
    /// A rate above zero.
    Rate,
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words, or a table.
    WordOr(&'static [&'static str], Keys),
    /// An id, binary or hexadecimal.
    Id,
    /// A list of ids.
    Ids,
    /// Ids, each with a list of ids.
    Contacts,
    /// Full names of keys, each with a list of values.
    Axes,
    /// Full names of keys, each with a value.
    Values,
    /// A table with these keys.
    Table(Keys),
    /// A list of tables with these keys.
    Tables(Keys),
    /// A table whose keys depend on the word at this key.
    Tagged(&'static str, &'static [(&'static str, Keys)]),
    /// Known, but not in this version: why, and what to do instead.
    Unavailable(&'static str),
}

impl Kind {
    /// What is allowed, as the end of "expected …".
    pub(super) fn expected(&self) -> String {
        match self {
            Self::Text => "a text in quotes".into(),
            Self::File => "the path of a file in quotes".into(),
            Self::Bool => "`true` or `false`".into(),
            Self::Int(min, i64::MAX) => format!("a whole number, at least {min}"),
            Self::Int(min, max) => format!("a whole number from {min} to {max}"),
            Self::Share => "a number from 0 to 1".into(),
            Self::Number => "a number, at least 0".into(),
            Self::Positive => "a number above 0".into(),
            Self::Duration => "a duration such as \"90s\", \"10min\" or \"50ms\"".into(),
            Self::Interval => "a duration above zero such as \"90s\", \"10min\" or \"50ms\"".into(),
            Self::DurationOrZero => "a duration such as \"90s\" or \"1h\", or 0 for never".into(),
            Self::Instants => "a duration such as \"90s\", or a list of them".into(),
            Self::Rate => "a rate above zero such as \"20/s\", \"3/min\" or \"0.5/h\"".into(),
            Self::Word(words) => one_of(words),
            Self::WordOr(words, keys) => {
                let names: Vec<_> = keys.iter().map(|key| key.name).collect();
                format!("{}, or a table with {}", one_of(words), listed(&names))
            }
            Self::Id => "an id in quotes, binary or hexadecimal".into(),
            Self::Ids => "a list of ids in quotes".into(),
            Self::Contacts => "a table of ids, each with a list of ids".into(),
            Self::Axes => "a table of keys, each with a list of values to try".into(),
            Self::Values => "a table of keys, each with a value".into(),
            Self::Table(_) => "a table".into(),
            Self::Tables(_) => "a list of tables, `[[…]]`".into(),
            Self::Tagged(tag, variants) => {
                format!("a table such as {{ {tag} = \"{}\", … }}", variants[0].0)
            }
            Self::Unavailable(_) => "nothing".into(),
        }
    }
}

/// `"a", "b" or "c"`.
pub(super) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [init @ .., last] => format!("{} or {last}", init.join(", ")),
    }
}

/// `` `a`, `b`, `c` ``.
pub(super) fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The one of `words` that `found` looks like a slip for.
pub(super) fn similar<'w>(
    found: &str,
    words: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    let found = found.to_lowercase();
    words
        .into_iter()
        .map(|word| (strsim::jaro_winkler(&found, &word.to_lowercase()), word))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised() {
        let keys = ["duration", "warmup", "alpha", "k", "rpc_timeout"];
        assert_eq!(similar("duraton", keys), Some("duration"));
        assert_eq!(similar("warm_up", keys), Some("warmup"));
        assert_eq!(similar("rpc-timeout", keys), Some("rpc_timeout"));
        assert_eq!(similar("zebra", keys), None);
    }

    #[test]
    fn lists_read_well() {
        assert_eq!(one_of(&["a"]), "\"a\"");
        assert_eq!(one_of(&["a", "b", "c"]), "\"a\", \"b\" or \"c\"");
        assert_eq!(listed(&["a", "b"]), "`a`, `b`");
    }
}

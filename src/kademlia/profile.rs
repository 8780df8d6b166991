//! Named bundles of knobs: what a paper or an implementation does, with the
//! source of every value.

use super::config::{Config, LookupVariant, TableKind};
use crate::base::time::SimDuration;

/// A protocol preset.
#[derive(Debug)]
pub struct Profile {
    /// As in `[protocol] profile`.
    pub name: &'static str,
    /// One line.
    pub title: &'static str,
    /// Its values.
    pub config: fn() -> Config,
    /// Knob and where its value comes from, in the order of [`Config`].
    pub sources: &'static [(&'static str, &'static str)],
    /// What it does beyond the knobs, and kadsim does not.
    pub beyond: &'static [&'static str],
}

/// All presets; the first is the default.
pub const PROFILES: &[Profile] = &[KADEMLIA, MAINLINE];

/// The preset called `name`.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Profile> {
    PROFILES.iter().find(|profile| profile.name == name)
}

const KADEMLIA: Profile = Profile {
    name: "kademlia",
    title: "the paper: Maymounkov & Mazières, Kademlia, IPTPS 2002 (LNCS 2429)",
    config: Config::default,
    sources: &[
        ("id_bits", "paper §2.1"),
        ("k", "paper §2.2: \"for example k = 20\""),
        ("alpha", "paper §2.3: \"such as 3\""),
        ("reply_size", "paper §2.3: the recipient returns the k closest it knows"),
        ("table", "paper §2.4"),
        ("lookup", "ours: a sliding window; the paper's rounds are \"flush-random\" (§2.3)"),
        ("rpc_timeout", "ours: the paper gives none"),
        ("max_failures", "paper §4.1: 5 consecutive unanswered RPCs"),
        ("refresh_interval", "paper §2.3: 1 h without a lookup in the bucket"),
    ],
    beyond: &[
        "replacement cache in place of the ping of a full bucket (§4.1)",
        "exponential back-off of unresponsive contacts (§4.1)",
        "several bits an id digit, b > 1 (§4.2)",
        "republishing, expiry and path caching of values (§2.5)",
    ],
};

const MAINLINE: Profile = Profile {
    name: "mainline",
    title: "the BitTorrent DHT as BEP 5 specifies it",
    config: || Config {
        k: 8,
        reply_size: 8,
        max_failures: 2,
        refresh_interval: Some(SimDuration::from_secs(15 * 60)),
        table: TableKind::Split,
        lookup: LookupVariant::Async,
        ..Config::default()
    },
    sources: &[
        ("id_bits", "BEP 5: ids are 160 bits"),
        ("k", "BEP 5: a bucket holds at most K nodes, currently eight"),
        ("alpha", "ours: BEP 5 gives none; 3 as in the Kademlia paper"),
        ("reply_size", "BEP 5: find_node returns the K (8) closest good nodes"),
        ("table", "BEP 5: a full bucket splits only if it contains the own id"),
        ("lookup", "ours: BEP 5 asks closer nodes until it finds none closer"),
        ("rpc_timeout", "ours: BEP 5 gives none"),
        ("max_failures", "BEP 5: bad after \"multiple queries in a row\"; read as 2"),
        ("refresh_interval", "BEP 5: buckets not changed in 15 minutes"),
    ],
    beyond: &[
        "good, questionable and bad nodes: BEP 5 replaces bad nodes at once and pings \
         questionable ones (silent for 15 minutes) twice; kadsim pings the least recently seen",
        "tokens: get_peers hands out a token that announce_peer must return within 10 minutes",
        "a bucket's refresh timer restarts whenever it changes, not only at a lookup in its range",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_found_and_sources_every_knob() {
        for profile in PROFILES {
            assert_eq!(by_name(profile.name).map(|found| found.title), Some(profile.title));
            let knobs: Vec<_> = profile.sources.iter().map(|(knob, _)| *knob).collect();
            assert_eq!(knobs, KADEMLIA.sources.iter().map(|(knob, _)| *knob).collect::<Vec<_>>());
            let config = (profile.config)();
            assert!(config.alpha <= config.k && !config.frozen);
        }
        assert!(by_name("gnutella").is_none());
    }
}

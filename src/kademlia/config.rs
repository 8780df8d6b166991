//! Every knob of the protocol, with the paper's value as its default.
//!
//! "L" is the LNCS version of Maymounkov & Mazières, "Kademlia: A Peer-to-peer
//! Information System Based on the XOR Metric" (2002).

use crate::base::time::SimDuration;

/// How a node is set up. Shared by all nodes of one kind, never per node.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Bits of an id, 4 to 160 (L §2.1).
    pub id_bits: u32,
    /// Contacts a bucket holds, and nodes that hold a value (L §2.2).
    pub k: usize,
    /// Requests in flight of one lookup (L §2.3).
    pub alpha: usize,
    /// Contacts in a reply (L §2.3: k).
    pub reply_size: usize,
    /// How buckets come to be (L §2.4, or one for each prefix length).
    pub table: TableKind,
    /// How a lookup proceeds.
    pub lookup: LookupVariant,
    /// When a request counts as unanswered.
    pub rpc_timeout: SimDuration,
    /// Consecutive unanswered requests after which a contact is stale
    /// (L §4.1: 5).
    pub max_failures: u32,
    /// A bucket without a node lookup for this long is refreshed (L §2.3:
    /// 1 h); `None` never.
    pub refresh_interval: Option<SimDuration>,
    /// Tables never change: nothing is learnt, evicted or refreshed. For static
    /// experiments.
    pub frozen: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            id_bits: 160,
            k: 20,
            alpha: 3,
            reply_size: 20,
            table: TableKind::Split,
            lookup: LookupVariant::Async,
            rpc_timeout: SimDuration::from_secs(1),
            max_failures: 5,
            refresh_interval: Some(SimDuration::from_secs(3_600)),
            frozen: false,
        }
    }
}

/// How the routing table is cut into buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// One bucket at first; a full bucket splits only if its range contains the
    /// own id (L §2.4).
    Split,
    /// A bucket for each common prefix length (L §2.2).
    Fixed,
}

/// How an iterative lookup sends its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupVariant {
    /// A sliding window: at most α in flight, refilled at each reply or
    /// timeout.
    Async,
    /// Rounds of α.
    Strict,
    /// Rounds of α; one that brings nothing closer is followed by a round to
    /// all unqueried of the k closest (L §2.3).
    Flush,
    /// [`Self::Flush`], opened by α random contacts of the closest non-empty
    /// bucket (L §2.3).
    FlushRandom,
}

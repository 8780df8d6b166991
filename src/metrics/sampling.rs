//! Which nodes the table collectors look at: all of a small network, a fixed
//! random share of a large one, so that a sample costs the same at any size.

use crate::base::rng::{Key, Purpose};

/// Networks up to this size are looked at whole.
const EVERYONE_UP_TO: usize = 20_000;
/// About so many nodes are looked at in larger ones.
const SAMPLE: u64 = 4_000;

/// The nodes looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sampled {
    key: Key,
    nodes: u64,
}

impl Sampled {
    pub(super) fn new(seed: u64, nodes: usize) -> Self {
        Self { key: Key::new(seed, Purpose::Sampling), nodes: nodes as u64 }
    }

    pub(super) fn is_everyone(&self) -> bool {
        self.nodes <= EVERYONE_UP_TO as u64
    }

    pub(super) fn contains(&self, node: u32) -> bool {
        self.is_everyone() || self.key.below(u64::from(node), 0, self.nodes) < SAMPLE
    }

    /// What a reader should know of figures that rest on the sample.
    pub(super) fn note(&self) -> String {
        if self.is_everyone() {
            return String::new();
        }
        format!("random sample of about {SAMPLE} of {} nodes", self.nodes)
    }
}

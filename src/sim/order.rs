//! Nodes in the order of their ids: what an omniscient observer looks things up
//! in. Nodes that share a prefix are neighbours in it.

use std::ops::Range;

use crate::base::id::Id;

/// A set of nodes sorted by id; a node's position in it is its rank.
#[derive(Clone, Debug)]
pub struct IdOrder {
    ids: Vec<Id>,
    handles: Vec<u32>,
}

impl IdOrder {
    /// The nodes with these handles, whose ids are `ids[handle]` and distinct.
    #[must_use]
    pub fn new(ids: &[Id], nodes: impl IntoIterator<Item = u32>) -> Self {
        let mut handles: Vec<u32> = nodes.into_iter().collect();
        handles.sort_unstable_by_key(|&handle| ids[handle as usize]);
        Self { ids: handles.iter().map(|&handle| ids[handle as usize]).collect(), handles }
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no nodes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The id at `rank`.
    #[inline]
    #[must_use]
    pub fn id(&self, rank: usize) -> &Id {
        &self.ids[rank]
    }

    /// The handle of the node at `rank`.
    #[inline]
    #[must_use]
    pub fn handle(&self, rank: usize) -> u32 {
        self.handles[rank]
    }

    /// Handles in the order of their ids.
    #[must_use]
    pub fn handles(&self) -> &[u32] {
        &self.handles
    }

    /// The rank of the node with this id.
    #[must_use]
    pub fn rank(&self, id: &Id) -> Option<usize> {
        self.ids.binary_search(id).ok()
    }

    /// The ranks of the nodes that share the first `len` bits of `id`.
    #[must_use]
    pub fn with_prefix(&self, id: &Id, len: u32) -> Range<usize> {
        let first = id.truncated(len);
        let start = self.ids.partition_point(|other| *other < first);
        let shared = |other: &Id| other.common_prefix_len(&first) >= len;
        start..start + self.ids[start..].partition_point(shared)
    }

    /// Where in `range`, whose ids share their first `bit` bits, those begin
    /// that have the next bit set.
    #[inline]
    #[must_use]
    pub fn split(&self, range: &Range<usize>, bit: u32) -> usize {
        range.start + self.ids[range.clone()].partition_point(|id| !id.bit(bit))
    }
}

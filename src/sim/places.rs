//! Which shard a node lives in, and where in it.

/// Shards are numbered below this.
pub(super) const MAX_SHARDS: usize = 1 << SHARD_BITS;

const SHARD_BITS: u32 = 6;
const LOCAL_BITS: u32 = 32 - SHARD_BITS;

/// The place of every node: 4 bytes each, and none with a single shard, where
/// a node's place is its handle.
///
/// Within a shard nodes are in the order of their handles.
#[derive(Debug)]
pub(super) struct Places {
    /// Shard and local index of every handle; empty with one shard.
    packed: Vec<u32>,
    /// Nodes in each shard.
    sizes: Vec<u32>,
}

impl Places {
    /// All `nodes` in one shard.
    pub(super) fn together(nodes: usize) -> Self {
        Self { packed: Vec::new(), sizes: vec![nodes as u32] }
    }

    /// Each node in the shard that `shard_of` gives, one of `shards`.
    pub(super) fn new(nodes: u32, shards: usize, mut shard_of: impl FnMut(u32) -> usize) -> Self {
        assert!((1..=MAX_SHARDS).contains(&shards));
        if shards == 1 {
            return Self::together(nodes as usize);
        }
        let mut sizes = vec![0; shards];
        let place = |handle| {
            let shard = shard_of(handle);
            let local = sizes[shard];
            assert!(local < 1 << LOCAL_BITS, "a shard of more nodes than fit in memory");
            sizes[shard] += 1;
            (shard as u32) << LOCAL_BITS | local
        };
        let packed = (0..nodes).map(place).collect();
        Self { packed, sizes }
    }

    /// Number of shards.
    pub(super) fn shards(&self) -> usize {
        self.sizes.len()
    }

    /// Number of nodes in a shard.
    pub(super) fn size(&self, shard: usize) -> usize {
        self.sizes[shard] as usize
    }

    /// The shard that a node lives in.
    #[inline]
    pub(super) fn shard(&self, handle: u32) -> usize {
        if self.packed.is_empty() {
            return 0;
        }
        (self.packed[handle as usize] >> LOCAL_BITS) as usize
    }

    /// Where in its shard it lives.
    #[inline]
    pub(super) fn local(&self, handle: u32) -> usize {
        if self.packed.is_empty() {
            return handle as usize;
        }
        (self.packed[handle as usize] & ((1 << LOCAL_BITS) - 1)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_dense_and_in_order() {
        for shards in [1, 2, 7, MAX_SHARDS] {
            let nodes = 1_000;
            let places = Places::new(nodes, shards, |handle| (handle * handle) as usize % shards);
            let mut next = vec![0; shards];
            for handle in 0..nodes {
                let shard = places.shard(handle);
                assert_eq!(shard, (handle * handle) as usize % shards);
                assert_eq!(places.local(handle), next[shard]);
                next[shard] += 1;
            }
            let sizes: Vec<usize> = (0..places.shards()).map(|shard| places.size(shard)).collect();
            assert_eq!(sizes, next);
        }
    }
}

//! Who is up, as an omniscient observer sees it: the truth that collectors
//! compare the network with. The protocol never reads it.

use std::ops::Range;

use crate::base::id::Id;
use crate::sim::order::IdOrder;

/// Ranges with no more live nodes than this are gathered and sorted instead of
/// being split further.
const GATHER: u32 = 32;

/// All nodes by id, with the live ones countable in logarithmic time.
#[derive(Clone, Debug)]
pub struct LiveIndex {
    order: IdOrder,
    /// Rank of each handle.
    rank_of: Vec<u32>,
    /// A bit for each rank.
    live: Vec<u64>,
    /// Fenwick tree of the live bits: entry `i` (from 1) counts the `i & -i`
    /// ranks that end at `i`.
    tree: Vec<u32>,
}

impl LiveIndex {
    /// An index of these nodes by handle, all of them down.
    #[must_use]
    pub fn new(ids: &[Id]) -> Self {
        let order = IdOrder::new(ids, 0..ids.len() as u32);
        let mut rank_of = vec![0; ids.len()];
        for (rank, &handle) in (0u32..).zip(order.handles()) {
            rank_of[handle as usize] = rank;
        }
        let live = vec![0; ids.len().div_ceil(64)];
        Self { order, rank_of, live, tree: vec![0; ids.len() + 1] }
    }

    /// Marks a node as up or down.
    pub fn set(&mut self, node: u32, live: bool) {
        let rank = self.rank_of[node as usize] as usize;
        if self.is_live_at(rank) == live {
            return;
        }
        self.live[rank / 64] ^= 1 << (rank % 64);
        let mut i = rank + 1;
        while i < self.tree.len() {
            self.tree[i] = if live { self.tree[i] + 1 } else { self.tree[i] - 1 };
            i += i & i.wrapping_neg();
        }
    }

    /// Whether a node is up.
    #[must_use]
    pub fn is_live(&self, node: u32) -> bool {
        self.is_live_at(self.rank_of[node as usize] as usize)
    }

    /// All nodes in the order of their ids, up or not.
    #[must_use]
    pub fn order(&self) -> &IdOrder {
        &self.order
    }

    /// Number of nodes that are up.
    #[must_use]
    pub fn live_count(&self) -> u32 {
        self.live_below(self.order.len())
    }

    /// Live nodes that share the first `len` bits of `id`.
    #[must_use]
    pub fn count_with_prefix(&self, id: &Id, len: u32) -> u32 {
        self.live_in(&self.order.with_prefix(id, len))
    }

    /// For each prefix length from 0 on, the live nodes that share exactly so
    /// many leading bits with the node: what its buckets could hold. Ends where
    /// no other node shares more.
    pub fn bucket_populations(&self, node: u32, out: &mut Vec<u32>) {
        let id = *self.order.id(self.rank_of[node as usize] as usize);
        let mut sharing = 0..self.order.len();
        let mut bit = 0;
        while sharing.len() > 1 {
            let (near, far) = self.halves(&sharing, &id, bit);
            out.push(self.live_in(&far));
            sharing = near;
            bit += 1;
        }
    }

    /// Replaces `out` with the `n` live nodes closest to `target`, nearest
    /// first; fewer if fewer are up.
    pub fn closest(&self, target: &Id, n: usize, exclude: Option<u32>, out: &mut Vec<u32>) {
        out.clear();
        let excluded = exclude.filter(|&node| self.is_live(node));
        let wanted = n + usize::from(excluded.is_some());
        self.descend(0..self.order.len(), 0, target, wanted, out);
        out.retain(|&node| Some(node) != excluded);
        out.truncate(n);
    }

    /// Appends live nodes of `range`, nearest first, until `out` holds `wanted`.
    /// The ids of `range` share their first `bit` bits.
    fn descend(
        &self,
        range: Range<usize>,
        bit: u32,
        target: &Id,
        wanted: usize,
        out: &mut Vec<u32>,
    ) {
        if out.len() >= wanted {
            return;
        }
        let live = self.live_in(&range);
        if live > GATHER {
            let (near, far) = self.halves(&range, target, bit);
            self.descend(near, bit + 1, target, wanted, out);
            self.descend(far, bit + 1, target, wanted, out);
            return;
        }
        let first = out.len();
        let mut rank = range.start;
        for _ in 0..live {
            rank = self.next_live(rank);
            out.push(rank as u32);
            rank += 1;
        }
        let gathered = &mut out[first..];
        gathered.sort_unstable_by_key(|&rank| self.order.id(rank as usize).distance(target));
        for rank in gathered {
            *rank = self.order.handle(*rank as usize);
        }
        out.truncate(wanted);
    }

    /// `range` cut at `bit`: the half on the side of `id`, and the other.
    fn halves(&self, range: &Range<usize>, id: &Id, bit: u32) -> (Range<usize>, Range<usize>) {
        let split = self.order.split(range, bit);
        let (zeros, ones) = (range.start..split, split..range.end);
        if id.bit(bit) { (ones, zeros) } else { (zeros, ones) }
    }

    fn is_live_at(&self, rank: usize) -> bool {
        self.live[rank / 64] >> (rank % 64) & 1 == 1
    }

    fn live_in(&self, ranks: &Range<usize>) -> u32 {
        self.live_below(ranks.end) - self.live_below(ranks.start)
    }

    /// Live nodes among the first `ranks` ranks.
    fn live_below(&self, ranks: usize) -> u32 {
        let (mut i, mut count) = (ranks, 0);
        while i > 0 {
            count += self.tree[i];
            i &= i - 1;
        }
        count
    }

    /// The first live rank from `rank` on; the caller knows that there is one.
    fn next_live(&self, rank: usize) -> usize {
        // Near ones by their bits, far ones through the tree.
        const NEAR_WORDS: usize = 8;
        let first = rank / 64;
        let mut bits = self.live[first] & (u64::MAX << (rank % 64));
        for word in first.. {
            if bits != 0 {
                return word * 64 + bits.trailing_zeros() as usize;
            }
            if word - first == NEAR_WORDS {
                break;
            }
            bits = self.live[word + 1];
        }
        self.nth_live(self.live_below(rank))
    }

    /// The rank of live node number `n`, from 0.
    fn nth_live(&self, n: u32) -> usize {
        let (mut rank, mut left) = (0, n);
        let mut step = (self.tree.len() - 1).checked_ilog2().map_or(0, |log| 1 << log);
        while step > 0 {
            if rank + step < self.tree.len() && self.tree[rank + step] <= left {
                rank += step;
                left -= self.tree[rank];
            }
            step /= 2;
        }
        rank
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same by looking at every node.
    fn brute_force(ids: &[Id], live: &[bool], target: &Id, n: usize, not: Option<u32>) -> Vec<u32> {
        let mut nodes: Vec<u32> = (0..ids.len() as u32)
            .filter(|&node| live[node as usize] && Some(node) != not)
            .collect();
        nodes.sort_by_key(|&node| ids[node as usize].distance(target));
        nodes.truncate(n);
        nodes
    }

    fn distinct_ids(count: usize, bits: u32) -> Vec<Id> {
        let mut ids: Vec<Id> =
            (0..4 * count as u32).map(|i| Id::sha1(&i.to_be_bytes()).truncated(bits)).collect();
        ids.sort();
        ids.dedup();
        ids.sort_by_key(|id| Id::sha1(&id.words()[0].to_be_bytes()));
        ids.truncate(count);
        ids
    }

    proptest! {
        #[test]
        fn agrees_with_brute_force(
            count in 1usize..400,
            bits in prop_oneof![Just(4u32), Just(9), Just(33), Just(160)],
            live_share in 1u32..=100,
            target in any::<u32>(),
            n in 0usize..50,
            len in 0u32..12,
        ) {
            let ids = distinct_ids(count, bits);
            let live: Vec<bool> =
                ids.iter().map(|id| id.distance(&Id::sha1(b"live")).words()[1] % 100 < live_share
                    || bits == 4 && live_share > 50).collect();
            let mut index = LiveIndex::new(&ids);
            for node in 0..ids.len() as u32 {
                index.set(node, true);
                index.set(node, live[node as usize]);
            }
            let target = Id::sha1(&target.to_be_bytes()).truncated(bits);
            let exclude = (n % 2 == 0).then_some(target.words()[0] % ids.len() as u32);
            let mut found = vec![7];
            index.closest(&target, n, exclude, &mut found);
            prop_assert_eq!(&found, &brute_force(&ids, &live, &target, n, exclude));

            let total = live.iter().filter(|&&up| up).count() as u32;
            prop_assert_eq!(index.live_count(), total);
            let len = len.min(bits);
            let sharing = (0..ids.len())
                .filter(|&i| live[i] && ids[i].common_prefix_len(&target) >= len)
                .count() as u32;
            prop_assert_eq!(index.count_with_prefix(&target, len), sharing);

            let mut populations = Vec::new();
            index.bucket_populations(0, &mut populations);
            for bucket in 0..bits {
                let expected = (0..ids.len())
                    .filter(|&i| live[i] && ids[i].common_prefix_len(&ids[0]) == bucket)
                    .count() as u32;
                let counted = populations.get(bucket as usize).copied().unwrap_or(0);
                prop_assert_eq!(counted, expected);
            }
        }
    }

    /// Few live nodes among many, far apart: the tree finds them.
    #[test]
    fn sparse_networks() {
        let ids = distinct_ids(20_000, 160);
        let mut index = LiveIndex::new(&ids);
        let mut live = vec![false; ids.len()];
        for node in (3..ids.len()).step_by(2_500) {
            index.set(node as u32, true);
            live[node] = true;
        }
        for i in 0..50u32 {
            let target = Id::sha1(&i.to_le_bytes());
            let mut found = Vec::new();
            index.closest(&target, 5, None, &mut found);
            assert_eq!(found, brute_force(&ids, &live, &target, 5, None));
        }
    }

    #[test]
    fn an_empty_index_answers() {
        let index = LiveIndex::new(&[]);
        let mut found = vec![1];
        index.closest(&Id::ZERO, 3, None, &mut found);
        assert_eq!((found.len(), index.live_count()), (0, 0));
    }

    /// `cargo test --release --lib -- --ignored --nocapture cost_of_the_closest`
    #[test]
    #[ignore = "a measurement"]
    #[expect(clippy::disallowed_types, reason = "it measures wall time")]
    fn cost_of_the_closest() {
        for (n, stride) in [(10_000, 2), (1_000_000, 2), (1_000_000, 1_000)] {
            let ids: Vec<Id> = (0..n as u32).map(|i| Id::sha1(&i.to_be_bytes())).collect();
            let mut index = LiveIndex::new(&ids);
            (0..n as u32).step_by(stride).for_each(|node| index.set(node, true));
            let mut found = Vec::new();
            let clock = std::time::Instant::now();
            let targets = ids.iter().rev().take(10_000);
            targets.for_each(|id| index.closest(&id.with_bit_flipped(100), 20, None, &mut found));
            let us = clock.elapsed().as_secs_f64() * 1e6 / 10_000.0;
            println!("N={n}, one in {stride} up: {us:.2} us");
        }
    }
}

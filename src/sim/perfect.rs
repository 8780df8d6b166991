//! The routing tables that an omniscient network would hand out: for every
//! common prefix length the nodes that share exactly so many bits with the
//! owner, all of them or a uniform random k.

use crate::base::rng::{Key, Purpose};
use crate::sim::order::IdOrder;

/// The key that [`contacts`] draws with.
#[must_use]
pub fn key(seed: u64) -> Key {
    Key::new(seed, Purpose::PerfectTables)
}

/// Appends the table of the node at `rank` to `out` as `(bucket, handle)`, where
/// the bucket is the number of leading bits shared with the owner, ascending.
///
/// Filling in the order of ranks is kindest to the cache; the result depends on
/// the owner alone.
pub fn contacts(order: &IdOrder, rank: usize, k: usize, key: Key, out: &mut Vec<(u32, u32)>) {
    let id = order.id(rank);
    let mut sharing = 0..order.len();
    let mut bucket = 0;
    while sharing.len() > 1 {
        let split = order.split(&sharing, bucket);
        let (zeros, ones) = (sharing.start..split, split..sharing.end);
        let (near, far) = if id.bit(bucket) { (ones, zeros) } else { (zeros, ones) };
        let handles = &order.handles()[far];
        if handles.len() <= k {
            out.extend(handles.iter().map(|&handle| (bucket, handle)));
        } else {
            sample(handles, k, (key, order.handle(rank)), bucket, out);
        }
        sharing = near;
        bucket += 1;
    }
}

/// Appends a uniform random `k` of `handles`, which are more than `k`, by
/// Floyd's method: one draw for each.
fn sample(
    handles: &[u32],
    k: usize,
    (key, owner): (Key, u32),
    bucket: u32,
    out: &mut Vec<(u32, u32)>,
) {
    let first = out.len();
    for last in handles.len() - k..handles.len() {
        let counter = u64::from(bucket) << 32 | (out.len() - first) as u64;
        let pick = handles[key.below(u64::from(owner), counter, last as u64 + 1) as usize];
        // k is small, so a scan is the fastest set.
        let taken = out[first..].iter().any(|&(_, handle)| handle == pick);
        out.push((bucket, if taken { handles[last] } else { pick }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::Id;

    fn random_ids(n: u32) -> Vec<Id> {
        (0..n).map(|i| Id::sha1(&i.to_be_bytes())).collect()
    }

    fn table(order: &IdOrder, rank: usize, k: usize, seed: u64) -> Vec<(u32, u32)> {
        let mut out = Vec::new();
        contacts(order, rank, k, key(seed), &mut out);
        out
    }

    /// Mean contacts and non-empty buckets against the exact expectations of the
    /// binomial model, over every node or a stride of them.
    #[test]
    fn tables_have_the_expected_size() {
        for (n, k, contacts, buckets) in [
            (100, 8, 35.925, 6.969),
            (100, 20, 64.462, 6.969),
            (1_000, 8, 62.553, 10.298),
            (1_000, 20, 130.901, 10.298),
            (100_000, 8, 115.711, 16.942),
            (100_000, 20, 263.930, 16.942),
        ] {
            let ids = random_ids(n);
            let order = IdOrder::new(&ids, 0..n);
            let (mut held, mut filled, mut tables) = (0, 0, 0);
            for rank in (0..order.len()).step_by((n as usize / 5_000).max(1)) {
                let table = table(&order, rank, k, 1);
                held += table.len();
                filled += table.chunk_by(|a, b| a.0 == b.0).count();
                tables += 1;
            }
            for (what, measured, expected) in
                [("contacts", held, contacts), ("buckets", filled, buckets)]
            {
                let mean = measured as f64 / f64::from(tables);
                // One network of 100 nodes is a small sample: its ids are shared
                // by all the tables.
                let tolerance = if n == 100 { 0.04 } else { 0.01 };
                let error = mean / expected - 1.0;
                assert!(error.abs() < tolerance, "N={n} k={k} {what}: {mean} for {expected}");
            }
        }
    }

    #[test]
    fn buckets_hold_distinct_nodes_of_their_range() {
        let ids = random_ids(300);
        let order = IdOrder::new(&ids, (0..300).filter(|handle| handle % 3 != 0));
        for rank in 0..order.len() {
            let table = table(&order, rank, 5, 9);
            assert!(table.is_sorted_by_key(|&(bucket, _)| bucket));
            let mut handles: Vec<u32> = table.iter().map(|&(_, handle)| handle).collect();
            handles.sort_unstable();
            assert!(handles.windows(2).all(|pair| pair[0] < pair[1]), "a contact twice");
            for &(bucket, handle) in &table {
                assert_ne!(handle % 3, 0, "not one of the nodes");
                assert_eq!(order.id(rank).common_prefix_len(&ids[handle as usize]), bucket);
            }
            for in_bucket in table.chunk_by(|a, b| a.0 == b.0) {
                let range = order.handles().iter().filter(|&&handle| {
                    order.id(rank).common_prefix_len(&ids[handle as usize]) == in_bucket[0].0
                });
                assert_eq!(in_bucket.len(), range.count().min(5));
            }
        }
    }

    /// Every node of a range is drawn equally often.
    #[test]
    fn samples_are_uniform() {
        let handles: Vec<u32> = (0..10).collect();
        let mut hits = [0u32; 10];
        for owner in 0..20_000 {
            let mut out = Vec::new();
            sample(&handles, 3, (key(3), owner), 2, &mut out);
            out.iter().for_each(|&(_, handle)| hits[handle as usize] += 1);
        }
        // 6,000 expected, standard deviation 65.
        assert!(hits.iter().all(|&hit| (5_700..6_300).contains(&hit)), "{hits:?}");
    }

    #[test]
    fn a_table_does_not_depend_on_who_else_is_filled() {
        let ids = random_ids(2_000);
        let order = IdOrder::new(&ids, 0..2_000);
        assert_eq!(table(&order, 77, 8, 5), table(&order, 77, 8, 5));
        assert_ne!(table(&order, 77, 8, 5), table(&order, 77, 8, 6));
        assert_eq!(table(&IdOrder::new(&ids, [4]), 0, 8, 5), []);
    }

    /// `cargo test --release --lib -- --ignored --nocapture cost_of_a_table`
    #[test]
    #[ignore = "a measurement"]
    #[expect(clippy::disallowed_types, reason = "it measures wall time")]
    fn cost_of_a_table() {
        for n in [100_000, 1_000_000] {
            let order = IdOrder::new(&random_ids(n), 0..n);
            let (mut out, mut held) = (Vec::new(), 0);
            let clock = std::time::Instant::now();
            for rank in 0..order.len() {
                out.clear();
                contacts(&order, rank, 20, key(1), &mut out);
                held += out.len();
            }
            let us = clock.elapsed().as_secs_f64() * 1e6 / f64::from(n);
            println!("N={n}: {us:.2} us a table of {}", held as f64 / f64::from(n));
        }
    }
}

//! Ids of all handles: given or drawn, always distinct.

use std::collections::BTreeSet;

use crate::base::id::{ID_BITS, Id};
use crate::base::rng::{Key, Purpose};
use crate::sim::spec::Join;

/// Ids for handles `0..count`, of which the waves of `joins` are the first.
/// Drawn ones that collide are drawn again in the order of handles, so a node's
/// id never depends on a later node. Where ids run out, the handles at the end
/// get none: the answer is then shorter than `count`.
pub(super) fn assign(joins: &[Join], count: usize, id_bits: u32, seed: u64) -> Vec<Id> {
    let capacity = if id_bits < usize::BITS { 1usize << id_bits } else { usize::MAX };
    let count = count.min(capacity);
    let key = Key::new(seed, Purpose::Ids);
    let mut ids: Vec<Option<Id>> = vec![None; count];
    let mut first = 0;
    for join in joins {
        for (slot, id) in ids.iter_mut().skip(first).zip(&join.ids) {
            *slot = Some(id.truncated(id_bits));
        }
        first += join.count as usize;
    }
    let drawn: Vec<Id> = (0u32..)
        .zip(&ids)
        .map(|(node, given)| given.unwrap_or_else(|| draw(key, node, 0, id_bits)))
        .collect();
    if all_distinct(&drawn) { drawn } else { draw_again(&ids, key, id_bits) }
}

/// The slow way, for short ids: each handle draws until its id is new.
fn draw_again(given: &[Option<Id>], key: Key, id_bits: u32) -> Vec<Id> {
    let mut taken: BTreeSet<Id> = given.iter().flatten().copied().collect();
    let mut new_id = |node| {
        let mut attempts = (0..).map(|attempt| draw(key, node, attempt, id_bits));
        // Some id is free, and the attempts go through all of them in the end.
        attempts.find(|id| taken.insert(*id)).unwrap_or_default()
    };
    (0u32..).zip(given).map(|(node, id)| id.unwrap_or_else(|| new_id(node))).collect()
}

fn all_distinct(ids: &[Id]) -> bool {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| pair[0] != pair[1])
}

fn draw(key: Key, node: u32, attempt: u64, bits: u32) -> Id {
    random_id(key, u64::from(node), 3 * attempt, bits)
}

/// A uniformly random id of `bits` bits, from draws `counter..counter + 3` of
/// `entity`.
pub(super) fn random_id(key: Key, entity: u64, counter: u64, bits: u32) -> Id {
    debug_assert!(bits <= ID_BITS);
    let [a, b, c] = [0, 1, 2].map(|i| key.draw(entity, counter + i));
    let words = [(a >> 32) as u32, a as u32, (b >> 32) as u32, b as u32, c as u32];
    Id::from_words(words).truncated(bits)
}

//! The contacts of a table that are closest to a target.
//!
//! With `b` the prefix length that the own id shares with the target, bucket
//! `b` is nearer to the target than all others, then come all deeper buckets
//! together, then `b - 1`, `b - 2`, … Whole groups are taken as they are; only
//! the last one needs a selection.

use std::ops::Range;

use super::cell::Slot;
use super::config::Config;
use super::contact::{AddressBook, Contact, by_distance};
use super::table::Table;
use crate::base::id::Id;

impl Table {
    /// Puts the `n` contacts closest to `target` into `out`, in no particular
    /// order; fewer if fewer are known. Stale contacts are left out (paper §4.1
    /// keeps them only against the day the own connection fails).
    pub(super) fn closest(
        &self,
        config: &Config,
        book: &impl AddressBook,
        own: &Id,
        target: &Id,
        n: usize,
        out: &mut Vec<Contact>,
    ) {
        out.clear();
        if self.bucket_count() == 0 {
            return;
        }
        let nearest = self.bucket_of(own.common_prefix_len(target));
        let first = self.range(nearest);
        let deeper = first.end..self.len();
        if self.take(config, book, target, first, n, out)
            || self.take(config, book, target, deeper, n, out)
        {
            return;
        }
        for bucket in (0..nearest).rev() {
            if self.take(config, book, target, self.range(bucket), n, out) {
                return;
            }
        }
    }

    /// Adds the contacts of a group, or as many of the closest as make `n`.
    /// Whether there are `n` now.
    #[inline]
    fn take(
        &self,
        config: &Config,
        book: &impl AddressBook,
        target: &Id,
        group: Range<usize>,
        n: usize,
        out: &mut Vec<Contact>,
    ) -> bool {
        let before = out.len();
        let slots = self.slots(group);
        if slots.iter().fold(0, |failures, slot| failures | slot.failures()) == 0 {
            // None to leave out, which is the rule.
            out.extend(slots.iter().map(|slot| slot.contact()));
        } else {
            let usable = |slot: &&Slot| slot.failures() < config.max_failures;
            out.extend(slots.iter().filter(usable).map(|slot| slot.contact()));
        }
        if out.len() > n {
            keep_closest(book, target, n - before, out, before);
        }
        out.len() >= n
    }
}

/// Most contacts that [`keep_closest`] ranks without sorting.
const RANKED: usize = 32;

/// Cuts `out[before..]` down to the `wanted` closest to `target`.
fn keep_closest(
    book: &impl AddressBook,
    target: &Id,
    wanted: usize,
    out: &mut Vec<Contact>,
    before: usize,
) {
    if wanted > 0 && out.len() - before <= RANKED {
        let kept = keep_by_rank(target, wanted, &mut out[before..]);
        out.truncate(before + kept);
    }
    // Many of them, or a tie in the first 32 bits: by the whole id.
    if wanted > 0 && out.len() - before > wanted {
        let group = &mut out[before..];
        group.select_nth_unstable_by(wanted - 1, |a, b| by_distance(book, target, *a, *b));
    }
    out.truncate(before + wanted);
}

/// Moves the contacts to the front that fewer than `wanted` are closer than, by
/// the first 32 bits of distance; says how many they are: `wanted`, or more if
/// there are ties. No branch depends on the distances.
fn keep_by_rank(target: &Id, wanted: usize, group: &mut [Contact]) -> usize {
    // Signed, as vector units compare: the order is that of the unsigned.
    let mut distances = [i32::MAX; RANKED];
    for (distance, contact) in distances.iter_mut().zip(&*group) {
        *distance = (contact.prefix ^ target.prefix32() ^ 1 << 31) as i32;
    }
    let mut kept = 0;
    for at in 0..group.len() {
        let closer: i32 = distances.iter().map(|&d| i32::from(d < distances[at])).sum();
        // What is overwritten has been looked at, since `kept <= at`.
        group[kept] = group[at];
        kept += usize::from((closer as usize) < wanted);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::super::config::TableKind;
    use super::super::contact::Handle;
    use super::*;
    use crate::base::rng::{Key, Purpose};
    use crate::base::time::SimTime;

    struct Book(Vec<Id>);

    impl AddressBook for Book {
        fn id(&self, handle: Handle) -> Id {
            self.0[handle.0 as usize]
        }
    }

    /// Against sorting the whole table, for targets at every depth and ids
    /// crowded enough that 32-bit prefixes collide.
    #[test]
    fn same_as_sorting_everything() {
        let key = Key::new(1, Purpose::Ids);
        for (table_kind, spread) in [(TableKind::Split, 12), (TableKind::Fixed, 40)] {
            let config = Config { k: 5, table: table_kind, ..Config::default() };
            let random = |e: u64, c: u64| {
                let words = [0, 1, 2, 3, 4].map(|w| key.draw(e, c * 8 + w) as u32);
                Id::from_words(words)
            };
            // A common head makes deep prefixes, and ties in the first word.
            let own = random(0, 0);
            let ids: Vec<Id> = (0..400)
                .map(|i| own.with_tail(key.below(i, 1, spread) as u32, random(i, 2)))
                .collect();
            let book = Book(ids);
            let mut table = Table::new(false);
            table.clear(SimTime::ZERO);
            for (handle, id) in (1..400).zip(&book.0[1..]) {
                let contact = Contact::new(Handle(handle), id);
                table.hear(&config, &book, &own, contact, SimTime::ZERO);
            }
            let mut out = Vec::new();
            for i in 0..300 {
                let target = own.with_tail(key.below(i, 3, 50) as u32, random(i, 4));
                let n = 1 + key.below(i, 5, 30) as usize;
                table.closest(&config, &book, &own, &target, n, &mut out);
                let mut expected: Vec<Contact> = table.contacts().collect();
                expected.sort_by_key(|c| book.id(c.handle).distance(&target));
                expected.truncate(n);
                out.sort_by_key(|c| book.id(c.handle).distance(&target));
                assert_eq!(out, expected);
            }
        }
    }
}

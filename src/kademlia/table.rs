//! The routing table: k-buckets packed into one array (Kademlia paper §2.2,
//! §2.4).
//!
//! Bucket `i` holds contacts that share exactly `i` leading bits with the own
//! id, least-recently seen first. With the splitting tree the last bucket also
//! covers everything deeper: it is the leaf that contains the own id.
//!
//! The table applies the order and capacity rules; who to ping and when is the
//! node's business.

use super::cell::{Bucket, Slot};
use super::config::{Config, TableKind};
use super::contact::{AddressBook, Contact, Handle, common_prefix_len};
use crate::base::id::Id;
use crate::base::prefetch;
use crate::base::time::{SimDuration, SimTime, Stamp};

/// What became of a contact that was heard from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It was there: now most-recently seen.
    Known {
        /// A ping that decides about a newcomer to its bucket is on its way.
        checking: bool,
    },
    /// There was room, or a stale contact made way.
    Added,
    /// Its bucket is full of contacts not known to be stale; the
    /// least-recently seen is named.
    Full {
        /// Bucket.
        bucket: usize,
        /// Whom to ping.
        oldest: Contact,
    },
    /// Its bucket is full, and a ping that decides about another newcomer is on
    /// its way.
    Busy,
}

/// A contact as outsiders see it.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// Whom.
    pub contact: Contact,
    /// Consecutive requests that it has left unanswered.
    pub failures: u32,
    /// When a message from it last came in, if ages are tracked.
    pub last_seen: Option<Stamp>,
}

/// A node's routing table: one allocation.
#[derive(Debug)]
pub struct Table {
    /// The buckets, packed, then the slots of all of them in order.
    cells: Vec<Slot>,
    buckets: u8,
    /// When each contact was last heard from, if that is tracked.
    seen: Option<Box<Seen>>,
}

/// Beside the slots.
#[derive(Debug, Default)]
struct Seen(Vec<Stamp>);

impl Table {
    /// An empty table. Ages cost 4 bytes a contact and decide nothing.
    #[must_use]
    pub fn new(tracks_ages: bool) -> Self {
        Self { cells: Vec::new(), buckets: 0, seen: tracks_ages.then(Box::default) }
    }

    /// A new table that tracks what this one does.
    pub(super) fn emptied(&self) -> Self {
        Self::new(self.seen.is_some())
    }

    /// Forgets every contact, keeping the memory.
    pub fn clear(&mut self, now: SimTime) {
        self.cells.clear();
        if let Some(seen) = &mut self.seen {
            seen.0.clear();
        }
        self.buckets = 0;
        self.push_bucket(Bucket { end: 0, checking: false, looked_up: Stamp::at(now) });
    }

    /// Makes room for so many contacts, and the buckets that come with them.
    pub(super) fn reserve(&mut self, contacts: usize, buckets: usize) {
        let wanted = contacts + buckets;
        self.cells.reserve_exact(wanted.saturating_sub(self.cells.len()));
    }

    /// Contacts held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len() - usize::from(self.buckets)
    }

    /// Whether there is no contact at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Buckets, empty ones included.
    #[must_use]
    pub fn bucket_count(&self) -> usize {
        usize::from(self.buckets)
    }

    /// The contacts of a bucket, least-recently seen first.
    pub fn bucket(&self, bucket: usize) -> impl ExactSizeIterator<Item = Held> {
        let slots = self.all();
        self.range(bucket).map(move |i| Held {
            contact: slots[i].contact(),
            failures: slots[i].failures(),
            last_seen: self.seen.as_ref().map(|seen| seen.0[i]),
        })
    }

    /// Every contact.
    pub fn contacts(&self) -> impl Iterator<Item = Contact> {
        self.all().iter().map(|slot| slot.contact())
    }

    /// When a node lookup last ran in the range of a bucket.
    #[must_use]
    pub fn looked_up(&self, bucket: usize) -> Stamp {
        self.bucket_at(bucket).looked_up
    }

    /// As if the last lookup in the range of each bucket had been as long
    /// before `now` as `age` says.
    pub(super) fn backdate_lookups(&mut self, now: SimTime, mut age: impl FnMut() -> SimDuration) {
        for at in 0..self.bucket_count() {
            self.change(at, |bucket| bucket.looked_up = Stamp::before(now, age()));
        }
    }

    /// Notes that a node lookup runs in the range of prefix length `cpl`.
    pub(super) fn note_lookup(&mut self, cpl: u32, now: SimTime) {
        if self.buckets > 0 {
            self.change(self.bucket_of(cpl), |bucket| bucket.looked_up = Stamp::at(now));
        }
    }

    /// Whether some contact is not known to be stale.
    pub(super) fn has_usable(&self, config: &Config) -> bool {
        self.all().iter().any(|slot| slot.failures() < config.max_failures)
    }

    /// A message from `contact` came in (paper §2.2).
    pub(super) fn hear(
        &mut self,
        config: &Config,
        book: &impl AddressBook,
        own: &Id,
        contact: Contact,
        now: SimTime,
    ) -> Heard {
        let cpl = common_prefix_len(book, own, contact);
        loop {
            let bucket = self.bucket_for(config, cpl, now);
            let range = self.range(bucket);
            if let Some(at) = self.position(bucket, contact.handle) {
                self.move_to_end(at, range.end, Slot::new(contact), now);
                return Heard::Known { checking: self.bucket_at(bucket).checking };
            }
            if range.len() < config.k {
                self.insert(config, bucket, contact, now);
                return Heard::Added;
            }
            if self.splits(config, bucket) {
                self.split(config, book, own);
                continue;
            }
            let stale = |slot: &Slot| slot.failures() >= config.max_failures;
            if let Some(within) = self.slots(range.clone()).iter().position(stale) {
                self.move_to_end(range.start + within, range.end, Slot::new(contact), now);
                return Heard::Added;
            }
            if self.bucket_at(bucket).checking {
                return Heard::Busy;
            }
            return Heard::Full { bucket, oldest: self.all()[range.start].contact() };
        }
    }

    /// Marks whether the oldest contact of a bucket is being pinged.
    pub(super) fn set_checking(&mut self, cpl: u32, checking: bool) {
        if self.buckets > 0 {
            self.change(self.bucket_of(cpl), |bucket| bucket.checking = checking);
        }
    }

    /// A request to the contact, which shares `cpl` bits with the own id,
    /// stayed unanswered.
    pub(super) fn fail(&mut self, cpl: u32, handle: Handle) {
        if let Some(at) = self.position(self.bucket_of(cpl), handle) {
            let slot = &mut self.cells[usize::from(self.buckets) + at];
            *slot = slot.with_failure();
        }
    }

    /// Drops the contact, which shares `cpl` bits with the own id. Whether it
    /// was there.
    pub(super) fn remove(&mut self, cpl: u32, handle: Handle) -> bool {
        let bucket = self.bucket_of(cpl);
        let Some(at) = self.position(bucket, handle) else { return false };
        self.cells.remove(usize::from(self.buckets) + at);
        if let Some(seen) = &mut self.seen {
            seen.0.remove(at);
        }
        for later in bucket..self.bucket_count() {
            self.change(later, |bucket| bucket.end -= 1);
        }
        true
    }

    /// The bucket that a contact with this common prefix length belongs to.
    #[inline]
    pub(super) fn bucket_of(&self, cpl: u32) -> usize {
        (cpl as usize).min(self.bucket_count().saturating_sub(1))
    }

    /// Slots of a bucket.
    #[inline]
    pub(super) fn range(&self, bucket: usize) -> std::ops::Range<usize> {
        let start = if bucket == 0 { 0 } else { self.bucket_at(bucket - 1).end };
        usize::from(start)..usize::from(self.bucket_at(bucket).end)
    }

    #[inline]
    pub(super) fn slots(&self, range: std::ops::Range<usize>) -> &[Slot] {
        &self.all()[range]
    }

    /// Asks for the buckets.
    #[inline]
    pub(super) fn prefetch_buckets(&self) {
        prefetch::slice(&self.cells[..usize::from(self.buckets)]);
    }

    /// Asks for the slots of the bucket of this common prefix length.
    #[inline]
    pub(super) fn prefetch_from(&self, cpl: u32) {
        if self.buckets > 0 {
            prefetch::slice(self.slots(self.range(self.bucket_of(cpl))));
        }
    }

    #[inline]
    fn all(&self) -> &[Slot] {
        &self.cells[usize::from(self.buckets)..]
    }

    #[inline]
    fn bucket_at(&self, bucket: usize) -> Bucket {
        Bucket::unpacked(self.cells[bucket])
    }

    #[inline]
    fn change(&mut self, bucket: usize, change: impl FnOnce(&mut Bucket)) {
        let mut changed = self.bucket_at(bucket);
        change(&mut changed);
        self.cells[bucket] = changed.packed();
    }

    fn push_bucket(&mut self, bucket: Bucket) {
        self.cells.insert(usize::from(self.buckets), bucket.packed());
        self.buckets += 1;
    }

    /// Like [`Self::bucket_of`], adding the buckets that a fixed table lacks.
    fn bucket_for(&mut self, config: &Config, cpl: u32, now: SimTime) -> usize {
        if config.table == TableKind::Fixed {
            while self.bucket_count() <= cpl as usize {
                let end = self.len() as u16;
                self.push_bucket(Bucket { end, checking: false, looked_up: Stamp::at(now) });
            }
        }
        self.bucket_of(cpl)
    }

    fn position(&self, bucket: usize, handle: Handle) -> Option<usize> {
        if self.buckets == 0 {
            return None;
        }
        let range = self.range(bucket);
        let within = self.slots(range.clone()).iter().position(|slot| slot.handle() == handle);
        within.map(|i| range.start + i)
    }

    /// Only the leaf that contains the own id splits, and only while there are
    /// bits left to tell its halves apart (paper §2.4).
    fn splits(&self, config: &Config, bucket: usize) -> bool {
        config.table == TableKind::Split
            && bucket + 1 == self.bucket_count()
            && self.bucket_count() < config.id_bits as usize
    }

    /// Splits the last bucket: contacts that share one more bit move on, in
    /// their order.
    fn split(&mut self, config: &Config, book: &impl AddressBook, own: &Id) {
        let depth = self.bucket_count() - 1;
        let range = self.range(depth);
        let deeper = |slot: &Slot| common_prefix_len(book, own, slot.contact()) > depth as u32;
        // Stable partition of a handful of slots: rotate each mover to the end.
        let slots = &mut self.cells[usize::from(self.buckets)..];
        let mut at = range.start;
        let mut movers = 0;
        for _ in range.clone() {
            if deeper(&slots[at]) {
                slots[at..range.end].rotate_left(1);
                if let Some(seen) = &mut self.seen {
                    seen.0[at..range.end].rotate_left(1);
                }
                movers += 1;
            } else {
                at += 1;
            }
        }
        debug_assert!(range.len() <= config.k);
        let whole = self.bucket_at(depth);
        // A ping of the oldest contact is undecided: nobody can tell which half
        // it is about, so neither half waits for it.
        let half = Bucket { end: whole.end - movers, checking: false, ..whole };
        self.cells[depth] = half.packed();
        self.push_bucket(Bucket { checking: false, ..whole });
    }

    fn insert(&mut self, config: &Config, bucket: usize, contact: Contact, now: SimTime) {
        if self.cells.len() == self.cells.capacity() {
            // Tables grow to a steady size: doubling would waste half of it.
            self.cells.reserve_exact(config.k);
        }
        let end = usize::from(self.bucket_at(bucket).end);
        self.cells.insert(usize::from(self.buckets) + end, Slot::new(contact));
        if let Some(seen) = &mut self.seen {
            seen.0.insert(end, Stamp::at(now));
        }
        for later in bucket..self.bucket_count() {
            self.change(later, |bucket| bucket.end += 1);
        }
    }

    /// Replaces the slot at `at` by `slot`, as the most-recently seen of the
    /// bucket that ends at `end`.
    fn move_to_end(&mut self, at: usize, end: usize, slot: Slot, now: SimTime) {
        let slots = &mut self.cells[usize::from(self.buckets)..];
        slots.copy_within(at + 1..end, at);
        slots[end - 1] = slot;
        if let Some(seen) = &mut self.seen {
            seen.0.copy_within(at + 1..end, at);
            seen.0[end - 1] = Stamp::at(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids by handle.
    struct Book(Vec<Id>);

    impl AddressBook for Book {
        fn id(&self, handle: Handle) -> Id {
            self.0[handle.0 as usize]
        }
    }

    impl Book {
        fn four_bits() -> Self {
            Self((0..16u32).map(|i| Id::from_words([i << 28, 0, 0, 0, 0])).collect())
        }

        fn contact(&self, handle: u32) -> Contact {
            Contact::new(Handle(handle), &self.0[handle as usize])
        }
    }

    fn config(k: usize, table: TableKind) -> Config {
        Config { id_bits: 4, k, table, ..Config::default() }
    }

    fn handles(table: &Table, bucket: usize) -> Vec<u32> {
        table.bucket(bucket).map(|held| held.contact.handle.0).collect()
    }

    fn filled(config: &Config, own: u32, order: impl IntoIterator<Item = u32>) -> Table {
        let book = Book::four_bits();
        let mut table = Table::new(true);
        table.clear(SimTime::ZERO);
        for handle in order {
            table.hear(config, &book, &book.0[own as usize], book.contact(handle), SimTime::ZERO);
        }
        table
    }

    /// The textbook tree of node 0100: one range each for 1, 00, 011 and 0101.
    #[test]
    fn textbook_ranges() {
        for kind in [TableKind::Split, TableKind::Fixed] {
            let config = config(8, kind);
            let everyone = (0..16).filter(|&i| i != 0b0100);
            let table = filled(&config, 0b0100, everyone);
            if kind == TableKind::Fixed {
                assert_eq!(handles(&table, 0), (0b1000..=0b1111).collect::<Vec<_>>());
                assert_eq!(handles(&table, 1), [0b0000, 0b0001, 0b0010, 0b0011]);
                assert_eq!(handles(&table, 2), [0b0110, 0b0111]);
                assert_eq!(handles(&table, 3), [0b0101]);
            }
            assert_eq!(table.len(), 15);
        }
        let tree = filled(&config(1, TableKind::Split), 0b0100, [0b1010, 0b0011, 0b0110, 0b0101]);
        assert_eq!(tree.bucket_count(), 4);
        assert_eq!([0, 1, 2, 3].map(|b| handles(&tree, b)[0]), [0b1010, 0b0011, 0b0110, 0b0101]);
    }

    #[test]
    fn hearing_moves_to_the_tail() {
        let table = filled(&config(8, TableKind::Fixed), 0, [8, 9, 10, 8]);
        assert_eq!(handles(&table, 0), [9, 10, 8]);
    }

    #[test]
    fn a_full_far_bucket_names_its_oldest() {
        let config = config(2, TableKind::Split);
        let book = Book::four_bits();
        let mut table = filled(&config, 0, [8, 9, 1, 2]);
        let heard = table.hear(&config, &book, &book.0[0], book.contact(10), SimTime::ZERO);
        assert_eq!(heard, Heard::Full { bucket: 0, oldest: book.contact(8) });
        table.set_checking(0, true);
        let heard = table.hear(&config, &book, &book.0[0], book.contact(11), SimTime::ZERO);
        assert_eq!(heard, Heard::Busy);
    }

    #[test]
    fn a_stale_contact_makes_way() {
        let config = Config { max_failures: 2, ..config(2, TableKind::Split) };
        let book = Book::four_bits();
        let mut table = filled(&config, 0, [8, 9, 1, 2]);
        table.fail(0, Handle(9));
        let hear = |table: &mut Table| {
            table.hear(&config, &book, &book.0[0], book.contact(10), SimTime::ZERO)
        };
        assert!(matches!(hear(&mut table), Heard::Full { .. }));
        table.fail(0, Handle(9));
        assert_eq!(hear(&mut table), Heard::Added);
        assert_eq!(handles(&table, 0), [8, 10]);
    }

    #[test]
    fn an_answer_clears_failures() {
        let config = config(2, TableKind::Split);
        let book = Book::four_bits();
        let mut table = filled(&config, 0, [8]);
        table.fail(0, Handle(8));
        assert_eq!(table.bucket(0).next().unwrap().failures, 1);
        table.hear(&config, &book, &book.0[0], book.contact(8), SimTime::ZERO);
        assert_eq!(table.bucket(0).next().unwrap().failures, 0);
    }

    #[test]
    fn removal_keeps_the_other_buckets() {
        let config = config(8, TableKind::Fixed);
        let mut table = filled(&config, 0, [8, 9, 4, 2]);
        assert!(table.remove(0, Handle(8)));
        assert!(!table.remove(0, Handle(8)));
        assert_eq!(handles(&table, 0), [9]);
        assert_eq!(handles(&table, 1), [4]);
        assert_eq!(handles(&table, 2), [2]);
    }
}

//! What a lookup has heard of, ordered by distance to its target.
//!
//! Kept in two arrays: keys, which decide where a contact belongs and whether
//! it is known, and everything else, which is touched only where something
//! happens.

use super::config::Config;
use super::contact::{AddressBook, Contact, Handle, by_distance};
use crate::base::id::Id;
use crate::base::prefetch;
use crate::base::time::SimTime;

/// How far a contact of the shortlist is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Unqueried,
    InFlight,
    TimedOut,
    Answered,
}

/// Where a contact was heard of: the discovery depth that gives it, and the
/// distance of whoever named it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub(super) depth: u8,
    pub(super) distance: u32,
}

/// What is kept about a contact beside its key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// When it was first heard of, until it is asked; then the deadline.
    pub(super) time: SimTime,
    /// How far from the target whoever named it is (first 32 bits), until it is
    /// asked; then the nonce of the request.
    pub(super) nonce: u32,
    pub(super) round: u16,
    pub(super) depth: u8,
    pub(super) state: State,
}

const _: () = assert!(size_of::<Entry>() == 16);

/// The shortlist of one lookup.
#[derive(Debug, Default)]
pub(super) struct Shortlist {
    target: Id,
    /// First 32 bits of the distance, then the handle. The order is that of
    /// whole distances, so keys of equal first halves may be in any order.
    keys: Vec<u64>,
    entries: Vec<Entry>,
    /// When a contact was last added.
    newest: SimTime,
    /// Beyond the k closest the shortlist only replaces contacts that fail: more
    /// than this are not kept.
    limit: usize,
}

impl Shortlist {
    /// Starts over, keeping the memory.
    pub(super) fn reset(&mut self, config: &Config, target: Id) {
        self.target = target;
        self.limit = 3 * config.k.max(8);
        self.keys.clear();
        self.entries.clear();
        self.keys.reserve_exact(self.limit + 1);
        self.entries.reserve_exact(self.limit + 1);
        self.newest = SimTime::NEVER;
    }

    /// Asks for its memory.
    #[inline]
    pub(super) fn prefetch(&self) {
        prefetch::slice(&self.keys);
        prefetch::slice(&self.entries);
    }

    /// The contact at a position.
    #[inline]
    pub(super) fn contact(&self, at: usize) -> Contact {
        let key = self.keys[at];
        let prefix = (key >> 32) as u32 ^ self.target.prefix32();
        Contact { prefix, handle: Handle(key as u32) }
    }

    /// The nearest, whatever became of it.
    pub(super) fn first(&self) -> Option<Handle> {
        self.keys.first().map(|&key| Handle(key as u32))
    }

    /// Contacts held.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// All entries, the nearest first.
    #[inline]
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// All entries, the nearest first.
    #[inline]
    pub(super) fn entries_mut(&mut self) -> &mut [Entry] {
        &mut self.entries
    }

    /// Where a contact is.
    #[inline]
    pub(super) fn position(&self, contact: Contact) -> Option<usize> {
        let key = self.key(contact);
        let first = self.keys.partition_point(|&other| other < key & DISTANCE);
        let ties = self.keys[first..].iter().take_while(|&&other| (other ^ key) & DISTANCE == 0);
        ties.zip(first..).find(|(other, _)| **other == key).map(|(_, at)| at)
    }

    /// Adds a contact unless it is there. Of several that name it at the same
    /// instant, as those of a round may, the one nearest to the target counts
    /// as the first.
    #[inline]
    pub(super) fn add(
        &mut self,
        book: &impl AddressBook,
        contact: Contact,
        source: Source,
        now: SimTime,
    ) {
        let key = self.key(contact);
        let full = self.keys.len() >= self.limit;
        if full && self.keys.last().is_some_and(|&last| last >> 32 < key >> 32) {
            return;
        }
        let mut at = self.keys.partition_point(|&other| other < key & DISTANCE);
        while let Some(&other) = self.keys.get(at) {
            if other == key {
                return self.hear_again(at, source, now);
            }
            if (other ^ key) & DISTANCE != 0
                || by_distance(book, &self.target, self.contact(at), contact).is_gt()
            {
                break;
            }
            at += 1;
        }
        self.insert(at, key, source, now);
    }

    #[inline]
    fn key(&self, contact: Contact) -> u64 {
        let distance = contact.prefix ^ self.target.prefix32();
        u64::from(distance) << 32 | u64::from(contact.handle.0)
    }

    #[inline]
    fn hear_again(&mut self, at: usize, source: Source, now: SimTime) {
        if self.newest != now {
            return;
        }
        let entry = &mut self.entries[at];
        let tie = entry.state == State::Unqueried && entry.time == now;
        if tie && source.distance < entry.nonce {
            (entry.depth, entry.nonce) = (source.depth, source.distance);
        }
    }

    fn insert(&mut self, at: usize, key: u64, source: Source, now: SimTime) {
        self.newest = now;
        self.keys.insert(at, key);
        let Source { depth, distance: nonce } = source;
        let entry = Entry { time: now, nonce, round: 0, depth, state: State::Unqueried };
        self.entries.insert(at, entry);
        if self.keys.len() > self.limit
            && self.entries.last().is_some_and(|last| last.state == State::Unqueried)
        {
            self.keys.pop();
            self.entries.pop();
        }
    }
}

/// The part of a key that is the distance.
const DISTANCE: u64 = 0xffff_ffff << 32;

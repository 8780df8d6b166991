//! Messages between shards.
//!
//! While a window runs, a shard collects what it sends to each other shard in
//! an [`Outbox`] of its own. At the end of the window it leaves the full boxes
//! at the [`PostOffice`] and takes home the emptied ones that lie there, and
//! every shard fetches what is addressed to it. Boxes keep their memory, so a
//! steady state allocates nothing, and the order in which they are emptied does
//! not matter: the destination's queue sorts.

use std::sync::{Mutex, PoisonError};

use super::event::Event;
use super::payload::{Header, Payloads, contacts_of};
use super::queue::Queue;
use crate::kademlia::{Contact, Message};

/// What one shard sends another: events, and beside them their payloads.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    events: Vec<Event>,
    headers: Vec<Header>,
    contacts: Vec<Contact>,
}

impl Outbox {
    /// Adds a message and its arrival.
    pub(super) fn put(&mut self, arrival: Event, from_prefix: u32, message: Message<'_>) {
        self.events.push(arrival);
        self.headers.push(Header::of(from_prefix, message));
        self.contacts.extend_from_slice(contacts_of(message));
    }

    /// When the first of its events is due.
    pub(super) fn earliest_us(&self) -> Option<u64> {
        self.events.iter().map(|event| event.time_us).min()
    }

    /// Hands everything over to the shard that it is addressed to.
    pub(super) fn empty_into(&mut self, queue: &mut Queue, payloads: &mut Payloads) {
        let mut contacts = self.contacts.as_slice();
        for (event, header) in self.events.iter().zip(&self.headers) {
            let (own, others) = contacts.split_at(header.count());
            contacts = others;
            queue.push(Event { data: payloads.keep(*header, own), ..*event });
        }
        self.events.clear();
        self.headers.clear();
        self.contacts.clear();
    }
}

/// Where shards leave their outboxes for each other.
///
/// There are two places for each pair of shards, used in alternate windows: one
/// is filled while the other may still be being emptied. So no lock is ever
/// waited for.
#[derive(Debug)]
pub(super) struct PostOffice {
    shards: usize,
    places: Vec<Mutex<Outbox>>,
}

impl PostOffice {
    pub(super) fn new(shards: usize) -> Self {
        let places = (0..2 * shards * shards).map(|_| Mutex::default());
        Self { shards, places: places.collect() }
    }

    /// Leaves what shard `from` sends to each shard in the window of this
    /// parity, and gives it empty boxes. Returns when the first is due.
    pub(super) fn leave(&self, parity: usize, from: usize, boxes: &mut [Outbox]) -> Option<u64> {
        let mut earliest = None;
        for (to, outbox) in boxes.iter_mut().enumerate().filter(|(_, outbox)| !outbox.is_empty()) {
            earliest = earliest.into_iter().chain(outbox.earliest_us()).min();
            self.with(parity, from, to, |place| std::mem::swap(place, outbox));
        }
        earliest
    }

    /// Gives `to` what was left for it in the window of this parity.
    pub(super) fn fetch(&self, parity: usize, to: usize, mut take: impl FnMut(&mut Outbox)) {
        for from in (0..self.shards).filter(|&from| from != to) {
            self.with(parity, from, to, &mut take);
        }
    }

    fn with<R>(
        &self,
        parity: usize,
        from: usize,
        to: usize,
        act: impl FnOnce(&mut Outbox) -> R,
    ) -> R {
        let place = &self.places[(parity * self.shards + to) * self.shards + from];
        act(&mut place.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Outbox {
    fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

//! What the next events will touch, asked for while the ones before them are
//! processed: the memory of a large network is far away.
//!
//! In steps, since what an event touches is found by following links: the node
//! and the message; then the start of the node's table, the message's contacts
//! and the lookup that it belongs to; then the buckets and the shortlist.

use super::event::{Event, EventKind};
use super::places::Places;
use super::shard::Shard;
use crate::base::prefetch;
use crate::kademlia::{Contact, Handle, Kind};

/// How many events ahead each step is taken.
const STEPS: [usize; 3] = [9, 6, 3];

impl Shard {
    /// Call when an event has been taken out and before it is processed.
    #[inline]
    pub(super) fn look_ahead(&self, places: &Places) {
        let upcoming = self.queue.upcoming();
        if self.queue.is_fresh() {
            // Nothing of this run has been asked for yet.
            for event in upcoming.iter().take(STEPS[0]) {
                self.ask_for_node(event, places);
            }
            for event in upcoming.iter().take(STEPS[1]) {
                self.ask_for_links(event, places);
            }
            for event in upcoming.iter().take(STEPS[2]) {
                self.ask_for_rest(event, places);
            }
            return;
        }
        if let Some(event) = upcoming.get(STEPS[0] - 1) {
            self.ask_for_node(event, places);
        }
        if let Some(event) = upcoming.get(STEPS[1] - 1) {
            self.ask_for_links(event, places);
        }
        if let Some(event) = upcoming.get(STEPS[2] - 1) {
            self.ask_for_rest(event, places);
        }
    }

    #[inline]
    fn ask_for_node(&self, event: &Event, places: &Places) {
        prefetch::slice(std::slice::from_ref(&self.residents[places.local(event.to)]));
        if event.kind == EventKind::Message {
            self.payloads.prefetch(event.data);
        }
    }

    #[inline]
    fn ask_for_links(&self, event: &Event, places: &Places) {
        let node = self.node(places.local(event.to));
        if event.kind != EventKind::Message {
            if let Some(lookup) = node.first_lookup() {
                self.work.prefetch_lookup(lookup);
            }
            return;
        }
        node.prefetch_table();
        if let Some(header) = self.payloads.peek(event.data)
            && is_reply(header.kind)
        {
            self.work.prefetch_lookup(header.rpc.slot);
        }
    }

    #[inline]
    fn ask_for_rest(&self, event: &Event, places: &Places) {
        let node = self.node(places.local(event.to));
        if event.kind != EventKind::Message {
            if let Some(lookup) = node.first_lookup() {
                self.work.prefetch_shortlist(lookup);
            }
            return;
        }
        let Some(header) = self.payloads.peek(event.data) else { return };
        match header.kind {
            Kind::FindNode | Kind::FindValue => node.prefetch_closest(&header.id),
            kind if is_reply(kind) => self.work.prefetch_shortlist(header.rpc.slot),
            _ => {}
        }
        if self.learns {
            let handle = Handle(event.from.wrapping_sub(1));
            node.prefetch_contact(Contact { prefix: header.from_prefix, handle });
        }
    }
}

/// Whether a message belongs to a lookup of its receiver.
const fn is_reply(kind: Kind) -> bool {
    matches!(kind, Kind::Nodes | Kind::Value)
}

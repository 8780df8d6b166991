//! The trace digest: what every node went through, in one number.
//!
//! Each node hashes the events that it processes, in its order; the nodes'
//! hashes are combined in node order. So the digest is independent of
//! collectors, of thread count and of how nodes are dealt to threads.

use super::event::{Event, EventKind};
use super::payload::Header;
use crate::kademlia::Contact;

/// A running hash of one node's events.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digest(u64);

impl Digest {
    pub(super) const START: Self = Self(0x243f_6a88_85a3_08d3);

    /// Adds an event that is not a message.
    pub(super) fn event(&mut self, event: &Event) {
        self.add(event.time_us, u64::from(event.from) << 8 | event.kind as u64);
        if event.kind == EventKind::Bootstrap {
            self.add(u64::from(event.data), 0);
        }
    }

    /// Adds a message. Of its RPC id only the nonce counts: the slot is a
    /// matter of bookkeeping.
    pub(super) fn message(&mut self, event: &Event, header: &Header, contacts: &[Contact]) {
        let kind = header.kind as u64 | 0x80;
        self.add(event.time_us, u64::from(event.from) << 8 | kind);
        // Contacts come in no particular order, and so do they count.
        let mut sum = contacts.len() as u64;
        for contact in contacts {
            let x = u64::from(contact.handle.0) + 1;
            sum = sum.wrapping_add(x.wrapping_mul(x).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        }
        let words = header.id.words();
        let id = u64::from(words[0]) << 32 | u64::from(words[1]);
        self.add(u64::from(header.rpc.nonce) ^ header.value.0.rotate_left(32), sum ^ id);
    }

    /// Adds two words.
    pub(super) fn add(&mut self, a: u64, b: u64) {
        let x = (self.0 ^ a).wrapping_mul(0xff51_afd7_ed55_8ccd);
        let y = (x.rotate_left(29) ^ b).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        self.0 = y ^ y >> 32;
    }

    pub(super) const fn value(self) -> u64 {
        self.0
    }
}

//! What a routing table is made of: cells of 8 bytes, each a contact or a
//! bucket.

use super::contact::{Contact, Handle};
use crate::base::time::Stamp;

/// A contact in 8 bytes: id prefix, and handle with failure count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    prefix: u32,
    packed: u32,
}

const _: () = assert!(size_of::<Slot>() == 8);

impl Slot {
    const HANDLE_BITS: u32 = 27;
    pub(super) const MAX_FAILURES: u32 = (1 << (32 - Self::HANDLE_BITS)) - 1;

    pub(super) fn new(contact: Contact) -> Self {
        debug_assert!(contact.handle.0 < Handle::LIMIT);
        Self { prefix: contact.prefix, packed: contact.handle.0 }
    }

    #[inline]
    pub(super) fn handle(self) -> Handle {
        Handle(self.packed & (Handle::LIMIT - 1))
    }

    #[inline]
    pub(super) fn contact(self) -> Contact {
        Contact { prefix: self.prefix, handle: self.handle() }
    }

    #[inline]
    pub(super) fn failures(self) -> u32 {
        self.packed >> Self::HANDLE_BITS
    }

    pub(super) fn with_failure(mut self) -> Self {
        if self.failures() < Self::MAX_FAILURES {
            self.packed += Handle::LIMIT;
        }
        self
    }
}

/// A bucket, as large as a slot and kept in the same array.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    /// One past its last slot.
    pub(super) end: u16,
    /// Its least-recently seen contact is being pinged.
    pub(super) checking: bool,
    /// When a node lookup last ran in its range.
    pub(super) looked_up: Stamp,
}

impl Bucket {
    #[inline]
    pub(super) fn packed(self) -> Slot {
        let packed = u32::from(self.end) | u32::from(self.checking) << 16;
        Slot { prefix: self.looked_up.to_bits(), packed }
    }

    #[inline]
    pub(super) fn unpacked(slot: Slot) -> Self {
        let (end, checking) = (slot.packed as u16, slot.packed >> 16 != 0);
        Self { end, checking, looked_up: Stamp::from_bits(slot.prefix) }
    }
}

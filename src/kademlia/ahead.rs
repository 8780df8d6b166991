//! Memory that a node will soon need, asked for in steps: each step reads what
//! the step before asked for. Hints only; see [`prefetch`].

use super::contact::Contact;
use super::lookup::Lookup;
use super::node::{Node, Workspace};
use super::pool::Slot;
use crate::base::id::Id;
use crate::base::prefetch;

impl Node {
    /// Asks for the start of the routing table. Needs the node itself.
    #[inline]
    pub fn prefetch_table(&self) {
        self.table.prefetch_buckets();
    }

    /// Asks for the contacts nearest to `target`. Needs the start of the table.
    #[inline]
    pub fn prefetch_closest(&self, target: &Id) {
        self.table.prefetch_from(self.id.common_prefix_len(target));
    }

    /// Asks for the bucket of `contact`. Needs the start of the table.
    #[inline]
    pub fn prefetch_contact(&self, contact: Contact) {
        let cpl = (contact.prefix ^ self.id.prefix32()).leading_zeros();
        self.table.prefetch_from(cpl);
    }

    /// The first of its lookups under way, as [`Workspace::prefetch_lookup`]
    /// takes it.
    #[inline]
    #[must_use]
    pub fn first_lookup(&self) -> Option<u32> {
        self.lookups.map(Slot::number)
    }
}

impl Workspace {
    /// Asks for a lookup, named by the slot of an RPC id.
    #[inline]
    pub fn prefetch_lookup(&self, slot: u32) {
        if let Some(lookup) = self.lookup(slot) {
            prefetch::slice(std::slice::from_ref(lookup));
        }
    }

    /// Asks for its shortlist. Needs the lookup.
    #[inline]
    pub fn prefetch_shortlist(&self, slot: u32) {
        if let Some(lookup) = self.lookup(slot) {
            lookup.prefetch();
        }
    }

    #[inline]
    fn lookup(&self, slot: u32) -> Option<&Lookup> {
        // A probe's slot lies far beyond the lookups.
        self.lookups.get(Slot::from_number(slot)?)
    }
}

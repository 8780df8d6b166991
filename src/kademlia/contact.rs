//! Compact contacts: what a node keeps about another.
//!
//! Full ids live once, in an address book that the driver owns; a contact
//! carries its handle there and the first 32 bits of the id, which decide
//! almost every XOR comparison without touching other memory.

use crate::base::id::Id;

/// Index of a node in the driver's address book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub u32);

impl Handle {
    /// Handles stay below this: a routing table packs a failure count beside
    /// them in one word.
    pub const LIMIT: u32 = 1 << 27;
}

/// A node as others know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// First 32 bits of its id.
    pub prefix: u32,
    /// Where its address and full id are kept.
    pub handle: Handle,
}

impl Contact {
    /// The contact of the node `handle` with this id.
    #[must_use]
    pub fn new(handle: Handle, id: &Id) -> Self {
        Self { prefix: id.prefix32(), handle }
    }
}

/// The address book: full ids by handle.
pub trait AddressBook {
    /// The id of a node.
    fn id(&self, handle: Handle) -> Id;
}

/// Bits that a contact's id shares with `id`; reads the address book only if
/// the first 32 are equal.
#[inline]
pub(crate) fn common_prefix_len(book: &impl AddressBook, id: &Id, contact: Contact) -> u32 {
    let differing = id.prefix32() ^ contact.prefix;
    if differing != 0 {
        differing.leading_zeros()
    } else {
        id.common_prefix_len(&book.id(contact.handle))
    }
}

/// Orders two contacts by XOR distance to `target`, the nearer first.
#[inline]
pub(crate) fn by_distance(
    book: &impl AddressBook,
    target: &Id,
    a: Contact,
    b: Contact,
) -> std::cmp::Ordering {
    let prefix = target.prefix32();
    (a.prefix ^ prefix).cmp(&(b.prefix ^ prefix)).then_with(|| {
        if a.handle == b.handle {
            return std::cmp::Ordering::Equal;
        }
        target.distance(&book.id(a.handle)).cmp(&target.distance(&book.id(b.handle)))
    })
}

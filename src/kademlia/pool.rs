//! Slots that are reused: what is short-lived is allocated once and recycled,
//! buffers included.

use std::num::NonZeroU32;

/// A place in a [`Pool`]; an `Option` of it takes no more than the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(NonZeroU32);

impl Slot {
    /// Place number `number`.
    #[inline]
    pub(crate) fn from_number(number: u32) -> Option<Self> {
        NonZeroU32::new(number.wrapping_add(1)).map(Self)
    }

    /// Its number, from 0.
    #[inline]
    pub(crate) const fn number(self) -> u32 {
        self.0.get() - 1
    }
}

/// Values at stable indices with a free list.
#[derive(Debug)]
pub(crate) struct Pool<T> {
    items: Vec<T>,
    free: Vec<Slot>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { items: Vec::new(), free: Vec::new() }
    }
}

impl<T: Default> Pool<T> {
    /// A slot whose value is as its last user left it.
    pub(crate) fn take(&mut self) -> Slot {
        self.free.pop().unwrap_or_else(|| {
            self.items.push(T::default());
            Slot(NonZeroU32::MIN.saturating_add(self.items.len() as u32 - 1))
        })
    }

    /// Returns a slot for reuse.
    pub(crate) fn release(&mut self, slot: Slot) {
        self.free.push(slot);
    }

    /// As [`Self::get_mut`].
    pub(crate) fn get(&self, slot: Slot) -> Option<&T> {
        self.items.get(slot.number() as usize)
    }

    /// The value in a slot, if the slot was ever taken: a reply may name any.
    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.items.get_mut(slot.number() as usize)
    }

    /// Slots in use.
    pub(crate) fn in_use(&self) -> usize {
        self.items.len() - self.free.len()
    }
}

impl<T> std::ops::Index<Slot> for Pool<T> {
    type Output = T;
    fn index(&self, slot: Slot) -> &T {
        &self.items[slot.number() as usize]
    }
}

impl<T> std::ops::IndexMut<Slot> for Pool<T> {
    fn index_mut(&mut self, slot: Slot) -> &mut T {
        &mut self.items[slot.number() as usize]
    }
}

//! The event queue: a hierarchical calendar.
//!
//! Level 0 has 256 slots of 2^w µs, each further level 256 slots as wide as the
//! level below it. A slot is a chain of blocks from one arena, so memory is
//! what the pending events take. When a slot of level 0 becomes current its
//! events are gathered and sorted; pushing is constant time, and what comes out
//! follows [`Event`]'s order however it was pushed.

use super::event::{Event, EventKind};

const BLOCK: usize = 31;
const SLOT_BITS: u32 = 8;
const SLOTS: usize = 1 << SLOT_BITS;
/// Enough levels for every 64-bit tick.
const LEVELS: usize = 8;
const NONE: u32 = u32::MAX;

const EMPTY: Event = Event { time_us: 0, to: 0, from: 0, seq: 0, kind: EventKind::Wake, data: 0 };

/// A run of events of one slot.
#[derive(Clone, Debug)]
struct Block {
    events: [Event; BLOCK],
    len: u32,
    next: u32,
}

/// One level's slots.
#[derive(Clone, Debug)]
struct Level {
    heads: [u32; SLOTS],
    /// Which slots hold anything.
    occupied: [u64; SLOTS / 64],
}

impl Level {
    const EMPTY: Self = Self { heads: [NONE; SLOTS], occupied: [0; SLOTS / 64] };

    /// First occupied slot at or after `from`.
    fn first_from(&self, from: usize) -> Option<usize> {
        let mut word = from / 64;
        let mut bits = *self.occupied.get(word)? & (u64::MAX << (from % 64));
        loop {
            if bits != 0 {
                return Some(word * 64 + bits.trailing_zeros() as usize);
            }
            word += 1;
            bits = *self.occupied.get(word)?;
        }
    }
}

/// Pending events, in order.
#[derive(Debug)]
pub struct Queue {
    /// log2 of the width of a slot of level 0, in µs.
    width_bits: u32,
    /// The slot of level 0 that `current` holds.
    tick: u64,
    /// Its events, sorted; those before `cursor` are gone.
    current: Vec<Event>,
    cursor: usize,
    levels: Vec<Level>,
    blocks: Vec<Block>,
    free: u32,
    len: usize,
}

impl Queue {
    /// An empty queue whose finest slots are 2^`width_bits` µs wide.
    #[must_use]
    pub fn new(width_bits: u32) -> Self {
        Self {
            width_bits,
            tick: 0,
            current: Vec::new(),
            cursor: 0,
            levels: vec![Level::EMPTY; LEVELS],
            blocks: Vec::new(),
            free: NONE,
            len: 0,
        }
    }

    /// A slot width that suits `nodes` nodes and links no faster than
    /// `min_latency_us`: some tens of events a slot, and, if possible, no
    /// message that is due within the slot being emptied.
    #[must_use]
    pub fn width_bits_for(nodes: usize, min_latency_us: u64) -> u32 {
        let by_latency = min_latency_us.max(1).ilog2();
        // About 10 events a node a second at most: 2^w µs hold 64 or so.
        let by_density = (256_000_000 / (10 * nodes.max(1) as u64)).max(1).ilog2();
        by_latency.min(by_density).clamp(4, 14)
    }

    /// Events pending.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is pending.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds an event that is not earlier than any that came out.
    pub fn push(&mut self, event: Event) {
        self.len += 1;
        let tick = event.time_us >> self.width_bits;
        if tick > self.tick {
            return self.file(event, tick);
        }
        let pending = &self.current[self.cursor..];
        let at = self.cursor + pending.partition_point(|other| *other < event);
        self.current.insert(at, event);
    }

    /// Takes the first event, if it is due before `end_us`.
    pub fn pop_before(&mut self, end_us: u64) -> Option<Event> {
        loop {
            if let Some(event) = self.current.get(self.cursor) {
                if event.time_us >= end_us {
                    return None;
                }
                self.cursor += 1;
                self.len -= 1;
                return Some(*event);
            }
            if self.len == 0 || !self.advance((end_us - 1) >> self.width_bits) {
                return None;
            }
        }
    }

    /// Nothing is due before this; `None` if nothing is pending.
    #[must_use]
    pub fn not_before_us(&self) -> Option<u64> {
        match self.current.get(self.cursor) {
            Some(event) => Some(event.time_us),
            None => self.next_slot().map(|(_, _, tick)| tick << self.width_bits),
        }
    }

    /// The next events, as far as they are sorted: what to ask memory for.
    #[inline]
    #[must_use]
    pub fn upcoming(&self) -> &[Event] {
        &self.current[self.cursor..]
    }

    /// Whether the event that came out last was the first of a sorted run.
    #[inline]
    #[must_use]
    pub const fn is_fresh(&self) -> bool {
        self.cursor == 1
    }

    /// Puts an event of a later tick into its slot.
    fn file(&mut self, event: Event, tick: u64) {
        let level = ((tick ^ self.tick).ilog2() / SLOT_BITS) as usize;
        let slot = (tick >> (level as u32 * SLOT_BITS)) as usize % SLOTS;
        let head = self.levels[level].heads[slot];
        let block = if head != NONE && (self.blocks[head as usize].len as usize) < BLOCK {
            head
        } else {
            let block = self.new_block(head);
            self.levels[level].heads[slot] = block;
            self.levels[level].occupied[slot / 64] |= 1 << (slot % 64);
            block
        };
        let block = &mut self.blocks[block as usize];
        block.events[block.len as usize] = event;
        block.len += 1;
    }

    fn new_block(&mut self, next: u32) -> u32 {
        if self.free == NONE {
            self.blocks.push(Block { events: [EMPTY; BLOCK], len: 0, next });
            return (self.blocks.len() - 1) as u32;
        }
        let at = self.free;
        let block = &mut self.blocks[at as usize];
        self.free = block.next;
        (block.len, block.next) = (0, next);
        at
    }

    /// Empties a slot; returns the head of its chain.
    fn unlink(&mut self, level: usize, slot: usize) -> u32 {
        let level = &mut self.levels[level];
        level.occupied[slot / 64] &= !(1 << (slot % 64));
        std::mem::replace(&mut level.heads[slot], NONE)
    }

    /// Makes the next occupied slot current, unless it lies beyond
    /// `last_tick`. Whether there is one.
    fn advance(&mut self, last_tick: u64) -> bool {
        self.current.clear();
        self.cursor = 0;
        loop {
            let Some((level, slot, start)) = self.next_slot() else { return false };
            if start > last_tick {
                return false;
            }
            let mut chain = self.unlink(level, slot);
            self.tick = start;
            while chain != NONE {
                let at = chain as usize;
                for i in 0..self.blocks[at].len as usize {
                    let event = self.blocks[at].events[i];
                    let tick = event.time_us >> self.width_bits;
                    if tick == start {
                        self.current.push(event);
                    } else {
                        self.file(event, tick);
                    }
                }
                chain = self.blocks[at].next;
                self.blocks[at].next = self.free;
                self.free = at as u32;
            }
            if !self.current.is_empty() {
                self.current.sort_unstable();
                return true;
            }
        }
    }

    /// The first occupied slot after the current tick: its level, number and
    /// first tick. Lower levels come before higher ones.
    fn next_slot(&self) -> Option<(usize, usize, u64)> {
        (0..LEVELS).find_map(|level| {
            let shift = level as u32 * SLOT_BITS;
            let here = (self.tick >> shift) as usize % SLOTS;
            let slot = self.levels[level].first_from(here + 1)?;
            let above = self.tick.checked_shr(shift + SLOT_BITS).unwrap_or(0);
            let start = above.checked_shl(SLOT_BITS).unwrap_or(0) + slot as u64;
            Some((level, slot, start << shift))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::{Key, Purpose};

    fn event(time_us: u64, to: u32, seq: u32) -> Event {
        Event { time_us, to, from: 1, seq, kind: EventKind::Wake, data: 0 }
    }

    /// A hold model against sorting: delays from microseconds to days, pushed
    /// while emptying, popped in windows.
    #[test]
    fn comes_out_in_total_order() {
        let key = Key::new(3, Purpose::Workload);
        for width in [4, 10, 14] {
            let mut queue = Queue::new(width);
            let mut pushed = Vec::new();
            let mut popped = Vec::new();
            let mut push = |queue: &mut Queue, now: u64, i: u32| {
                let scale = 1 << key.below(u64::from(i), 1, 38);
                let delay = 1 + key.below(u64::from(i), 2, scale);
                let event = event(now + delay, key.below(u64::from(i), 3, 5) as u32, i);
                queue.push(event);
                pushed.push(event);
            };
            for i in 0..500 {
                push(&mut queue, 0, i);
            }
            let (mut i, mut end) = (500, 1);
            while !queue.is_empty() {
                end += 1 + key.below(end, 4, 1 << 30);
                while let Some(event) = queue.pop_before(end) {
                    assert!(event.time_us < end);
                    popped.push(event);
                    if i < 5_000 {
                        push(&mut queue, event.time_us, i);
                        i += 1;
                    }
                }
            }
            pushed.sort_unstable();
            assert_eq!(popped, pushed);
        }
    }

    #[test]
    fn order_does_not_depend_on_insertion() {
        let events: Vec<Event> =
            (0..100).map(|i| event(u64::from(i % 7) * 900, i % 5, i)).collect();
        let drain = |events: &mut dyn Iterator<Item = &Event>| {
            let mut queue = Queue::new(8);
            events.for_each(|e| queue.push(*e));
            std::iter::from_fn(|| queue.pop_before(u64::MAX)).collect::<Vec<_>>()
        };
        assert_eq!(drain(&mut events.iter()), drain(&mut events.iter().rev()));
    }
}

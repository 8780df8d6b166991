//! What a lookup has heard of, ordered by distance to its target.
//!
//! Kept in several arrays: distances, which decide where a contact belongs and
//! whether it is known; handles; marks, which decide what to do next; and
//! notes, which do not move and are touched only where something happens.

use super::config::Config;
use super::contact::{AddressBook, Contact, Handle, by_distance};
use crate::base::id::Id;
use crate::base::prefetch;
use crate::base::time::SimTime;

/// How far a contact of the shortlist is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
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

/// What is kept about a contact beside its place and state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    /// When it was first heard of, until it is asked; then the deadline.
    pub(super) time: SimTime,
    /// How far from the target whoever named it is (first 32 bits), until it is
    /// asked; then the nonce of the request.
    pub(super) nonce: u32,
    pub(super) round: u16,
    pub(super) depth: u8,
}

/// A contact's state and the place of its note.
#[derive(Clone, Copy, Debug)]
struct Mark(u16);

impl Mark {
    #[inline]
    const fn new(note: u16, state: State) -> Self {
        Self(note << 2 | state as u16)
    }

    #[inline]
    const fn state(self) -> State {
        match self.0 & 3 {
            0 => State::Unqueried,
            1 => State::InFlight,
            2 => State::TimedOut,
            _ => State::Answered,
        }
    }

    #[inline]
    const fn note(self) -> usize {
        (self.0 >> 2) as usize
    }
}

/// Distances are compared in groups of so many.
const LANES: usize = 16;

/// The shortlist of one lookup.
#[derive(Debug, Default)]
pub(super) struct Shortlist {
    target: Id,
    /// First 32 bits of the distance, moved into the signed range, in which
    /// vector units compare. The largest number fills the last group.
    distances: Vec<i32>,
    handles: Vec<Handle>,
    marks: Vec<Mark>,
    notes: Vec<Note>,
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
        self.distances.clear();
        self.handles.clear();
        self.marks.clear();
        self.notes.clear();
        let room = self.limit + 1;
        self.distances.reserve_exact(room.next_multiple_of(LANES));
        self.handles.reserve_exact(room);
        self.marks.reserve_exact(room);
        self.notes.reserve_exact(room);
        self.newest = SimTime::NEVER;
    }

    /// Asks for its memory.
    #[inline]
    pub(super) fn prefetch(&self) {
        prefetch::slice(&self.distances);
        prefetch::slice(&self.handles);
        prefetch::slice(&self.marks);
        prefetch::slice(&self.notes);
    }

    /// Contacts held.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.handles.len()
    }

    /// The contact at a position.
    #[inline]
    pub(super) fn contact(&self, at: usize) -> Contact {
        let prefix = (self.distances[at] as u32 ^ SIGN) ^ self.target.prefix32();
        Contact { prefix, handle: self.handles[at] }
    }

    /// The nearest, whatever became of it.
    pub(super) fn first(&self) -> Option<Handle> {
        self.handles.first().copied()
    }

    /// All states, the nearest first.
    #[inline]
    pub(super) fn states(&self) -> impl ExactSizeIterator<Item = State> {
        self.marks.iter().map(|mark| mark.state())
    }

    /// The state of the contact at a position.
    #[inline]
    pub(super) fn state(&self, at: usize) -> State {
        self.marks[at].state()
    }

    /// Changes it.
    #[inline]
    pub(super) fn set_state(&mut self, at: usize, state: State) {
        let mark = &mut self.marks[at];
        *mark = Mark::new(mark.note() as u16, state);
    }

    /// What is noted about the contact at a position.
    #[inline]
    pub(super) fn note(&self, at: usize) -> &Note {
        &self.notes[self.marks[at].note()]
    }

    /// What is noted about the contact at a position.
    #[inline]
    pub(super) fn note_mut(&mut self, at: usize) -> &mut Note {
        &mut self.notes[self.marks[at].note()]
    }

    /// Where a contact is.
    #[inline]
    pub(super) fn position(&self, contact: Contact) -> Option<usize> {
        let distance = self.distance(contact);
        let mut at = self.closer_than(distance);
        while at < self.len() && self.distances[at] == distance {
            if self.handles[at] == contact.handle {
                return Some(at);
            }
            at += 1;
        }
        None
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
        let distance = self.distance(contact);
        let mut at = self.closer_than(distance);
        while let Some(&handle) = self.handles.get(at) {
            if handle == contact.handle {
                return self.hear_again(at, source, now);
            }
            if self.distances[at] != distance
                || by_distance(book, &self.target, self.contact(at), contact).is_gt()
            {
                break;
            }
            at += 1;
        }
        if at < self.limit || at < self.len() {
            self.insert(at, (distance, contact.handle), source, now);
        }
    }

    #[inline]
    fn distance(&self, contact: Contact) -> i32 {
        (contact.prefix ^ self.target.prefix32() ^ SIGN) as i32
    }

    /// How many are closer than `distance`. Counted rather than searched for:
    /// nothing in it depends on the data.
    #[inline]
    fn closer_than(&self, distance: i32) -> usize {
        let mut closer = [0; LANES];
        for group in self.distances.as_chunks::<LANES>().0 {
            for (count, &other) in closer.iter_mut().zip(group) {
                *count += i32::from(other < distance);
            }
        }
        closer.iter().sum::<i32>() as usize
    }

    #[inline]
    fn hear_again(&mut self, at: usize, source: Source, now: SimTime) {
        if self.newest != now || self.state(at) != State::Unqueried {
            return;
        }
        let note = self.note_mut(at);
        if note.time == now && source.distance < note.nonce {
            (note.depth, note.nonce) = (source.depth, source.distance);
        }
    }

    fn insert(
        &mut self,
        at: usize,
        (distance, handle): (i32, Handle),
        source: Source,
        now: SimTime,
    ) {
        self.newest = now;
        let Source { depth, distance: nonce } = source;
        let note = Note { time: now, nonce, round: 0, depth };
        let len = self.len();
        let is_full = len >= self.limit;
        let place = match self.marks.last() {
            // The last makes way, and its note with it.
            Some(last) if is_full && last.state() == State::Unqueried => {
                let place = last.note();
                self.marks.pop();
                self.handles.pop();
                self.distances[len - 1] = i32::MAX;
                self.notes[place] = note;
                place
            }
            _ => {
                self.notes.push(note);
                self.notes.len() - 1
            }
        };
        let len = self.len();
        if len == self.distances.len() {
            self.distances.extend([i32::MAX; LANES]);
        }
        self.distances.copy_within(at..len, at + 1);
        self.distances[at] = distance;
        self.handles.insert(at, handle);
        self.marks.insert(at, Mark::new(place as u16, State::Unqueried));
    }
}

/// Between unsigned and signed order.
const SIGN: u32 = 1 << 31;

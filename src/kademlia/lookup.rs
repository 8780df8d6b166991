//! The iterative lookup as a state machine (Kademlia paper §2.3): a shortlist
//! ordered by distance, and who is to be asked next.
//!
//! It only decides. The node sends what [`Lookup::step`] names and
//! reports replies and timeouts back.

use super::config::{Config, LookupVariant};
use super::contact::{AddressBook, Contact, Handle, common_prefix_len};
use super::message::Value;
use super::pool::Slot;
use super::shortlist::{Note, Shortlist, Source, State};
use crate::base::id::Id;
use crate::base::time::SimTime;

/// Why a lookup runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Purpose {
    /// Finding the own neighbourhood while joining (paper §2.3).
    #[default]
    Join,
    /// Refreshing a bucket.
    Refresh,
    /// A node lookup asked for by the driver, with its tag.
    Lookup(u64),
    /// Finding where to store a value, with the driver's tag.
    Store(u64, Value),
    /// A value lookup, with the driver's tag.
    Get(u64),
}

impl Purpose {
    /// The tag, if the driver asked for the lookup.
    #[must_use]
    pub const fn tag(self) -> Option<u64> {
        match self {
            Self::Lookup(tag) | Self::Store(tag, _) | Self::Get(tag) => Some(tag),
            Self::Join | Self::Refresh => None,
        }
    }

    /// Whether the lookup asks for a value.
    #[must_use]
    pub const fn wants_value(self) -> bool {
        matches!(self, Self::Get(_))
    }
}

/// How a lookup ended. There is no other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The k closest contacts heard of have answered.
    Done,
    /// A value was found: at this discovery depth, 0 being the own store.
    Found(Value, u8),
    /// Nobody answered.
    NoAnswer,
    /// The node went down first.
    Aborted,
}

/// What came of a lookup.
#[derive(Debug)]
pub struct Report<'a> {
    /// Why it ran.
    pub purpose: Purpose,
    /// The id looked for.
    pub target: Id,
    /// When it began.
    pub started: SimTime,
    /// How it ended.
    pub end: End,
    /// The closest contacts that answered, at most k, the nearest first.
    pub closest: &'a [Contact],
    /// Discovery depth of the first of them: 1 if it was in the own table, one
    /// more than the contact whose reply first named it otherwise.
    pub hops: Option<u8>,
    /// Length of the longest chain of requests of which each was sent because
    /// of the reply to, or timeout of, the one before. With rounds, their
    /// number.
    pub rounds: u16,
    /// Requests sent.
    pub rpcs: u16,
    /// Requests unanswered in time.
    pub timeouts: u16,
    /// Bits that the closest contact heard of shares with the target: at the
    /// start, then after each response.
    pub progress: &'a [u8],
}

/// What a lookup does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Ask the contact at this position of the shortlist.
    Ask(usize),
    /// Wait for replies.
    Wait,
    /// The k closest contacts that may still answer all have, or nobody is left
    /// to ask.
    Complete,
}

/// One lookup. Pooled: [`Lookup::begin`] resets it and keeps its buffers.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    pub(super) target: Id,
    pub(super) purpose: Purpose,
    /// Whose it is; nobody's while the slot is free.
    owner: Option<Handle>,
    started: SimTime,
    /// The next lookup of the same node.
    pub(super) next: Option<Slot>,
    /// Ended, but requests are still out: it waits to account for them.
    pub(super) finished: bool,
    shortlist: Shortlist,
    progress: Vec<u8>,
    in_flight: u16,
    rpcs: u16,
    timeouts: u16,
    rounds: u16,
    /// The round that a new request belongs to.
    next_round: u16,
    /// Requests that the current synchronous round may still send.
    quota: u16,
    /// First of the shortlist when the current synchronous round began.
    round_best: Option<Handle>,
}

impl Lookup {
    /// Starts over with the own table's closest contacts.
    pub(super) fn begin(
        &mut self,
        config: &Config,
        book: &impl AddressBook,
        owner: Handle,
        (target, purpose): (Id, Purpose),
        now: SimTime,
        known: &[Contact],
    ) {
        let (mut shortlist, mut progress) =
            (std::mem::take(&mut self.shortlist), std::mem::take(&mut self.progress));
        shortlist.reset(config, target);
        progress.clear();
        *self = Self {
            target,
            purpose,
            owner: Some(owner),
            started: now,
            shortlist,
            progress,
            next_round: 1,
            ..Self::default()
        };
        for contact in known {
            self.shortlist.add(book, *contact, Source { depth: 1, distance: 0 }, now);
        }
        self.quota = config.alpha as u16;
        self.round_best = self.shortlist.first();
        self.note_progress(book);
    }

    /// How many of the shortlist, from its start, share more than `cpl` bits
    /// with the target: the contacts of the closest bucket.
    pub(super) fn sharing_more_than(&self, book: &impl AddressBook, cpl: u32) -> usize {
        let bits = |at| common_prefix_len(book, &self.target, self.shortlist.contact(at));
        (0..self.shortlist.len()).take_while(|&at| bits(at) > cpl).count()
    }

    /// Whether the variant allows another request now.
    pub(super) fn may_ask(&self, config: &Config) -> bool {
        match config.lookup {
            LookupVariant::Async => usize::from(self.in_flight) < config.alpha,
            _ => self.quota > 0,
        }
    }

    /// What to do now. Not asking while one could ends a round: what its
    /// replies name is for the next one.
    pub(super) fn step(&mut self, config: &Config) -> Step {
        let (mut candidates, mut waits) = (0, false);
        for (at, state) in self.shortlist.states().enumerate() {
            match state {
                State::Unqueried if self.may_ask(config) => return Step::Ask(at),
                State::Unqueried => {
                    waits = true;
                    break;
                }
                State::TimedOut => continue,
                State::InFlight => waits = true,
                State::Answered => {}
            }
            candidates += 1;
            if candidates == config.k {
                break;
            }
        }
        self.end_of_round();
        if waits { Step::Wait } else { Step::Complete }
    }

    /// Nothing more is sent in the current round.
    pub(super) fn end_of_round(&mut self) {
        self.quota = 0;
    }

    /// Asks the shortlist's contact number `at`: `nonce` marks the request, and
    /// `deadline` is when it counts as unanswered.
    pub(super) fn ask(&mut self, at: usize, nonce: u32, deadline: SimTime) -> Contact {
        let round = self.next_round;
        self.shortlist.set_state(at, State::InFlight);
        let note = self.shortlist.note_mut(at);
        (note.nonce, note.time, note.round) = (nonce, deadline, round);
        self.in_flight += 1;
        self.rpcs = self.rpcs.saturating_add(1);
        self.quota = self.quota.saturating_sub(1);
        self.rounds = self.rounds.max(round);
        self.shortlist.contact(at)
    }

    /// The slot is free: a reply that still names it finds nothing.
    pub(super) fn retire(&mut self) {
        self.owner = None;
    }

    /// A reply to `own` came in: the responder's discovery depth, or `None` if
    /// it matches no request of this lookup to that contact. A late one is
    /// welcome as long as the lookup runs.
    pub(super) fn answered(
        &mut self,
        config: &Config,
        book: &impl AddressBook,
        own: Handle,
        (from, nonce): (Contact, u32),
        now: SimTime,
        contacts: &[Contact],
    ) -> Option<u8> {
        if self.owner != Some(own) {
            return None;
        }
        let at = self.shortlist.position(from)?;
        let state = self.shortlist.state(at);
        let Note { depth, round, nonce: asked, .. } = *self.shortlist.note(at);
        if asked != nonce || !matches!(state, State::InFlight | State::TimedOut) {
            return None;
        }
        self.shortlist.set_state(at, State::Answered);
        if state == State::InFlight {
            self.in_flight -= 1;
        }
        if !self.finished {
            let distance = from.prefix ^ self.target.prefix32();
            let source = Source { depth: depth.saturating_add(1), distance };
            for contact in contacts {
                if contact.handle != own {
                    self.shortlist.add(book, *contact, source, now);
                }
            }
            self.note_progress(book);
            self.after_response(config, round);
        }
        Some(depth)
    }

    /// Marks one request whose deadline has passed and names its contact; call
    /// until there is none.
    pub(super) fn expire(&mut self, config: &Config, now: SimTime) -> Option<Contact> {
        if self.in_flight == 0 {
            return None;
        }
        let expired = |&at: &usize| {
            self.shortlist.state(at) == State::InFlight && self.shortlist.note(at).time <= now
        };
        let at = (0..self.shortlist.len()).find(expired)?;
        self.shortlist.set_state(at, State::TimedOut);
        let (contact, round) = (self.shortlist.contact(at), self.shortlist.note(at).round);
        self.in_flight -= 1;
        if !self.finished {
            self.timeouts = self.timeouts.saturating_add(1);
            self.after_response(config, round);
        }
        Some(contact)
    }

    /// Asks for the memory of the shortlist.
    #[inline]
    pub(super) fn prefetch(&self) {
        self.shortlist.prefetch();
    }

    /// When the first of its requests expires.
    pub(super) fn deadline(&self) -> Option<SimTime> {
        if self.in_flight == 0 {
            return None;
        }
        let states = self.shortlist.states().enumerate();
        let in_flight = states.filter(|(_, state)| *state == State::InFlight);
        in_flight.map(|(at, _)| self.shortlist.note(at).time).min()
    }

    pub(super) fn in_flight(&self) -> u16 {
        self.in_flight
    }

    pub(super) fn nobody_answered(&self) -> bool {
        !self.shortlist.states().any(|state| state == State::Answered)
    }

    /// The closest contacts that answered, the nearest first.
    pub(super) fn closest_answered(&self, config: &Config, out: &mut Vec<Contact>) {
        out.clear();
        let answered = self.shortlist.states().enumerate();
        let answered = answered.filter(|(_, state)| *state == State::Answered).take(config.k);
        out.extend(answered.map(|(at, _)| self.shortlist.contact(at)));
    }

    /// Sums up, with the contacts from [`Self::closest_answered`].
    pub(super) fn report<'a>(&'a self, end: End, closest: &'a [Contact]) -> Report<'a> {
        let first = self.shortlist.states().position(|state| state == State::Answered);
        Report {
            purpose: self.purpose,
            target: self.target,
            started: self.started,
            end,
            closest,
            hops: first.map(|at| self.shortlist.note(at).depth),
            rounds: self.rounds,
            rpcs: self.rpcs,
            timeouts: self.timeouts,
            progress: &self.progress,
        }
    }

    /// A request of `round` was answered or timed out: says what may be sent
    /// next.
    fn after_response(&mut self, config: &Config, round: u16) {
        if config.lookup == LookupVariant::Async {
            self.next_round = round.saturating_add(1);
            return;
        }
        if self.in_flight > 0 {
            return;
        }
        self.next_round = self.rounds.saturating_add(1);
        // A round that brought nothing closer is followed by one to all that
        // are left (§2.3).
        let fruitless = self.shortlist.first() == self.round_best;
        let flushes = config.lookup != LookupVariant::Strict;
        self.quota = if fruitless && flushes { config.k } else { config.alpha } as u16;
        self.round_best = self.shortlist.first();
    }

    fn note_progress(&mut self, book: &impl AddressBook) {
        if self.purpose.tag().is_none() {
            return;
        }
        let alive = self.shortlist.states().position(|state| state != State::TimedOut);
        let bits = |at| common_prefix_len(book, &self.target, self.shortlist.contact(at)) as u8;
        self.progress.push(alive.map_or(0, bits));
    }
}

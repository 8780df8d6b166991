//! The iterative lookup as a state machine (Kademlia paper §2.3): a shortlist
//! ordered by distance, and who is to be asked next.
//!
//! It only decides. The node sends what [`Lookup::next_request`] names and
//! reports replies and timeouts back.

use super::config::{Config, LookupVariant};
use super::contact::{AddressBook, Contact, Handle, by_distance, common_prefix_len};
use super::message::Value;
use super::pool::Slot;
use crate::base::id::Id;
use crate::base::prefetch;
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unqueried,
    InFlight,
    TimedOut,
    Answered,
}

/// Where a contact was heard of: the discovery depth that gives it, and the
/// distance of whoever named it.
#[derive(Clone, Copy, Debug)]
struct Source {
    depth: u8,
    distance: u32,
}

/// A contact of the shortlist.
#[derive(Clone, Copy, Debug)]
struct Entry {
    contact: Contact,
    /// How far from the target whoever named it is (first 32 bits), until it is
    /// asked; then the nonce of the request.
    nonce: u32,
    /// When it was first heard of, until it is asked; then the deadline.
    time: SimTime,
    round: u16,
    depth: u8,
    state: State,
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
    shortlist: Vec<Entry>,
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
        shortlist.clear();
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
            self.add(config, book, *contact, Source { depth: 1, distance: 0 }, now);
        }
        self.quota = config.alpha as u16;
        self.round_best = self.best();
        self.note_progress(book);
    }

    /// How many of the shortlist, from its start, share more than `cpl` bits
    /// with the target: the contacts of the closest bucket.
    pub(super) fn sharing_more_than(&self, book: &impl AddressBook, cpl: u32) -> usize {
        let target = &self.target;
        self.shortlist.partition_point(|e| common_prefix_len(book, target, e.contact) > cpl)
    }

    /// Whether the k closest contacts that may still answer all have, or nobody
    /// is left to ask.
    pub(super) fn is_complete(&self, config: &Config) -> bool {
        self.candidates(config).all(|e| e.state == State::Answered)
    }

    /// Whom to ask now, as a position in the shortlist, if anybody.
    pub(super) fn next_to_ask(&mut self, config: &Config) -> Option<usize> {
        let allowed = match config.lookup {
            LookupVariant::Async => (self.in_flight as usize) < config.alpha,
            _ => self.quota > 0,
        };
        let next = if allowed { self.next_unqueried(config) } else { None };
        if next.is_none() {
            // The round has begun: what its replies name is for the next one.
            self.quota = 0;
        }
        next
    }

    /// Asks the shortlist's contact number `at`: `nonce` marks the request, and
    /// `deadline` is when it counts as unanswered.
    pub(super) fn ask(&mut self, at: usize, nonce: u32, deadline: SimTime) -> Contact {
        let round = self.next_round;
        let entry = &mut self.shortlist[at];
        entry.state = State::InFlight;
        entry.nonce = nonce;
        entry.time = deadline;
        entry.round = round;
        self.in_flight += 1;
        self.rpcs = self.rpcs.saturating_add(1);
        self.quota = self.quota.saturating_sub(1);
        self.rounds = self.rounds.max(round);
        self.shortlist[at].contact
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
        (from, nonce): (Handle, u32),
        now: SimTime,
        contacts: &[Contact],
    ) -> Option<u8> {
        if self.owner != Some(own) {
            return None;
        }
        let at = self.shortlist.iter().position(|e| {
            e.contact.handle == from
                && e.nonce == nonce
                && matches!(e.state, State::InFlight | State::TimedOut)
        })?;
        let Entry { state, contact, depth, round, .. } = self.shortlist[at];
        self.shortlist[at].state = State::Answered;
        if state == State::InFlight {
            self.in_flight -= 1;
        }
        if !self.finished {
            let distance = contact.prefix ^ self.target.prefix32();
            let source = Source { depth: depth.saturating_add(1), distance };
            for contact in contacts {
                if contact.handle != own {
                    self.add(config, book, *contact, source, now);
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
        let entry =
            self.shortlist.iter_mut().find(|e| e.state == State::InFlight && e.time <= now)?;
        entry.state = State::TimedOut;
        let (contact, round) = (entry.contact, entry.round);
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
        prefetch::slice(&self.shortlist);
    }

    /// When the first of its requests expires.
    pub(super) fn deadline(&self) -> Option<SimTime> {
        if self.in_flight == 0 {
            return None;
        }
        let in_flight = self.shortlist.iter().filter(|e| e.state == State::InFlight);
        in_flight.map(|e| e.time).min()
    }

    pub(super) fn in_flight(&self) -> u16 {
        self.in_flight
    }

    pub(super) fn nobody_answered(&self) -> bool {
        !self.shortlist.iter().any(|e| e.state == State::Answered)
    }

    /// The closest contacts that answered, the nearest first.
    pub(super) fn closest_answered(&self, config: &Config, out: &mut Vec<Contact>) {
        out.clear();
        let answered = self.shortlist.iter().filter(|e| e.state == State::Answered);
        out.extend(answered.take(config.k).map(|e| e.contact));
    }

    /// Sums up, with the contacts from [`Self::closest_answered`].
    pub(super) fn report<'a>(&'a self, end: End, closest: &'a [Contact]) -> Report<'a> {
        let first = self.shortlist.iter().find(|e| e.state == State::Answered);
        Report {
            purpose: self.purpose,
            target: self.target,
            started: self.started,
            end,
            closest,
            hops: first.map(|e| e.depth),
            rounds: self.rounds,
            rpcs: self.rpcs,
            timeouts: self.timeouts,
            progress: &self.progress,
        }
    }

    /// The k closest heard of that have not failed.
    fn candidates(&self, config: &Config) -> impl Iterator<Item = &Entry> {
        self.shortlist.iter().filter(|e| e.state != State::TimedOut).take(config.k)
    }

    fn next_unqueried(&self, config: &Config) -> Option<usize> {
        let mut candidates = 0;
        for (at, entry) in self.shortlist.iter().enumerate() {
            match entry.state {
                State::Unqueried => return Some(at),
                State::TimedOut => {}
                State::InFlight | State::Answered => candidates += 1,
            }
            if candidates == config.k {
                break;
            }
        }
        None
    }

    fn best(&self) -> Option<Handle> {
        self.shortlist.first().map(|e| e.contact.handle)
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
        let fruitless = self.best() == self.round_best;
        let flushes = config.lookup != LookupVariant::Strict;
        self.quota = if fruitless && flushes { config.k } else { config.alpha } as u16;
        self.round_best = self.best();
    }

    /// Adds a contact unless it is there. Of several that name it at the same
    /// instant, as those of a round may, the one nearest to the target counts
    /// as the first.
    fn add(
        &mut self,
        config: &Config,
        book: &impl AddressBook,
        contact: Contact,
        source: Source,
        now: SimTime,
    ) {
        // Beyond the k closest the shortlist only replaces contacts that fail.
        let limit = 3 * config.k.max(8);
        let target = self.target;
        let word = target.prefix32();
        let distance = contact.prefix ^ word;
        let full = self.shortlist.len() >= limit;
        if full && self.shortlist.last().is_some_and(|e| e.contact.prefix ^ word < distance) {
            return;
        }
        let mut at = self.shortlist.partition_point(|e| e.contact.prefix ^ word < distance);
        while let Some(entry) = self.shortlist.get_mut(at) {
            if entry.contact.handle == contact.handle {
                let tie = entry.state == State::Unqueried && entry.time == now;
                if tie && source.distance < entry.nonce {
                    (entry.depth, entry.nonce) = (source.depth, source.distance);
                }
                return;
            }
            if by_distance(book, &target, entry.contact, contact).is_gt() {
                break;
            }
            at += 1;
        }
        let entry = Entry {
            contact,
            nonce: source.distance,
            time: now,
            round: 0,
            depth: source.depth,
            state: State::Unqueried,
        };
        self.shortlist.insert(at, entry);
        if self.shortlist.len() > limit
            && self.shortlist.last().is_some_and(|e| e.state == State::Unqueried)
        {
            self.shortlist.pop();
        }
    }

    fn note_progress(&mut self, book: &impl AddressBook) {
        if self.purpose.tag().is_none() {
            return;
        }
        let alive = self.shortlist.iter().find(|e| e.state != State::TimedOut);
        let bits = alive.map_or(0, |e| common_prefix_len(book, &self.target, e.contact) as u8);
        self.progress.push(bits);
    }
}

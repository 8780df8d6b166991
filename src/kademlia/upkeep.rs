//! Joining and bucket refresh (Kademlia paper §2.3).
//!
//! A node joins by inserting its bootstrap contact, looking up its own id, and
//! then refreshing all buckets further away than its closest neighbour. Later
//! it refreshes each bucket in whose range no node lookup ran for the refresh
//! interval. Refreshes of one node run one after the other.

use super::contact::{Contact, common_prefix_len};
use super::host::{Host, Observation};
use super::lookup::Purpose;
use super::node::{Context, Node};
use super::table::Table;
use crate::base::id::Id;
use crate::base::rng;
use crate::base::time::{SimDuration, SimTime};

/// How far a node is with its join, and which buckets it has yet to refresh.
#[derive(Debug)]
pub(super) struct Upkeep {
    joined: bool,
    /// A maintenance lookup is under way.
    busy: bool,
    /// Buckets of the join that are still to be refreshed: `next..until`.
    next: u8,
    until: u8,
}

impl Upkeep {
    pub(super) const fn new() -> Self {
        Self { joined: false, busy: false, next: 0, until: 0 }
    }

    pub(super) const fn has_joined(&self) -> bool {
        self.joined
    }
}

impl Node {
    /// Joins through `bootstrap`, or again if an earlier attempt reached
    /// nobody; without a contact the node founds a network.
    pub fn join<H: Host>(&mut self, cx: &mut Context<'_, H>, bootstrap: Option<Contact>) {
        let Some(contact) = bootstrap else { return self.joined(cx) };
        if self.upkeep.busy {
            return;
        }
        self.table.hear(cx.config, cx.host, &self.id, contact, cx.now);
        self.upkeep.busy = true;
        self.begin_lookup(cx, self.id, Purpose::Join);
    }

    /// The join is complete: from now on, refreshes when due.
    pub(super) fn joined<H: Host>(&mut self, cx: &mut Context<'_, H>) {
        self.upkeep.joined = true;
        cx.host.observe(Observation::Joined);
        self.refresh_when_due(cx);
    }

    /// A lookup of the join, or a refresh, has ended; its closest contacts are
    /// in the workspace.
    pub(super) fn upkeep_lookup_ended<H: Host>(
        &mut self,
        cx: &mut Context<'_, H>,
        purpose: Purpose,
    ) {
        self.upkeep.busy = false;
        if purpose == Purpose::Join {
            let Some(&neighbour) = cx.work.contacts.first() else {
                return cx.host.observe(Observation::Isolated);
            };
            self.upkeep.next = 0;
            self.upkeep.until = common_prefix_len(cx.host, &self.id, neighbour) as u8;
        }
        if self.upkeep.next < self.upkeep.until {
            let bucket = u32::from(self.upkeep.next);
            self.upkeep.next += 1;
            self.refresh(cx, bucket, true);
        } else if self.upkeep.joined {
            self.refresh_when_due(cx);
        } else {
            self.joined(cx);
        }
    }

    /// Refreshes the first bucket that is due, or asks to be woken when one
    /// will be.
    pub(super) fn refresh_when_due<H: Host>(&mut self, cx: &mut Context<'_, H>) {
        let (Some(interval), false) = (cx.config.refresh_interval, cx.config.frozen) else {
            return;
        };
        if self.upkeep.busy || !self.upkeep.joined {
            // Whatever is under way comes back here when it ends.
            return;
        }
        let mut next = SimTime::NEVER;
        for bucket in 0..self.table.bucket_count() {
            let due = self.table.looked_up(bucket).plus(interval);
            if due <= cx.now {
                if !self.table.has_usable(cx.config) {
                    cx.host.observe(Observation::Isolated);
                    // The bucket is tried again an interval from now.
                    self.table.note_lookup(bucket as u32, cx.now);
                    return self.wake_for_upkeep(cx.host, cx.now + interval);
                }
                let exact = bucket + 1 < self.table.bucket_count();
                return self.refresh(cx, bucket as u32, exact);
            }
            next = next.min(due);
        }
        if next != SimTime::NEVER {
            self.wake_for_upkeep(cx.host, next);
        }
    }

    /// Spreads the refreshes of buckets that were filled without a lookup over
    /// the interval, as they are in a network that has been running.
    pub(super) fn spread_refreshes<H: Host>(&mut self, cx: &mut Context<'_, H>) {
        let (Some(interval), false) = (cx.config.refresh_interval, cx.config.frozen) else {
            return;
        };
        let mut table = std::mem::replace(&mut self.table, Table::new(false));
        table.backdate_lookups(cx.now, || {
            let age = rng::scale(self.draw(cx.host), interval.as_micros());
            SimDuration::from_micros(age)
        });
        self.table = table;
    }

    /// Looks up a random id that shares `cpl` bits with the own one; exactly as
    /// many, or (the leaf that contains the own id) at least.
    fn refresh<H: Host>(&mut self, cx: &mut Context<'_, H>, cpl: u32, exact: bool) {
        self.upkeep.busy = true;
        let words = [(); 5].map(|()| self.draw(cx.host) as u32);
        let random = Id::from_words(words).truncated(cx.config.id_bits);
        let target = if exact {
            self.id.with_bit_flipped(cpl).with_tail(cpl + 1, random)
        } else {
            self.id.with_tail(cpl, random)
        };
        self.begin_lookup(cx, target, Purpose::Refresh);
    }

    fn wake_for_upkeep<H: Host>(&mut self, host: &mut H, at: SimTime) {
        if at < self.upkeep_wake {
            self.upkeep_wake = at;
            host.wake_at(at);
        }
    }
}

//! Requests under way: those of lookups, and probes (the ping that decides an
//! eviction, and STORE).
//!
//! One wake-up a node serves the deadlines of all its requests; it is re-armed
//! for the next deadline only when it comes.

use super::config::LookupVariant;
use super::contact::{Contact, Handle};
use super::host::{Host, Observation};
use super::lookup::{End, Purpose, Step};
use super::message::{Body, Message, RpcId, Value};
use super::node::{Context, Node, Workspace};
use super::pool::Slot;
use super::table::Heard;
use crate::base::id::Id;
use crate::base::rng;
use crate::base::time::SimTime;

/// Tells a probe's slot from a lookup's in an RPC id.
const PROBE: u32 = 1 << 31;

/// A single request that is not part of a lookup.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    /// Whose it is; nobody's while the slot is free.
    owner: Option<Handle>,
    /// The next probe of the same node.
    next: Option<Slot>,
    to: Contact,
    nonce: u32,
    deadline: SimTime,
    /// If unanswered, the contact makes way for this one in its bucket.
    newcomer: Option<Contact>,
}

impl Default for Probe {
    fn default() -> Self {
        let nobody = Contact { prefix: 0, handle: Handle(0) };
        Self {
            owner: None,
            next: None,
            to: nobody,
            nonce: 0,
            deadline: SimTime::NEVER,
            newcomer: None,
        }
    }
}

impl Node {
    /// A message from `contact` came in: rule of the k-bucket (paper §2.2). A
    /// newcomer to a full bucket waits while the least-recently seen contact is
    /// pinged; one such ping a bucket at a time, and whoever else turns up
    /// meanwhile has to turn up again.
    pub(super) fn hear<H: Host>(&mut self, cx: &mut Context<'_, H>, contact: Contact) {
        if cx.config.frozen || contact.handle == self.handle {
            return;
        }
        match self.table.hear(cx.config, cx.host, &self.id, contact, cx.now) {
            Heard::Full { oldest, .. } => {
                let cpl = self.cpl(cx.host, oldest);
                self.table.set_checking(cpl, true);
                self.probe(cx, oldest, Body::Ping, Some(contact));
            }
            Heard::Known { checking: true } => {
                // Alive, whatever the message was: the newcomer is dropped.
                self.settle_check(cx, contact);
            }
            Heard::Known { checking: false } | Heard::Added | Heard::Busy => {}
        }
    }

    /// A contact said goodbye. A newcomer that waits for its place has it.
    pub(super) fn forget<H: Host>(&mut self, cx: &mut Context<'_, H>, contact: Contact) {
        if cx.config.frozen {
            return;
        }
        let cpl = self.cpl(cx.host, contact);
        self.table.remove(cpl, contact.handle);
        if let Some(newcomer) = self.settle_check(cx, contact) {
            self.hear(cx, newcomer);
        }
    }

    /// If `contact` is being pinged for a newcomer's sake, that is decided:
    /// returns the newcomer.
    fn settle_check<H: Host>(
        &mut self,
        cx: &mut Context<'_, H>,
        contact: Contact,
    ) -> Option<Contact> {
        let mut at = self.probes;
        while let Some(slot) = at {
            let probe = &cx.work.probes[slot];
            at = probe.next;
            let newcomer = probe.newcomer;
            if probe.to.handle == contact.handle && newcomer.is_some() {
                let cpl = self.cpl(cx.host, contact);
                self.table.set_checking(cpl, false);
                self.release_probe(cx.work, slot);
                return newcomer;
            }
        }
        None
    }

    /// Starts a lookup.
    pub(super) fn begin_lookup<H: Host>(
        &mut self,
        cx: &mut Context<'_, H>,
        target: Id,
        purpose: Purpose,
    ) {
        let Context { config, work, host, now } = cx;
        let cpl = self.id.common_prefix_len(&target).min(config.id_bits - 1);
        self.table.note_lookup(cpl, *now);
        self.table.closest(config, *host, &self.id, &target, config.k, &mut work.contacts);
        let slot = work.lookups.take();
        let lookup = &mut work.lookups[slot];
        lookup.begin(config, *host, self.handle, (target, purpose), *now, &work.contacts);
        lookup.next = self.lookups.replace(slot);
        if purpose.wants_value()
            && let Some(value) = self.store.value(&target)
        {
            return self.end_lookup(cx, slot, End::Found(value, 0));
        }
        if config.lookup == LookupVariant::FlushRandom {
            let closest_bucket = work.lookups[slot].sharing_more_than(*host, cpl);
            self.ask_at_random(cx, slot, closest_bucket);
        }
        self.advance(cx, slot);
    }

    /// A reply that belongs to a lookup came in.
    pub(super) fn lookup_answered<H: Host>(
        &mut self,
        cx: &mut Context<'_, H>,
        from: Contact,
        rpc: RpcId,
        contacts: &[Contact],
        value: Option<Value>,
    ) {
        let Context { config, work, host, now } = cx;
        let Some(slot) = Slot::from_number(rpc.slot) else { return };
        let Some(lookup) = work.lookups.get_mut(slot) else { return };
        let request = (from, rpc.nonce);
        let answered = lookup.answered(config, *host, self.handle, request, *now, contacts);
        let Some(depth) = answered else { return };
        if lookup.finished {
            return self.release_when_drained(cx.work, slot);
        }
        match value {
            Some(value) if lookup.purpose.wants_value() => {
                self.end_lookup(cx, slot, End::Found(value, depth));
            }
            _ => self.advance(cx, slot),
        }
    }

    /// A reply to a probe came in. If it was the ping that decides about a
    /// newcomer, hearing from the contact has settled it already, unless the
    /// contact has lost its place meanwhile: then nothing is left to decide.
    pub(super) fn probe_answered<H: Host>(
        &mut self,
        cx: &mut Context<'_, H>,
        from: Contact,
        rpc: RpcId,
    ) {
        if rpc.slot & PROBE == 0 {
            return;
        }
        let Some(slot) = Slot::from_number(rpc.slot & !PROBE) else { return };
        let Some(probe) = cx.work.probes.get_mut(slot) else { return };
        let (owner, to) = (Some(self.handle), from.handle);
        if (probe.owner, probe.to.handle, probe.nonce) != (owner, to, rpc.nonce) {
            return;
        }
        if probe.newcomer.is_some() {
            let cpl = self.cpl(cx.host, from);
            self.table.set_checking(cpl, false);
        }
        self.release_probe(cx.work, slot);
    }

    /// Sends a request outside any lookup.
    pub(super) fn probe<H: Host>(
        &mut self,
        cx: &mut Context<'_, H>,
        to: Contact,
        body: Body<'_>,
        newcomer: Option<Contact>,
    ) {
        let nonce = self.draw(cx.host) as u32;
        let deadline = cx.now + cx.config.rpc_timeout;
        let slot = cx.work.probes.take();
        let (owner, next) = (Some(self.handle), self.probes.replace(slot));
        cx.work.probes[slot] = Probe { owner, next, to, nonce, deadline, newcomer };
        let rpc = RpcId { slot: slot.number() | PROBE, nonce };
        cx.host.send(to.handle, Message { rpc, body });
        self.wake_for_rpc(cx.host, deadline);
    }

    /// Deals with every request whose deadline has passed, and re-arms.
    pub(super) fn expire_requests<H: Host>(&mut self, cx: &mut Context<'_, H>) {
        let mut at = self.lookups;
        while let Some(slot) = at {
            at = cx.work.lookups[slot].next;
            self.expire_lookup(cx, slot);
        }
        self.expire_probes(cx);

        let mut next = SimTime::NEVER;
        let mut at = self.lookups;
        while let Some(slot) = at {
            let lookup = &cx.work.lookups[slot];
            next = next.min(lookup.deadline().unwrap_or(SimTime::NEVER));
            at = lookup.next;
        }
        let mut at = self.probes;
        while let Some(slot) = at {
            next = next.min(cx.work.probes[slot].deadline);
            at = cx.work.probes[slot].next;
        }
        if next != SimTime::NEVER {
            self.wake_for_rpc(cx.host, next);
        }
    }

    /// Tells outsiders how a lookup ended.
    pub(super) fn report<H: Host>(&self, cx: &mut Context<'_, H>, slot: Slot, end: End) {
        let Workspace { lookups, contacts, .. } = &mut *cx.work;
        let lookup = &lookups[slot];
        lookup.closest_answered(cx.config, contacts);
        cx.host.observe(Observation::LookupEnded(&lookup.report(end, contacts)));
    }

    /// Forgets every probe.
    pub(super) fn drop_probes(&mut self, work: &mut Workspace) {
        while let Some(slot) = self.probes {
            self.probes = work.probes[slot].next;
            work.probes[slot] = Probe::default();
            work.probes.release(slot);
        }
    }

    /// Sends what a lookup may send now, or ends it.
    fn advance<H: Host>(&mut self, cx: &mut Context<'_, H>, slot: Slot) {
        loop {
            match cx.work.lookups[slot].step(cx.config) {
                Step::Ask(at) => self.ask(cx, slot, at),
                Step::Wait => return,
                Step::Complete => return self.end_lookup(cx, slot, End::Done),
            }
            // It waits for the one just asked, if for nobody else.
            let lookup = &mut cx.work.lookups[slot];
            if !lookup.may_ask(cx.config) {
                return lookup.end_of_round();
            }
        }
    }

    /// Asks α random ones of the first `among` of the shortlist, if there are
    /// as many.
    fn ask_at_random<H: Host>(&mut self, cx: &mut Context<'_, H>, slot: Slot, among: usize) {
        let mut wanted = cx.config.alpha;
        if among < wanted {
            return;
        }
        // Selection sampling: each is taken with the probability that leaves
        // all subsets equally likely.
        for at in 0..among {
            if rng::scale(self.draw(cx.host), (among - at) as u64) < wanted as u64 {
                wanted -= 1;
                self.ask(cx, slot, at);
            }
        }
    }

    /// Sends a lookup's request to its shortlist's contact number `at`.
    fn ask<H: Host>(&mut self, cx: &mut Context<'_, H>, slot: Slot, at: usize) {
        let nonce = self.draw(cx.host) as u32;
        let deadline = cx.now + cx.config.rpc_timeout;
        let lookup = &mut cx.work.lookups[slot];
        let to = lookup.ask(at, nonce, deadline);
        let body = if lookup.purpose.wants_value() {
            Body::FindValue(lookup.target)
        } else {
            Body::FindNode(lookup.target)
        };
        cx.host.send(to.handle, Message { rpc: RpcId { slot: slot.number(), nonce }, body });
        self.wake_for_rpc(cx.host, deadline);
    }

    /// Ends a lookup: reports it, then does what it was for.
    fn end_lookup<H: Host>(&mut self, cx: &mut Context<'_, H>, slot: Slot, end: End) {
        let lookup = &mut cx.work.lookups[slot];
        lookup.finished = true;
        let (purpose, target) = (lookup.purpose, lookup.target);
        let nobody = matches!(end, End::Done) && lookup.nobody_answered();
        self.report(cx, slot, if nobody { End::NoAnswer } else { end });
        self.release_when_drained(cx.work, slot);
        match purpose {
            Purpose::Join | Purpose::Refresh => self.upkeep_lookup_ended(cx, purpose),
            Purpose::Store(_, value) => self.store_at_closest(cx, target, value),
            Purpose::Lookup(_) | Purpose::Get(_) => {}
        }
    }

    fn expire_lookup<H: Host>(&mut self, cx: &mut Context<'_, H>, slot: Slot) {
        let mut expired = false;
        while let Some(contact) = cx.work.lookups[slot].expire(cx.config, cx.now) {
            expired = true;
            self.unanswered(cx, contact);
        }
        if !expired {
            return;
        }
        if cx.work.lookups[slot].finished {
            self.release_when_drained(cx.work, slot);
        } else {
            self.advance(cx, slot);
        }
    }

    fn expire_probes<H: Host>(&mut self, cx: &mut Context<'_, H>) {
        let mut at = self.probes;
        while let Some(slot) = at {
            let probe = cx.work.probes[slot];
            at = probe.next;
            if probe.deadline > cx.now {
                continue;
            }
            self.release_probe(cx.work, slot);
            let Some(newcomer) = probe.newcomer else {
                self.unanswered(cx, probe.to);
                continue;
            };
            // Silent: evicted, and the newcomer comes in (paper §2.2).
            let cpl = self.cpl(cx.host, probe.to);
            self.table.set_checking(cpl, false);
            self.table.remove(cpl, probe.to.handle);
            self.hear(cx, newcomer);
        }
    }

    fn unanswered<H: Host>(&mut self, cx: &mut Context<'_, H>, contact: Contact) {
        if !cx.config.frozen {
            let cpl = self.cpl(cx.host, contact);
            self.table.fail(cpl, contact.handle);
        }
    }

    /// Unlinks and frees a lookup that has ended, once no request is out.
    fn release_when_drained(&mut self, work: &mut Workspace, slot: Slot) {
        if work.lookups[slot].in_flight() > 0 {
            return;
        }
        let next = work.lookups[slot].next;
        let mut link = &mut self.lookups;
        while let Some(at) = *link {
            if at == slot {
                *link = next;
                break;
            }
            link = &mut work.lookups[at].next;
        }
        work.lookups[slot].retire();
        work.lookups.release(slot);
    }

    fn release_probe(&mut self, work: &mut Workspace, slot: Slot) {
        let next = work.probes[slot].next;
        let mut link = &mut self.probes;
        while let Some(at) = *link {
            if at == slot {
                *link = next;
                break;
            }
            link = &mut work.probes[at].next;
        }
        work.probes[slot] = Probe::default();
        work.probes.release(slot);
    }
}

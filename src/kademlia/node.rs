//! A node: its table, what it has under way, and how it reacts to a message, a
//! wake-up or a command.

use super::config::Config;
use super::contact::{Contact, Handle, common_prefix_len};
use super::host::Host;
use super::lookup::{End, Lookup, Purpose};
use super::message::{Body, Message, RpcId};
use super::pool::{Pool, Slot};
use super::rpc::Probe;
use super::store::Store;
use super::table::Table;
use super::upkeep::Upkeep;
use crate::base::id::Id;
use crate::base::time::SimTime;

/// A Kademlia node. Everything it does happens in one of its methods.
#[derive(Debug)]
pub struct Node {
    pub(super) id: Id,
    pub(super) handle: Handle,
    pub(super) table: Table,
    pub(super) store: Store,
    pub(super) upkeep: Upkeep,
    /// First of its lookups and of its probes in the workspace.
    pub(super) lookups: Option<Slot>,
    pub(super) probes: Option<Slot>,
    /// Wake-ups asked for: the next for a request's deadline, the next for a
    /// refresh. One each, re-armed when it comes.
    pub(super) rpc_wake: SimTime,
    pub(super) upkeep_wake: SimTime,
    draws: u32,
    up: bool,
}

/// Short-lived state of the nodes that one driver (or one thread of it) runs,
/// pooled so that a steady state allocates nothing.
#[derive(Debug, Default)]
pub struct Workspace {
    pub(super) lookups: Pool<Lookup>,
    pub(super) probes: Pool<Probe>,
    /// Contacts of a reply under construction, or of a lookup's result.
    pub(super) contacts: Vec<Contact>,
}

impl Workspace {
    /// Lookups under way, of all nodes.
    #[must_use]
    pub fn lookups_under_way(&self) -> usize {
        self.lookups.in_use()
    }
}

/// What a node needs to act: the time, its configuration, its driver.
#[derive(Debug)]
pub struct Context<'a, H> {
    /// Now.
    pub now: SimTime,
    /// The knobs.
    pub config: &'a Config,
    /// Pooled state.
    pub work: &'a mut Workspace,
    /// The driver.
    pub host: &'a mut H,
}

impl Node {
    /// A node that is down. `tracks_ages` keeps for each contact when it was
    /// last heard from; nothing is decided by it.
    #[must_use]
    pub fn new(handle: Handle, id: Id, tracks_ages: bool) -> Self {
        Self {
            id,
            handle,
            table: Table::new(tracks_ages),
            store: Store::new(),
            upkeep: Upkeep::new(),
            lookups: None,
            probes: None,
            rpc_wake: SimTime::NEVER,
            upkeep_wake: SimTime::NEVER,
            draws: 0,
            up: false,
        }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &Id {
        &self.id
    }

    /// Its routing table.
    #[must_use]
    pub const fn table(&self) -> &Table {
        &self.table
    }

    /// Whether it is up and has completed its join.
    #[must_use]
    pub const fn has_joined(&self) -> bool {
        self.up && self.upkeep.has_joined()
    }

    /// Comes up with an empty table and joins through `bootstrap`; without one
    /// it founds a network.
    pub fn start<H: Host>(&mut self, cx: &mut Context<'_, H>, bootstrap: Option<Contact>) {
        debug_assert!(!self.up, "start of a node that is up");
        self.up = true;
        self.table.clear(cx.now);
        self.store.clear();
        self.join(cx, bootstrap);
    }

    /// Comes up with these contacts, already joined: for networks that do not
    /// start by growing.
    pub fn start_with<H: Host>(&mut self, cx: &mut Context<'_, H>, contacts: &[Contact]) {
        self.up = true;
        self.table.clear(cx.now);
        self.store.clear();
        let deepest = contacts.iter().map(|contact| self.cpl(cx.host, *contact)).max();
        self.table.reserve(contacts.len(), deepest.unwrap_or(0) as usize + 2);
        for contact in contacts {
            self.table.hear(cx.config, cx.host, &self.id, *contact, cx.now);
        }
        self.spread_refreshes(cx);
        self.joined(cx);
    }

    /// Goes down. A graceful node tells its contacts; its lookups end as
    /// aborted.
    pub fn stop<H: Host>(&mut self, cx: &mut Context<'_, H>, graceful: bool) {
        if graceful {
            let rpc = RpcId { slot: 0, nonce: 0 };
            for contact in self.table.contacts() {
                cx.host.send(contact.handle, Message { rpc, body: Body::Leave });
            }
        }
        while let Some(slot) = self.lookups {
            if !cx.work.lookups[slot].finished {
                self.report(cx, slot, End::Aborted);
            }
            self.lookups = cx.work.lookups[slot].next;
            cx.work.lookups[slot].retire();
            cx.work.lookups.release(slot);
        }
        self.drop_probes(cx.work);
        // Memory goes with the nodes that are up.
        self.table = self.table.emptied();
        self.store = Store::new();
        self.upkeep = Upkeep::new();
        self.rpc_wake = SimTime::NEVER;
        self.upkeep_wake = SimTime::NEVER;
        self.up = false;
    }

    /// Looks up an id, stores a value or gets one, as `purpose` says.
    pub fn look_up<H: Host>(&mut self, cx: &mut Context<'_, H>, target: Id, purpose: Purpose) {
        debug_assert!(self.up, "a command for a node that is down");
        self.begin_lookup(cx, target, purpose);
    }

    /// A message came in.
    pub fn receive<H: Host>(
        &mut self,
        cx: &mut Context<'_, H>,
        from: Contact,
        message: Message<'_>,
    ) {
        debug_assert!(self.up, "a message for a node that is down");
        // The answer first: the requester must not find itself in it merely
        // because it asked.
        match message.body {
            Body::Ping => self.reply(cx, from, message.rpc, Body::Pong),
            Body::FindNode(target) => self.reply_closest(cx, from, message.rpc, &target),
            Body::FindValue(key) => match self.store.value(&key) {
                Some(value) => self.reply(cx, from, message.rpc, Body::Value(value)),
                None => self.reply_closest(cx, from, message.rpc, &key),
            },
            Body::Store(key, value) => {
                self.store.put(key, value);
                self.reply(cx, from, message.rpc, Body::Stored);
            }
            Body::Leave => return self.forget(cx, from),
            Body::Pong | Body::Nodes(_) | Body::Stored | Body::Value(_) => {}
        }
        self.hear(cx, from);
        match message.body {
            Body::Nodes(contacts) => self.lookup_answered(cx, from, message.rpc, contacts, None),
            Body::Value(value) => self.lookup_answered(cx, from, message.rpc, &[], Some(value)),
            Body::Pong | Body::Stored => self.probe_answered(cx, from, message.rpc),
            _ => {}
        }
    }

    /// The time of a wake-up has come.
    pub fn wake<H: Host>(&mut self, cx: &mut Context<'_, H>) {
        if cx.now == self.rpc_wake {
            self.rpc_wake = SimTime::NEVER;
            self.expire_requests(cx);
        }
        if cx.now == self.upkeep_wake {
            self.upkeep_wake = SimTime::NEVER;
            self.refresh_when_due(cx);
        }
    }

    /// The next random number.
    pub(super) fn draw<H: Host>(&mut self, host: &mut H) -> u64 {
        let counter = self.draws;
        self.draws = self.draws.wrapping_add(1);
        host.draw(counter)
    }

    /// Bits that a contact shares with the own id.
    pub(super) fn cpl<H: Host>(&self, host: &H, contact: Contact) -> u32 {
        common_prefix_len(host, &self.id, contact)
    }

    /// Has [`Self::wake`] called when a request's deadline comes.
    pub(super) fn wake_for_rpc<H: Host>(&mut self, host: &mut H, at: SimTime) {
        if at < self.rpc_wake {
            self.rpc_wake = at;
            host.wake_at(at);
        }
    }

    fn reply<H: Host>(&self, cx: &mut Context<'_, H>, to: Contact, rpc: RpcId, body: Body<'_>) {
        cx.host.send(to.handle, Message { rpc, body });
    }

    fn reply_closest<H: Host>(
        &self,
        cx: &mut Context<'_, H>,
        to: Contact,
        rpc: RpcId,
        target: &Id,
    ) {
        let Context { config, work, host, .. } = cx;
        let n = config.reply_size;
        self.table.closest(config, *host, &self.id, target, n, &mut work.contacts);
        host.send(to.handle, Message { rpc, body: Body::Nodes(&work.contacts) });
    }
}

//! Nodes, their queue and their messages: what one thread of a simulation owns.
//!
//! An event touches one node and what that node sends.

use std::sync::Arc;

use super::digest::Digest;
use super::event::{Event, EventKind};
use super::journal::Journal;
use super::latency::LinkModel;
use super::mail::{Outbox, PostOffice};
use super::payload::Payloads;
use super::places::Places;
use super::plan::{Departure, Plan, PlannedQuery};
use super::queue::Queue;
use super::spec::QueryKind;
use super::tally::Tally;
use crate::base::id::Id;
use crate::base::rng::Key;
use crate::base::time::{SimDuration, SimTime};
use crate::kademlia::{
    AddressBook, Config, Contact, Context, Handle, Host, Message, Node, Observation, Purpose,
    Value, Workspace,
};

/// A node that knows nobody asks for another bootstrap contact after this long.
const BOOTSTRAP_RETRY: SimDuration = SimDuration::from_secs(10);

/// What does not change during a run.
#[derive(Debug)]
pub(super) struct World {
    pub(super) plan: Arc<Plan>,
    pub(super) links: LinkModel,
    pub(super) config: Config,
    /// Randomness of the nodes' own choices.
    pub(super) protocol: Key,
    /// Which shard each node lives in.
    pub(super) places: Places,
}

/// A node and what the simulator keeps about it: two cache lines.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Resident {
    node: Node,
    digest: Digest,
    /// Messages and wake-ups that it has sent.
    seq: u32,
    up: bool,
}

const _: () = assert!(size_of::<Resident>() == 128);

/// What one thread of a simulation owns.
#[derive(Debug)]
pub(super) struct Shard {
    /// Which of the shards this is.
    index: usize,
    pub(super) residents: Vec<Resident>,
    pub(super) tally: Tally,
    pub(super) journal: Journal,
    pub(super) events: u64,
    pub(super) queue: Queue,
    pub(super) payloads: Payloads,
    /// What goes to each shard.
    outboxes: Vec<Outbox>,
    pub(super) work: Workspace,
    /// Nodes learn from messages.
    pub(super) learns: bool,
    inbox: Vec<Contact>,
    /// Queries due soon, by place; places are reused.
    queries: Vec<PlannedQuery>,
    free_queries: Vec<u32>,
}

impl Shard {
    /// Shard number `index` of the world.
    pub(super) fn new(world: &World, index: usize, tracks_ages: impl Fn(u32) -> bool) -> Self {
        let (ids, places) = (world.plan.ids(), &world.places);
        let mut residents = Vec::with_capacity(places.size(index));
        let own = (0u32..).zip(ids).filter(|&(handle, _)| places.shard(handle) == index);
        residents.extend(own.map(|(handle, id)| Resident {
            node: Node::new(Handle(handle), *id, tracks_ages(handle)),
            digest: Digest::START,
            seq: 0,
            up: false,
        }));
        let width = Queue::width_bits_for(residents.len(), world.links.min_us());
        Self {
            index,
            residents,
            tally: Tally::default(),
            journal: Journal::default(),
            events: 0,
            queue: Queue::new(width),
            payloads: Payloads::new(world.config.reply_size.max(1)),
            outboxes: (0..places.shards()).map(|_| Outbox::default()).collect(),
            work: Workspace::default(),
            learns: !world.config.frozen,
            inbox: Vec::new(),
            queries: Vec::new(),
            free_queries: Vec::new(),
        }
    }

    /// Whether a node lives here.
    pub(super) fn holds(&self, world: &World, node: u32) -> bool {
        world.places.shard(node) == self.index
    }

    /// Starts a node, at time 0, that has these contacts.
    pub(super) fn start_with(&mut self, world: &World, node: u32, contacts: &[Contact]) {
        self.act(world, SimTime::ZERO, node, |node, cx| node.start_with(cx, contacts));
        self.residents[world.places.local(node)].up = true;
    }

    /// Schedules an arrival or departure.
    pub(super) fn plan_change(&mut self, at: SimTime, node: u32, kind: Option<Departure>) {
        let (kind, seq) = match kind {
            Some(Departure::Graceful) => (EventKind::Leave, 0),
            Some(Departure::Silent | Departure::Crash) => (EventKind::Down, 0),
            None => (EventKind::Up, 1),
        };
        let (time_us, from) = (at.as_micros(), Event::WORLD);
        self.queue.push(Event { time_us, to: node, from, seq, kind, data: 0 });
    }

    /// Schedules a query.
    pub(super) fn plan_query(&mut self, query: PlannedQuery) {
        let data = if let Some(place) = self.free_queries.pop() {
            self.queries[place as usize] = query;
            place
        } else {
            self.queries.push(query);
            (self.queries.len() - 1) as u32
        };
        self.queue.push(Event {
            time_us: query.at.as_micros(),
            to: query.origin,
            from: Event::WORLD,
            // After the node's arrival, in the order of planning.
            seq: (query.index as u32).saturating_add(2),
            kind: EventKind::Query,
            data,
        });
    }

    /// Processes every event due before `end`.
    pub(super) fn run_before(&mut self, world: &World, end: SimTime) {
        while let Some(event) = self.queue.pop_before(end.as_micros()) {
            self.events += 1;
            self.look_ahead(&world.places);
            self.process(world, &event);
        }
    }

    /// Nothing here is due before this; `None` if nothing is pending.
    pub(super) fn not_before_us(&self) -> Option<u64> {
        self.queue.not_before_us()
    }

    /// Leaves the messages to other shards at the post office, at the end of a
    /// window of this parity. Returns when the first is due.
    pub(super) fn post(&mut self, office: &PostOffice, parity: usize) -> Option<u64> {
        office.leave(parity, self.index, &mut self.outboxes)
    }

    /// Fetches the messages from other shards that were left for this one in
    /// the window of this parity.
    pub(super) fn fetch(&mut self, office: &PostOffice, parity: usize) {
        let Self { queue, payloads, .. } = self;
        office.fetch(parity, self.index, |outbox| outbox.empty_into(queue, payloads));
    }

    /// The simulation is over: lookups under way end as aborted.
    pub(super) fn stop_all(&mut self, world: &World, now: SimTime) {
        for handle in 0..world.plan.ids().len() as u32 {
            if self.holds(world, handle) && self.residents[world.places.local(handle)].up {
                self.act(world, now, handle, |node, cx| node.stop(cx, false));
            }
        }
    }

    /// A node that lives here.
    pub(super) fn node(&self, local: usize) -> &Node {
        &self.residents[local].node
    }

    /// Adds to a digest what happened to a node that lives here.
    pub(super) fn add_to_digest(&self, local: usize, all: &mut Digest) {
        let resident = &self.residents[local];
        all.add(resident.digest.value(), u64::from(resident.seq));
    }

    fn process(&mut self, world: &World, event: &Event) {
        if event.kind == EventKind::Message {
            return self.deliver(world, event);
        }
        let resident = &mut self.residents[world.places.local(event.to)];
        let is_up = resident.up;
        match event.kind {
            EventKind::Up => resident.up = true,
            EventKind::Down | EventKind::Leave => resident.up = false,
            EventKind::Wake | EventKind::Bootstrap if !is_up => return,
            _ => {}
        }
        resident.digest.event(event);
        let now = event.time();
        let bootstrap = |attempt| {
            let contact = world.plan.bootstrap(event.to, now, attempt)?;
            Some(Contact::new(Handle(contact), &world.plan.ids()[contact as usize]))
        };
        match event.kind {
            EventKind::Up => self.act(world, now, event.to, |n, cx| n.start(cx, bootstrap(0))),
            EventKind::Down => self.act(world, now, event.to, |n, cx| n.stop(cx, false)),
            EventKind::Leave => self.act(world, now, event.to, |n, cx| n.stop(cx, true)),
            EventKind::Wake => self.act(world, now, event.to, |n, cx| n.wake(cx)),
            EventKind::Bootstrap => {
                let contact = bootstrap(event.data);
                self.act(world, now, event.to, |n, cx| n.join(cx, contact));
            }
            EventKind::Query => self.query(world, event),
            EventKind::Message => {}
        }
    }

    fn query(&mut self, world: &World, event: &Event) {
        let query = self.queries[event.data as usize];
        self.free_queries.push(event.data);
        let tag = query.index;
        let purpose = match query.kind {
            QueryKind::Lookup => Purpose::Lookup(tag),
            // What is stored is told apart by who stored it.
            QueryKind::Store => Purpose::Store(tag, Value(tag)),
            QueryKind::Get => Purpose::Get(tag),
        };
        self.act(world, event.time(), event.to, |n, cx| n.look_up(cx, query.target, purpose));
    }

    fn deliver(&mut self, world: &World, event: &Event) {
        let mut contacts = std::mem::take(&mut self.inbox);
        let header = self.payloads.take(event.data, &mut contacts);
        let resident = &mut self.residents[world.places.local(event.to)];
        if resident.up {
            self.tally.of_mut(header.kind).delivered += 1;
            resident.digest.message(event, &header, &contacts);
            let from = Contact { prefix: header.from_prefix, handle: Handle(event.from - 1) };
            let message = header.message(&contacts);
            self.act(world, event.time(), event.to, |n, cx| n.receive(cx, from, message));
        } else {
            self.tally.of_mut(header.kind).to_dead += 1;
        }
        self.inbox = contacts;
    }

    /// Lets a node act.
    #[inline]
    fn act(
        &mut self,
        world: &World,
        now: SimTime,
        handle: u32,
        action: impl FnOnce(&mut Node, &mut Context<'_, Link<'_>>),
    ) {
        let resident = &mut self.residents[world.places.local(handle)];
        let mut link = Link {
            world,
            now,
            handle,
            prefix: resident.node.id().prefix32(),
            seq: &mut resident.seq,
            queue: &mut self.queue,
            payloads: &mut self.payloads,
            shard: self.index,
            outboxes: &mut self.outboxes,
            tally: &mut self.tally,
            journal: &mut self.journal,
        };
        let mut cx = Context { now, config: &world.config, work: &mut self.work, host: &mut link };
        action(&mut resident.node, &mut cx);
    }
}

/// The simulator as a node's host.
struct Link<'a> {
    world: &'a World,
    now: SimTime,
    handle: u32,
    prefix: u32,
    seq: &'a mut u32,
    queue: &'a mut Queue,
    payloads: &'a mut Payloads,
    shard: usize,
    outboxes: &'a mut [Outbox],
    tally: &'a mut Tally,
    journal: &'a mut Journal,
}

impl Link<'_> {
    /// The next event that the node causes.
    fn next(&mut self, at: SimTime, to: u32, kind: EventKind, data: u32) -> Event {
        let (time_us, from, seq) = (at.as_micros(), self.handle + 1, *self.seq);
        *self.seq = seq.wrapping_add(1);
        Event { time_us, to, from, seq, kind, data }
    }
}

impl AddressBook for Link<'_> {
    #[inline]
    fn id(&self, handle: Handle) -> Id {
        self.world.plan.ids()[handle.0 as usize]
    }
}

impl Host for Link<'_> {
    fn send(&mut self, to: Handle, message: Message<'_>) {
        let count = self.tally.of_mut(message.body.kind());
        count.sent += 1;
        count.bytes += u64::from(message.body.wire_bytes());
        let links = &self.world.links;
        if links.lost(self.handle, *self.seq) {
            count.lost += 1;
            *self.seq = self.seq.wrapping_add(1);
            return;
        }
        let delay = links.delay_us(self.handle, to.0, *self.seq);
        let at = self.now + SimDuration::from_micros(delay);
        let mut arrival = self.next(at, to.0, EventKind::Message, 0);
        let shard = self.world.places.shard(to.0);
        if shard != self.shard {
            return self.outboxes[shard].put(arrival, self.prefix, message);
        }
        arrival.data = self.payloads.put(self.prefix, message);
        self.queue.push(arrival);
    }

    fn wake_at(&mut self, at: SimTime) {
        debug_assert!(at > self.now);
        let wake = self.next(at, self.handle, EventKind::Wake, 0);
        self.queue.push(wake);
    }

    #[inline]
    fn draw(&mut self, counter: u32) -> u64 {
        self.world.protocol.draw(u64::from(self.handle), u64::from(counter))
    }

    fn observe(&mut self, observation: Observation<'_>) {
        match observation {
            Observation::Joined => {}
            Observation::Isolated => {
                // The sequence number tells this attempt from the others.
                let attempt = self.seq.wrapping_add(1);
                let at = self.now + BOOTSTRAP_RETRY;
                let retry = self.next(at, self.handle, EventKind::Bootstrap, attempt);
                self.queue.push(retry);
            }
            Observation::LookupEnded(report) => self.journal.note(self.now, self.handle, report),
        }
    }
}

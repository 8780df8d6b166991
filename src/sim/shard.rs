//! Nodes, their queue and their messages: what one thread of a simulation owns.
//!
//! An event touches one node and what that node sends.

use std::sync::Arc;

use super::digest::Digest;
use super::event::{Event, EventKind};
use super::latency::LinkModel;
use super::payload::Payloads;
use super::plan::{Departure, Plan, PlannedQuery};
use super::queue::Queue;
use super::spec::QueryKind;
use super::tally::Tally;
use crate::base::id::Id;
use crate::base::rng::Key;
use crate::base::time::{SimDuration, SimTime};
use crate::kademlia::{
    AddressBook, Config, Contact, Context, End, Handle, Host, Message, Node, Observation, Purpose,
    Report, Value, Workspace,
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

/// The nodes of a shard.
#[derive(Debug)]
pub(super) struct Residents(Vec<Resident>);

impl Residents {
    pub(super) fn node(&self, handle: u32) -> &Node {
        &self.0[handle as usize].node
    }

    #[inline]
    pub(super) fn get(&self, handle: u32) -> &Resident {
        &self.0[handle as usize]
    }
}

/// A query's lookup that ended, without its lists.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) at: SimTime,
    pub(super) started: SimTime,
    pub(super) origin: u32,
    pub(super) target: Id,
    pub(super) purpose: Purpose,
    pub(super) end: End,
    pub(super) hops: Option<u8>,
    pub(super) rounds: u16,
    pub(super) rpcs: u16,
    pub(super) timeouts: u16,
    pub(super) closest: u16,
    pub(super) progress: u16,
}

/// Lookups that ended since the last look, in order.
#[derive(Debug, Default)]
pub(super) struct Journal {
    pub(super) ended: Vec<Ended>,
    pub(super) closest: Vec<Contact>,
    pub(super) progress: Vec<u8>,
}

/// What one thread of a simulation owns.
#[derive(Debug)]
pub(super) struct Shard {
    pub(super) residents: Residents,
    pub(super) tally: Tally,
    pub(super) journal: Journal,
    pub(super) events: u64,
    pub(super) queue: Queue,
    pub(super) payloads: Payloads,
    pub(super) work: Workspace,
    /// Nodes learn from messages.
    pub(super) learns: bool,
    inbox: Vec<Contact>,
    /// Queries due soon, by place; places are reused.
    queries: Vec<PlannedQuery>,
    free_queries: Vec<u32>,
}

impl Shard {
    pub(super) fn new(world: &World, tracks_ages: impl Fn(u32) -> bool) -> Self {
        let ids = world.plan.ids();
        let nodes = (0u32..).zip(ids).map(|(handle, id)| Resident {
            node: Node::new(Handle(handle), *id, tracks_ages(handle)),
            digest: Digest::START,
            seq: 0,
            up: false,
        });
        let width = Queue::width_bits_for(ids.len(), world.links.min_us());
        Self {
            residents: Residents(nodes.collect()),
            tally: Tally::default(),
            journal: Journal::default(),
            events: 0,
            queue: Queue::new(width),
            payloads: Payloads::new(world.config.reply_size.max(1)),
            work: Workspace::default(),
            learns: !world.config.frozen,
            inbox: Vec::new(),
            queries: Vec::new(),
            free_queries: Vec::new(),
        }
    }

    /// Starts a node, at time 0, that has these contacts.
    pub(super) fn start_with(&mut self, world: &World, node: u32, contacts: &[Contact]) {
        self.act(world, SimTime::ZERO, node, |node, cx| node.start_with(cx, contacts));
        self.residents.0[node as usize].up = true;
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
            self.look_ahead();
            self.process(world, &event);
        }
    }

    /// The simulation is over: lookups under way end as aborted.
    pub(super) fn stop_all(&mut self, world: &World, now: SimTime) {
        for handle in 0..self.residents.0.len() as u32 {
            if self.residents.0[handle as usize].up {
                self.act(world, now, handle, |node, cx| node.stop(cx, false));
            }
        }
    }

    /// The digest of everything that happened, nodes in order.
    pub(super) fn digest(&self) -> u64 {
        let mut all = Digest::START;
        for resident in &self.residents.0 {
            all.add(resident.digest.value(), u64::from(resident.seq));
        }
        all.value()
    }

    fn process(&mut self, world: &World, event: &Event) {
        if event.kind == EventKind::Message {
            return self.deliver(world, event);
        }
        let resident = &mut self.residents.0[event.to as usize];
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
        let resident = &mut self.residents.0[event.to as usize];
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
        let resident = &mut self.residents.0[handle as usize];
        let mut link = Link {
            world,
            now,
            handle,
            prefix: resident.node.id().prefix32(),
            seq: &mut resident.seq,
            queue: &mut self.queue,
            payloads: &mut self.payloads,
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
    tally: &'a mut Tally,
    journal: &'a mut Journal,
}

impl Link<'_> {
    fn push(&mut self, at: SimTime, to: u32, kind: EventKind, data: u32) {
        let (time_us, from, seq) = (at.as_micros(), self.handle + 1, *self.seq);
        *self.seq = seq.wrapping_add(1);
        self.queue.push(Event { time_us, to, from, seq, kind, data });
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
        let payload = self.payloads.put(self.prefix, message);
        let arrival = self.now + SimDuration::from_micros(delay);
        self.push(arrival, to.0, EventKind::Message, payload);
    }

    fn wake_at(&mut self, at: SimTime) {
        debug_assert!(at > self.now);
        self.push(at, self.handle, EventKind::Wake, 0);
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
                self.push(self.now + BOOTSTRAP_RETRY, self.handle, EventKind::Bootstrap, attempt);
            }
            Observation::LookupEnded(report) => self.note(report),
        }
    }
}

impl Link<'_> {
    fn note(&mut self, report: &Report<'_>) {
        if report.purpose.tag().is_none() {
            return;
        }
        let journal = &mut *self.journal;
        journal.closest.extend_from_slice(report.closest);
        journal.progress.extend_from_slice(report.progress);
        journal.ended.push(Ended {
            at: self.now,
            started: report.started,
            origin: self.handle,
            target: report.target,
            purpose: report.purpose,
            end: report.end,
            hops: report.hops,
            rounds: report.rounds,
            rpcs: report.rpcs,
            timeouts: report.timeouts,
            closest: report.closest.len() as u16,
            progress: report.progress.len() as u16,
        });
    }
}

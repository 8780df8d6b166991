//! A driver for one node that only writes down what the node asks for: time
//! passes, and replies come, when the test says so.
#![allow(dead_code, reason = "each test file uses its own part of this")]

use kadsim::base::id::Id;
use kadsim::base::time::{SimDuration, SimTime};
use kadsim::kademlia::{
    AddressBook, Body, Config, Contact, Context, End, Handle, Host, Message, Node, Observation,
    Purpose, RpcId, Workspace,
};

/// A message as the test sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sent {
    Ping,
    Pong,
    FindNode(Id),
    Nodes(Vec<u32>),
    Store,
    Stored,
    FindValue,
    Value(u64),
    Leave,
}

/// A driver that only writes down what the node asks for.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    pub(crate) ids: Vec<Id>,
    pub(crate) outbox: Vec<(u32, RpcId, Sent)>,
    pub(crate) wakes: Vec<SimTime>,
    pub(crate) ended: Vec<(End, Vec<u32>)>,
    pub(crate) joined: bool,
    pub(crate) isolated: bool,
}

impl AddressBook for Desk {
    fn id(&self, handle: Handle) -> Id {
        self.ids[handle.0 as usize]
    }
}

impl Host for Desk {
    fn send(&mut self, to: Handle, message: Message<'_>) {
        let sent = match message.body {
            Body::Ping => Sent::Ping,
            Body::Pong => Sent::Pong,
            Body::FindNode(target) => Sent::FindNode(target),
            Body::Nodes(contacts) => {
                let mut handles: Vec<u32> = contacts.iter().map(|c| c.handle.0).collect();
                handles.sort_unstable();
                Sent::Nodes(handles)
            }
            Body::Store(..) => Sent::Store,
            Body::Stored => Sent::Stored,
            Body::FindValue(_) => Sent::FindValue,
            Body::Value(value) => Sent::Value(value.0),
            Body::Leave => Sent::Leave,
        };
        self.outbox.push((to.0, message.rpc, sent));
    }

    fn wake_at(&mut self, at: SimTime) {
        self.wakes.push(at);
    }

    fn draw(&mut self, counter: u32) -> u64 {
        u64::from(counter).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn observe(&mut self, observation: Observation<'_>) {
        match observation {
            Observation::Joined => self.joined = true,
            Observation::Isolated => self.isolated = true,
            Observation::LookupEnded(report) => {
                let closest = report.closest.iter().map(|c| c.handle.0).collect();
                self.ended.push((report.end, closest));
            }
        }
    }
}

/// A node of id 0 and handle 0; handle `h` has the id `h` in as many bits as the
/// configuration says.
pub(crate) struct Bench {
    pub(crate) node: Node,
    pub(crate) desk: Desk,
    pub(crate) work: Workspace,
    pub(crate) config: Config,
    pub(crate) now: SimTime,
}

impl Bench {
    pub(crate) fn new(config: Config, contacts: &[u32]) -> Self {
        let bits = config.id_bits;
        assert!(bits <= 10, "every id has a node");
        let id = |i: u32| Id::from_words([i << (32 - bits), 0, 0, 0, 0]);
        let ids: Vec<Id> = (0..1 << bits).map(id).collect();
        let node = Node::new(Handle(0), ids[0], false);
        let desk = Desk { ids, ..Desk::default() };
        let (work, now) = (Workspace::default(), SimTime::ZERO);
        let mut bench = Self { node, desk, work, config, now };
        let contacts: Vec<Contact> = contacts.iter().map(|&h| bench.contact(h)).collect();
        bench.act(|node, cx| node.start_with(cx, &contacts));
        bench
    }

    pub(crate) fn contact(&self, handle: u32) -> Contact {
        Contact::new(Handle(handle), &self.desk.ids[handle as usize])
    }

    pub(crate) fn act(&mut self, action: impl FnOnce(&mut Node, &mut Context<'_, Desk>)) {
        let (now, config) = (self.now, &self.config);
        let mut cx = Context { now, config, work: &mut self.work, host: &mut self.desk };
        action(&mut self.node, &mut cx);
    }

    pub(crate) fn receive(&mut self, from: u32, rpc: RpcId, body: Body<'_>) {
        let from = self.contact(from);
        self.act(|node, cx| node.receive(cx, from, Message { rpc, body }));
    }

    /// Answers the request `rpc` to `from` with these contacts.
    pub(crate) fn answer(&mut self, from: u32, rpc: RpcId, contacts: &[u32]) {
        let contacts: Vec<Contact> = contacts.iter().map(|&h| self.contact(h)).collect();
        self.receive(from, rpc, Body::Nodes(&contacts));
    }

    /// Lets time pass, waking the node whenever it asked for it.
    pub(crate) fn pass(&mut self, duration: SimDuration) {
        let end = self.now + duration;
        while let Some(&at) = self.desk.wakes.iter().filter(|at| **at <= end).min() {
            self.desk.wakes.retain(|other| *other != at);
            self.now = at;
            self.act(Node::wake);
        }
        self.now = end;
    }

    pub(crate) fn sent(&mut self) -> Vec<(u32, RpcId, Sent)> {
        std::mem::take(&mut self.desk.outbox)
    }

    pub(crate) fn held(&self) -> Vec<u32> {
        self.node.table().contacts().map(|c| c.handle.0).collect()
    }

    pub(crate) fn look_up(&mut self, target: u32, purpose: Purpose) {
        let target = self.desk.ids[target as usize];
        self.act(|node, cx| node.look_up(cx, target, purpose));
    }
}

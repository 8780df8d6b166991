//! Properties that hold after any sequence of messages, and a model of the
//! table written for clarity that has to agree with the real one.

#[path = "common/bench.rs"]
mod bench;

use bench::{Bench, Sent};
use kadsim::base::id::Id;
use kadsim::base::time::SimDuration;
use kadsim::kademlia::{Body, Config, End, LookupVariant, Purpose, RpcId, TableKind};
use proptest::prelude::*;

const BITS: u32 = 7;
const NODES: u32 = 1 << BITS;
const UNASKED: RpcId = RpcId { slot: 0, nonce: 0 };

fn id(node: u32) -> Id {
    Id::from_words([node << (32 - BITS), 0, 0, 0, 0])
}

fn layout() -> impl Strategy<Value = TableKind> {
    prop_oneof![Just(TableKind::Split), Just(TableKind::Fixed)]
}

fn variant() -> impl Strategy<Value = LookupVariant> {
    prop_oneof![
        Just(LookupVariant::Async),
        Just(LookupVariant::Strict),
        Just(LookupVariant::Flush),
        Just(LookupVariant::FlushRandom),
    ]
}

/// The table of node 0, as the paper tells it.
struct Model {
    k: usize,
    splits: bool,
    /// By common prefix length; if it splits, the last holds everything deeper.
    buckets: Vec<Vec<u32>>,
    /// `(pinged, newcomer)`, undecided.
    checks: Vec<(u32, u32)>,
}

impl Model {
    fn new(k: usize, layout: TableKind) -> Self {
        let splits = layout == TableKind::Split;
        let buckets = vec![Vec::new(); if splits { 1 } else { BITS as usize }];
        Self { k, splits, buckets, checks: Vec::new() }
    }

    fn bucket_of(&self, node: u32) -> usize {
        (id(0).common_prefix_len(&id(node)) as usize).min(self.buckets.len() - 1)
    }

    /// A message from `node` came in.
    fn hear(&mut self, node: u32) {
        let at = self.bucket_of(node);
        let is_leaf = self.splits && at + 1 == self.buckets.len() && at + 1 < BITS as usize;
        let bucket = &mut self.buckets[at];
        if let Some(place) = bucket.iter().position(|&other| other == node) {
            let node = bucket.remove(place);
            bucket.push(node);
            self.checks.retain(|&(pinged, _)| pinged != node);
        } else if bucket.len() < self.k {
            bucket.push(node);
        } else if is_leaf {
            let depth = at as u32;
            let deeper = |node: &u32| id(0).common_prefix_len(&id(*node)) > depth;
            let (down, here): (Vec<u32>, Vec<u32>) = bucket.iter().partition(|node| deeper(node));
            *bucket = here;
            self.buckets.push(down);
            self.hear(node);
        } else {
            let oldest = bucket[0];
            let busy = self.checks.iter().any(|&(pinged, _)| self.bucket_of(pinged) == at);
            if !busy {
                self.checks.push((oldest, node));
            }
        }
    }

    fn remove(&mut self, node: u32) {
        let at = self.bucket_of(node);
        self.buckets[at].retain(|&other| other != node);
    }

    /// `node` said goodbye: a newcomer that waits for its place has it.
    fn leave(&mut self, node: u32) {
        self.remove(node);
        if let Some(check) = self.checks.iter().position(|&(pinged, _)| pinged == node) {
            let (_, newcomer) = self.checks.remove(check);
            self.hear(newcomer);
        }
    }

    /// Every ping that is out stays unanswered.
    fn time_out(&mut self) {
        for (silent, newcomer) in std::mem::take(&mut self.checks) {
            self.remove(silent);
            self.hear(newcomer);
        }
    }

    fn held(&self) -> Vec<u32> {
        self.buckets.concat()
    }
}

/// What can happen to a node that only hears.
#[derive(Clone, Debug)]
enum Step {
    Hears(u32),
    Leaves(u32),
    /// The ping that has been out for longest is answered.
    Pongs,
    /// A second passes.
    Waits,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (1..NODES).prop_map(Step::Hears),
        1 => (1..NODES).prop_map(Step::Leaves),
        3 => Just(Step::Pongs),
        1 => Just(Step::Waits),
    ]
}

fn assert_sound(bench: &Bench) {
    let table = bench.node.table();
    let mut all: Vec<u32> = bench.held();
    assert!(!all.contains(&0), "the own id is in the table");
    all.sort_unstable();
    assert!(all.windows(2).all(|pair| pair[0] != pair[1]), "a contact is held twice");
    for bucket in 0..table.bucket_count() {
        let held: Vec<u32> = table.bucket(bucket).map(|held| held.contact.handle.0).collect();
        assert!(held.len() <= bench.config.k, "a bucket exceeds k");
        let last = bucket + 1 == table.bucket_count();
        for node in held {
            let bits = id(0).common_prefix_len(&id(node)) as usize;
            let splits = bench.config.table == TableKind::Split;
            assert!(bits == bucket || (splits && last && bits > bucket), "in the wrong bucket");
        }
    }
}

proptest! {
    /// After any sequence the table is sound, equals the model's to the order
    /// within buckets, and pinged whom the model would. So a contact that
    /// answers is never evicted: the model has no way to do it.
    #[test]
    fn tables_follow_the_model(
        k in 1usize..5,
        layout in layout(),
        steps in prop::collection::vec(step(), 1..300),
    ) {
        let config =
            Config { id_bits: BITS, k, table: layout, refresh_interval: None, ..Config::default() };
        let mut bench = Bench::new(config, &[]);
        let mut model = Model::new(k, layout);
        let mut pings: Vec<(u32, RpcId)> = Vec::new();
        for step in steps {
            match step {
                Step::Hears(node) => {
                    bench.receive(node, UNASKED, Body::Ping);
                    model.hear(node);
                }
                Step::Leaves(node) => {
                    bench.receive(node, UNASKED, Body::Leave);
                    model.leave(node);
                }
                Step::Pongs => {
                    if !pings.is_empty() {
                        let (node, rpc) = pings.remove(0);
                        bench.receive(node, rpc, Body::Pong);
                        model.hear(node);
                    }
                }
                Step::Waits => {
                    bench.pass(SimDuration::from_secs(1));
                    model.time_out();
                    pings.clear();
                }
            }
            let sent = bench.sent().into_iter();
            pings.extend(sent.filter(|sent| sent.2 == Sent::Ping).map(|sent| (sent.0, sent.1)));
            assert_sound(&bench);
            prop_assert_eq!(bench.held(), model.held());
        }
    }

    /// A network of given answers: lookups end, within α requests in flight,
    /// no contact asked twice, at the k closest that answer; and the answers to
    /// a question are the closest that a node knows.
    #[test]
    fn lookups_end_with_what_there_is(
        k in 1usize..6,
        alpha in 1usize..4,
        lookup in variant(),
        target in 0..NODES,
        known in prop::collection::btree_set(1..NODES, 1..60),
        dead in prop::collection::btree_set(1..NODES, 0..20),
        frozen in any::<bool>(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 400),
    ) {
        let alpha = alpha.min(k);
        let config = Config {
            id_bits: BITS,
            k,
            alpha,
            lookup,
            reply_size: k,
            frozen,
            refresh_interval: None,
            ..Config::default()
        };
        let everyone: Vec<u32> = known.iter().copied().collect();
        // The node starts from k of them; each answers with the k closest of all.
        let start: Vec<u32> = everyone.iter().copied().step_by(3).take(k).collect();
        let closest = |target: u32, but: u32| {
            let mut all: Vec<u32> = everyone.iter().copied().filter(|&n| n != but).collect();
            all.sort_by_key(|&n| id(n).distance(&id(target)));
            all.truncate(k);
            all
        };
        let mut bench = Bench::new(config, &start);
        bench.look_up(target, Purpose::Lookup(0));
        let mut out: Vec<(u32, RpcId)> = Vec::new();
        let mut asked = Vec::new();
        let mut order = order.into_iter();
        while bench.desk.ended.is_empty() {
            for (to, rpc, sent) in bench.sent() {
                if sent == Sent::Ping {
                    // A full bucket asks whether its oldest contact is alive.
                    prop_assert!(!frozen);
                    continue;
                }
                prop_assert_eq!(sent, Sent::FindNode(id(target)));
                prop_assert!(!asked.contains(&to), "{} asked twice", to);
                asked.push(to);
                if !dead.contains(&to) {
                    out.push((to, rpc));
                }
            }
            if lookup == LookupVariant::Async || lookup == LookupVariant::Strict {
                prop_assert!(out.len() <= alpha, "more than alpha in flight");
            }
            if out.is_empty() {
                // Whoever is still asked is dead.
                bench.pass(SimDuration::from_secs(1));
                continue;
            }
            let pick = order.next().map_or(0, |index| index.index(out.len()));
            let (from, rpc) = out.remove(pick);
            // Replies from others, or to other requests, are nothing to it.
            let forged = RpcId { nonce: rpc.nonce ^ 1, ..rpc };
            let stranger = if from == 1 { 2 } else { 1 };
            bench.answer(from, forged, &closest(from, from));
            bench.answer(stranger, rpc, &closest(stranger, stranger));
            bench.answer(from, rpc, &closest(target, from));
        }
        prop_assert!(asked.len() <= everyone.len());
        let (end, found) = bench.desk.ended[0].clone();
        let mut answered: Vec<u32> =
            asked.iter().copied().filter(|n| !dead.contains(n)).collect();
        answered.sort_by_key(|&n| id(n).distance(&id(target)));
        if answered.is_empty() {
            prop_assert_eq!(end, End::NoAnswer);
        } else {
            prop_assert_eq!(end, End::Done);
            if dead.is_empty() {
                // Everybody names the closest of all: they are found.
                let truth = closest(target, 0);
                prop_assert_eq!(&found[..], &truth[..found.len()]);
            }
        }
        bench.pass(SimDuration::from_secs(60));
        prop_assert_eq!(bench.work.lookups_under_way(), 0, "nothing is left behind");
        assert_sound(&bench);
    }
}

//! The tables that nodes have at the start, if the network does not grow.

use std::thread;

use super::order::IdOrder;
use super::perfect;
use super::shard::{Shard, World};
use super::spec::{Spec, Start};
use crate::base::id::Id;
use crate::kademlia::{Contact, Handle};

/// Gives the nodes that are up at the start the tables that the scenario asks
/// for. Returns those nodes, by handle.
pub(super) fn fill_tables(world: &World, shards: &mut [Shard], spec: &Spec) -> Vec<u32> {
    if spec.start == Start::Empty {
        return Vec::new();
    }
    let order = IdOrder::new(world.plan.ids(), world.plan.initial());
    let fill = |shard: &mut Shard| match &spec.start {
        Start::Empty => {}
        Start::Perfect => fill_perfect(world, shard, &order, spec),
        Start::Given(tables) => fill_given(world, shard, &order, tables),
    };
    if let [only] = shards {
        fill(only);
    } else {
        thread::scope(|scope| {
            for shard in shards {
                scope.spawn(|| fill(shard));
            }
        });
    }
    let mut started = order.handles().to_vec();
    started.sort_unstable();
    started
}

/// In the order of ids, which is kindest to the cache.
fn fill_perfect(world: &World, shard: &mut Shard, order: &IdOrder, spec: &Spec) {
    let key = perfect::key(spec.seed);
    let (mut row, mut contacts) = (Vec::new(), Vec::new());
    for rank in 0..order.len() {
        if !shard.holds(world, order.handle(rank)) {
            continue;
        }
        row.clear();
        perfect::contacts(order, rank, spec.protocol.k, key, &mut row);
        contacts.clear();
        contacts.extend(row.iter().map(|&(_, handle)| contact(world, handle)));
        shard.start_with(world, order.handle(rank), &contacts);
    }
}

fn fill_given(world: &World, shard: &mut Shard, order: &IdOrder, tables: &[(Id, Vec<Id>)]) {
    let mut contacts = Vec::new();
    for rank in 0..order.len() {
        if !shard.holds(world, order.handle(rank)) {
            continue;
        }
        let known = tables.iter().find(|(owner, _)| owner == order.id(rank));
        let ranks = known.into_iter().flat_map(|(_, known)| known);
        let ranks = ranks.filter_map(|id| order.rank(id));
        contacts.clear();
        contacts.extend(ranks.map(|rank| contact(world, order.handle(rank))));
        shard.start_with(world, order.handle(rank), &contacts);
    }
}

fn contact(world: &World, handle: u32) -> Contact {
    Contact::new(Handle(handle), &world.plan.ids()[handle as usize])
}

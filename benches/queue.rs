//! The event queue against others, under the simulator's own mix of events.
//!
//! Hold model: of the events pending, half are timers of up to an hour, a
//! quarter timeouts of one second and a quarter messages of 20 to 200 ms. The
//! first event is taken out and comes back with a new delay of its kind, so
//! most that come out are messages, as in a simulation. Every structure holds
//! the same 32-byte events and has to give them out in the same total order.
//!
//! `cargo bench --bench queue` (1e4 to 1e6 pending), `-- 10000000` for other
//! numbers, `-- --quick` for a look.

#![allow(missing_docs, reason = "a program")]

mod common;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use common::{Xorshift, arguments, cpu_ns, min_median};
use dary_heap::{DaryHeap, OctonaryHeap};
use kadsim::sim::event::{Event, EventKind};
use kadsim::sim::queue::Queue;
use radix_heap::RadixHeapMap;

const MIN_LATENCY_US: u64 = 20_000;
const MAX_LATENCY_US: u64 = 200_000;

/// A queue of events.
trait Pending {
    fn new(pending: usize) -> Self;
    fn push(&mut self, event: Event);
    fn pop(&mut self) -> Option<Event>;
}

impl Pending for Queue {
    fn new(pending: usize) -> Self {
        // Half of the events are one timer a node.
        Self::new(Self::width_bits_for(pending / 2, MIN_LATENCY_US))
    }
    fn push(&mut self, event: Event) {
        self.push(event);
    }
    fn pop(&mut self) -> Option<Event> {
        self.pop_before(u64::MAX)
    }
}

impl Pending for BinaryHeap<Reverse<Event>> {
    fn new(_: usize) -> Self {
        Self::new()
    }
    fn push(&mut self, event: Event) {
        self.push(Reverse(event));
    }
    fn pop(&mut self) -> Option<Event> {
        self.pop().map(|Reverse(event)| event)
    }
}

impl<const D: usize> Pending for DaryHeap<Reverse<Event>, D> {
    fn new(_: usize) -> Self {
        Self::new()
    }
    fn push(&mut self, event: Event) {
        self.push(Reverse(event));
    }
    fn pop(&mut self) -> Option<Event> {
        self.pop().map(|Reverse(event)| event)
    }
}

/// Time, receiver and sequence number in one word: total here, where there is
/// one sender.
impl Pending for RadixHeapMap<Reverse<u128>, (u32, EventKind, u32)> {
    fn new(_: usize) -> Self {
        Self::new()
    }
    fn push(&mut self, event: Event) {
        let Event { time_us, to, from, seq, kind, data } = event;
        let key = u128::from(time_us) << 64 | u128::from(to) << 32 | u128::from(seq);
        self.push(Reverse(key), (from, kind, data));
    }
    fn pop(&mut self) -> Option<Event> {
        let (Reverse(key), (from, kind, data)) = self.pop()?;
        let (time_us, to, seq) = ((key >> 64) as u64, (key >> 32) as u32, key as u32);
        Some(Event { time_us, to, from, seq, kind, data })
    }
}

/// The next delay of an event, by the kind kept in its `data`.
fn delay(random: &mut Xorshift, kind: u32) -> u64 {
    match kind {
        0 => MIN_LATENCY_US + random.below(MAX_LATENCY_US - MIN_LATENCY_US),
        1 => 1_000_000,
        _ => 1 + random.below(3_600_000_000),
    }
}

struct Measured {
    min: f64,
    median: f64,
    order: u64,
}

fn hold<Q: Pending>(pending: usize, rounds: usize, per_round: usize) -> Measured {
    let mut random = Xorshift(0x1234_5678_9abc_def1);
    let mut queue = Q::new(pending);
    let mut seq = 0;
    for i in 0..pending {
        let data = (i % 4).min(2) as u32;
        let time_us = 1 + random.below(delay(&mut random.clone(), data));
        let to = random.next() as u32 >> 8;
        queue.push(Event { time_us, to, from: 1, seq, kind: EventKind::Message, data });
        seq += 1;
    }
    let mut order = 0u64;
    let mut turn = |n: usize| {
        let start = cpu_ns();
        for _ in 0..n {
            let Some(event) = queue.pop() else { break };
            let mark = event.time_us ^ u64::from(event.seq) << 32;
            order = (order.rotate_left(5) ^ mark).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let time_us = event.time_us + delay(&mut random, event.data);
            queue.push(Event { time_us, to: random.next() as u32 >> 8, seq, ..event });
            seq = seq.wrapping_add(1);
        }
        (cpu_ns() - start) as f64 / n as f64
    };
    // Until every message and timeout has come back once.
    turn(pending.max(per_round));
    let ns: Vec<f64> = (0..rounds).map(|_| turn(per_round)).collect();
    let (min, median) = min_median(&ns);
    Measured { min, median, order }
}

fn main() {
    let arguments = arguments();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let mut sizes: Vec<usize> = arguments.iter().filter_map(|n| n.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = if quick { vec![10_000, 100_000] } else { vec![10_000, 100_000, 1_000_000] };
    }
    let (rounds, per_round) = if quick { (5, 50_000) } else { (9, 500_000) };
    println!("ns an event (one out, one in), min/median of {rounds} rounds of {per_round}");
    println!("pending calendar BinaryHeap dary-4 dary-8 radix-u128");
    for pending in sizes {
        let all = [
            hold::<Queue>(pending, rounds, per_round),
            hold::<BinaryHeap<_>>(pending, rounds, per_round),
            hold::<DaryHeap<_, 4>>(pending, rounds, per_round),
            hold::<OctonaryHeap<_>>(pending, rounds, per_round),
            hold::<RadixHeapMap<_, _>>(pending, rounds, per_round),
        ];
        assert!(all.iter().all(|m| m.order == all[0].order), "not the same order");
        print!("{pending}");
        for Measured { min, median, .. } in &all {
            print!(" {min:.0}/{median:.0}");
        }
        println!();
    }
}

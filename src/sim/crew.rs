//! Threads that let the shards of one simulation advance together.
//!
//! They advance in windows no longer than the shortest delay of a message from
//! one shard to another: what is sent within a window arrives after it, so
//! within a window shards need nothing from each other. At its end they hand
//! over messages, meet, and agree on where the next begins: at the first event
//! of any of them, so stretches in which nothing happens cost nothing.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};

use super::barrier::Barrier;
use super::mail::PostOffice;
use super::shard::{Shard, World};
use crate::base::time::SimTime;

/// "Nothing is pending", as a time.
const NEVER_US: u64 = u64::MAX;

/// Whatever lets shards advance.
pub(super) trait Pace {
    /// Processes every event due before `end`, and does something else
    /// `meanwhile`. Nothing is due before `now`.
    fn run_before(
        &mut self,
        shards: &mut Vec<Shard>,
        now: SimTime,
        end: SimTime,
        meanwhile: impl FnOnce(),
    );
}

/// One thread, one shard.
#[derive(Debug)]
pub(super) struct Alone<'w>(pub(super) &'w World);

impl Pace for Alone<'_> {
    fn run_before(
        &mut self,
        shards: &mut Vec<Shard>,
        _now: SimTime,
        end: SimTime,
        meanwhile: impl FnOnce(),
    ) {
        meanwhile();
        shards[0].run_before(self.0, end);
    }
}

/// A thread for each shard, besides the one that leads them. That one has little
/// to do but to show collectors what happened a moment ago.
#[derive(Debug)]
pub(super) struct Crew<'a> {
    yard: &'a Yard<'a>,
}

/// What the threads have in common.
#[derive(Debug)]
pub(super) struct Yard<'w> {
    world: &'w World,
    window_us: u64,
    /// Where the threads and their leader meet at both ends of a stretch.
    gate: Barrier,
    /// Where the threads meet after each window.
    barrier: Barrier,
    office: PostOffice,
    /// For windows of either parity: nothing is due before this, as far as a
    /// shard knows, with what it sends.
    not_before_us: [Vec<AtomicU64>; 2],
    /// Each thread's shard, on its way there or back.
    exchange: Vec<Mutex<Option<Shard>>>,
    /// The stretch of time to simulate.
    now_us: AtomicU64,
    end_us: AtomicU64,
    dismissed: AtomicBool,
}

impl<'a> Crew<'a> {
    /// Starts the threads.
    pub(super) fn muster<'s>(yard: &'a Yard<'a>, scope: &'s Scope<'s, 'a>) -> Self {
        for index in 0..yard.exchange.len() {
            scope.spawn(move || yard.work(index));
        }
        Self { yard }
    }
}

impl Pace for Crew<'_> {
    fn run_before(
        &mut self,
        shards: &mut Vec<Shard>,
        now: SimTime,
        end: SimTime,
        meanwhile: impl FnOnce(),
    ) {
        let yard = self.yard;
        let first_us = shards.iter().filter_map(Shard::not_before_us).min().unwrap_or(NEVER_US);
        let now_us = first_us.max(now.as_micros());
        if now_us >= end.as_micros() {
            return meanwhile();
        }
        yard.now_us.store(now_us, Ordering::Relaxed);
        yard.end_us.store(end.as_micros(), Ordering::Relaxed);
        for (place, shard) in yard.exchange.iter().zip(shards.drain(..)) {
            *lock(place) = Some(shard);
        }
        yard.gate.wait();
        meanwhile();
        yard.gate.wait();
        shards.extend(yard.exchange.iter().filter_map(|place| lock(place).take()));
    }
}

impl Drop for Crew<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            return self.yard.break_up();
        }
        self.yard.dismissed.store(true, Ordering::Relaxed);
        self.yard.gate.wait();
    }
}

/// Breaks up the crew if its thread panics, lest the others wait for ever.
struct BreakOnPanic<'a>(&'a Yard<'a>);

impl Drop for BreakOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.break_up();
        }
    }
}

impl<'w> Yard<'w> {
    pub(super) fn new(world: &'w World, window_us: u64) -> Self {
        let shards = world.places.shards();
        let never = || (0..shards).map(|_| AtomicU64::new(NEVER_US)).collect();
        Self {
            world,
            window_us,
            gate: Barrier::new(shards + 1),
            barrier: Barrier::new(shards),
            office: PostOffice::new(shards),
            not_before_us: [never(), never()],
            exchange: (0..shards).map(|_| Mutex::new(None)).collect(),
            now_us: AtomicU64::new(0),
            end_us: AtomicU64::new(0),
            dismissed: AtomicBool::new(false),
        }
    }

    /// The life of a thread.
    fn work(&self, index: usize) {
        let _guard = BreakOnPanic(self);
        let place = &self.exchange[index];
        loop {
            self.gate.wait();
            if self.dismissed.load(Ordering::Relaxed) {
                return;
            }
            let shard = lock(place).take();
            let mut shard = shard.expect("the leader puts a shard there before it opens the gate");
            self.advance(index, &mut shard);
            *lock(place) = Some(shard);
            self.gate.wait();
        }
    }

    fn break_up(&self) {
        self.gate.break_up();
        self.barrier.break_up();
    }

    /// Takes a shard through the windows of the stretch, as the other threads
    /// take theirs.
    fn advance(&self, index: usize, shard: &mut Shard) {
        // What is written before the threads meet is read after: the barrier
        // orders it, so the atomics need not.
        let end_us = self.end_us.load(Ordering::Relaxed);
        let mut from_us = self.now_us.load(Ordering::Relaxed);
        let mut parity = 0;
        while from_us < end_us {
            let until_us = end_us.min(from_us.saturating_add(self.window_us));
            shard.run_before(self.world, SimTime::from_micros(until_us));
            let bounds = &self.not_before_us[parity];
            let sent = shard.post(&self.office, parity).unwrap_or(NEVER_US);
            let pending = shard.not_before_us().unwrap_or(NEVER_US);
            bounds[index].store(sent.min(pending), Ordering::Relaxed);
            self.barrier.wait();
            shard.fetch(&self.office, parity);
            let first_us = bounds.iter().map(|bound| bound.load(Ordering::Relaxed)).min();
            from_us = until_us.max(first_us.unwrap_or(NEVER_US));
            parity ^= 1;
        }
    }
}

/// Hands over what nodes sent before the first window.
pub(super) fn settle(shards: &mut [Shard]) {
    let office = PostOffice::new(shards.len());
    for shard in &mut *shards {
        shard.post(&office, 0);
    }
    for shard in shards {
        shard.fetch(&office, 0);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

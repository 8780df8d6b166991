//! A meeting point for the threads of one simulation.
//!
//! They meet after every window, tens of thousands of times a second, so
//! waiting must not cost a trip to the kernel each time, as it does with
//! `std::sync::Barrier`. A waiter spins for microseconds, then yields, and goes
//! to sleep only when the wait is long: while a collector takes a sample.

use std::hint;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

/// Looks before yielding: some microseconds.
const SPINS: u32 = 200;
/// Looks, yielding in between, before going to sleep: hundreds of microseconds.
const YIELDS: u32 = 500;

/// Lets its parties go on when all of them have come, again and again.
#[derive(Debug)]
pub(super) struct Barrier {
    parties: u32,
    /// Looks at the round before yielding.
    spins: u32,
    arrived: AtomicU32,
    round: AtomicU32,
    /// Parties that sleep, or are about to.
    asleep: AtomicU32,
    bed: Mutex<()>,
    bell: Condvar,
    broken: AtomicBool,
}

impl Barrier {
    pub(super) fn new(parties: usize) -> Self {
        // Where not all can run at once, whoever spins keeps another waiting.
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self {
            parties: parties as u32,
            spins: if parties <= cores { SPINS } else { 0 },
            arrived: AtomicU32::new(0),
            round: AtomicU32::new(0),
            asleep: AtomicU32::new(0),
            bed: Mutex::new(()),
            bell: Condvar::new(),
            broken: AtomicBool::new(false),
        }
    }

    /// Waits for the others. What a party did before it came is visible to all
    /// when they go on.
    ///
    /// # Panics
    /// If the barrier is broken: the one waited for will never come.
    pub(super) fn wait(&self) {
        let round = self.round.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.parties {
            self.arrived.store(0, Ordering::Relaxed);
            self.open();
        } else {
            self.linger(round);
        }
        assert!(!self.broken.load(Ordering::SeqCst), "another thread of the simulation panicked");
    }

    /// Lets everyone go, and panic.
    pub(super) fn break_up(&self) {
        self.broken.store(true, Ordering::SeqCst);
        self.open();
    }

    fn open(&self) {
        self.round.fetch_add(1, Ordering::SeqCst);
        // Whoever goes to sleep says so first and then looks at the round once
        // more, so one of the two notices the other.
        if self.asleep.load(Ordering::SeqCst) > 0 {
            let _awake = self.bed.lock().unwrap_or_else(PoisonError::into_inner);
            self.bell.notify_all();
        }
    }

    fn linger(&self, round: u32) {
        let waiting =
            || self.round.load(Ordering::SeqCst) == round && !self.broken.load(Ordering::SeqCst);
        for look in 0..self.spins + YIELDS {
            if !waiting() {
                return;
            }
            if look < self.spins { hint::spin_loop() } else { thread::yield_now() }
        }
        let mut bed = self.bed.lock().unwrap_or_else(PoisonError::into_inner);
        self.asleep.fetch_add(1, Ordering::SeqCst);
        while waiting() {
            bed = self.bell.wait(bed).unwrap_or_else(PoisonError::into_inner);
        }
        self.asleep.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Nobody is ever a round ahead of a party that has not come.
    #[test]
    fn nobody_goes_on_alone() {
        for parties in [1, 2, 3, 7] {
            let barrier = Barrier::new(parties);
            let steps: Vec<AtomicU32> = (0..parties).map(|_| AtomicU32::new(0)).collect();
            thread::scope(|scope| {
                for me in 0..parties {
                    let (barrier, steps) = (&barrier, &steps);
                    scope.spawn(move || {
                        for step in 1..=2_000 {
                            steps[me].store(step, Ordering::Relaxed);
                            // Now and then someone is late enough for the others
                            // to fall asleep.
                            if step % 1_000 == me as u32 {
                                thread::sleep(Duration::from_millis(5));
                            }
                            barrier.wait();
                            let others = steps.iter().map(|step| step.load(Ordering::Relaxed));
                            assert!(
                                others.into_iter().all(|other| (step..=step + 1).contains(&other))
                            );
                        }
                    });
                }
            });
        }
    }

    #[test]
    fn a_broken_barrier_lets_everyone_go() {
        for late in [Duration::ZERO, Duration::from_millis(50)] {
            let barrier = Barrier::new(3);
            let ends = thread::scope(|scope| {
                let party = |breaks: bool| {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        barrier.wait();
                        if breaks {
                            thread::sleep(late);
                            barrier.break_up();
                        }
                        barrier.wait();
                    })
                };
                [party(false), party(true), party(false)].map(|party| party.join().is_err())
            });
            assert_eq!(ends, [true; 3]);
        }
    }
}

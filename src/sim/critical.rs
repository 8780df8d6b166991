//! How long a run would take with a processor for every shard: shards advance
//! window by window on one thread, and in each window only the slowest counts.

use super::crew::Pace;
use super::mail::PostOffice;
use super::shard::{Shard, World};
use crate::base::time::SimTime;

/// An estimate: threads that really run at once share caches and memory, and
/// meeting costs them something. Neither is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CriticalPath {
    /// Windows in which anything happened.
    pub windows: u64,
    /// Time of all shards together, in the clock's unit.
    pub total: u64,
    /// Time of the slowest shard of each window.
    pub slowest: u64,
}

/// Lets shards advance as several threads would, one after the other, and
/// watches the clock.
pub(super) struct Metered<'a> {
    world: &'a World,
    window_us: u64,
    office: PostOffice,
    clock: &'a mut dyn FnMut() -> u64,
    /// What each shard has spent on fetching since the last window.
    fetching: Vec<u64>,
    pub(super) path: CriticalPath,
}

impl<'a> Metered<'a> {
    pub(super) fn new(world: &'a World, window_us: u64, clock: &'a mut dyn FnMut() -> u64) -> Self {
        let shards = world.places.shards();
        let (office, fetching) = (PostOffice::new(shards), vec![0; shards]);
        Self { world, window_us, office, clock, fetching, path: CriticalPath::default() }
    }

    /// One window of all shards.
    fn window(&mut self, shards: &mut [Shard], until: SimTime) {
        let mut slowest = 0;
        let mut then = (self.clock)();
        let mut lap = |clock: &mut dyn FnMut() -> u64| {
            let now = clock();
            now - std::mem::replace(&mut then, now)
        };
        for (shard, fetching) in shards.iter_mut().zip(&mut self.fetching) {
            shard.run_before(self.world, until);
            shard.post(&self.office, 0);
            let spent = lap(self.clock) + std::mem::take(fetching);
            slowest = slowest.max(spent);
            self.path.total += spent;
        }
        for (shard, fetching) in shards.iter_mut().zip(&mut self.fetching) {
            shard.fetch(&self.office, 0);
            *fetching = lap(self.clock);
        }
        self.path.slowest += slowest;
        self.path.windows += 1;
    }
}

impl Pace for Metered<'_> {
    fn run_before(
        &mut self,
        shards: &mut Vec<Shard>,
        now: SimTime,
        end: SimTime,
        meanwhile: impl FnOnce(),
    ) {
        meanwhile();
        let mut from_us = now.as_micros();
        while let Some(first_us) = shards.iter().filter_map(Shard::not_before_us).min() {
            from_us = from_us.max(first_us);
            if from_us >= end.as_micros() {
                return;
            }
            let until_us = from_us.saturating_add(self.window_us).min(end.as_micros());
            self.window(shards, SimTime::from_micros(until_us));
            from_us = until_us;
        }
    }
}

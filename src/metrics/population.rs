//! Who is up, and who came and went since the last sample: `population.csv`.
//!
//! `leaves` counts the departures of churn, announced or not; `crashes` those
//! of a `crash` event.

use std::io;
use std::path::Path;

use super::stats::Mean;
use super::summary::Headline;
use super::table::{Table, row};
use crate::base::time::SimTime;
use crate::sim::plan::{ChangeKind, Departure};

/// The collector.
#[derive(Debug)]
pub(super) struct Population {
    table: Option<Table>,
    warmup: SimTime,
    joins: u64,
    leaves: u64,
    crashes: u64,
    live: Mean,
}

impl Population {
    pub(super) fn create(dir: Option<&Path>, warmup: SimTime) -> io::Result<Self> {
        let columns = ["time_s", "live", "joins", "leaves", "crashes"];
        Ok(Self {
            table: dir.map(|dir| Table::create(dir, "population.csv", &columns)).transpose()?,
            warmup,
            joins: 0,
            leaves: 0,
            crashes: 0,
            live: Mean::default(),
        })
    }

    pub(super) fn change(&mut self, kind: ChangeKind) {
        match kind {
            ChangeKind::Up => self.joins += 1,
            ChangeKind::Down(Departure::Crash) => self.crashes += 1,
            ChangeKind::Down(Departure::Silent | Departure::Graceful) => self.leaves += 1,
        }
    }

    pub(super) fn sample(&mut self, at: SimTime, live: u32) {
        if let Some(table) = &mut self.table {
            table.row(row![at.as_secs_f64(), live, self.joins, self.leaves, self.crashes]);
        }
        (self.joins, self.leaves, self.crashes) = (0, 0, 0);
        if at >= self.warmup {
            self.live.add(f64::from(live));
        }
    }

    pub(super) fn headlines(&self, out: &mut Vec<Headline>) {
        out.push(Headline::new("live_nodes_mean", "nodes", self.live.get(), self.live.n()));
    }

    pub(super) fn finish(self) -> io::Result<()> {
        self.table.map_or(Ok(()), Table::finish)
    }
}

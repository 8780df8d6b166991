//! How fresh buckets are: `freshness.csv`.
//!
//! A bucket is named by its common prefix length with the owner's id in bits,
//! whatever the table's layout: a contact of the leaf that contains the own id
//! counts where its prefix puts it.

use std::io;
use std::path::Path;

use super::convergence::bits_shared;
use super::sampling::Sampled;
use super::stats::{Mean, percentile, ratio};
use super::table::{Table, row};
use crate::base::time::SimTime;
use crate::sim::live::LiveIndex;
use crate::sim::probe::View;

/// What one sample shows of the buckets of one prefix length.
#[derive(Debug, Default)]
struct Bucket {
    stale: u64,
    ages_ms: Vec<u32>,
    since_lookup: Mean,
    /// The owner that `since_lookup` last counted, plus one.
    last_owner: u32,
}

/// The collector.
#[derive(Debug)]
pub(super) struct Freshness {
    table: Table,
    buckets: Vec<Bucket>,
}

impl Freshness {
    pub(super) fn create(dir: &Path) -> io::Result<Self> {
        let columns = [
            "time_s",
            "bucket",
            "contacts",
            "stale_fraction",
            "mean_age_s",
            "p50_age_s",
            "p95_age_s",
            "mean_since_refresh_s",
        ];
        let table = Table::create(dir, "freshness.csv", &columns)?;
        Ok(Self { table, buckets: Vec::new() })
    }

    pub(super) fn sample(
        &mut self,
        at: SimTime,
        view: &View<'_>,
        live: &LiveIndex,
        sampled: &Sampled,
    ) {
        let nodes = view.plan.ids().len() as u32;
        for node in (0..nodes).filter(|&node| live.is_live(node) && sampled.contains(node)) {
            self.add(at, node, view, live);
        }
        for (number, bucket) in (0u32..).zip(&mut self.buckets) {
            let contacts = bucket.ages_ms.len() as u64;
            if contacts == 0 {
                continue;
            }
            bucket.ages_ms.sort_unstable();
            let sum: u64 = bucket.ages_ms.iter().map(|&ms| u64::from(ms)).sum();
            let age_s = |p| percentile(&bucket.ages_ms, p).map(|ms: u32| f64::from(ms) / 1e3);
            self.table.row(row![
                at.as_secs_f64(),
                number,
                contacts,
                ratio(bucket.stale, contacts),
                ratio(sum, contacts * 1_000),
                age_s(0.5),
                age_s(0.95),
                bucket.since_lookup.get(),
            ]);
            bucket.ages_ms.clear();
            (bucket.stale, bucket.since_lookup, bucket.last_owner) = (0, Mean::default(), 0);
        }
    }

    pub(super) fn finish(self) -> io::Result<()> {
        self.table.finish()
    }

    /// Adds a node's contacts.
    fn add(&mut self, at: SimTime, handle: u32, view: &View<'_>, live: &LiveIndex) {
        let node = view.node(handle);
        let table = node.table();
        for index in 0..table.bucket_count() {
            let since_lookup = table.looked_up(index).age(at).as_secs_f64();
            for held in table.bucket(index) {
                let Some(seen) = held.last_seen else { continue };
                let number = bits_shared(node, held.contact, view.plan.ids()) as usize;
                while self.buckets.len() <= number {
                    self.buckets.push(Bucket::default());
                }
                let bucket = &mut self.buckets[number];
                bucket.stale += u64::from(!live.is_live(held.contact.handle.0));
                let age_ms = seen.age(at).as_micros() / 1_000;
                bucket.ages_ms.push(u32::try_from(age_ms).unwrap_or(u32::MAX));
                if bucket.last_owner != handle + 1 {
                    bucket.last_owner = handle + 1;
                    bucket.since_lookup.add(since_lookup);
                }
            }
        }
    }
}

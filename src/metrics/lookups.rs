//! What became of the queries: `lookups.csv`, `hops.csv`,
//! `lookup_convergence.csv`.
//!
//! Covers the lookups that began after the warm-up. Whether a lookup found the
//! truth is decided by the live nodes at the instant it ended, which no node
//! ever sees.

use std::io;
use std::path::Path;

use super::stats::{Mean, percentile, ratio};
use super::summary::Headline;
use super::table::{Table, row};
use crate::base::time::SimTime;
use crate::kademlia::{Contact, End, Purpose};
use crate::sim::live::LiveIndex;
use crate::sim::plan::Plan;
use crate::sim::probe::LookupEnded;

/// How a query ended, as the outside sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The closest live node, or the value, was found.
    Ok,
    /// It ended without the closest live node.
    Missed,
    /// No contact answered, or there was no value.
    Failed,
    /// Its initiator went down, or the simulation ended, first.
    Aborted,
}

impl Outcome {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Ok, "ok"),
        (Self::Missed, "missed"),
        (Self::Failed, "failed"),
        (Self::Aborted, "aborted"),
    ];

    const fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// The collector.
#[derive(Debug)]
pub(super) struct Lookups {
    table: Option<Table>,
    k: usize,
    id_bits: u32,
    warmup: SimTime,
    outcomes: [u64; 4],
    exact: Mean,
    recall: Mean,
    rounds: Mean,
    rpcs: Mean,
    timeouts: Mean,
    latencies_us: Vec<u32>,
    /// Lookups by hop count.
    hops: Vec<u64>,
    /// For each response, lookups by bits matched.
    progress: Vec<Vec<u32>>,
    truth: Vec<u32>,
}

/// How the found contacts compare with the truth.
#[derive(Clone, Copy, Debug)]
struct Quality {
    exact: bool,
    recall: f64,
    closest_found: bool,
}

impl Lookups {
    /// Writes `lookups.csv` into `dir`, if given.
    pub(super) fn create(
        dir: Option<&Path>,
        (k, id_bits): (usize, u32),
        warmup: SimTime,
    ) -> io::Result<Self> {
        let columns = [
            "lookup",
            "kind",
            "start_s",
            "origin",
            "target",
            "outcome",
            "exact",
            "recall_k",
            "hops",
            "rounds",
            "rpcs",
            "timeouts",
            "latency_ms",
            "found_cpl_bits",
        ];
        Ok(Self {
            table: dir.map(|dir| Table::create(dir, "lookups.csv", &columns)).transpose()?,
            k,
            id_bits,
            warmup,
            outcomes: [0; 4],
            exact: Mean::default(),
            recall: Mean::default(),
            rounds: Mean::default(),
            rpcs: Mean::default(),
            timeouts: Mean::default(),
            latencies_us: Vec::new(),
            hops: Vec::new(),
            progress: Vec::new(),
            truth: Vec::new(),
        })
    }

    pub(super) fn ended(&mut self, ended: &LookupEnded<'_>, live: &LiveIndex, plan: &Plan) {
        if ended.started < self.warmup {
            return;
        }
        let quality = match ended.end {
            End::Done | End::NoAnswer => self.quality(ended, live),
            End::Found(..) | End::Aborted => None,
        };
        let outcome = outcome(ended, quality);
        self.outcomes[outcome as usize] += 1;
        let hops = match ended.end {
            End::Found(_, depth) => Some(depth),
            _ => ended.hops,
        };
        if outcome != Outcome::Aborted {
            self.count(ended, quality, hops);
        }
        self.write(ended, outcome, quality, hops, plan);
    }

    pub(super) fn headlines(&mut self, out: &mut Vec<Headline>) {
        self.latencies_us.sort_unstable();
        let all: u64 = self.outcomes.iter().sum();
        let ended = all - self.outcomes[Outcome::Aborted as usize];
        out.push(Headline::new("lookups", "count", Some(all as f64), all));
        for (outcome, metric) in Outcome::ALL.map(|(outcome, _)| outcome).into_iter().zip([
            "lookups_ok",
            "lookups_missed",
            "lookups_failed",
            "lookups_aborted",
        ]) {
            let (count, of) = (self.outcomes[outcome as usize], ended);
            let of = if outcome == Outcome::Aborted { all } else { of };
            let note = if outcome == Outcome::Aborted { "of all" } else { "of those not aborted" };
            out.push(Headline::new(metric, "share", ratio(count, of), of).with_note(note));
        }
        let mean = |metric, unit, mean: &Mean| Headline::new(metric, unit, mean.get(), mean.n());
        out.push(mean("exact", "share", &self.exact));
        out.push(mean("recall_k_mean", "share", &self.recall));
        let hop_count: u64 = self.hops.iter().sum();
        let hop_sum: u64 = (0u64..).zip(&self.hops).map(|(hops, count)| hops * count).sum();
        out.push(Headline::new("hops_mean", "hops", ratio(hop_sum, hop_count), hop_count));
        out.push(mean("rounds_mean", "rounds", &self.rounds));
        out.push(mean("rpcs_mean", "requests", &self.rpcs));
        out.push(mean("timeouts_mean", "requests", &self.timeouts));
        let n = self.latencies_us.len() as u64;
        let sum: u64 = self.latencies_us.iter().map(|&us| u64::from(us)).sum();
        let mean_ms = ratio(sum, n).map(|us| us / 1e3);
        out.push(Headline::new("latency_mean", "ms", mean_ms, n));
        for (metric, p) in [("latency_p50", 0.5), ("latency_p95", 0.95), ("latency_p99", 0.99)] {
            let value = percentile(&self.latencies_us, p).map(|us| f64::from(us) / 1e3);
            out.push(Headline::new(metric, "ms", value, n));
        }
    }

    /// Completes the files.
    pub(super) fn finish(self, dir: &Path) -> io::Result<()> {
        let Some(table) = self.table else { return Ok(()) };
        table.finish()?;
        let mut table = Table::create(dir, "hops.csv", &["hops", "count", "fraction"])?;
        let all: u64 = self.hops.iter().sum();
        for (hops, count) in (0u64..).zip(&self.hops).filter(|(_, count)| **count > 0) {
            table.row(row![hops, *count, ratio(*count, all)]);
        }
        table.finish()?;
        let columns = ["response", "lookups", "mean_cpl_bits", "p10_cpl_bits", "p90_cpl_bits"];
        let mut table = Table::create(dir, "lookup_convergence.csv", &columns)?;
        for (response, by_bits) in (0u64..).zip(&self.progress) {
            let lookups: u64 = by_bits.iter().map(|&n| u64::from(n)).sum();
            let sum: u64 = (0u64..).zip(by_bits).map(|(bits, &n)| bits * u64::from(n)).sum();
            let quantile = |p| bits_percentile(by_bits, lookups, p);
            table.row(row![response, lookups, ratio(sum, lookups), quantile(0.1), quantile(0.9)]);
        }
        table.finish()
    }

    fn quality(&mut self, ended: &LookupEnded<'_>, live: &LiveIndex) -> Option<Quality> {
        live.closest(&ended.target, self.k, Some(ended.origin), &mut self.truth);
        let nearest = *self.truth.first()?;
        let found = |node: u32| ended.closest.iter().any(|c| c.handle.0 == node);
        let hits = self.truth.iter().filter(|&&node| found(node)).count();
        Some(Quality {
            exact: hits == self.truth.len() && ended.closest.len() == hits,
            recall: hits as f64 / self.truth.len() as f64,
            closest_found: found(nearest),
        })
    }

    fn count(&mut self, ended: &LookupEnded<'_>, quality: Option<Quality>, hops: Option<u8>) {
        if let Some(quality) = quality {
            self.exact.add(f64::from(u8::from(quality.exact)));
            self.recall.add(quality.recall);
        }
        if let Some(hops) = hops {
            let hops = usize::from(hops);
            self.hops.resize(self.hops.len().max(hops + 1), 0);
            self.hops[hops] += 1;
        }
        self.rounds.add(f64::from(ended.rounds));
        self.rpcs.add(f64::from(ended.rpcs));
        self.timeouts.add(f64::from(ended.timeouts));
        let latency_us = ended.at.since(ended.started).as_micros();
        self.latencies_us.push(u32::try_from(latency_us).unwrap_or(u32::MAX));
        for (response, &bits) in ended.progress.iter().enumerate() {
            if self.progress.len() <= response {
                self.progress.push(vec![0; self.id_bits as usize + 1]);
            }
            self.progress[response][usize::from(bits).min(self.id_bits as usize)] += 1;
        }
    }

    fn write(
        &mut self,
        ended: &LookupEnded<'_>,
        outcome: Outcome,
        quality: Option<Quality>,
        hops: Option<u8>,
        plan: &Plan,
    ) {
        let Some(table) = &mut self.table else { return };
        let kind = match ended.purpose {
            Purpose::Store(..) => "store",
            Purpose::Get(_) => "get",
            Purpose::Lookup(_) | Purpose::Join | Purpose::Refresh => "lookup",
        };
        let latency_ms = ended.at.since(ended.started).as_millis_f64();
        let bits = |c: &Contact| plan.ids()[c.handle.0 as usize].common_prefix_len(&ended.target);
        let bits = |c: &Contact| bits(c).min(self.id_bits);
        table.row(row![
            ended.purpose.tag().unwrap_or_default(),
            kind,
            ended.started.as_secs_f64(),
            ended.origin,
            ended.target.to_text(self.id_bits).as_str(),
            outcome.name(),
            quality.map(|quality| quality.exact),
            quality.map(|quality| quality.recall),
            hops.map(u32::from),
            u32::from(ended.rounds),
            u32::from(ended.rpcs),
            u32::from(ended.timeouts),
            (outcome != Outcome::Aborted).then_some(latency_ms),
            ended.closest.first().map(bits),
        ]);
    }
}

fn outcome(ended: &LookupEnded<'_>, quality: Option<Quality>) -> Outcome {
    match ended.end {
        End::Aborted => Outcome::Aborted,
        End::Found(..) => Outcome::Ok,
        End::NoAnswer => Outcome::Failed,
        End::Done if ended.purpose.wants_value() => Outcome::Failed,
        End::Done if quality.is_some_and(|quality| quality.closest_found) => Outcome::Ok,
        End::Done => Outcome::Missed,
    }
}

/// The percentile of a histogram over bits, by nearest rank.
fn bits_percentile(by_bits: &[u32], all: u64, p: f64) -> Option<u64> {
    let rank = ((p * all as f64).ceil() as u64).max(1);
    let mut below = 0;
    (0u64..)
        .zip(by_bits)
        .find(|(_, n)| {
            below += u64::from(**n);
            below >= rank
        })
        .map(|(bits, _)| bits)
}

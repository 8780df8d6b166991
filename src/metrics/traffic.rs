//! Messages and bytes by type and sample window: `traffic.csv`.

use std::io;
use std::path::Path;

use super::stats::{Mean, ratio};
use super::summary::Headline;
use super::table::{Table, row};
use crate::base::time::SimTime;
use crate::kademlia::Kind;
use crate::sim::tally::{Count, Tally};

/// The collector.
#[derive(Debug)]
pub(super) struct Traffic {
    table: Option<Table>,
    warmup: SimTime,
    last: Tally,
    last_at: SimTime,
    /// Integral of the number of live nodes over the window, node-seconds.
    node_seconds: f64,
    counted_to: SimTime,
    live: u32,
    /// After the warm-up.
    sum: Count,
    sum_node_seconds: f64,
    windows: Mean,
}

impl Traffic {
    pub(super) fn create(dir: Option<&Path>, warmup: SimTime) -> io::Result<Self> {
        let columns =
            ["time_s", "type", "sent", "delivered", "lost", "to_dead", "bytes", "bytes_per_node_s"];
        Ok(Self {
            table: dir.map(|dir| Table::create(dir, "traffic.csv", &columns)).transpose()?,
            warmup,
            last: Tally::default(),
            last_at: SimTime::ZERO,
            node_seconds: 0.0,
            counted_to: SimTime::ZERO,
            live: 0,
            sum: Count::default(),
            sum_node_seconds: 0.0,
            windows: Mean::default(),
        })
    }

    /// `live` nodes are up from `at` on.
    pub(super) fn population(&mut self, at: SimTime, live: u32) {
        self.node_seconds += f64::from(self.live) * at.since(self.counted_to).as_secs_f64();
        self.counted_to = at;
        self.live = live;
    }

    /// The window that ends at `at` is complete.
    pub(super) fn sample(&mut self, at: SimTime, tally: &Tally) {
        self.population(at, self.live);
        if at == self.last_at {
            return;
        }
        for kind in Kind::ALL {
            let window = since(tally.of(kind), self.last.of(kind));
            // A type that has never been sent is no part of this run.
            if tally.of(kind).sent == 0 {
                continue;
            }
            if let Some(table) = &mut self.table {
                let per_node =
                    (self.node_seconds > 0.0).then(|| window.bytes as f64 / self.node_seconds);
                table.row(row![
                    at.as_secs_f64(),
                    kind.name(),
                    window.sent,
                    window.delivered,
                    window.lost,
                    window.to_dead,
                    window.bytes,
                    per_node,
                ]);
            }
        }
        if self.last_at >= self.warmup {
            let window = since(&tally.total(), &self.last.total());
            self.sum = plus(&self.sum, &window);
            self.sum_node_seconds += self.node_seconds;
            self.windows.add(window.sent as f64);
        }
        (self.last, self.last_at, self.node_seconds) = (*tally, at, 0.0);
    }

    pub(super) fn headlines(&self, out: &mut Vec<Headline>) {
        let (sum, n) = (&self.sum, self.windows.n());
        let per_node_s =
            |x: u64| (self.sum_node_seconds > 0.0).then(|| x as f64 / self.sum_node_seconds);
        out.push(Headline::new("messages_per_node_s", "1/s", per_node_s(sum.sent), n));
        out.push(
            Headline::new("bytes_per_node_s", "B/s", per_node_s(sum.bytes), n)
                .with_note("sent, with UDP/IPv4 headers"),
        );
        out.push(Headline::new("messages_lost", "share", ratio(sum.lost, sum.sent), sum.sent));
        out.push(Headline::new(
            "messages_to_dead",
            "share",
            ratio(sum.to_dead, sum.sent),
            sum.sent,
        ));
    }

    pub(super) fn finish(self) -> io::Result<()> {
        self.table.map_or(Ok(()), Table::finish)
    }
}

fn since(now: &Count, before: &Count) -> Count {
    Count {
        sent: now.sent - before.sent,
        delivered: now.delivered - before.delivered,
        lost: now.lost - before.lost,
        to_dead: now.to_dead - before.to_dead,
        bytes: now.bytes - before.bytes,
    }
}

fn plus(a: &Count, b: &Count) -> Count {
    Count {
        sent: a.sent + b.sent,
        delivered: a.delivered + b.delivered,
        lost: a.lost + b.lost,
        to_dead: a.to_dead + b.to_dead,
        bytes: a.bytes + b.bytes,
    }
}

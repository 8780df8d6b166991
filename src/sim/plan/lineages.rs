//! When the nodes are up, before faults. A lineage is a node and, under
//! `new-id`, everyone it comes back as.

use crate::base::dist::{Dist, Residual};
use crate::base::rng::{Key, Purpose, scale};
use crate::base::time::{SimDuration, SimTime};
use crate::sim::plan::Departure;
use crate::sim::spec::{Bootstrap, Churn, ChurnProcess, Join, SessionTrace, Spec};

/// A session of a lineage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    pub(super) lineage: u32,
    pub(super) start: SimTime,
    pub(super) end: SimTime,
    pub(super) how: Departure,
}

/// Lineages `0..settled` have a handle whether or not they come up; the others
/// only if they do.
#[derive(Debug)]
pub(super) struct Lineages {
    pub(super) settled: u32,
    /// Whom each lineage joins through.
    pub(super) bootstrap: Vec<Bootstrap>,
    /// By lineage, then time; clipped to the run.
    pub(super) stays: Vec<Stay>,
}

impl Lineages {
    pub(super) fn new(spec: &Spec) -> Self {
        let mut maker = Maker::new(spec);
        match spec.churn.as_ref().map(|churn| &churn.process) {
            None => maker.join(&spec.joins, None),
            Some(ChurnProcess::Trace(trace)) => {
                maker.join(&spec.joins, None);
                maker.follow(trace);
            }
            Some(&ChurnProcess::OnOff { start, session, downtime, stationary, .. }) => {
                let on_off = OnOff::new(start, session, downtime, stationary);
                maker.join(&spec.joins, Some(&on_off));
                maker.settle();
                on_off.add_absent(&mut maker, &spec.joins);
                return maker.lineages;
            }
        }
        maker.settle();
        maker.lineages
    }
}

/// Adds lineages one after the other.
struct Maker {
    lineages: Lineages,
    /// The run's end.
    end: SimTime,
    graceful: f64,
    joins: Key,
    sessions: Key,
}

/// A draw of a session, by what it is for.
#[derive(Clone, Copy)]
enum Draw {
    Session = 0,
    Downtime = 1,
    Departure = 2,
}

impl Maker {
    fn new(spec: &Spec) -> Self {
        Self {
            lineages: Lineages { settled: 0, bootstrap: Vec::new(), stays: Vec::new() },
            end: SimTime::ZERO + spec.duration,
            graceful: spec.churn.as_ref().map_or(0.0, |churn: &Churn| churn.graceful),
            joins: Key::new(spec.seed, Purpose::Joins),
            sessions: Key::new(spec.seed, Purpose::Sessions),
        }
    }

    /// The lineage being made.
    fn lineage(&self) -> u32 {
        self.lineages.bootstrap.len() as u32
    }

    fn finish(&mut self, bootstrap: Bootstrap) {
        self.lineages.bootstrap.push(bootstrap);
    }

    /// Those made so far have a handle in any case.
    fn settle(&mut self) {
        self.lineages.settled = self.lineage();
    }

    /// One lineage for every node of the waves: up from its arrival, and from
    /// then on as `churn` has it.
    fn join(&mut self, joins: &[Join], churn: Option<&OnOff>) {
        for join in joins {
            for _ in 0..join.count {
                let bits = self.joins.draw(u64::from(self.lineage()), 0);
                let wait = SimDuration::from_micros(scale(bits, join.over.as_micros()));
                match churn {
                    None => self.stay(join.at + wait, SimTime::NEVER, 0),
                    Some(on_off) => on_off.arrive(self, join.at + wait),
                }
                self.finish(join.bootstrap);
            }
        }
    }

    /// The lineages of a trace.
    fn follow(&mut self, trace: &SessionTrace) {
        let mut sessions = trace.sessions.iter().peekable();
        for node in 0..trace.nodes {
            let mut number = 0;
            while let Some(session) = sessions.next_if(|session| session.node == node) {
                self.stay(session.start, session.end, number);
                number += 1;
            }
            self.finish(Bootstrap::Random);
        }
    }

    /// Adds stay number `number`, unless it is empty or after the end.
    fn stay(&mut self, start: SimTime, end: SimTime, number: u64) {
        if start >= self.end || start >= end {
            return;
        }
        let graceful = self.unit(number, Draw::Departure) < self.graceful;
        let how = if graceful { Departure::Graceful } else { Departure::Silent };
        let end = if end >= self.end { SimTime::NEVER } else { end };
        self.lineages.stays.push(Stay { lineage: self.lineage(), start, end, how });
    }

    fn unit(&self, number: u64, draw: Draw) -> f64 {
        self.sessions.unit(u64::from(self.lineage()), 3 * number + draw as u64)
    }
}

/// The alternating process of sessions and down times.
struct OnOff {
    start: SimTime,
    session: Dist,
    downtime: Dist,
    /// What remains of the session and of the down time that the start of a
    /// stationary process falls into.
    remaining: Option<(Residual, Residual)>,
}

impl OnOff {
    fn new(start: SimTime, session: Dist, downtime: Dist, stationary: bool) -> Self {
        let remaining = stationary.then(|| (Residual::new(session), Residual::new(downtime)));
        Self { start, session, downtime, remaining }
    }

    /// The stays of a node that arrives at `arrival`.
    fn arrive(&self, maker: &mut Maker, arrival: SimTime) {
        let p = maker.unit(0, Draw::Session);
        let life = match &self.remaining {
            Some((session, _)) if arrival <= self.start => session.quantile(p),
            _ => self.session.quantile(p),
        };
        let end = arrival.max(self.start) + SimDuration::from_secs_f64(life);
        maker.stay(arrival, end, 0);
        self.go_on(maker, end, 0);
    }

    /// The stays after session `number`, which ends at `end`. Zero-length
    /// sessions are left out; down times last at least 1 µs.
    fn go_on(&self, maker: &mut Maker, mut end: SimTime, mut number: u64) {
        while end < maker.end {
            let away = self.downtime.quantile(maker.unit(number, Draw::Downtime));
            let away = SimDuration::from_secs_f64(away).max(SimDuration::from_micros(1));
            number += 1;
            let start = end + away;
            let life = self.session.quantile(maker.unit(number, Draw::Session));
            end = start + SimDuration::from_secs_f64(life);
            maker.stay(start, end, number);
        }
    }

    /// For every node of a wave `E[downtime] / E[session]` more, away when the
    /// process starts. (Renewal theory: the share of the time spent down.)
    fn add_absent(&self, maker: &mut Maker, joins: &[Join]) {
        let ratio = self.downtime.mean() / self.session.mean();
        let Some((_, downtime)) = self.remaining.as_ref().filter(|_| ratio.is_finite()) else {
            return;
        };
        for join in joins {
            // A wave after the start brings its absent nodes when it comes.
            let start = self.start.max(join.at);
            for _ in 0..(f64::from(join.count) * ratio + 0.5) as u64 {
                // Number 0 is the session that it is away after.
                let away = downtime.quantile(maker.unit(0, Draw::Downtime));
                let start = start + SimDuration::from_secs_f64(away);
                if start < maker.end {
                    let life = self.session.quantile(maker.unit(1, Draw::Session));
                    let end = start + SimDuration::from_secs_f64(life);
                    maker.stay(start, end, 1);
                    self.go_on(maker, end, 1);
                }
                maker.finish(join.bootstrap);
            }
        }
    }
}

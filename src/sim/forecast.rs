//! How many messages a run will send, roughly: enough to decide whether
//! several threads have enough to do between two meetings. Nothing else depends
//! on it.

use super::plan::Plan;
use super::spec::{QueryKind, Schedule, Spec, Start};
use crate::base::math;
use crate::base::time::SimTime;

/// Messages a simulated second, averaged over the run.
pub(super) fn messages_per_s(spec: &Spec, plan: &Plan) -> f64 {
    let config = &spec.protocol;
    let duration_s = spec.duration.as_secs_f64();
    let (mut arrivals, mut up_s) = (0, 0.0);
    for node in 0..plan.ids().len() as u32 {
        let sessions = plan.sessions(node).iter();
        // Who has a table at the start need not join.
        let joins = |start| spec.start == Start::Empty || start > SimTime::ZERO;
        arrivals += sessions.filter(|session| joins(session.start)).count();
        up_s += up_us(plan, node, SimTime::ZERO + spec.duration) as f64 / 1e6;
    }
    let live = (up_s / duration_s).max(1.0);
    // The k closest answer, and those that lead there.
    let lookup = 2.0 * (config.k + 3) as f64;
    let buckets = math::log2(live).max(0.0) + 1.0;
    let mut lookups_per_s = arrivals as f64 * buckets / duration_s;
    if let (Some(interval), false) = (config.refresh_interval, config.frozen) {
        lookups_per_s += live * buckets / interval.as_secs_f64();
    }
    for query in &spec.queries {
        let queries = match &query.schedule {
            Schedule::Poisson { rate, from, until } => {
                let until = (*until).min(SimTime::ZERO + spec.duration);
                rate * (until.as_micros().saturating_sub(from.as_micros()) as f64 / 1e6)
            }
            Schedule::At(instants) => instants.len() as f64,
        };
        let weight = if query.kind == QueryKind::Store { 2.0 } else { 1.0 };
        lookups_per_s += weight * queries / duration_s;
    }
    // A stranger in a full bucket has its oldest contact pinged.
    let pings = if config.frozen { 1.0 } else { 2.0 };
    lookups_per_s * lookup * pings
}

/// How long a node is up.
pub(super) fn up_us(plan: &Plan, node: u32, end: SimTime) -> u64 {
    let sessions = plan.sessions(node).iter();
    sessions.map(|session| session.end.min(end).as_micros() - session.start.as_micros()).sum()
}

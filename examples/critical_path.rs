//! How much faster a scenario would run with a processor for each of 2, 4, 8
//! and 16 shards: an estimate.
//!
//! `cargo run --release --example critical_path -- SCENARIO.toml [SHARDS…]`
//!
//! All shards run on one thread, window by window, and its processor time is
//! measured; of each window only the slowest shard counts. Left out is what
//! threads cost each other (caches, memory, meeting after each window), the
//! start, and the collectors, which run beside the shards. With a cost a
//! meeting, the second figure takes the windows into account.

use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use kadsim::base::time::SimTime;
use kadsim::scenario::load;
use kadsim::sim::engine::Simulation;
use kadsim::sim::plan::Change;
use kadsim::sim::probe::{LookupEnded, Probe, View};
use kadsim::sim::spec::Spec;
use rustix::time::{ClockId, clock_gettime};

/// What a meeting of threads on different cores costs, assumed.
const MEETING_US: f64 = 2.0;

/// A collector of nothing.
struct Blind;

impl Probe for Blind {
    fn population(&mut self, _: &Change) {}
    fn lookup(&mut self, _: &LookupEnded<'_>) {}
    fn sample(&mut self, _: SimTime, _: &View<'_>) {}
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let Some(path) = args.next() else {
        eprintln!("usage: critical_path SCENARIO.toml [SHARDS…]");
        return ExitCode::from(2);
    };
    let mut shards: Vec<usize> = args.filter_map(|arg| arg.parse().ok()).collect();
    if shards.is_empty() {
        shards = vec![2, 4, 8, 16];
    }
    let spec = match load(Path::new(&path), &[]) {
        Ok(scenario) => scenario.spec,
        Err(wrong) => {
            eprintln!("{}", wrong.render(false));
            return ExitCode::from(2);
        }
    };
    let (digest, one) = one_thread(&spec);
    println!("{}: one thread {one:.2} s of processor time, digest {digest:016x}", spec.name);
    println!("estimates of the critical path:");
    for shards in shards {
        report(&spec, shards, digest, one);
    }
    ExitCode::SUCCESS
}

/// Digest and seconds of the ordinary run.
fn one_thread(spec: &Spec) -> (u64, f64) {
    let simulation = Simulation::new(spec, 1, |_, _| false);
    let began = processor_ns();
    let outcome = simulation.run(&mut Blind, |_| ControlFlow::Continue(()));
    (outcome.digest, (processor_ns() - began) as f64 / 1e9)
}

fn report(spec: &Spec, shards: usize, digest: u64, one: f64) {
    let simulation = Simulation::with_shards(spec, shards, |_, _| false);
    let parallelism = simulation.parallelism().clone();
    let (outcome, path) = simulation.run_metered(&mut Blind, &mut processor_ns);
    assert_eq!(outcome.digest, digest, "the result must not depend on shards");
    let slowest = path.slowest as f64 / 1e9;
    let meetings = path.windows as f64 * MEETING_US / 1e6;
    println!(
        "  {shards:2} shards: {slowest:.2} s, {:.2}x (with {MEETING_US} us a meeting {:.2}x); all \
         shards together {:.2} s; {} windows with anything in them, {} messages each; {parallelism}",
        one / slowest,
        one / (slowest + meetings),
        path.total as f64 / 1e9,
        path.windows,
        outcome.tally.total().sent / path.windows.max(1),
    );
}

/// Processor time of this thread.
fn processor_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

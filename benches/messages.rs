//! Whole simulations: CPU time a message, memory a node, and how that compares
//! with what the machine can do.
//!
//! `static`: perfect tables that never change, no loss, one-way latency uniform
//! 20-100 ms, N/10 lookups a second. `churn`: perfect start, KAD sessions in
//! equilibrium, refreshes on, geo latency with jitter, N/100 lookups a second.
//! k = 20, alpha = 3 unless told otherwise.
//!
//! Each configuration runs in two fresh processes: one measures peak memory,
//! the other time, with reference work taken in turns with the simulation:
//!
//! - `R_heap`: messages a second over events a second of a `BinaryHeap` hold
//!   model (32-byte events, uniform 20-200 ms, as many pending as messages are
//!   on their way in the simulation);
//! - memory efficiency: ns a message over the sum of ns a message with 256
//!   nodes and a visit, with prefetching, to as many random cache lines as a
//!   message touches, in as much memory.
//!
//! `start_s` is the CPU time to build the network and run its first second.
//!
//! `cargo bench --bench messages` (1e3 to 1e5 nodes), `-- 1000000` for other
//! numbers, `-- static`, `-- k=8`, `-- --quick` for a look.

#![allow(missing_docs, reason = "a program")]

mod common;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;
use std::process::Command;

use common::{Xorshift, arguments, cpu_ns, median, min_median, peak_bytes, wall_ns};
use kadsim::base::time::SimTime;
use kadsim::scenario::{Scenario, load};
use kadsim::sim::engine::{Outcome, Simulation};
use kadsim::sim::event::{Event, EventKind};
use kadsim::sim::plan::Change;
use kadsim::sim::probe::{LookupEnded, Probe, View};

/// Set for the processes that measure.
const CHILD: &str = "KADSIM_BENCH_CHILD";
/// Cache lines that a message touches, about.
const LINES: usize = 10;
const REFERENCE_NODES: usize = 256;

/// What to run.
#[derive(Clone, Copy, PartialEq)]
struct Case {
    churn: bool,
    nodes: usize,
    k: usize,
    quick: bool,
}

impl Case {
    fn load(self) -> Scenario {
        let Self { churn, nodes, k, quick } = self;
        // Enough messages for a steady figure, and at least some seconds.
        let per_second = nodes as f64 * if churn { 0.8 } else { 4.8 };
        let wanted = if quick { 150_000.0 } else { 3_000_000.0 };
        let seconds = ((wanted / per_second) as u64).clamp(if quick { 3 } else { 6 }, 600);
        let (network, start, rate) = if churn {
            ("{ model = \"geo\" }\njitter = 0.1", "", nodes as f64 / 100.0)
        } else {
            let latency = "{ model = \"uniform\", min = \"20ms\", max = \"100ms\" }";
            (latency, "frozen = true", nodes as f64 / 10.0)
        };
        let sessions = "[churn]\nstationary = true\n\
            session = { dist = \"weibull\", shape = 0.615, scale = \"169.5min\" }\n\
            downtime = { dist = \"weibull\", shape = 0.476, scale = \"413.7min\" }\n";
        let text = format!(
            "name = \"bench\"\nseed = 1\nduration = \"{seconds}s\"\n[protocol]\nk = {k}\n{}\
             [network]\nlatency = {network}\n[start]\ntables = \"perfect\"\n{start}\n\
             [[join]]\ncount = {nodes}\n{}[[query]]\nrate = \"{rate}/s\"\ntarget = \"random-id\"\n\
             [metrics]\nsample_every = \"1s\"\nconvergence = false\nfreshness = false\n",
            if churn { "" } else { "refresh_interval = \"0s\"\n" },
            if churn { sessions } else { "" },
        );
        let file = tempfile::Builder::new().suffix(".toml").tempfile().expect("a place for a file");
        std::fs::write(file.path(), text).expect("a place for a file");
        load(file.path(), &[]).unwrap_or_else(|wrong| panic!("{}", wrong.render(false)))
    }

    fn to_text(self) -> String {
        format!("{} {} {} {}", self.churn, self.nodes, self.k, self.quick)
    }

    fn from_text(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        Some(Self {
            churn: parts.next()?.parse().ok()?,
            nodes: parts.next()?.parse().ok()?,
            k: parts.next()?.parse().ok()?,
            quick: parts.next()?.parse().ok()?,
        })
    }
}

/// Counts lookups.
#[derive(Default)]
struct Counter {
    lookups: u64,
}

impl Probe for Counter {
    fn population(&mut self, _: &Change) {}
    fn lookup(&mut self, _: &LookupEnded<'_>) {
        self.lookups += 1;
    }
    fn sample(&mut self, _: SimTime, _: &View<'_>) {}
}

/// Runs `scenario` and calls `pause` after every simulated second with the
/// number of events so far; also says how many events a message there are.
fn run(
    scenario: &Scenario,
    counter: &mut Counter,
    mut pause: impl FnMut(u64, u64) -> ControlFlow<()>,
) -> (Outcome, f64) {
    let simulation = Simulation::new(&scenario.spec, 1, |_, _| false);
    let outcome = simulation
        .run(counter, |progress| pause(progress.now.as_micros() / 1_000_000, progress.events));
    (outcome, outcome.events as f64 / arrived(&outcome) as f64)
}

/// Messages that are no longer on their way.
fn arrived(outcome: &Outcome) -> u64 {
    let total = outcome.tally.total();
    total.delivered + total.lost + total.to_dead
}

/// A heap that always holds as many messages on their way.
struct HeapHold {
    heap: BinaryHeap<Reverse<Event>>,
    random: Xorshift,
}

impl HeapHold {
    fn new(pending: u64) -> Self {
        let mut random = Xorshift(0x9e37_79b9_7f4a_7c15);
        let at = |seq: u64| Event {
            time_us: random.below(200_000),
            to: random.next() as u32,
            from: 1,
            seq: seq as u32,
            kind: EventKind::Message,
            data: 0,
        };
        let heap = (0..pending.max(1)).map(at).map(Reverse).collect();
        Self { heap, random }
    }

    /// ns an event.
    fn turn(&mut self, events: usize) -> f64 {
        let start = cpu_ns();
        for _ in 0..events {
            let Some(Reverse(event)) = self.heap.pop() else { break };
            let delay = 20_000 + self.random.below(180_000);
            let to = self.random.next() as u32;
            self.heap.push(Reverse(Event { time_us: event.time_us + delay, to, ..event }));
        }
        (cpu_ns() - start) as f64 / events as f64
    }
}

/// As much memory as the simulation's, a node's lines together.
struct Visits {
    memory: Vec<[u64; 8]>,
    node_lines: usize,
    random: Xorshift,
}

impl Visits {
    /// Nodes looked ahead.
    const AHEAD: usize = 8;

    fn new(nodes: usize, bytes: u64) -> Self {
        let node_lines = (bytes as usize / 64 / nodes).max(LINES);
        let memory = vec![[1; 8]; node_lines * nodes];
        Self { memory, node_lines, random: Xorshift(0xdead_beef_cafe_f00d) }
    }

    /// ns a visit of one node: [`LINES`] of its lines.
    fn turn(&mut self, visits: usize) -> f64 {
        let nodes = (self.memory.len() / self.node_lines) as u64;
        let step = self.node_lines / LINES;
        let mut next = [0; Self::AHEAD];
        let mut sum = 0;
        let start = cpu_ns();
        for visit in 0..visits + Self::AHEAD {
            let slot = visit % Self::AHEAD;
            if visit >= Self::AHEAD {
                for line in 0..LINES {
                    let words = &mut self.memory[next[slot] + line * step];
                    words[0] = words[0].wrapping_add(1);
                    sum ^= words[0];
                }
            }
            next[slot] = self.random.below(nodes) as usize * self.node_lines;
            for line in 0..LINES {
                kadsim::base::prefetch::read(&self.memory[next[slot] + line * step]);
            }
        }
        std::hint::black_box(sum);
        (cpu_ns() - start) as f64 / visits as f64
    }
}

/// Memory and wall time: nothing but the simulation runs in this process.
fn measure_memory(case: Case) {
    let scenario = case.load();
    let mut start = (0, 0);
    let (outcome, events_a_message) = run(&scenario, &mut Counter::default(), |second, events| {
        if second <= WARM_UP {
            start = (wall_ns(), events);
        }
        ControlFlow::Continue(())
    });
    let messages = (outcome.events - start.1) as f64 / events_a_message;
    let rate = messages / ((wall_ns() - start.0) as f64 / 1e9);
    let on_their_way = outcome.tally.total().sent - arrived(&outcome);
    println!("{} {on_their_way} {rate:.0}", peak_bytes());
}

/// Simulated seconds that are not measured: lookups get going.
const WARM_UP: u64 = 2;
/// Simulated seconds of one run of the small network.
const SMALL_SECONDS: u64 = 40;

/// Time: the simulation and the references take turns.
fn measure_time(case: Case, on_their_way: u64, bytes: u64) {
    let scenario = case.load();
    let small = Case { nodes: REFERENCE_NODES, quick: false, ..case }.load();
    let mut heap = HeapHold::new(on_their_way);
    let mut visits = Visits::new(case.nodes, bytes);
    let seconds = (scenario.spec.duration.as_secs_f64() + 0.5) as u64;
    let stretch = (seconds / 12).max(1);
    let turn = if case.quick { 50_000 } else { 300_000 };
    let (mut parts, mut holds, mut smalls, mut sweeps) = (vec![], vec![], vec![], vec![]);
    let mut counter = Counter::default();
    let begun = cpu_ns();
    let (mut start, mut built) = ((0, 0), 0);
    let (_, events_a_message) = run(&scenario, &mut counter, |second, events| {
        if second == 1 {
            built = cpu_ns() - begun;
        }
        if second < WARM_UP || !(second - WARM_UP).is_multiple_of(stretch) {
            return ControlFlow::Continue(());
        }
        if start.1 > 0 {
            parts.push((cpu_ns() - start.0) as f64 / (events - start.1) as f64);
        }
        holds.push(heap.turn(turn));
        sweeps.push(visits.turn(turn));
        smalls.push(small_run(&small));
        start = (cpu_ns(), events);
        ControlFlow::Continue(())
    });
    let (min, mid) = min_median(&parts);
    let (min, mid) = (min * events_a_message, mid * events_a_message);
    let [hold, sweep, small] = [holds, sweeps, smalls].map(|values| median(&values));
    println!(
        "{min:.0} {mid:.0} {hold:.0} {:.2} {small:.0} {sweep:.0} {:.2} {:.1} {}",
        hold / mid,
        mid / (small + sweep),
        built as f64 / 1e9,
        counter.lookups,
    );
}

/// ns a message of some seconds of the small network.
fn small_run(scenario: &Scenario) -> f64 {
    let mut turn = (0, 0);
    let (_, events_a_message) = run(scenario, &mut Counter::default(), |second, events| {
        match second {
            WARM_UP => turn = (cpu_ns(), events),
            SMALL_SECONDS => {
                turn = (cpu_ns() - turn.0, events - turn.1);
                return ControlFlow::Break(());
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    turn.0 as f64 / turn.1.max(1) as f64 * events_a_message
}

fn child(case: Case, job: &str) -> Vec<f64> {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .env(CHILD, format!("{job};{}", case.to_text()))
        .output()
        .expect("a process");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    text.split_whitespace().filter_map(|number| number.parse().ok()).collect()
}

fn main() {
    if let Ok(job) = std::env::var(CHILD) {
        let (job, case) = job.split_once(';').expect("a job");
        let case = Case::from_text(case).expect("a case");
        let numbers: Vec<u64> = job.split(' ').filter_map(|n| n.parse().ok()).collect();
        return match numbers[..] {
            [on_their_way, bytes] => measure_time(case, on_their_way, bytes),
            _ => measure_memory(case),
        };
    }
    let arguments = arguments();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let quick = has("--quick");
    let k = arguments.iter().find_map(|a| a.strip_prefix("k=")?.parse().ok()).unwrap_or(20);
    let mut sizes: Vec<usize> = arguments.iter().filter_map(|n| n.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = if quick { vec![1_000, 10_000] } else { vec![1_000, 10_000, 100_000] };
    }
    println!(
        "k = {k}; ns are CPU time, min/median of the stretches of a run\n\
         kind nodes ns/message messages/s_wall bytes/node heap_ns R_heap ns_256 visit_ns efficiency \
         start_s lookups"
    );
    for churn in [false, true] {
        // `static` or `churn` alone: only that.
        if has(if churn { "static" } else { "churn" }) {
            continue;
        }
        for &nodes in &sizes {
            let case = Case { churn, nodes, k, quick };
            let memory = child(case, "memory");
            let [peak, on_their_way, rate] = memory[..] else { panic!("{memory:?}") };
            let time = child(case, &format!("time {on_their_way} {peak}"));
            let [min, mid, hold, r_heap, small, sweep, efficiency, build, lookups] = time[..]
            else {
                panic!("{time:?}")
            };
            println!(
                "{} {nodes} {min:.0}/{mid:.0} {rate:.0} {:.0} {hold:.0} {r_heap:.2} {small:.0} \
                 {sweep:.0} {efficiency:.2} {build:.1} {lookups:.0}",
                if churn { "churn" } else { "static" },
                peak / nodes as f64,
            );
        }
    }
}

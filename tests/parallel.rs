//! One run on several threads: the same events, the same bytes in every file,
//! however many there are and however nodes are dealt to them.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use kadsim::metrics::{self, Collectors};
use kadsim::scenario::{Override, load};
use kadsim::sim::engine::Simulation;
use kadsim::sim::parallelism::Dealt;
use kadsim::sim::spec::Spec;

/// A shipped scenario with these values changed.
fn spec(scenario: &str, set: &[&str]) -> Spec {
    let set: Vec<Override> =
        set.iter().map(|text| Override { option: "--set", text: (*text).to_owned() }).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(scenario);
    load(&path, &set).unwrap_or_else(|wrong| panic!("{}", wrong.render(false))).spec
}

/// Digest, events and every file that a run writes.
#[derive(PartialEq)]
struct Trace {
    digest: u64,
    events: u64,
    files: BTreeMap<String, Vec<u8>>,
}

fn run(spec: &Spec, threads: usize) -> (Trace, Dealt) {
    let folder = tempfile::tempdir().unwrap();
    let simulation = Simulation::with_shards(spec, threads, metrics::tracks_ages(spec));
    let parallelism = simulation.parallelism().clone();
    assert_eq!(parallelism.threads, threads, "the parallel path must be taken");
    let mut collectors = Collectors::create(spec, simulation.plan(), folder.path()).unwrap();
    let outcome = simulation.run(&mut collectors, |_| ControlFlow::Continue(()));
    collectors.finish(folder.path()).unwrap();
    let files = fs::read_dir(folder.path()).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())
    });
    let (digest, events) = (outcome.digest, outcome.events);
    (Trace { digest, events, files: files.collect() }, parallelism.dealt)
}

/// One at a time: threads that wait for each other make poor neighbours.
fn assert_same_on_any_number_of_threads(spec: &Spec, dealt: Dealt) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (one, _) = run(spec, 1);
    assert!(one.events > 30_000 && one.files.len() >= 8, "{} events", one.events);
    for threads in [2, 3, 7] {
        let (several, how) = run(spec, threads);
        assert_eq!(several.digest, one.digest, "{threads} threads");
        assert_eq!(several.events, one.events, "{threads} threads");
        for (name, bytes) in &one.files {
            assert!(several.files.get(name) == Some(bytes), "{name} on {threads} threads");
        }
        assert!(several == one);
        if threads == 2 {
            assert_eq!(how, dealt);
        }
    }
}

/// Stores, gets, churn with goodbyes, loss and a crash; no sites.
#[test]
fn smoke() {
    assert_same_on_any_number_of_threads(&spec("smoke.toml", &[]), Dealt::OneByOne);
}

const SHORT_CHURN: &[&str] = &[
    "duration=16min",
    "warmup=5min",
    "join.0.count=120",
    "join.0.over=2min",
    "churn.start=3min",
    "query.0.from=3min",
    "query.0.rate=5/s",
];

#[test]
fn churn_over_regions_with_a_crash() {
    let set = [SHORT_CHURN, &["event=[{at='9min',crash=0.3}]"]].concat();
    assert_same_on_any_number_of_threads(&spec("churn.toml", &set), Dealt::BySite);
}

#[test]
fn churn_with_new_ids_and_uniform_latency() {
    let set = [
        SHORT_CHURN,
        &[
            "network.latency={model='uniform',min='20ms',max='90ms'}",
            "churn={session={dist='exponential',mean='10min'},\
             downtime={dist='exponential',mean='5min'},rejoin='new-id'}",
        ],
    ]
    .concat();
    assert_same_on_any_number_of_threads(&spec("churn.toml", &set), Dealt::OneByOne);
}

#[test]
fn churn_over_a_matrix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rtt.tsv");
    // Nine sites: three towns of three, close within a town.
    let rtt = |a: i32, b: i32| match (a == b, a / 3 == b / 3) {
        (true, _) => 0.4,
        (_, true) => 3.0 + f64::from(a + b) / 10.0,
        _ => f64::from(40 + (a - b).abs() * 7),
    };
    let rows = (0..9).map(|a| {
        let row: Vec<String> = (0..9).map(|b| rtt(a, b).to_string()).collect();
        row.join("\t")
    });
    fs::write(&path, rows.collect::<Vec<_>>().join("\n")).unwrap();
    let latency = format!("network.latency={{model='matrix',file='{}'}}", path.display());
    let set = [SHORT_CHURN, &[latency.as_str()]].concat();
    assert_same_on_any_number_of_threads(&spec("churn.toml", &set), Dealt::BySite);
}

/// Perfect tables are filled on all threads; messages of one instant.
#[test]
fn perfect_tables_and_constant_latency() {
    let set = &[
        "duration=3min",
        "query.0.until=170s",
        "network.latency={model='constant',value='50ms'}",
        "join.0.count=300",
    ];
    assert_same_on_any_number_of_threads(&spec("static.toml", set), Dealt::OneByOne);
}

/// More threads than nodes, and a network that is given.
#[test]
fn textbook() {
    let spec = spec("textbook.toml", &[]);
    let (one, four) = (run(&spec, 1).0, run(&spec, 4).0);
    assert!(one == four);
    let many = Simulation::with_shards(&spec, 9, |_, _| false);
    assert_eq!(many.parallelism().threads, 4);
}

/// With next to nothing to do between two meetings, one thread is best, and the
/// reason is given; no threshold applies to results.
#[test]
fn too_little_to_share_out() {
    let spec = spec("smoke.toml", &[]);
    let simulation = Simulation::new(&spec, 2, |_, _| false);
    let parallelism = simulation.parallelism();
    assert_eq!((parallelism.threads, parallelism.dealt), (1, Dealt::NotWorthwhile));
    assert!(parallelism.to_string().contains("too few to pay"), "{parallelism}");
}

/// A collector that panics takes the run down instead of leaving threads behind
/// that wait for ever.
#[test]
fn a_panic_ends_the_run() {
    let spec = spec("smoke.toml", &[]);
    let simulation = Simulation::with_shards(&spec, 3, |_, _| false);
    let folder = tempfile::tempdir().unwrap();
    let mut collectors = Collectors::create(&spec, simulation.plan(), folder.path()).unwrap();
    let run = std::panic::AssertUnwindSafe(|| {
        simulation.run(&mut collectors, |at| {
            assert!(at.events < 500, "as planned");
            ControlFlow::Continue(())
        })
    });
    assert!(std::panic::catch_unwind(run).is_err());
}

#[test]
fn an_interrupted_run_ends_alike() {
    let spec = spec("smoke.toml", &[]);
    let ends = [1, 3].map(|threads| {
        let simulation = Simulation::with_shards(&spec, threads, |_, _| false);
        let folder = tempfile::tempdir().unwrap();
        let mut collectors = Collectors::create(&spec, simulation.plan(), folder.path()).unwrap();
        let mut looks = Vec::new();
        let outcome = simulation.run(&mut collectors, |at| {
            looks.push((at.now, at.events, at.live));
            if looks.len() < 100 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        assert!(outcome.interrupted);
        (outcome.digest, outcome.end, looks)
    });
    assert_eq!(ends[0], ends[1]);
}

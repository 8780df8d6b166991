//! Same scenario and seed: same bytes, same digest, whatever is watched and
//! however it was built.

mod common;

use common::{csvs, digest, is_sweep, run, scenario, scenario_path, shipped};
use kadsim::sim::plan::Plan;

/// Digests of the shipped scenarios. They change only when the behaviour of a
/// node or of the world changes, and then on purpose. Debug builds are checked
/// against the same figures as release builds, the long runs only in release.
const GOLDEN: [(&str, &str); 7] = [
    ("churn", "53deff2d20f227dd"),
    ("crash", "863c60a4a4c0fb32"),
    ("join", "842ff41edf2be5c4"),
    ("loss", "f2d1afcd4409a2b5"),
    ("smoke", "67912f2f949c8737"),
    ("static", "2b5f606faa9a35e5"),
    ("textbook", "e476812f6d69647b"),
];

#[test]
fn golden_digests() {
    let names: Vec<&str> = GOLDEN.iter().map(|(name, _)| *name).collect();
    let single: Vec<String> = shipped().into_iter().filter(|name| !is_sweep(name)).collect();
    assert_eq!(names, single, "every shipped scenario of one run has a golden digest");
    let quick = ["smoke", "static", "textbook"];
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for (name, golden) in GOLDEN {
        if cfg!(debug_assertions) && !quick.contains(&name) {
            continue;
        }
        let out = folder.path().join(name);
        run(&scenario_path(name), &out, &["--no-charts"]);
        let found = digest(&out);
        if found != golden {
            wrong.push(format!("(\"{name}\", \"{found}\"),"));
        }
    }
    assert!(wrong.is_empty(), "digests that differ:\n{}", wrong.join("\n"));
}

#[test]
fn two_runs_write_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let results = ["a", "b"].map(|name| {
        let out = folder.path().join(name);
        run(&scenario_path("smoke"), &out, &[]);
        let chart = std::fs::read(out.join("charts/hops.png")).unwrap();
        (csvs(&out), digest(&out), chart)
    });
    assert_eq!(results[0].0.len(), 8, "every file of results");
    assert!(results[0] == results[1]);
}

#[test]
fn a_seed_makes_a_difference() {
    let folder = tempfile::tempdir().unwrap();
    let results = ["1", "2"].map(|seed| {
        let out = folder.path().join(seed);
        run(&scenario_path("smoke"), &out, &["--no-charts", "--seed", seed]);
        digest(&out)
    });
    assert_ne!(results[0], results[1]);
}

/// Collectors only watch.
#[test]
fn collectors_change_no_digest_and_no_other_file() {
    let folder = tempfile::tempdir().unwrap();
    let all = folder.path().join("all");
    run(&scenario_path("smoke"), &all, &["--no-charts"]);
    let switches = ["lookups", "convergence", "freshness", "traffic", "population"];
    for (i, off) in switches.iter().enumerate() {
        let out = folder.path().join(off);
        let set = format!("metrics.{off}=false");
        let every = ["metrics.sample_every=10s", "metrics.sample_every=7s"][i % 2];
        run(&scenario_path("smoke"), &out, &["--no-charts", "--set", &set, "--set", every]);
        assert_eq!(digest(&out), digest(&all), "without {off}");
        for (name, bytes) in csvs(&out) {
            let series = !matches!(name.as_str(), "lookups.csv" | "hops.csv");
            let expected = std::fs::read(all.join(&name)).unwrap();
            assert!(series || bytes == expected, "{name} without {off}");
        }
        assert!(!out.join(format!("{off}.csv")).exists());
    }
}

/// Common random numbers: what is compared is all that differs.
#[test]
fn protocol_knobs_leave_the_world_alone() {
    let plan = |set: &[&str]| Plan::new(&scenario("smoke", set).spec);
    let base = plan(&[]);
    for knobs in [
        &["protocol.k=20"][..],
        &["protocol.alpha=1", "protocol.lookup=flush"],
        &["protocol.table=fixed", "protocol.reply_size=4"],
        &["protocol.rpc_timeout=3s", "protocol.max_failures=1"],
        &["protocol.refresh_interval=5min"],
    ] {
        let other = plan(knobs);
        assert_eq!(other.ids(), base.ids());
        assert_eq!(other.timeline(), base.timeline());
        assert!(other.queries().eq(base.queries()), "{knobs:?}");
        assert_eq!(other, base, "{knobs:?}");
    }
    assert_ne!(plan(&["seed=8"]).ids(), base.ids());
}

/// The same, seen in the results: lookups pair up by number.
#[test]
fn queries_pair_up_across_knobs() {
    let folder = tempfile::tempdir().unwrap();
    let asked = ["protocol.k=8", "protocol.k=4"].map(|knob| {
        let out = folder.path().join(knob);
        run(&scenario_path("smoke"), &out, &["--no-charts", "--set", knob]);
        let mut reader = csv::Reader::from_path(out.join("lookups.csv")).unwrap();
        let mut rows: Vec<[String; 5]> = reader
            .records()
            .map(Result::unwrap)
            .map(|row| [0, 1, 2, 3, 4].map(|column| row[column].to_owned()))
            .collect();
        rows.sort();
        rows
    });
    assert!(asked[0].len() > 1_000);
    assert_eq!(asked[0], asked[1], "number, kind, time, origin and target of every query");
}

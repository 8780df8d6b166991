//! Runs on real input: a measured latency matrix, and measured user sessions.
//! Skipped, with the reason printed, where the data is not at hand.

mod common;

use std::fs;
use std::path::Path;

use common::{headline, run, shared};

/// Writes a scenario of its own into `folder`.
fn scenario(folder: &Path, text: &str) -> std::path::PathBuf {
    let path = folder.join("scenario.toml");
    fs::write(&path, text).unwrap();
    path
}

fn print_figures(what: &str, out: &Path) {
    let metrics =
        ["latency_p50", "latency_p95", "latency_p99", "hops_mean", "rpcs_mean", "lookups"];
    let figures: Vec<String> = metrics
        .iter()
        .map(|metric| format!("{metric} {:.2}", headline(out, metric).unwrap()))
        .collect();
    println!("{what}: {}", figures.join(", "));
}

#[test]
fn planetlab_latencies() {
    let Some(matrix) = shared("data/planetlab-rtt/PlanetLabData_1") else { return };
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        r#"
        seed = 5
        duration = "50min"
        warmup = "20min"
        [network]
        latency = {{ model = "matrix", file = {matrix:?}, unit = "ms", measures = "rtt" }}
        [[join]]
        count = 500
        over = "5min"
        [[query]]
        rate = "5/s"
        target = "random-id"
        "#
    );
    let out = folder.path().join("out");
    run(&scenario(folder.path(), &text), &out, &["--no-charts"]);
    print_figures("PlanetLab matrix, 500 nodes", &out);
    assert_eq!(headline(&out, "lookups_ok"), Some(1.0));
    // A lookup takes some round trips of 135 ms (median), the slowest 3 s.
    let (p50, p99) =
        (headline(&out, "latency_p50").unwrap(), headline(&out, "latency_p99").unwrap());
    assert!((300.0..3_000.0).contains(&p50) && p99 < 15_000.0, "{p50} {p99}");
}

#[test]
fn measured_sessions() {
    for name in ["cheese", "eurovision", "kerrang"] {
        let Some(trace) = shared(&format!("data/sessions/{name}.sessions.csv")) else { return };
        let folder = tempfile::tempdir().unwrap();
        let last = fs::read_to_string(&trace)
            .unwrap()
            .lines()
            .filter_map(|line| line.rsplit(',').next()?.parse::<f64>().ok())
            .fold(0.0, f64::max);
        let text = format!(
            r#"
            seed = 5
            duration = "{last}s"
            warmup = "1h"
            [protocol]
            k = 8
            [network]
            loss = 0.01
            [[join]]
            count = 20
            over = "1min"
            [churn]
            trace = {trace:?}
            [[query]]
            rate = "20/h"
            target = "random-id"
            [metrics]
            sample_every = "1h"
            "#
        );
        let out = folder.path().join("out");
        run(&scenario(folder.path(), &text), &out, &["--no-charts"]);
        print_figures(&format!("{name} sessions"), &out);
        let of = |metric| headline(&out, metric).unwrap();
        assert!(of("live_nodes_mean") >= 20.0, "{name}: {}", of("live_nodes_mean"));
        assert!(of("lookups_ok") > 0.9, "{name}: {}", of("lookups_ok"));
        assert!(of("lookups_failed") < 0.01, "{name}: {}", of("lookups_failed"));
    }
}

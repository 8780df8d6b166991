//! Networks that grow by joining alone, without any oracle.

mod common;

use common::{headline, run, scenario_path};

/// A flash crowd of 1,000 nodes: tables converge, and every lookup finds the
/// closest live node.
#[test]
fn joins_alone_make_a_whole_network() {
    let folder = tempfile::tempdir().unwrap();
    for (name, knobs) in [
        ("split", &["protocol.table=split"][..]),
        ("fixed", &["protocol.table=fixed"]),
        ("k8", &["protocol.k=8", "protocol.lookup=flush"]),
    ] {
        let out = folder.path().join(name);
        let mut args = vec!["--no-charts"];
        // The slowest links of the geo model take more than the default timeout.
        let timeout = "protocol.rpc_timeout=4s";
        let set = ["duration=40min", "warmup=20min", "query.0.rate=10/s", timeout];
        for set in set.iter().chain(knobs) {
            args.extend(["--set", set]);
        }
        run(&scenario_path("join"), &out, &args);
        let of = |metric| headline(&out, metric).unwrap();
        assert!(of("live_nodes_mean") == 1_000.0);
        assert!(of("lookups") > 10_000.0);
        assert!(of("table_recall_mean") >= 0.99, "{name}: recall {}", of("table_recall_mean"));
        assert!(of("converged_at") < 1_200.0, "{name}: converged at {}", of("converged_at"));
        assert!(of("lookups_ok") == 1.0, "{name}: ok {}", of("lookups_ok"));
        assert!(of("components_last") == 1.0);
        assert!(of("messages_to_dead") == 0.0 && of("timeouts_mean") == 0.0, "{name}");
    }
}

/// With loss, those who could not join at first try again: nobody stays out.
#[test]
fn nobody_stays_out_for_long() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("loss");
    let set = [
        "network.loss=0.3",
        "duration=30min",
        "warmup=10min",
        "join.0.count=200",
        "join.0.over=1min",
    ];
    let mut args = vec!["--no-charts"];
    for set in set {
        args.extend(["--set", set]);
    }
    run(&scenario_path("loss"), &out, &args);
    let mut reader = csv::Reader::from_path(out.join("convergence.csv")).unwrap();
    let last = reader.records().map(Result::unwrap).last().unwrap();
    assert_eq!((&last[1], &last[2]), ("200", "200"), "live and joined");
    assert_eq!(&last[7], "1", "one component");
}

//! Draws all charts from small made-up results: which ones, how large, the same
//! bytes each time, what is skipped, and how malformed files are reported. How
//! charts look is for eyes to judge.

use std::fs;
use std::path::Path;

use super::draw_all;

const MANIFEST: &str = r#"{"scenario": "small", "seed": 7, "simulated_s": 240.0, "events_n": 9,
    "chart_facts": {"nodes": 30, "k": 8, "alpha": 3, "loss": 0.02, "warmup_s": 60.0,
                    "events": [{"at_s": 120.0, "label": "30 % crash"}]}}"#;

const FILES: [(&str, &str); 8] = [
    ("manifest.json", MANIFEST),
    ("hops.csv", "hops,count,fraction\n1,3,0.3\n2,7,0.7\n"),
    (
        "lookups.csv",
        "lookup,kind,start_s,origin,target,outcome,exact,recall_k,hops,rounds,rpcs,timeouts,\
         latency_ms,found_cpl_bits\n\
         0,lookup,61.5,1,00ff,ok,true,1,2,3,9,0,210.5,12\n\
         1,get,90,2,01ff,failed,,,,,4,4,4000,\n\
         2,lookup,130,2,01ff,missed,false,0.5,2,3,9,1,1210,9\n\
         3,lookup,200,2,01ff,aborted,,,,,4,0,99,\n",
    ),
    (
        "lookup_convergence.csv",
        "response,lookups,mean_cpl_bits,p10_cpl_bits,p90_cpl_bits\n\
         1,200,3.5,2,5\n2,150,5,4,7\n3,1,9,9,9\n",
    ),
    (
        "convergence.csv",
        "time_s,live_nodes,joined_nodes,table_fill,table_recall,knows_k_closest,stale_fraction,\
         components\n60,30,28,0.8,0.8,0.5,0,1\n120,21,21,0.9,,0.6,0.3,2\n180,21,21,1,1,1,0,1\n",
    ),
    (
        "freshness.csv",
        "time_s,bucket,contacts,stale_fraction,mean_age_s,p50_age_s,p95_age_s,\
         mean_since_refresh_s\n\
         60,0,90,0.1,30,25,55,40\n60,1,0,,,,,\n120,0,80,0.2,40,35,70,60\n120,1,40,0,10,9,20,60\n",
    ),
    (
        "traffic.csv",
        "time_s,type,sent,delivered,lost,to_dead,bytes,bytes_per_node_s\n\
         60,ping,100,90,5,5,6000,3.3\n60,nodes,50,49,1,0,30000,16.5\n\
         120,ping,0,0,0,0,0,0\n120,nodes,50,49,1,0,30000,\n",
    ),
    ("population.csv", "time_s,live,joins,leaves,crashes\n60,30,30,0,0\n120,21,0,0,9\n"),
];

fn results() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in FILES {
        write(dir.path(), name, text);
    }
    dir
}

fn write(dir: &Path, name: &str, text: &str) {
    fs::write(dir.join(name), text).expect("a writable directory");
}

fn names(dir: &Path) -> Vec<String> {
    let drawn = draw_all(dir).expect("well-formed results");
    assert!(drawn.iter().all(|path| path.starts_with(dir.join("charts")) && path.is_file()));
    let pngs = drawn.iter().filter(|path| path.extension().is_some_and(|end| end == "png"));
    pngs.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect()
}

fn error(name: &str, text: &str) -> String {
    let dir = results();
    write(dir.path(), name, text);
    draw_all(dir.path()).expect_err("malformed results").to_string()
}

#[test]
fn every_chart_is_drawn_large_and_always_the_same() {
    let (one, two) = (results(), results());
    assert_eq!(
        names(one.path()),
        [
            "hops",
            "latency_cdf",
            "lookup_convergence",
            "outcomes",
            "network_convergence",
            "freshness_heatmap",
            "freshness_buckets",
            "traffic",
            "population"
        ]
    );
    for name in names(two.path()) {
        let file = |dir: &Path, end: &str| {
            fs::read(dir.join(format!("charts/{name}.{end}"))).expect("was drawn")
        };
        let png = file(one.path(), "png");
        let side = |at: usize| png[at..at + 4].iter().fold(0, |n, b| n * 256 + u32::from(*b));
        assert!(side(16) >= 1600 && side(20) >= 1000, "{name}: {} x {}", side(16), side(20));
        assert_eq!(png, file(two.path(), "png"), "{name}");
        let svg = String::from_utf8(file(one.path(), "svg")).expect("text");
        assert!(svg.contains("DejaVu Sans, Verdana, sans-serif"), "{name}");
        assert!(svg.contains("small: N = 30, k = 8, α = 3, loss 2 %, seed 7"), "{name}");
    }
}

#[test]
fn text_is_drawn_without_system_fonts() {
    let renderer = super::render::Renderer::new();
    let ink = |text: &str| {
        let svg = super::canvas::drawing(200.0, 50.0, |canvas| {
            canvas.text(text, (100.0, 25.0), 14.0, super::canvas::Align::Centre);
        });
        renderer.png(&svg, Path::new("text.png")).expect("a drawing").len()
    };
    assert!(ink("α = 3") > ink("") + 100);
}

#[test]
fn charts_without_data_are_skipped() {
    let dir = results();
    fs::remove_file(dir.path().join("lookups.csv")).expect("is there");
    fs::remove_file(dir.path().join("manifest.json")).expect("is there");
    write(dir.path(), "hops.csv", "hops,count,fraction\n");
    write(dir.path(), "population.csv", "time_s,live,joins,leaves,crashes\n60,,,,\n");
    assert_eq!(
        names(dir.path()),
        [
            "lookup_convergence",
            "network_convergence",
            "freshness_heatmap",
            "freshness_buckets",
            "traffic"
        ]
    );
}

#[test]
fn errors_name_file_and_line() {
    let bad_number = error("hops.csv", "hops,count,fraction\n1,3,0.3\n2,seven,0.7\n");
    assert!(bad_number.ends_with("hops.csv, line 3: `seven` in column `count` is not a number"));
    let short_row = error("population.csv", "time_s,live,joins,leaves,crashes\n60,30\n");
    assert!(short_row.ends_with("population.csv, line 2: 2 fields where the header has 5"));
    let no_column = error("population.csv", "time_s,alive,joins,leaves,crashes\n");
    assert!(no_column.ends_with("population.csv, line 1: there is no column `live`"));
    let outcome = FILES[2].1.replace("missed", "lost");
    assert!(error("lookups.csv", &outcome).contains("lookups.csv, line 4: `lost` in column"));
    assert!(error("manifest.json", "{\"seed\":\n\"x\"}").contains("manifest.json, line 2: "));
}

#[test]
fn odd_results_can_be_drawn() {
    let dir = results();
    for (name, text) in FILES {
        // A single row, and all zeros.
        let mut rows = text.lines();
        let (header, row) = (rows.next().unwrap_or(""), rows.next().unwrap_or(""));
        if name.ends_with(".csv") && name != "lookups.csv" {
            write(dir.path(), name, &format!("{header}\n{row}\n"));
            assert!(draw_all(dir.path()).is_ok(), "{name}");
            let zeros = row.split(',').map(|field| match field.parse::<f64>() {
                Ok(_) => "0",
                Err(_) => field,
            });
            let zeros: Vec<&str> = zeros.collect();
            write(dir.path(), name, &format!("{header}\n{}\n", zeros.join(",")));
            assert!(draw_all(dir.path()).is_ok(), "{name}");
        }
    }
}

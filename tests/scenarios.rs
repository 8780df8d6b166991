//! The shipped scenarios are sound, and a resolved scenario written out is the
//! same scenario.

use std::fs;
use std::path::{Path, PathBuf};

use kadsim::scenario::{Override, Scenario, load};

fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn sound(path: &Path, set: &[&str]) -> Scenario {
    let set: Vec<Override> =
        set.iter().map(|text| Override { option: "--set", text: (*text).to_owned() }).collect();
    load(path, &set).unwrap_or_else(|wrong| panic!("{}", wrong.render(false)))
}

/// Writes `scenario` elsewhere, reads it, and compares.
fn assert_round_trips(scenario: &Scenario) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("again.toml");
    let text = scenario.to_toml();
    fs::write(&path, &text).unwrap();
    let again = sound(&path, &[]);
    assert_eq!(format!("{:?}", again.spec), format!("{:?}", scenario.spec));
    assert_eq!(again.to_toml(), text);
    assert_eq!(again.hash(), scenario.hash());
}

#[test]
fn shipped_scenarios_open_with_a_comment_and_round_trip() {
    let paths = shipped();
    assert!(paths.len() >= 7);
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let comment: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
        for word in ["Expect: ", "Takes: "] {
            assert!(comment.iter().any(|line| line.contains(word)), "{path:?} lacks {word}");
        }
        let scenario = sound(&path, &[]);
        assert_eq!(Some(scenario.spec.name.as_str()), path.file_stem().unwrap().to_str());
        assert_round_trips(&scenario);
    }
}

#[test]
fn every_kind_of_value_round_trips() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rtt"), "0 0.02\n0.03 0\n").unwrap();
    fs::write(folder.path().join("up.csv"), "node,start_s,end_s\na,0.5,9.25\nb,1,1e9\n").unwrap();
    let path = folder.path().join("all things.toml");
    fs::write(&path, "duration = '169.5min'\njoin = [{ count = 3, bootstrap = 'first' }]\n")
        .unwrap();
    let plain = sound(&path, &[]);
    assert_eq!(plain.spec.name, "all-things");
    let sets: &[&[&str]] = &[
        &["protocol={profile='mainline',table='fixed',lookup='flush-random',refresh_interval=0}"],
        &["network.latency={model='matrix',file='rtt',unit='s',measures='one-way',zeros='min'}"],
        &["network.latency={model='lognormal',median='1ms',sigma=1}", "network.jitter=1e-7"],
        &["network.latency={model='uniform',min='1ms',max='2ms'}", "description='\"\\\\ü'"],
        &["churn.trace=up.csv", "churn.graceful=0.25"],
        &[
            "churn.session={dist='pareto',shape=1.1,min='1.5s'}",
            "churn.downtime={dist='lognormal',median='1h',sigma=0.1}",
            "churn.rejoin=new-id",
            "churn.stationary=true",
        ],
        &[
            "churn.session={dist='constant',value='1us'}",
            "churn.downtime={dist='weibull',shape=0.476,scale='413.6765min'}",
        ],
        &["query=[{rate='1/min',target={zipf=0.8,keys=9}},{at=['3s','1s'],kind='get'}]"],
        &["query=[{rate='0.5/h',target='random-node',from='1min',until='2min',kind='store'}]"],
        &["event=[{at='1s',crash=1}]", "metrics.freshness=false", "start.tables=perfect"],
        &[
            "protocol.id_bits=17",
            "join=[{ids=['00000','ffff8'],at='0s'}]",
            "start={tables='given',contacts={'00000'=['ffff8']}}",
            "query=[{at='1s',origin='00000',target={id='10000'}}]",
        ],
    ];
    for set in sets {
        let scenario = sound(&path, set);
        assert_ne!(scenario.hash(), plain.hash(), "{set:?}");
        assert_round_trips(&scenario);
    }
}

#[test]
fn overrides_reach_every_value() {
    let smoke = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/smoke.toml");
    let scenario = sound(
        &smoke,
        &["seed=9", "protocol.k=4", "network.latency.median=5ms", "query.1.rate=7/s", "name=x"],
    );
    let text = scenario.to_toml();
    for line in ["seed = 9", "k = 4", "median = \"5ms\"", "rate = \"7/s\"", "name = \"x\""] {
        assert!(text.contains(line), "no {line} in\n{text}");
    }
}

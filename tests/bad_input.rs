//! What is wrong with the input is said in one go, with file, line, key and
//! what is allowed; the exit code tells input (2) from the world (1); nothing
//! that was there is touched.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

/// A sound scenario; a case replaces one line of it.
const SOUND: &str = r#"name = "sound"
duration = "1h"
warmup = "10min"
[protocol]
k = 20
alpha = 3
[network]
latency = { model = "constant", value = "50ms" }
loss = 0.01
[start]
tables = "empty"
[[join]]
count = 100
[churn]
session = { dist = "exponential", mean = "1h" }
downtime = { dist = "exponential", mean = "1h" }
[[query]]
rate = "1/s"
target = "random-id"
[[event]]
at = "30min"
crash = 0.3
[metrics]
sample_every = "1min"
"#;

/// Data files beside the scenario.
const FILES: &[(&str, &str)] = &[
    ("ragged.tsv", "0 1 2\n1 0\n2 3 0\n"),
    ("words.tsv", "0 1\none 0\n"),
    ("negative.csv", "0,-1\n1,0\n"),
    ("nan.csv", "0,NaN\n1,0\n"),
    ("oblong.tsv", "0 1 2\n1 0 2\n"),
    ("holes.tsv", "0 1 2\n1 0 0\n2 3 0\n"),
    ("overlap.csv", "node,start_s,end_s\na,0,10\nb,0,10\na,5,20\n"),
    ("backwards.csv", "client,start_s,end_s\na,10,5\n"),
    ("headless.csv", "a,0,10\n"),
    ("text.csv", "node,start_s,end_s\na,0,soon\n"),
];

/// The line to replace, what by, what the message must contain.
type Case = (usize, &'static str, &'static [&'static str]);

const CASES: &[Case] = &[
    // Top level.
    (1, "nam = \"sound\"", &["scenario.toml:1:1", "`nam`", "did you mean `name`?"]),
    (1, "name = \"../up\"", &["scenario.toml:1:8", "`name`", "letters, digits"]),
    (1, "seed = -1", &["scenario.toml:1:8", "`seed`", "at least 0", "found -1"]),
    (2, "", &["scenario.toml:1:1", "`duration` is missing", "duration above zero"]),
    (2, "duration = \"1 hour\"", &["scenario.toml:2:12", "`duration`", "did you mean \"1h\"?"]),
    (2, "duration = \"10 parsecs\"", &["scenario.toml:2:12", "units are us, ms, s, min, h, d"]),
    (2, "duration = 3600", &["scenario.toml:2:12", "`duration`", "\"3600s\""]),
    (2, "duration = \"0s\"", &["scenario.toml:2:12", "`duration`", "above zero"]),
    (3, "warmup = \"1h\"", &["scenario.toml:3:10", "`warmup`", "less than `duration` = 1h"]),
    (3, "warmup = \"-5s\"", &["scenario.toml:3:10", "`warmup`", "found \"-5s\""]),
    (3, "warmup = ", &["scenario.toml:3:10", "not TOML"]),
    // Sweeps.
    (3, "sweep = 10", &["scenario.toml:3:9", "`sweep` is not a table"]),
    (3, "sweep = { repeats = 10 }", &["scenario.toml:3:9", "`sweep` varies nothing", "`grid`"]),
    (3, "sweep = { repeat = 10 }", &["scenario.toml:3:11", "did you mean `repeats`?"]),
    (3, "sweep = { repeats = 0 }", &["scenario.toml:3:21", "`sweep.repeats`", "from 1 to 100000"]),
    (3, "sweep = { grid = 3 }", &["scenario.toml:3:18", "`sweep.grid` is not a table"]),
    (3, "sweep.grid = { \"protocol.k\" = 8 }", &["scenario.toml:3:31", "a list of values"]),
    (3, "sweep.grid = { \"protocol.k\" = [] }", &["scenario.toml:3:31", "a list of values"]),
    (
        3,
        "sweep.grid = { \"protocol.kk\" = [8, 9] }",
        &["scenario.toml:3:26", "unknown key `protocol.kk`", "did you mean `k`?"],
    ),
    (3, "sweep.grid.protocol.kk = [8, 9]", &["scenario.toml:3:21", "`protocol.kk`"]),
    (
        3,
        "sweep.grid = { \"protocol.k\" = [0, 8] }",
        &["scenario.toml:3:32", "`protocol.k`", "from 1 to 255", "found 0"],
    ),
    (
        3,
        "sweep.grid = { \"protocol.alpha\" = [3, 21] }",
        &["scenario.toml:3:39", "`protocol.alpha` is above k", "alpha is 21, k is 20"],
    ),
    (3, "sweep.grid = { \"join.1.count\" = [9] }", &["3:22", "no element `1` in `join`"]),
    (3, "sweep.grid = { seed = [1, 2] }", &["3:16", "`seed` cannot be swept", "repeats"]),
    (3, "sweep.grid = { \"protocol.k\" = [8, 8] }", &["3:35", "tried with 8 twice"]),
    (
        3,
        "sweep.zip = { \"protocol.k\" = [8, 9], \"network.loss\" = [0] }",
        &["scenario.toml:3:39", "different length at `network.loss`", "1 values", "has 2"],
    ),
    (
        3,
        "sweep = { grid = { warmup = [\"1min\"] }, zip = { warmup = [\"2min\"] } }",
        &["scenario.toml:3:49", "`warmup` varies twice"],
    ),
    (
        3,
        "sweep = { grid = { \"protocol.k\" = [8, 9] }, baseline = { \"protocol.k\" = 7 } }",
        &["scenario.toml:3:73", "`sweep.baseline` is no point"],
    ),
    (
        3,
        "sweep = { grid = { \"protocol.k\" = [8, 9] }, baseline = { \"network.loss\" = 0 } }",
        &["`sweep.baseline` names `network.loss`, which does not vary", "`protocol.k`"],
    ),
    (
        3,
        "sweep.grid = { \"protocol.k\" = [2, 8], \"protocol.alpha\" = [3, 5] }",
        &["`protocol.alpha` is above k", "alpha is 3, k is 2"],
    ),
    (
        3,
        "sweep.grid = { \"protocol.k\" = [4, 8], \"protocol.alpha\" = [5, 3] }",
        &["scenario.toml:3:", "the baseline of the sweep is not sound", "`baseline` in `[sweep]`"],
    ),
    (
        3,
        "sweep = { repeats = 100000, grid = { \"network.loss\" = [0, 0.1, 0.2, 0.3, 0.4, 0.5, \
         0.6, 0.7, 0.8, 0.9, 1] } }",
        &["`sweep` is too large", "at most 1000000 runs"],
    ),
    // Protocol.
    (4, "[protocl]", &["scenario.toml:4:2", "`protocl`", "did you mean `protocol`?"]),
    (5, "k = 0", &["scenario.toml:5:5", "`protocol.k`", "from 1 to 255", "found 0"]),
    (5, "k = \"20\"", &["scenario.toml:5:5", "`protocol.k`", "from 1 to 255", "found \"20\""]),
    (5, "K = 20", &["scenario.toml:5:1", "`protocol.K`", "did you mean `k`?"]),
    (6, "alpha = 21", &["scenario.toml:6:9", "`protocol.alpha`", "alpha is 21, k is 20", "1 to k"]),
    (6, "profile = \"mainlin\"", &["scenario.toml:6:11", "did you mean \"mainline\"?"]),
    (6, "lookup = \"sync\"", &["scenario.toml:6:10", "\"async\", \"strict\", \"flush\" or"]),
    (6, "id_bits = 161", &["scenario.toml:6:11", "`protocol.id_bits`", "from 4 to 160"]),
    (6, "id_bits = 5", &["scenario.toml:12:1", "`join`", "at most 32 with ids of 5 bits"]),
    (6, "max_failures = 32", &["scenario.toml:6:16", "`protocol.max_failures`", "from 1 to 31"]),
    (6, "rpc_timeout = \"0s\"", &["scenario.toml:6:15", "`protocol.rpc_timeout`", "above zero"]),
    (6, "refresh_interval = 3600", &["scenario.toml:6:20", "\"3600s\"", "or 0 for never"]),
    // Network.
    (8, "latency = \"geo\"", &["scenario.toml:8:11", "`network.latency`", "a table such as"]),
    (
        8,
        "latency = { model = \"gauss\" }",
        &["scenario.toml:8:21", "`network.latency.model`", "\"geo\""],
    ),
    (
        8,
        "latency = { value = \"1ms\" }",
        &["scenario.toml:8:11", "`network.latency.model` is missing"],
    ),
    (
        8,
        "latency = { model = \"constant\", median = \"1ms\" }",
        &["scenario.toml:8:33", "`network.latency.median`", "`network.latency.value` is missing"],
    ),
    (
        8,
        "latency = { model = \"uniform\", min = \"2ms\", max = \"1ms\" }",
        &["scenario.toml:8:51", "`network.latency.max`", "at least `min` = 2ms"],
    ),
    (9, "loss = -0.1", &["scenario.toml:9:8", "`network.loss`", "from 0 to 1", "found -0.1"]),
    (9, "loss = 1.5", &["scenario.toml:9:8", "`network.loss`", "from 0 to 1", "found 1.5"]),
    (9, "loss = nan", &["scenario.toml:9:8", "`network.loss`", "from 0 to 1"]),
    // Start and joins.
    (11, "tables = \"full\"", &["scenario.toml:11:10", "`start.tables`", "\"perfect\""]),
    (11, "frozen = true", &["scenario.toml:11:10", "`start.frozen`", "\"perfect\" or \"given\""]),
    (11, "tables = \"given\"", &["scenario.toml:10:1", "`start.contacts` is missing"]),
    (13, "count = 0", &["scenario.toml:13:9", "`join.0.count`", "a whole number from 1"]),
    (13, "ids = [\"00\"]", &["scenario.toml:13:8", "`00`", "160 binary or 40 hexadecimal"]),
    (13, "count = 10\nover = \"2h\"", &["scenario.toml:14:8", "`join.0.over`", "ends at 1h"]),
    (12, "[join]", &["scenario.toml:12:1", "`join`", "[[join]]"]),
    // Churn.
    (15, "", &["scenario.toml:14:1", "`churn.session` is missing"]),
    (15, "session = { dist = \"weibul\" }", &["scenario.toml:15:20", "did you mean \"weibull\"?"]),
    (
        15,
        "session = { dist = \"weibull\", shape = -1, scale = \"1h\" }",
        &["scenario.toml:15:39", "`churn.session.shape`", "above 0"],
    ),
    (
        15,
        "stationary = true\nsession = { dist = \"pareto\", shape = 1, min = \"1h\" }",
        &["scenario.toml:16:11", "`churn.session`", "no finite mean", "`shape` above 1"],
    ),
    (16, "downtime = \"1h\"", &["scenario.toml:16:12", "`churn.downtime`", "a table such as"]),
    (
        15,
        "trace = \"x.csv\"",
        &["scenario.toml:16:12", "`churn.downtime` does not go with `churn.trace`"],
    ),
    // Queries and events.
    (18, "rate = 20", &["scenario.toml:18:8", "`query.0.rate`", "\"20/s\""]),
    (18, "rate = \"-1/s\"", &["scenario.toml:18:8", "`query.0.rate`", "above zero"]),
    (18, "", &["scenario.toml:17:1", "`query.0.rate` is missing", "or `at`"]),
    (18, "at = \"2h\"", &["scenario.toml:18:6", "`query.0.at`", "the run ends at 1h"]),
    (18, "rate = \"1/s\"\nfrom = \"1h\"", &["scenario.toml:19:8", "`query.0.from`", "end at 1h"]),
    (19, "origin = \"0000\"", &["scenario.toml:19:10", "`0000`", "160 binary"]),
    (19, "target = \"random\"", &["scenario.toml:19:10", "`query.0.target`", "\"random-node\""]),
    (19, "target = { zipf = 1.0 }", &["scenario.toml:19:10", "`query.0.target.keys` is missing"]),
    (
        19,
        "kind = \"find\"",
        &["scenario.toml:19:8", "`query.0.kind`", "\"lookup\", \"store\" or \"get\""],
    ),
    (22, "crash = 30", &["scenario.toml:22:9", "`event.0.crash`", "from 0 to 1", "found 30"]),
    (
        22,
        "partition = 0.5",
        &["scenario.toml:22:1", "`event.0.partition`", "not supported yet", "`crash`"],
    ),
    (21, "at = \"61min\"", &["scenario.toml:21:6", "`event.0.at`", "the run ends at 1h"]),
    // Metrics.
    (24, "lookups = \"yes\"", &["scenario.toml:24:11", "`metrics.lookups`", "`true` or `false`"]),
    (24, "sample_evry = \"1s\"", &["scenario.toml:24:1", "did you mean `sample_every`?"]),
];

/// A data file, as what it is given, and what the message must contain.
const DATA_CASES: &[(&str, &str, &[&str])] = &[
    ("matrix", "missing.tsv", &["missing.tsv: ", "No such file"]),
    ("matrix", "ragged.tsv", &["ragged.tsv:2: 2 numbers, where the lines before have 3"]),
    ("matrix", "words.tsv", &["words.tsv:2:1: `one` is not a number"]),
    ("matrix", "negative.csv", &["negative.csv:1:3: `-1` is not a number, 0 or above"]),
    ("matrix", "nan.csv", &["nan.csv:1:3: `NaN` is not a number"]),
    ("matrix", "oblong.tsv", &["oblong.tsv: 2 lines of 3 numbers"]),
    ("matrix", "holes.tsv", &["holes.tsv:2: number 3 of this line", "`zeros = \"min\"`"]),
    ("trace", "missing.csv", &["missing.csv: ", "No such file"]),
    ("trace", "overlap.csv", &["overlap.csv:4: ", "`a` overlaps the one of line 2"]),
    ("trace", "backwards.csv", &["backwards.csv:2: ", "ends before it starts"]),
    ("trace", "headless.csv", &["headless.csv:1: ", "`node,start_s,end_s`"]),
    ("trace", "text.csv", &["text.csv:2: `end_s` is `soon`, expected seconds"]),
];

fn kadsim(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::cargo_bin("kadsim").unwrap();
    let output = command.current_dir(folder).args(args).output().unwrap();
    assert!(output.status.success() || output.stdout.is_empty(), "{args:?} wrote to stdout");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// A folder with an earlier result in `out`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("out")).unwrap();
    let manifest = r#"{ "kadsim": "0.1.0", "scenario": "sound" }"#;
    fs::write(folder.path().join("out/manifest.json"), manifest).unwrap();
    fs::write(folder.path().join("scenario.toml"), SOUND).unwrap();
    for (name, content) in FILES {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn assert_untouched(folder: &Path) {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !FILES.iter().any(|(file, _)| file == name))
        .collect();
    names.sort();
    assert_eq!(names, ["out", "scenario.toml"]);
    assert_eq!(fs::read_dir(folder.join("out")).unwrap().count(), 1);
}

fn assert_says(folder: &Path, args: &[&str], code: i32, fragments: &[&str], what: &str) {
    let (found, stderr) = kadsim(folder, args);
    for fragment in fragments {
        assert!(stderr.contains(fragment), "{what}: no {fragment:?} in\n{stderr}");
    }
    assert_eq!(found, Some(code), "{what}:\n{stderr}");
    assert!(!stderr.contains("panicked"), "{what}:\n{stderr}");
}

#[test]
fn a_bad_line_is_named_with_what_is_allowed() {
    let folder = folder();
    let path = folder.path();
    for (line, replacement, fragments) in CASES {
        let text: Vec<&str> = (1..)
            .zip(SOUND.lines())
            .map(|(number, sound)| if number == *line { replacement } else { sound })
            .collect();
        fs::write(path.join("scenario.toml"), text.join("\n")).unwrap();
        assert_says(path, &["--out", "out", "scenario.toml"], 2, fragments, replacement);
        assert_untouched(path);
    }
}

#[test]
fn a_bad_data_file_is_named_with_its_line_and_the_key_that_names_it() {
    let folder = folder();
    let path = folder.path();
    for (kind, file, fragments) in DATA_CASES {
        let (line, key, place) = match *kind {
            "matrix" => {
                let model = format!("latency = {{ model = \"matrix\", file = \"{file}\" }}");
                (model, "`network.latency.file`", "scenario.toml:8:38")
            }
            _ => (format!("trace = \"{file}\""), "`churn.trace`", "scenario.toml:15:9"),
        };
        let text: Vec<&str> = (1..)
            .zip(SOUND.lines())
            .map(|(number, sound)| match (number, *kind) {
                (8, "matrix") | (15, "trace") => line.as_str(),
                (16, "trace") => "",
                _ => sound,
            })
            .collect();
        fs::write(path.join("scenario.toml"), text.join("\n")).unwrap();
        let fragments = [&[key, place], *fragments].concat();
        assert_says(path, &["scenario.toml", "--out", "out"], 2, &fragments, file);
        assert_untouched(path);
    }
}

#[test]
fn an_override_is_named_as_the_argument_it_is() {
    let folder = folder();
    let cases: [(&[&str], &[&str]); 16] = [
        (&["--sweep", "protocol.k=0,8"], &["--sweep:1:12", "`protocol.k`", "from 1 to 255"]),
        (&["--sweep", "protocol.k=8,many"], &["--sweep:1:14", "found \"many\""]),
        (&["--sweep", "protocol.q=1,2"], &["--sweep:1:10", "`protocol.q`", "`alpha`"]),
        (&["--sweep", "protocol.k"], &["--sweep:1:1", "PATH=VALUE,VALUE"]),
        (&["--sweep", "protocol.k="], &["--sweep:1:12", "`protocol.k`", "found \"\""]),
        (&["--sweep", "protocol..k=1"], &["--sweep:1:1", "empty key"]),
        (&["--sweep", "query.3.rate=1/s,2/s"], &["--sweep:1:7", "no element `3` in `query`"]),
        (&["--set", "protocol.k=0"], &["--set:1:12", "`protocol.k`", "from 1 to 255"]),
        (&["--set", "protocol.q=1"], &["--set:1:10", "`protocol.q`", "`alpha`"]),
        (&["--set", "query.3.rate=1/s"], &["--set:1:7", "no element `3` in `query`"]),
        (&["--set", "query.0.rate=fast"], &["--set:1:14", "`query.0.rate`", "found \"fast\""]),
        (&["--set", "duration.x=1"], &["--set:1:1", "`duration` holds a value"]),
        (&["--set", "protocol.k"], &["--set:1:1", "PATH=VALUE"]),
        (&["--set", "=1"], &["--set:1:1", "empty key"]),
        (&["--set", "duration=5min"], &["scenario.toml:3:10", "`warmup`", "`duration` = 5min"]),
        (&["--seed", "many"], &["--seed", "invalid value 'many'"]),
    ];
    for (args, fragments) in cases {
        let args = [args, &["--out", "out", "scenario.toml"]].concat();
        assert_says(folder.path(), &args, 2, fragments, args[1]);
        assert_untouched(folder.path());
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let folder = folder();
    let args = ["check", "scenario.toml", "--set", "protocol.k=0", "--set", "network.loss=2"];
    let args = [&args[..], &["--set", "metric.x=1"]].concat();
    let fragments = ["`protocol.k`", "`network.loss`", "did you mean `metrics`?", "3 errors"];
    assert_says(folder.path(), &args, 2, &fragments, "three at once");
}

#[test]
fn ids_must_be_distinct_known_and_agree() {
    let folder = folder();
    let head = "duration = \"1h\"\nprotocol.id_bits = 4\n";
    let cases = [
        ("join = [{ ids = [\"0000\", \"0\"] }]", "the id `0` is given twice"),
        ("join = [{ ids = [\"0000\"], count = 2 }]", "`join.0.count` does not agree with `ids`"),
        (
            "join = [{ ids = [\"0000\"] }]\nquery = [{ at = \"1s\", origin = \"1111\" }]",
            "no node has the id `1111`",
        ),
        (
            "join = [{ ids = [\"0000\"] }]\nstart.tables = \"given\"\n\
             start.contacts.0000 = [\"0001\"]",
            "no node has the id `0001`",
        ),
        ("join = [{ ids = [\"0000\"] }]\nstart.contacts.0000 = []", "`start.contacts` goes only"),
        ("join = []", "`join` is empty"),
        ("", "`join` is missing"),
    ];
    for (rest, fragment) in cases {
        fs::write(folder.path().join("scenario.toml"), format!("{head}{rest}\n")).unwrap();
        assert_says(folder.path(), &["scenario.toml"], 2, &[fragment, "scenario.toml:"], rest);
        assert_untouched(folder.path());
    }
}

#[test]
fn what_kadsim_did_not_make_is_never_overwritten() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("out/manifest.json"), "{ \"name\": \"mine\" }").unwrap();
    for force in [&[][..], &["--force"]] {
        let args = [force, &["scenario.toml", "--out", "out"]].concat();
        let fragments = ["out` was not made by kadsim and is never overwritten", "--out DIR"];
        assert_says(path, &args, 2, &fragments, "foreign directory");
        let args = [force, &["scenario.toml", "--out", "scenario.toml"]].concat();
        assert_says(path, &args, 2, &["was not made by kadsim"], "a file");
        assert_untouched(path);
    }
    assert_eq!(fs::read_to_string(path.join("scenario.toml")).unwrap(), SOUND);
}

#[test]
fn results_of_another_scenario_need_force() {
    let folder = folder();
    let args = ["scenario.toml", "--out", "out", "--set", "name=other", "--no-charts"];
    let fragments = ["results of the scenario `sound`, not of `other`", "--force"];
    assert_says(folder.path(), &args, 2, &fragments, "another scenario");
    assert_untouched(folder.path());
}

#[test]
fn an_unwritable_place_is_found_before_the_run() {
    let folder = folder();
    for place in ["scenario.toml/out", "/proc/nowhere/out"] {
        let args = ["scenario.toml", "--out", place];
        assert_says(folder.path(), &args, 1, &["cannot write to", place], place);
        assert_untouched(folder.path());
    }
}

#[test]
fn bad_usage_is_told_from_a_bad_run() {
    let folder = folder();
    let cases: [(&[&str], &[&str]); 13] = [
        (&["missing.toml"], &["cannot read the scenario `missing.toml`", "No such file"]),
        (&["chek", "scenario.toml"], &["`chek`", "did you mean the command `kadsim check`?"]),
        (&["profile"], &["did you mean the command `kadsim profiles`?"]),
        (&["xyzzy"], &["neither a scenario file nor a command", "run, check, plot"]),
        (&["--sed", "1", "scenario.toml"], &["--sed", "--seed"]),
        (&["scenario.toml", "--threads", "0"], &["--threads", "1..="]),
        (&["profiles", "gnutella"], &["`gnutella`", "kademlia, mainline"]),
        (&["plot", "nowhere"], &["`nowhere` holds no results"]),
        (&["compare", "a", "b"], &["`a` holds no results of kadsim"]),
        (&["compare", "out"], &["2 values required"]),
        (&["sweep"], &["plan", "collect"]),
        (&["completions", "tcsh"], &["tcsh", "bash"]),
        (&[], &["Usage: kadsim"]),
    ];
    for (args, fragments) in cases {
        assert_says(folder.path(), args, 2, fragments, &format!("{args:?}"));
        assert_untouched(folder.path());
    }
}

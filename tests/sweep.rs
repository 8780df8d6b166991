//! Sweeps end to end: what is killed goes on where it stopped, and neither that
//! nor the number of threads changes a byte of what is collected.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// Three points and a combination that makes none.
const SCENARIO: &str = r#"
name = "mini"
duration = "5min"
warmup = "1min"
[network]
loss = 0.05
[[join]]
count = 60
over = "10s"
[[query]]
rate = "5/s"
[sweep]
repeats = 4
grid = { "protocol.k" = [4, 8], "protocol.alpha" = [1, 5] }
"#;

const COLLECTED: [&str; 3] = ["runs.csv", "sweep.csv", "comparison.csv"];

fn kadsim(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kadsim")).current_dir(folder).args(args).output().unwrap()
}

fn code(folder: &Path, args: &[&str]) -> Option<i32> {
    let output = kadsim(folder, args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
    output.status.code()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mini.toml"), SCENARIO).unwrap();
    folder
}

fn collected(dir: &Path) -> Vec<Vec<u8>> {
    COLLECTED.map(|name| fs::read(dir.join(name)).unwrap()).to_vec()
}

/// The record of each run, by id; with its wall time it tells one attempt from
/// another.
fn written(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut runs: Vec<_> = fs::read_dir(dir.join("runs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter_map(|run| {
            let record = fs::read(run.join("done.json")).ok()?;
            Some((run.file_name()?.to_str()?.to_owned(), record))
        })
        .collect();
    runs.sort();
    runs
}

#[test]
fn one_command_plans_runs_and_collects() {
    let folder = folder();
    let output = kadsim(folder.path(), &["mini.toml"]);
    assert_eq!(output.status.code(), Some(0));
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(stderr.contains("skipped k = 4, α = 5: `protocol.alpha` is above k"), "{stderr}");
    assert!(stdout.contains("against the baseline k = 4, α = 1"), "{stdout}");
    let dir = folder.path().join("results/mini");
    assert!(dir.join("charts/sweep_cost_latency.png").exists());
    let rows = |name: &str| fs::read_to_string(dir.join(name)).unwrap().lines().count() - 1;
    assert_eq!((rows("tasks.csv"), rows("runs.csv"), rows("runtime.csv")), (12, 12, 12));
    assert_eq!(rows("sweep.csv") * 2, rows("comparison.csv") * 3);
    // The single run of seed 2 at a point says the same as the sweep.
    let single = ["mini.toml", "--set", "sweep={grid={'protocol.k'=[8]},repeats=1}", "--seed", "2"];
    let single = [&single[..], &["--set", "protocol.alpha=5", "--out", "one"]].concat();
    assert_eq!(code(folder.path(), &single), Some(0));
    let one = fs::read_to_string(folder.path().join("one/runs.csv")).unwrap();
    let id = one.lines().nth(1).unwrap().split(',').next().unwrap();
    let all = fs::read_to_string(dir.join("runs.csv")).unwrap();
    let same = all.lines().find(|line| line.starts_with(id)).expect("the id is that of the grid");
    let figures = |line: &str, after: &str| line.split_once(after).unwrap().1.to_owned();
    assert_eq!(figures(same, ",5,2,"), figures(one.lines().nth(1).unwrap(), ",8,2,"));
}

#[test]
fn neither_threads_nor_shards_nor_what_is_kept_change_a_byte() {
    let folder = folder();
    let path = folder.path();
    for (out, threads) in [("one", "1"), ("two", "2")] {
        let args = ["mini.toml", "--out", out, "--threads", threads, "-q", "--no-charts"];
        assert_eq!(code(path, &args), Some(0));
    }
    let args = ["sweep", "plan", "mini.toml", "-o", "shards", "--keep", "all"];
    assert_eq!(code(path, &args), Some(0));
    for shard in ["2/3", "0/3"] {
        assert_eq!(code(path, &["sweep", "run", "shards", "--shard", shard, "-q"]), Some(0));
    }
    assert_eq!(code(path, &["sweep", "collect", "shards", "--no-charts"]), Some(3));
    assert_eq!(code(path, &["sweep", "status", "shards"]), Some(3));
    let missing = kadsim(path, &["sweep", "status", "shards", "--missing"]);
    assert_eq!(String::from_utf8_lossy(&missing.stdout), "1,4,7,10\n");
    assert_eq!(code(path, &["sweep", "run", "shards", "--tasks", "1,4,7-10", "-q"]), Some(0));
    assert_eq!(code(path, &["sweep", "status", "shards"]), Some(0));
    assert_eq!(code(path, &["sweep", "collect", "shards", "--no-charts"]), Some(0));
    assert_eq!(code(path, &["sweep", "verify", "shards", "--sample", "2"]), Some(0));
    let expected = collected(&path.join("one"));
    assert!(collected(&path.join("two")) == expected);
    assert!(collected(&path.join("shards")) == expected);
    let run = fs::read_dir(path.join("shards/runs")).unwrap().next().unwrap().unwrap().path();
    for file in ["lookups.csv", "traffic.csv", "scenario.toml", "done.json"] {
        assert!(run.join(file).exists(), "{file}");
    }
}

#[test]
fn what_is_killed_goes_on_and_ends_the_same() {
    let folder = folder();
    let path = folder.path();
    let args = ["mini.toml", "-q", "--no-charts", "--out"];
    assert_eq!(code(path, &[&args[..], &["whole"]].concat()), Some(0));
    let expected = collected(&path.join("whole"));
    for (round, wait_ms) in [3, 8, 15, 25, 40, 55, 70, 90, 120, 200].into_iter().enumerate() {
        let out = format!("killed{round}");
        let mut child = Command::new(env!("CARGO_BIN_EXE_kadsim"))
            .current_dir(path)
            .args(args)
            .arg(&out)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait_ms));
        child.kill().unwrap();
        child.wait().unwrap();
        let dir = path.join(&out);
        let before = if dir.join("runs").exists() { written(&dir) } else { Vec::new() };
        assert_eq!(code(path, &[&args[..], &[&out]].concat()), Some(0));
        assert!(collected(&dir) == expected, "killed after {wait_ms} ms");
        let after = written(&dir);
        assert!(before.iter().all(|run| after.contains(run)), "a finished run ran again");
    }
}

#[test]
fn a_larger_grid_keeps_what_is_done() {
    let folder = folder();
    let path = folder.path();
    let args = ["mini.toml", "-q", "--no-charts", "--out", "out"];
    assert_eq!(code(path, &args), Some(0));
    let before = written(&path.join("out"));
    let more = ["--sweep", "protocol.k=2,4,8,12", "--set", "sweep.repeats=5"];
    let more = [&args[..], &more, &["--set", "description=more of it"]].concat();
    let more = [&more[..], &["--set", "sweep.baseline={'protocol.k'=8}"]].concat();
    assert_eq!(code(path, &more), Some(0));
    let after = written(&path.join("out"));
    assert_eq!((before.len(), after.len()), (12, 30));
    assert!(before.iter().all(|run| after.contains(run)));
    // Another world is another sweep.
    assert_eq!(code(path, &[&args[..], &["--set", "network.loss=0.1"]].concat()), Some(0));
    assert_eq!(written(&path.join("out")).len(), 42);
}

#[test]
fn runs_of_another_model_do_not_count() {
    let folder = folder();
    let path = folder.path();
    let args = ["mini.toml", "-q", "--no-charts", "--out", "out"];
    assert_eq!(code(path, &args), Some(0));
    let expected = collected(&path.join("out"));
    let old = |name: &Path| {
        let text = fs::read_to_string(name).unwrap();
        let at = text.find("\"fingerprint\": \"").unwrap() + 16;
        fs::write(name, format!("{}{}{}", &text[..at], "0".repeat(32), &text[at + 32..])).unwrap();
    };
    let (id, _) = &written(&path.join("out"))[3];
    old(&path.join("out/runs").join(id).join("done.json"));
    assert_eq!(code(path, &["sweep", "collect", "out", "--no-charts"]), Some(3));
    assert_eq!(code(path, &args), Some(0));
    assert!(collected(&path.join("out")) == expected);
    old(&path.join("out/manifest.json"));
    for step in ["run", "collect"] {
        assert_eq!(code(path, &["sweep", step, "out"]), Some(2), "{step}");
        assert_eq!(code(path, &["sweep", step, "out", "--allow-mixed"]), Some(0), "{step}");
    }
}

#[test]
fn an_input_file_that_changed_is_noticed() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("rtt"), "0 20\n30 0\n").unwrap();
    let latency = "network.latency={model='matrix',file='rtt'}";
    let args = ["sweep", "plan", "mini.toml", "-o", "out", "--set", latency];
    assert_eq!(code(path, &args), Some(0));
    assert_eq!(code(path, &["sweep", "run", "out", "-q", "--tasks", "0"]), Some(0));
    fs::write(path.join("rtt"), "0 20\n31 0\n").unwrap();
    let output = kadsim(path, &["sweep", "run", "out", "-q", "--tasks", "0-1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("rtt changed"));
    // A failed run is told, not tried again.
    let tasks = fs::read_to_string(path.join("out/tasks.csv")).unwrap();
    let id = tasks.lines().nth(3).unwrap().split(',').nth(1).unwrap().to_owned();
    let done = fs::read_dir(path.join("out/runs")).unwrap().next().unwrap().unwrap().path();
    let done = fs::read_to_string(done.join("done.json")).unwrap();
    let at = done.find("\"fingerprint\": \"").unwrap() + 16;
    let failed = format!(
        "{{ \"id\": \"{id}\", \"fingerprint\": \"{}\", \"error\": \"too odd\" }}",
        &done[at..at + 32]
    );
    fs::create_dir(path.join("out/failed")).unwrap();
    fs::write(path.join("out/failed").join(format!("{id}.json")), failed).unwrap();
    let output = kadsim(path, &["sweep", "run", "out", "-q", "--tasks", "2"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).contains("too odd"));
}

#[test]
fn a_place_that_is_taken_is_refused() {
    let folder = folder();
    let path = folder.path();
    fs::create_dir_all(path.join("mine")).unwrap();
    fs::write(path.join("mine/thesis.tex"), "x").unwrap();
    assert_eq!(code(path, &["mini.toml", "--out", "mine", "--force"]), Some(2));
    assert_eq!(code(path, &["sweep", "plan", "mini.toml", "-o", "out"]), Some(0));
    let other = ["sweep", "plan", "mini.toml", "--set", "name=other", "-o", "out"];
    assert_eq!(code(path, &other), Some(2));
    let plain = SCENARIO.split("[sweep]").next().unwrap();
    fs::write(path.join("plain.toml"), plain).unwrap();
    // A single run does not replace a sweep, nor a sweep a single run.
    assert_eq!(code(path, &["plain.toml", "--no-charts", "-q", "--out", "out"]), Some(2));
    assert_eq!(code(path, &["plain.toml", "--no-charts", "-q", "--out", "run"]), Some(0));
    assert_eq!(code(path, &["mini.toml", "-q", "--out", "run"]), Some(2));
    for (args, problem) in [
        (&["sweep", "run", "run"][..], "`run` holds no sweep"),
        (&["sweep", "plan", "plain.toml", "-o", "new"], "the scenario has no [sweep]"),
        (&["sweep", "run", "out", "--tasks", "12"], "numbers from 0 to 11"),
        (&["sweep", "run", "out", "--shard", "3/3"], "I from 0 to N - 1"),
    ] {
        let output = kadsim(path, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(problem), "{args:?}: {stderr}");
    }
}

#[test]
fn single_runs_side_by_side() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("plain.toml"), SCENARIO.split("[sweep]").next().unwrap()).unwrap();
    for (out, set) in [("a", "protocol.k=8"), ("b", "protocol.k=4"), ("c", "seed=2")] {
        let args = ["plain.toml", "--no-charts", "-q", "--out", out, "--set", set];
        assert_eq!(code(path, &args), Some(0));
    }
    let said = |args: &[&str]| String::from_utf8(kadsim(path, args).stdout).unwrap();
    let paired = said(&["compare", "a", "b"]);
    for line in ["protocol.k", "latency_p50", "paired by number", "rpcs       -"] {
        assert!(paired.contains(line), "no {line} in\n{paired}");
    }
    assert!(!paired.contains("protocol.alpha"), "only what differs:\n{paired}");
    assert!(said(&["compare", "a", "c"]).contains("they do not pair up"));
    assert!(said(&["compare", "a", "a"]).contains("scenarios:\nnothing"));
}

//! What several tests of the product share.
#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::path::{Path, PathBuf};
use std::process::Command;

use kadsim::scenario::{Override, Scenario, load, load_study};

/// A shipped scenario with values over it.
pub(crate) fn scenario(name: &str, set: &[&str]) -> Scenario {
    let path = scenario_path(name);
    let set: Vec<Override> =
        set.iter().map(|text| Override { option: "--set", text: (*text).to_owned() }).collect();
    load(&path, &set).unwrap_or_else(|wrong| panic!("{}", wrong.render(false)))
}

/// Where a shipped scenario is.
pub(crate) fn scenario_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name).with_extension("toml")
}

/// The names of the shipped scenarios, sorted.
pub(crate) fn shipped() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// Whether a shipped scenario is a sweep.
pub(crate) fn is_sweep(name: &str) -> bool {
    let study = load_study(&scenario_path(name), &[], &[]);
    study.unwrap_or_else(|wrong| panic!("{}", wrong.render(false))).sweep.is_some()
}

/// Runs a scenario file with the built program; the results are in `out`.
pub(crate) fn run(path: &Path, out: &Path, args: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_kadsim"))
        .args(["run", path.to_str().unwrap(), "--quiet", "--out", out.to_str().unwrap()])
        .args(args)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The trace digest of the results in `out`.
pub(crate) fn digest(out: &Path) -> String {
    let text = std::fs::read_to_string(out.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    manifest["trace_digest"].as_str().unwrap().to_owned()
}

/// A figure of `summary.csv`, if it was measured.
pub(crate) fn headline(out: &Path, metric: &str) -> Option<f64> {
    let mut reader = csv::Reader::from_path(out.join("summary.csv")).unwrap();
    let row = reader.records().map(Result::unwrap).find(|row| &row[0] == metric);
    row.unwrap_or_else(|| panic!("no metric {metric}"))[2].parse().ok()
}

/// The CSV files of a result with their content, by name.
pub(crate) fn csvs(out: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(out)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// Data that is shared beside the repository, or `None` with a reason printed.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("KADSIM_SHARED").map_or(beside, PathBuf::from);
    let path = folder.join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: no {}", path.display());
    None
}

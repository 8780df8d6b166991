//! Checks on the source itself: which folder may use which, and how long files
//! and functions are.

use std::fs;
use std::path::{Path, PathBuf};

/// What each folder of `src/` may use. Arrows go one way:
/// protocol ← sim ← scenario, metrics ← report ← sweep ← cli.
const MAY_USE: [(&str, &[&str]); 9] = [
    ("base", &[]),
    ("kademlia", &["base"]),
    ("sim", &["base", "kademlia"]),
    ("scenario", &["base", "kademlia", "sim"]),
    ("metrics", &["base", "kademlia", "sim"]),
    ("plot", &["base"]),
    ("report", &["base", "metrics", "scenario", "sim"]),
    ("sweep", &["base", "kademlia", "sim", "scenario", "metrics", "report"]),
    ("cli", &["base", "kademlia", "metrics", "plot", "report", "scenario", "sim", "sweep"]),
];

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 60;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every file of `src/`, relative to it, without its tests.
fn files() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&src, &mut paths);
    paths.sort();
    assert!(paths.len() > 50);
    paths
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
            let text = fs::read_to_string(&path).unwrap();
            let product = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
            (name, product)
        })
        .filter(|(name, _)| !name.ends_with("tests.rs"))
        .collect()
}

#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    for (name, text) in files() {
        let Some((folder, _)) = name.split_once('/') else { continue };
        let (_, allowed) = MAY_USE
            .iter()
            .find(|(known, _)| *known == folder)
            .unwrap_or_else(|| panic!("src/{folder} has no rule: add it to MAY_USE"));
        for (number, line) in (1..).zip(text.lines()) {
            let code = line.split("//").next().unwrap_or_default();
            for (at, _) in code.match_indices("crate::") {
                let rest = &code[at + "crate::".len()..];
                let used: String =
                    rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                let known = MAY_USE.iter().any(|(known, _)| *known == used);
                if known && used != folder && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("src/{name}:{number}: `{folder}` uses `{used}`"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_and_functions_are_short() {
    let mut long = Vec::new();
    for (name, text) in files() {
        let lines = text.lines().count();
        if lines > FILE_LINES {
            long.push(format!("src/{name}: {lines} lines, at most {FILE_LINES}"));
        }
        // rustfmt ends a function with a brace at the indentation it began with.
        let mut open: Option<(usize, usize, String)> = None;
        for (number, line) in (1..).zip(text.lines()) {
            let indent = line.len() - line.trim_start().len();
            let code = line.trim_start();
            let begins = code.split_whitespace().take(4).any(|word| word == "fn");
            if open.is_none() && begins && !code.ends_with(';') && !code.ends_with('}') {
                open = Some((number, indent, code.to_owned()));
            } else if let Some((start, at, head)) = &open
                && indent == *at
                && code.starts_with('}')
            {
                let lines = number - start + 1;
                if lines > FUNCTION_LINES {
                    long.push(format!("src/{name}:{start}: {lines} lines: {head}"));
                }
                open = None;
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn every_module_says_what_it_is_for() {
    for (name, text) in files() {
        assert!(text.starts_with("//! "), "src/{name} opens without a `//!` comment");
    }
}

//! Tells the program which commit it was built from, if from one, and a
//! fingerprint of the sources that decide about results.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders of `src/` that decide about results. Finished runs of a sweep count
/// as long as these stay as they are.
const MODEL: [&str; 5] = ["base", "kademlia", "metrics", "scenario", "sim"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=Cargo.lock");
    println!("cargo::rustc-env=KADSIM_FINGERPRINT={:032x}", fingerprint());
    // A package from a registry may sit inside someone else's repository.
    let own = git(&["rev-parse", "--show-toplevel"]).is_some_and(|top| {
        fs::canonicalize(top).ok() == std::env::var("CARGO_MANIFEST_DIR").ok().map(Into::into)
    });
    if !own {
        return;
    }
    for file in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", file]) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    if let Some(commit) = git(&["rev-parse", "HEAD"]) {
        println!("cargo::rustc-env=KADSIM_GIT_COMMIT={commit}");
    }
    if let Some(changes) = git(&["status", "--porcelain", "--", "src", "Cargo.lock"]) {
        println!("cargo::rustc-env=KADSIM_GIT_DIRTY={}", !changes.is_empty());
    }
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// FNV-1a, 128 bits, over names and contents of the model's sources and the
/// versions of all dependencies.
fn fingerprint() -> u128 {
    let mut files = Vec::new();
    for folder in MODEL {
        sources(&Path::new("src").join(folder), &mut files);
    }
    files.sort();
    files.push(PathBuf::from("Cargo.lock"));
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let mut feed = |bytes: &[u8]| {
        // Line ends as git may have made them are no difference.
        for byte in bytes.iter().chain(&[0]).filter(|byte| **byte != b'\r') {
            hash =
                (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    };
    for path in files {
        feed(path.to_string_lossy().replace('\\', "/").as_bytes());
        feed(&fs::read(&path).unwrap_or_default());
    }
    hash
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(path);
        }
    }
}

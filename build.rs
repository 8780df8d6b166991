//! Tells the program which commit it was built from, if from one.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=.git/HEAD");
    println!("cargo::rerun-if-changed=.git/logs/HEAD");
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    // A package from a registry may sit inside someone else's repository.
    let own = git(&["rev-parse", "--show-toplevel"]).is_some_and(|top| {
        std::fs::canonicalize(top).ok() == std::env::var("CARGO_MANIFEST_DIR").ok().map(Into::into)
    });
    if let Some(commit) = git(&["rev-parse", "HEAD"]).filter(|_| own) {
        println!("cargo::rustc-env=KADSIM_GIT_COMMIT={commit}");
    }
}

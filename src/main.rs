//! The `kadsim` command.

fn main() {}

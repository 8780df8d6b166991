//! The `kadsim` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    kadsim::cli::main()
}

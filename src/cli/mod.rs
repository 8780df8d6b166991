//! The command line: the only place that prints, reads the wall clock and
//! picks exit codes. 0 done, 1 the run failed, 2 bad usage or bad input; more
//! for sweeps, see [`sweep`].
//! Results go to stdout; progress and diagnostics to stderr.

mod check;
mod compare;
mod completions;
mod interrupt;
mod memory;
mod plot;
mod profiles;
mod progress;
mod run;
mod schema;
mod sweep;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::scenario::{self, Override, Study};

/// A deterministic discrete-event simulator for Kademlia networks.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, arg_required_else_help = true)]
#[command(override_usage = "kadsim [OPTIONS] SCENARIO.toml\n       kadsim COMMAND")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Scenario to run.
    scenario: Option<PathBuf>,
    #[command(flatten)]
    values: Values,
    #[command(flatten)]
    options: run::Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a scenario: results, charts, summary (the default command)
    Run(run::Run),
    /// Check a scenario and print its plan in words, without running it
    Check(check::Check),
    /// Draw the charts of a result again, from its CSV files alone
    Plot(plot::Plot),
    /// Set results of single runs side by side
    Compare(compare::Compare),
    /// The steps of a sweep one by one: plan, run, status, collect, verify
    Sweep(sweep::Sweep),
    /// List protocol presets, their values and sources
    Profiles(profiles::Profiles),
    /// Print the JSON Schema of scenario files
    Schema,
    /// Print shell completions
    Completions(completions::Completions),
}

/// Values over those of the scenario file.
#[derive(Debug, Args)]
struct Values {
    /// Seed of all randomness, in place of the scenario's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
    /// Override a scenario value, such as protocol.k=8 or query.0.rate=5/s (repeatable)
    #[arg(long = "set", value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Vary a scenario value: one run for each, such as protocol.k=4,8,20 (repeatable)
    #[arg(long = "sweep", value_name = "PATH=VALUES")]
    sweep: Vec<String>,
}

/// Why a command did not do its work.
enum Failure {
    /// Bad usage or bad input: exit code 2. A text for people.
    Input(String),
    /// The run failed: exit code 1. A text for people.
    Run(String),
    /// Something else, with this exit code. A text for people.
    Code(u8, String),
}

impl Failure {
    fn input(problem: &str, help: &str) -> Self {
        Self::Input(format!("error: {problem}\n  help: {help}"))
    }
}

/// Parses the arguments, does what they say, returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let first = std::env::args_os().nth(1).map(PathBuf::from);
    if let Some(message) = first.as_deref().and_then(mistyped_command) {
        return fail(&message, 2);
    }
    match dispatch(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Input(message)) => fail(&message, 2),
        Err(Failure::Run(message)) => fail(&message, 1),
        Err(Failure::Code(code, message)) => fail(&message, code),
    }
}

fn fail(message: &str, code: u8) -> ExitCode {
    say(&format!("{message}\n"));
    ExitCode::from(code)
}

/// Diagnostics, to stderr.
fn say(text: &str) {
    // With stderr closed there is nobody to tell.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn dispatch(cli: Cli) -> Result<(), Failure> {
    let Cli { command, scenario, values, options } = cli;
    match command {
        Some(Command::Run(command)) => command.execute(),
        Some(Command::Check(command)) => command.execute(),
        Some(Command::Plot(command)) => command.execute(),
        Some(Command::Compare(command)) => command.execute(),
        Some(Command::Sweep(command)) => command.execute(),
        Some(Command::Profiles(command)) => command.execute(),
        Some(Command::Schema) => schema::execute(),
        Some(Command::Completions(command)) => command.execute(),
        None => match scenario {
            Some(scenario) => run::Run { scenario, values, options }.execute(),
            None => {
                Err(Failure::input("no scenario given", "kadsim SCENARIO.toml, or kadsim --help"))
            }
        },
    }
}

/// Results, to stdout. A reader that went away (`| head`) is no failure.
fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Run(format!("error: cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// Reads a scenario and its sweep, with values from the command line over them.
fn load_study(path: &Path, values: &Values) -> Result<Study, Failure> {
    if let Some(message) = mistyped_command(path) {
        return Err(Failure::Input(message));
    }
    let mut overrides: Vec<Override> =
        values.set.iter().map(|text| Override { option: "--set", text: text.clone() }).collect();
    if let Some(seed) = values.seed {
        overrides.push(Override { option: "--seed", text: format!("seed={seed}") });
    }
    scenario::load_study(path, &overrides, &values.sweep).map_err(|wrong| {
        let color = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let count = match wrong.count() {
            1 => String::new(),
            count => format!("\n\n{count} errors"),
        };
        Failure::Input(wrong.render(color) + &count)
    })
}

/// A message if `path` is no scenario but looks like a command: clap takes any
/// word that is no command for a scenario.
fn mistyped_command(path: &Path) -> Option<String> {
    let word = path.to_str()?;
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    if !is_word || word.starts_with('-') || path.exists() {
        return None;
    }
    let command = Cli::command();
    let mut names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    names.push("help");
    if names.contains(&word) {
        return None;
    }
    let near = names.iter().map(|name| (strsim::jaro_winkler(word, name), *name));
    let near = near.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score > 0.7);
    Some(match near {
        Some((_, name)) => format!(
            "error: no scenario file `{word}`\n  help: did you mean the command `kadsim {name}`?"
        ),
        None => format!(
            "error: `{word}` is neither a scenario file nor a command\n  help: commands are {}",
            names.join(", ")
        ),
    })
}

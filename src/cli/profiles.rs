//! `kadsim profiles`: protocol presets, each value with its source.

use std::fmt::Write as _;

use clap::Args;

use super::{Failure, print};
use crate::kademlia::profile::{PROFILES, Profile, by_name};
use crate::scenario::knobs;

#[derive(Debug, Args)]
pub(super) struct Profiles {
    /// Only this one
    name: Option<String>,
}

impl Profiles {
    pub(super) fn execute(self) -> Result<(), Failure> {
        let text = match &self.name {
            None => PROFILES.iter().map(describe).collect::<Vec<_>>().join("\n"),
            Some(name) => by_name(name).map(describe).ok_or_else(|| unknown(name))?,
        };
        print(&text)
    }
}

fn unknown(name: &str) -> Failure {
    let names: Vec<&str> = PROFILES.iter().map(|profile| profile.name).collect();
    let problem = format!("no profile `{name}`");
    Failure::input(&problem, &format!("profiles are {}", names.join(", ")))
}

fn describe(profile: &Profile) -> String {
    let mut text = format!("{}: {}\n", profile.name, profile.title);
    let values = knobs(&(profile.config)());
    for (knob, source) in profile.sources {
        let value = values.iter().find(|(name, _)| name == knob);
        let value = value.map_or("", |(_, value)| value.as_str());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {knob:<17} {value:<9} {source}");
    }
    text.push_str("  not in kadsim yet:\n");
    for missing in profile.beyond {
        let _ = writeln!(text, "    - {missing}");
    }
    text
}

//! `[network]`: latency, jitter, loss.

use std::path::Path;

use super::matrix::{self, Reading, Unit, Zeros};
use super::reader::Section;
use super::shape::{Key, Keys, Kind, key};
use super::{Files, data_path};
use crate::sim::spec::{Latency, Network};

/// Keys of `[network]`.
pub(super) const KEYS: Keys = &[
    key(
        "latency",
        Kind::Tagged("model", MODELS),
        "one-way delay of a link; default { model = \"geo\" }",
    ),
    key(
        "jitter",
        Kind::Share,
        "a message's delay is the link's times 1 - jitter to 1 + jitter; default 0",
    ),
    key("loss", Kind::Share, "probability that a message vanishes; default 0"),
];

const MODEL: Key = key("model", Kind::Text, "which model");

const MODELS: &[(&str, Keys)] = &[
    ("constant", &[MODEL, key("value", Kind::Interval, "the delay of every link")]),
    (
        "uniform",
        &[
            MODEL,
            key("min", Kind::Interval, "smallest delay"),
            key("max", Kind::Interval, "largest delay"),
        ],
    ),
    (
        "lognormal",
        &[
            MODEL,
            key("median", Kind::Interval, "median delay over links"),
            key("sigma", Kind::Number, "standard deviation of the delay's logarithm"),
        ],
    ),
    (
        "matrix",
        &[
            MODEL,
            key(
                "file",
                Kind::File,
                "square table of delays between sites, row = from, column = to",
            ),
            key("unit", Kind::Word(&["ms", "us", "s"]), "of its numbers; default \"ms\""),
            key(
                "measures",
                Kind::Word(&["rtt", "one-way"]),
                "what they are; a round trip is halved; default \"rtt\"",
            ),
            key(
                "zeros",
                Kind::Word(&["error", "min"]),
                "a zero between two sites is an error, or becomes the smallest delay above zero; default \"error\"",
            ),
        ],
    ),
    ("geo", &[MODEL]),
];

/// Words of `unit`.
pub(super) const UNITS: [(&str, Unit); 3] = [("ms", Unit::Ms), ("us", Unit::Us), ("s", Unit::S)];

/// The network that `section` describes; `folder` is the scenario's.
pub(super) fn resolve(section: Option<&Section<'_>>, folder: &Path, files: &mut Files) -> Network {
    let Some(section) = section else {
        return Network { latency: Latency::Geo, jitter: 0.0, loss: 0.0 };
    };
    Network {
        latency: latency(section, folder, files).unwrap_or(Latency::Geo),
        jitter: section.number("jitter").unwrap_or(0.0),
        loss: section.number("loss").unwrap_or(0.0),
    }
}

fn latency(section: &Section<'_>, folder: &Path, files: &mut Files) -> Option<Latency> {
    let (model, table) = section.tagged("latency")?;
    match model {
        "constant" => {
            table.require("value");
            Some(Latency::Constant(table.duration("value")?))
        }
        "uniform" => {
            table.require("min");
            table.require("max");
            let (min, max) = (table.duration("min")?, table.duration("max")?);
            if min > max {
                let label = format!("found {max}, expected at least `min` = {min}");
                table.fail("max", "is below `min`", &label, None);
            }
            Some(Latency::Uniform { min, max })
        }
        "lognormal" => {
            table.require("median");
            table.require("sigma");
            Some(Latency::Lognormal {
                median: table.duration("median")?,
                sigma: table.number("sigma")?,
            })
        }
        "matrix" => matrix_latency(&table, folder, files),
        _ => Some(Latency::Geo),
    }
}

fn matrix_latency(table: &Section<'_>, folder: &Path, files: &mut Files) -> Option<Latency> {
    table.require("file");
    let unit = table.word("unit").unwrap_or("ms");
    let reading = Reading {
        unit: super::protocol::meaning(&UNITS, unit).unwrap_or(Unit::Ms),
        round_trip: table.word("measures") != Some("one-way"),
        zeros: if table.word("zeros") == Some("min") { Zeros::Smallest } else { Zeros::Error },
    };
    let path = data_path(folder, table.text("file")?);
    match matrix::load(&path, reading) {
        Ok(loaded) => {
            files.matrix = Some(reading);
            Some(Latency::Matrix(loaded.into()))
        }
        Err(error) => {
            table.fail("file", error.title(), &error.to_string(), error.help());
            None
        }
    }
}

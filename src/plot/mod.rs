//! Charts, drawn from the CSVs of a results directory alone and from
//! `manifest.json` for their titles; the simulator is never asked. One file
//! draws one chart, `figure` and `panel` give them all the same look, `canvas`
//! wraps plotters' SVG backend, and `render` turns the SVG into a PNG with the
//! embedded font.
//!
//! The same CSVs give the same bytes: no system fonts, no platform logarithms,
//! no hash order. May use `base`; knows nothing else of kadsim.

mod axis;
mod canvas;
mod chart;
mod curve;
mod error;
mod facts;
mod figure;
mod freshness;
mod legend;
mod lookups;
mod number;
mod panel;
mod render;
mod series;
mod stats;
mod style;
mod sweep;
mod table;
#[cfg(test)]
mod tests;
mod timeline;

use std::fs;
use std::path::{Path, PathBuf};

pub use error::PlotError;

use chart::Source;
use facts::Facts;
use lookups::Lookups;
use render::Renderer;

/// Draws every chart whose CSV is present in `dir` into `dir/charts/`, as an
/// SVG and a PNG; returns the paths of what was drawn, in order.
///
/// A chart whose CSV is missing or has nothing to show is skipped.
///
/// # Errors
///
/// If a CSV or the manifest is malformed, or a file cannot be read or written.
pub fn draw_all(dir: &Path) -> Result<Vec<PathBuf>, PlotError> {
    fs::read_dir(dir).map_err(PlotError::read(dir))?;
    canvas::prepare();
    let facts = Facts::read(dir)?;
    let of_sweep = dir.join(sweep::FILE).exists();
    let drawings = if of_sweep { sweep::draw(dir, &facts)? } else { of_run(dir, &facts)? };
    let charts = dir.join("charts");
    fs::create_dir_all(&charts).map_err(PlotError::write(&charts))?;
    let renderer = Renderer::new();
    let mut drawn = Vec::new();
    for (name, svg) in drawings {
        for (extension, png) in [("svg", false), ("png", true)] {
            let path = charts.join(format!("{name}.{extension}"));
            let bytes = if png { renderer.png(&svg, &path)? } else { svg.clone().into_bytes() };
            fs::write(&path, bytes).map_err(PlotError::write(&path))?;
            drawn.push(path);
        }
    }
    Ok(drawn)
}

/// The charts of a single run.
fn of_run(dir: &Path, facts: &Facts) -> Result<Vec<(&'static str, String)>, PlotError> {
    let lookups = Lookups::read(dir)?;
    let source = Source { dir, facts, lookups: lookups.as_ref() };
    let mut drawings = Vec::new();
    for (name, draw) in chart::ALL {
        drawings.extend(draw(&source)?.map(|svg| (name, svg)));
    }
    Ok(drawings)
}

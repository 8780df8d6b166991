//! The charts, one a file. Each reads its CSV from the source and returns an
//! SVG, or nothing where there is nothing to show. They know the columns of the
//! files and what to draw; the look is the parent module's.

use std::path::Path;

use super::PlotError;
use super::facts::Facts;
use super::lookups::Lookups;

mod freshness_buckets;
mod freshness_heatmap;
mod hops;
mod latency_cdf;
mod lookup_convergence;
mod network_convergence;
mod outcomes;
mod population;
mod traffic;

/// What charts are drawn from.
pub(super) struct Source<'a> {
    pub(super) dir: &'a Path,
    pub(super) facts: &'a Facts,
    /// `lookups.csv`, read once for all charts that use it.
    pub(super) lookups: Option<&'a Lookups>,
}

/// Draws a chart.
type Draw = fn(&Source<'_>) -> Result<Option<String>, PlotError>;

/// All charts by file name, in the order in which they are drawn.
pub(super) const ALL: [(&str, Draw); 9] = [
    ("hops", hops::draw),
    ("latency_cdf", latency_cdf::draw),
    ("lookup_convergence", lookup_convergence::draw),
    ("outcomes", outcomes::draw),
    ("network_convergence", network_convergence::draw),
    ("freshness_heatmap", freshness_heatmap::draw),
    ("freshness_buckets", freshness_buckets::draw),
    ("traffic", traffic::draw),
    ("population", population::draw),
];

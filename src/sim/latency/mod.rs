//! The network between nodes: one-way delay and loss of every message.
//!
//! Delay and loss of a message are functions of the seed, its sender and its
//! number with that sender, and of nothing else, so the order in which messages
//! are handled cannot matter. The hot path is integers and exactly rounded
//! floats (`+ - * /` and square root).

mod geo;
mod lognormal;

use std::sync::Arc;

use crate::base::rng::{Key, Purpose, scale};
use crate::base::time::SimDuration;
use crate::sim::spec::{Latency, Network, SiteMatrix};

use geo::GeoMap;
use lognormal::LognormalTable;

/// Set in the counter of a link's draw, to keep it apart from the draws of
/// messages, whose counters have 32 bits.
const LINK: u64 = 1 << 32;

const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;

/// Delays and losses of all links.
#[derive(Clone, Debug)]
pub struct LinkModel {
    base: Base,
    jitter: Jitter,
    latency_key: Key,
    loss_key: Key,
    /// A message is lost if its 64 random bits are below this.
    loss_below: u128,
}

#[derive(Clone, Debug)]
enum Base {
    Constant { us: u64 },
    Uniform { min_us: u64, values: u64 },
    Lognormal(Box<LognormalTable>),
    Matrix { site_of: Vec<u32>, matrix: Arc<SiteMatrix> },
    Geo(GeoMap),
}

/// A factor uniform in `1 - jitter ..= 1 + jitter`, in units of 2^-32.
#[derive(Clone, Copy, Debug)]
struct Jitter {
    low: u64,
    width: u64,
}

impl LinkModel {
    /// The network of `spec` between nodes `0..nodes`.
    #[must_use]
    pub fn new(spec: &Network, seed: u64, nodes: usize) -> Self {
        let placement = Key::new(seed, Purpose::Placement);
        let base = match &spec.latency {
            Latency::Constant(value) => Base::Constant { us: at_least_1_us(*value) },
            Latency::Uniform { min, max } => {
                let (min_us, max_us) = (at_least_1_us(*min), at_least_1_us(*max));
                Base::Uniform { min_us, values: max_us.saturating_sub(min_us) + 1 }
            }
            Latency::Lognormal { median, sigma } => {
                let median_us = at_least_1_us(*median) as f64;
                Base::Lognormal(Box::new(LognormalTable::new(median_us, *sigma)))
            }
            Latency::Matrix(matrix) => Base::Matrix {
                site_of: (0..nodes as u64)
                    .map(|node| placement.below(node, 0, matrix.sites as u64) as u32)
                    .collect(),
                matrix: Arc::clone(matrix),
            },
            Latency::Geo => Base::Geo(GeoMap::new(placement, nodes)),
        };
        Self {
            base,
            jitter: Jitter::new(spec.jitter),
            latency_key: Key::new(seed, Purpose::Latency),
            loss_key: Key::new(seed, Purpose::Loss),
            // Scaling by a power of two is exact, and so is the cast.
            loss_below: (spec.loss * TWO_TO_64) as u128,
        }
    }

    /// One-way delay of message number `seq` of `from` to `to`, at least 1 µs.
    #[inline]
    #[must_use]
    pub fn delay_us(&self, from: u32, to: u32, seq: u32) -> u64 {
        let base = self.base_us(from, to);
        if self.jitter.width == 0 {
            return base;
        }
        self.jitter.apply(base, self.latency_key.draw(u64::from(from), u64::from(seq)))
    }

    /// One-way delay of the link from `from` to `to` without jitter.
    #[inline]
    #[must_use]
    pub fn base_us(&self, from: u32, to: u32) -> u64 {
        match &self.base {
            Base::Constant { us } => *us,
            Base::Uniform { min_us, values } => min_us + scale(self.link_bits(from, to), *values),
            Base::Lognormal(table) => table.sample(self.link_bits(from, to)),
            Base::Matrix { site_of, matrix } => {
                let (row, column) = (site_of[from as usize], site_of[to as usize]);
                u64::from(matrix.one_way_us[row as usize * matrix.sites + column as usize])
            }
            Base::Geo(map) => map.one_way_us(from, to),
        }
    }

    /// Whether message number `seq` of `from` vanishes.
    #[inline]
    #[must_use]
    pub fn lost(&self, from: u32, seq: u32) -> bool {
        self.loss_below != 0
            && u128::from(self.loss_key.draw(u64::from(from), u64::from(seq))) < self.loss_below
    }

    /// No message ever takes less, whatever its jitter.
    #[must_use]
    pub fn min_us(&self) -> u64 {
        let base = match &self.base {
            Base::Constant { us } => *us,
            Base::Uniform { min_us, .. } => *min_us,
            Base::Lognormal(table) => table.min_us(),
            Base::Matrix { matrix, .. } => {
                matrix.one_way_us.iter().min().map_or(1, |&us| u64::from(us))
            }
            Base::Geo(_) => geo::min_us(),
        };
        self.jitter.least(base)
    }

    /// No message between nodes of different sites ever takes less; the same as
    /// [`Self::min_us`] where there are no two sites.
    #[must_use]
    pub fn min_between_sites_us(&self) -> u64 {
        let pairs = (0..self.sites()).flat_map(|a| (0..a).map(move |b| (a, b)));
        pairs.map(|(a, b)| self.min_between_us(a, b)).min().unwrap_or_else(|| self.min_us())
    }

    /// No message between a node of site `a` and a node of site `b`, in either
    /// direction, ever takes less.
    #[must_use]
    pub fn min_between_us(&self, a: u32, b: u32) -> u64 {
        match &self.base {
            Base::Matrix { matrix, .. } => {
                let cell =
                    |row, column| matrix.one_way_us[row as usize * matrix.sites + column as usize];
                self.jitter.least(u64::from(cell(a, b).min(cell(b, a))))
            }
            Base::Geo(_) if a != b => self.jitter.least(geo::min_between_us(a, b)),
            _ => self.min_us(),
        }
    }

    /// The site or region of a node; 0 where the model has none.
    #[must_use]
    pub fn site(&self, node: u32) -> u32 {
        match &self.base {
            Base::Matrix { site_of, .. } => site_of[node as usize],
            Base::Geo(map) => map.region(node),
            _ => 0,
        }
    }

    /// Number of sites or regions, at least 1.
    #[must_use]
    pub fn sites(&self) -> u32 {
        match &self.base {
            Base::Matrix { matrix, .. } => matrix.sites as u32,
            Base::Geo(_) => geo::REGIONS.len() as u32,
            _ => 1,
        }
    }

    /// The name of a site, where sites have names.
    #[must_use]
    pub fn site_name(&self, site: u32) -> Option<&'static str> {
        match &self.base {
            Base::Geo(_) => geo::REGIONS.get(site as usize).map(|region| region.name),
            _ => None,
        }
    }

    /// The random bits that belong to an unordered pair of nodes.
    #[inline]
    fn link_bits(&self, from: u32, to: u32) -> u64 {
        let (low, high) = (from.min(to), from.max(to));
        self.latency_key.draw(u64::from(low), LINK | u64::from(high))
    }
}

impl Jitter {
    const ONE: f64 = 4_294_967_296.0;

    fn new(jitter: f64) -> Self {
        let low = ((1.0 - jitter).max(0.0) * Self::ONE) as u64;
        Self { low, width: (2.0 * jitter * Self::ONE) as u64 }
    }

    /// Grows with `base` and with `bits`, which makes [`Self::least`] a bound.
    #[inline]
    fn apply(self, base: u64, bits: u64) -> u64 {
        let factor = self.low + scale(bits, self.width + 1);
        ((u128::from(base) * u128::from(factor)) >> 32).max(1) as u64
    }

    fn least(self, base: u64) -> u64 {
        if self.width == 0 { base } else { self.apply(base, 0) }
    }
}

fn at_least_1_us(duration: SimDuration) -> u64 {
    duration.as_micros().max(1)
}

#[cfg(test)]
mod tests;

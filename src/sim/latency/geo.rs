//! The embedded wide-area model: seven world regions on a map of cable
//! distances, and an access delay for every node.
//!
//! The round trip between two nodes is their distance on the map plus both
//! access delays: symmetric, and never longer than a detour through a third
//! node's attachment point. Places and weights are fitted so that the quantiles of
//! the round trip are those of the 490 PlanetLab nodes measured for Zhu, Liu,
//! Niu, Li and Zhao, "Network Latency Estimation for Personal Devices"
//! (IEEE/ACM Transactions on Networking, 2017): 6.1, 19.3, 59.3, 135.0, 201.8,
//! 324.9 and 412.6 ms at 1, 5, 25, 50, 75, 95 and 99 %. The map unrolls the globe
//! along its cables, through America, which is why it can be flat.

use crate::base::math;
use crate::base::rng::{Key, scale};

/// A region: a disc on the map, distances in milliseconds of round trip; its
/// nodes crowd towards the centre.
#[derive(Clone, Copy, Debug)]
pub(super) struct Region {
    pub(super) name: &'static str,
    /// Share of the nodes in thousandths.
    weight: u64,
    x: f32,
    y: f32,
    radius: f32,
}

/// Sums to 1,000 in weight. The first is the dense corridor that holds a fifth of
/// PlanetLab and most of its short links.
pub(super) const REGIONS: [Region; 7] = [
    region("US Northeast", 191, 0.0, 0.0, 2.0),
    region("North America", 261, -44.0, -19.0, 32.0),
    region("Europe", 361, 92.0, 28.0, 46.0),
    region("East Asia", 87, -188.0, 30.0, 40.0),
    region("South Asia", 33, -200.0, 108.0, 15.0),
    region("South America", 31, 76.0, -150.0, 28.0),
    region("Oceania", 36, -225.0, -114.0, 21.0),
];

/// Access delays, milliseconds of round trip: Pareto of the second kind (Lomax)
/// above a least value, truncated.
const ACCESS_MIN_MS: f64 = 0.5;
const ACCESS_SCALE_MS: f64 = 4.0;
const ACCESS_SHAPE: f64 = 1.36;
const ACCESS_MAX_MS: f64 = 650.0;

/// One way is half of the round trip.
const ONE_WAY_US_PER_RTT_MS: f32 = 500.0;

/// The entity, no node, that says where the sequence of regions starts.
const START: u64 = u64::MAX;

const fn region(name: &'static str, weight: u64, x: f32, y: f32, radius: f32) -> Region {
    Region { name, weight, x, y, radius }
}

/// Where a node sits, in microseconds one way.
#[derive(Clone, Copy, Debug)]
struct Place {
    x: f32,
    y: f32,
    access: f32,
    region: u32,
}

/// Every node's place.
#[derive(Clone, Debug)]
pub(super) struct GeoMap {
    places: Vec<Place>,
}

impl GeoMap {
    pub(super) fn new(key: Key, nodes: usize) -> Self {
        Self { places: (0..nodes as u64).map(|node| place(key, node)).collect() }
    }

    #[inline]
    pub(super) fn one_way_us(&self, from: u32, to: u32) -> u64 {
        let (a, b) = (&self.places[from as usize], &self.places[to as usize]);
        let (dx, dy) = (a.x - b.x, a.y - b.y);
        // f32 square root is correctly rounded: the same on every machine.
        ((dx * dx + dy * dy).sqrt() + (a.access + b.access)) as u64
    }

    pub(super) fn region(&self, node: u32) -> u32 {
        self.places[node as usize].region
    }
}

/// No link is shorter: two nodes at one point with the least access delay.
pub(super) fn min_us() -> u64 {
    (2.0 * ACCESS_MIN_MS * f64::from(ONE_WAY_US_PER_RTT_MS)) as u64
}

/// No link between these two regions is shorter.
pub(super) fn min_between_us(a: u32, b: u32) -> u64 {
    let (a, b) = (&REGIONS[a as usize], &REGIONS[b as usize]);
    let (dx, dy) = (f64::from(a.x - b.x), f64::from(a.y - b.y));
    let gap = math::sqrt(dx * dx + dy * dy) - (f64::from(a.radius) + f64::from(b.radius));
    // Places are rounded to f32, by far less than the microsecond given away.
    const ROUNDING_US: u64 = 1;
    min_us() + (gap.max(0.0) * f64::from(ONE_WAY_US_PER_RTT_MS)) as u64 - ROUNDING_US
}

fn place(key: Key, node: u64) -> Place {
    // Golden-ratio steps from a random start: uniform for every node, and in every
    // run of handles the regions have their shares, so that also a small network
    // has the quantiles above.
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let mark = key.draw(START, 0).wrapping_add(node.wrapping_mul(GOLDEN));
    let region = region_of(scale(mark, 1_000));
    let at = REGIONS[region as usize];
    let (x, y) = point_in_disc(key, node);
    let access = access_ms(key.unit(node, 1));
    Place {
        x: (at.x + at.radius * x) * ONE_WAY_US_PER_RTT_MS,
        y: (at.y + at.radius * y) * ONE_WAY_US_PER_RTT_MS,
        access: access as f32 * ONE_WAY_US_PER_RTT_MS,
        region,
    }
}

/// The access delay at cumulative probability `p`.
fn access_ms(p: f64) -> f64 {
    let widest = 1.0 + (ACCESS_MAX_MS - ACCESS_MIN_MS) / ACCESS_SCALE_MS;
    let beyond = math::pow(widest, -ACCESS_SHAPE);
    let tail = math::pow(1.0 - p * (1.0 - beyond), -1.0 / ACCESS_SHAPE);
    ACCESS_MIN_MS + ACCESS_SCALE_MS * (tail - 1.0)
}

/// The region in whose share of the weight `mark` (below 1,000) falls.
fn region_of(mark: u64) -> u32 {
    let mut end = 0;
    let found = REGIONS.iter().position(|region| {
        end += region.weight;
        mark < end
    });
    found.unwrap_or(REGIONS.len() - 1) as u32
}

/// A point of the unit disc, in a uniform direction and at a uniform distance
/// from the centre: a uniform point of the disc (by rejection from the square
/// around it), with its distance squared.
fn point_in_disc(key: Key, node: u64) -> (f32, f32) {
    let mut counter = 2;
    loop {
        let coordinate = |draw| (2.0 * key.unit(node, draw) - 1.0) as f32;
        let (x, y) = (coordinate(counter), coordinate(counter + 1));
        let distance = (x * x + y * y).sqrt();
        if distance <= 1.0 {
            return (x * distance, y * distance);
        }
        counter += 2;
    }
}

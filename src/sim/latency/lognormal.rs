//! Log-normal delays through a table of the quantile function, so that a draw
//! is integers only: the same on every machine, and cheap.
//!
//! Knots lie at tail probabilities `2^-o * (1 + i/64) / 2`, 64 to an octave, on
//! both sides of the median: as fine at the 99.9th percentile as in the middle.

use crate::base::math;

/// Knots to a halving of the tail probability, as a power of two.
const LOG2_PER_OCTAVE: u32 = 6;
const PER_OCTAVE: u64 = 1 << LOG2_PER_OCTAVE;
/// Tails are cut at probability `2^-(OCTAVES + 1)`, about one in a million on
/// either side. That bounds the smallest delay, hence the windows of a parallel
/// run.
const OCTAVES: u32 = 19;

/// Quantiles of a log-normal distribution of microseconds.
#[derive(Clone, Debug)]
pub(super) struct LognormalTable {
    /// Below the median: from the cut to the median, increasing.
    below: Vec<u64>,
    /// Above the median: from the cut to the median, decreasing.
    above: Vec<u64>,
}

impl LognormalTable {
    pub(super) fn new(median_us: f64, sigma: f64) -> Self {
        let knots = u64::from(OCTAVES) * PER_OCTAVE;
        let (mut below, mut above) = (Vec::new(), Vec::new());
        for knot in 0..=knots {
            let (octave, step) = (knot / PER_OCTAVE, knot % PER_OCTAVE);
            let mantissa = (PER_OCTAVE + step) as f64 / PER_OCTAVE as f64;
            let tail = mantissa * (1u64 << octave) as f64 / (1u64 << (OCTAVES + 1)) as f64;
            let spread = math::exp(-sigma * math::normal_quantile(tail));
            below.push(micros(median_us / spread));
            above.push(micros(median_us * spread));
        }
        Self { below, above }
    }

    /// The delay that belongs to 64 random bits.
    #[inline]
    pub(super) fn sample(&self, bits: u64) -> u64 {
        // The first bit says which side of the median, the others are the tail
        // probability: a number with its exponent (the octave) and mantissa.
        let side = if bits >> 63 == 0 { &self.below } else { &self.above };
        let tail = (bits << 1) | 1;
        let zeros = tail.leading_zeros();
        if zeros >= OCTAVES {
            return side[0];
        }
        let mantissa = tail << zeros << 1;
        let octave = u64::from(OCTAVES - 1 - zeros);
        let knot = octave * PER_OCTAVE + (mantissa >> (64 - LOG2_PER_OCTAVE));
        let fraction = (mantissa << LOG2_PER_OCTAVE) >> 32;
        let (from, to) = (side[knot as usize], side[knot as usize + 1]);
        // `wrapping`: `to - from` is negative above the median.
        let step = (to.wrapping_sub(from) as i64).wrapping_mul(fraction as i64) >> 32;
        from.wrapping_add(step as u64)
    }

    /// No sample is smaller.
    pub(super) fn min_us(&self) -> u64 {
        self.below[0]
    }
}

/// Whole microseconds between 1 µs and 35 minutes: nothing slower is a link,
/// and 31 bits keep the interpolation exact.
fn micros(us: f64) -> u64 {
    (us + 0.5).clamp(1.0, f64::from(i32::MAX)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::{Key, Purpose};

    /// Probability `p` as the bits that `sample` takes.
    fn at(table: &LognormalTable, p: f64) -> u64 {
        let tail = if p < 0.5 { p } else { 1.0 - p };
        let bits = ((tail * (1u64 << 63) as f64 * 2.0) as u64).min((1 << 63) - 1);
        table.sample(if p < 0.5 { bits } else { bits | 1 << 63 })
    }

    #[test]
    fn quantiles_are_those_of_the_distribution() {
        let (median, sigma) = (50_000.0, 0.6);
        let table = LognormalTable::new(median, sigma);
        for p in [1e-5, 0.001, 0.01, 0.25, 0.499, 0.5, 0.7, 0.95, 0.99, 0.999, 0.999_99] {
            let expected = median * math::exp(sigma * math::normal_quantile(p));
            let error = at(&table, p) as f64 / expected - 1.0;
            assert!(error.abs() < 1e-4, "p = {p}: off by {error}");
        }
    }

    #[test]
    fn extremes_stay_in_range() {
        for (median, sigma) in [(1.0, 0.5), (50_000.0, 0.0), (1e9, 8.0)] {
            let table = LognormalTable::new(median, sigma);
            for bits in [0, 1, u64::MAX, u64::MAX >> 1, 1 << 63, 1 << 62] {
                let us = table.sample(bits);
                assert!((table.min_us()..=i32::MAX as u64).contains(&us), "{median} {sigma} {us}");
            }
        }
    }

    #[test]
    fn a_sample_has_the_right_moments() {
        let table = LognormalTable::new(50_000.0, 0.6);
        let key = Key::new(1, Purpose::Latency);
        let n = 1u64 << 18;
        let mean = (0..n).map(|i| table.sample(key.draw(i, 0)) as f64).sum::<f64>() / n as f64;
        let expected = 50_000.0 * math::exp(0.18);
        assert!((mean / expected - 1.0).abs() < 0.006, "{mean} against {expected}");
    }
}

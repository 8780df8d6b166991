//! Keyed, counter-based randomness: a draw is a function of (scenario seed,
//! purpose, entity, counter) and of nothing else.
//!
//! So a draw for one node never shifts another's, no generator state is kept
//! per node, draws can be made in any order and on any thread, and a protocol
//! knob cannot disturb the exogenous world (common random numbers).
//!
//! `ChaCha8` derives one 128-bit key a purpose from the seed; a draw is then
//! two rounds of a 128-bit-product mix, a few nanoseconds.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What randomness is for. Each purpose is a stream of its own; the exogenous
/// ones are never touched by a protocol parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Node ids.
    Ids = 1,
    /// When nodes join.
    Joins = 2,
    /// Session and down times.
    Sessions = 3,
    /// Where nodes sit in the network.
    Placement = 4,
    /// When queries are made, by whom and for what.
    Workload = 5,
    /// Loss of a message.
    Loss = 6,
    /// Latency of a link and jitter of a message.
    Latency = 7,
    /// What a node draws: refresh targets, RPC nonces.
    Protocol = 8,
    /// Which node a joiner bootstraps through.
    Bootstrap = 9,
    /// Who is hit by a fault.
    Faults = 10,
    /// Tables filled by the oracle.
    PerfectTables = 11,
    /// Which nodes a collector samples.
    Sampling = 12,
}

/// The key of one purpose under one seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    a: u64,
    b: u64,
}

impl Key {
    /// The key of `purpose` in the scenario with this `seed`.
    #[must_use]
    pub fn new(seed: u64, purpose: Purpose) -> Self {
        let mut chacha = ChaCha8Rng::seed_from_u64(seed);
        chacha.set_stream(purpose as u64);
        Self { a: chacha.next_u64(), b: chacha.next_u64() }
    }

    /// 64 random bits for draw number `counter` of `entity`.
    #[inline]
    #[must_use]
    pub fn draw(self, entity: u64, counter: u64) -> u64 {
        let x = fold(self.a ^ entity, self.b ^ counter.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        fold(
            x ^ self.b ^ entity.rotate_left(32),
            x.rotate_left(23) ^ self.a ^ counter.wrapping_add(0xd1b5_4a32_d192_ed03),
        )
    }

    /// A number in `[0, 1)` with 53 random bits.
    #[inline]
    #[must_use]
    pub fn unit(self, entity: u64, counter: u64) -> f64 {
        unit_f64(self.draw(entity, counter))
    }

    /// A whole number below `bound`, without noticeable bias.
    #[inline]
    #[must_use]
    pub fn below(self, entity: u64, counter: u64, bound: u64) -> u64 {
        scale(self.draw(entity, counter), bound)
    }
}

/// Maps 64 random bits to `[0, 1)`.
#[inline]
#[must_use]
pub fn unit_f64(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// Maps 64 random bits to a whole number below `bound`.
#[inline]
#[must_use]
pub fn scale(bits: u64, bound: u64) -> u64 {
    ((u128::from(bits) * u128::from(bound)) >> 64) as u64
}

/// Multiplies to 128 bits and folds the halves. Odd constants keep a zero
/// operand from swallowing the other.
#[inline]
fn fold(x: u64, y: u64) -> u64 {
    let product = u128::from(x ^ 0xa076_1d64_78bd_642f) * u128::from(y ^ 0xe703_7ed1_a0b4_28db);
    (product as u64) ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::new(42, Purpose::Loss)
    }

    #[test]
    fn purposes_and_seeds_are_separate_streams() {
        assert_ne!(key(), Key::new(43, Purpose::Loss));
        assert_ne!(key(), Key::new(42, Purpose::Latency));
    }

    /// Chi-square over 256 cells of every byte of the draw, for neighbouring
    /// entities and counters, the way the simulator uses them.
    #[test]
    fn bytes_are_uniform() {
        const DRAWS: u64 = 1 << 18;
        for shift in (0..64).step_by(8) {
            let mut cells = [0u32; 256];
            for i in 0..DRAWS {
                let (entity, counter) = (i & 0x3ff, i >> 10);
                cells[(key().draw(entity, counter) >> shift & 0xff) as usize] += 1;
            }
            let expected = DRAWS as f64 / 256.0;
            let deviation = |&cell: &u32| f64::from(cell) - expected;
            let chi: f64 = cells.iter().map(deviation).map(|off| off * off / expected).sum();
            // 255 degrees of freedom: 99.99 % of samples lie between 177 and 347.
            assert!((177.0..347.0).contains(&chi), "byte at {shift}: chi-square {chi}");
        }
    }

    /// Draws of neighbouring entities, and of neighbouring counters, are not
    /// correlated.
    #[test]
    fn neighbours_are_uncorrelated() {
        const N: u64 = 1 << 17;
        let centred = |e, c| key().unit(e, c) - 0.5;
        let (mut by_entity, mut by_counter) = (0.0, 0.0);
        for i in 0..N {
            by_entity += centred(i, 7) * centred(i + 1, 7);
            by_counter += centred(7, i) * centred(7, i + 1);
        }
        // Standard deviation of the mean product is 1/12/sqrt(N).
        let bound = 4.0 / 12.0 / (N as f64).sqrt();
        assert!((by_entity / N as f64).abs() < bound);
        assert!((by_counter / N as f64).abs() < bound);
    }

    /// One flipped input bit flips about half of the output.
    #[test]
    fn avalanche() {
        let (mut flips, mut samples) = (0u32, 0u32);
        for i in 0..512u64 {
            for bit in 0..64 {
                flips += (key().draw(i, 5) ^ key().draw(i ^ (1 << bit), 5)).count_ones();
                flips += (key().draw(5, i) ^ key().draw(5, i ^ (1 << bit))).count_ones();
                samples += 2;
            }
        }
        let mean = f64::from(flips) / f64::from(samples);
        assert!((31.5..32.5).contains(&mean), "{mean}");
    }

    #[test]
    fn below_stays_below() {
        assert!((0..1000).all(|i| key().below(i, 0, 7) < 7));
    }
}

//! What several runs of a point say together. The run is what is replicated:
//! a figure is taken within each run first (a mean, a share, a percentile) and
//! only then over runs, because the lookups of one network are not independent.

use super::student::critical;
use crate::base::math;

pub use super::student::two_sided_p;

/// A figure over the runs of one point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Runs in which it was measured.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation; `None` of fewer than two.
    pub sd: Option<f64>,
    /// The 95 % interval of the mean by Student's t.
    pub ci95: Option<(f64, f64)>,
}

impl Sample {
    /// Of these values; `None` of none.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n == 0 {
            return None;
        }
        let mean = mean(values);
        let sd = (n > 1).then(|| math::sqrt(squares(values, mean) / (n - 1) as f64));
        let ci95 = sd.map(|sd| {
            let half = critical(0.05, (n - 1) as f64) * sd / math::sqrt(n as f64);
            (mean - half, mean + half)
        });
        Some(Self { n, mean, sd, ci95 })
    }

    /// Half the width of the interval.
    #[must_use]
    pub fn half(&self) -> Option<f64> {
        self.ci95.map(|(low, high)| (high - low) / 2.0)
    }
}

/// A difference between two points, run by run of the same seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Over the differences.
    pub difference: Sample,
    /// Mean of the baseline in those pairs.
    pub baseline: f64,
    /// Mean of the other point in those pairs.
    pub other: f64,
    /// Chance of a difference of this size if there is none.
    pub p: Option<f64>,
    /// Between the two points, over seeds: near 1, pairing pays; below 0 it
    /// makes the interval wider. `None` if either never varies.
    pub correlation: Option<f64>,
    /// The interval without pairing, by Welch, to see what pairing brings.
    pub unpaired95: Option<(f64, f64)>,
}

impl Paired {
    /// Of pairs (baseline, other) of the same seed; `None` of none.
    #[must_use]
    pub fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        let differences: Vec<f64> = pairs.iter().map(|(a, b)| b - a).collect();
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let difference = Sample::of(&differences)?;
        let (of_a, of_b) = (Sample::of(&a)?, Sample::of(&b)?);
        let n = pairs.len() as f64;
        let p = difference.sd.map(|sd| match (sd > 0.0, difference.mean == 0.0) {
            (true, _) => two_sided_p(difference.mean / (sd / math::sqrt(n)), n - 1.0),
            (false, true) => 1.0,
            (false, false) => 0.0,
        });
        Some(Self {
            difference,
            baseline: of_a.mean,
            other: of_b.mean,
            p,
            correlation: correlation(&a, &b, of_a.mean, of_b.mean),
            unpaired95: welch(&of_a, &of_b),
        })
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Sum of squared deviations.
fn squares(values: &[f64], mean: f64) -> f64 {
    values.iter().map(|value| (value - mean) * (value - mean)).sum()
}

fn correlation(a: &[f64], b: &[f64], mean_a: f64, mean_b: f64) -> Option<f64> {
    let spread = math::sqrt(squares(a, mean_a)) * math::sqrt(squares(b, mean_b));
    let together: f64 = a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum();
    (a.len() > 1 && spread > 0.0).then(|| (together / spread).clamp(-1.0, 1.0))
}

/// The interval of `b - a` as if the two had nothing in common.
fn welch(a: &Sample, b: &Sample) -> Option<(f64, f64)> {
    let share = |sample: &Sample| sample.sd.map(|sd| sd * sd / sample.n as f64);
    let (of_a, of_b) = (share(a)?, share(b)?);
    let variance = of_a + of_b;
    let difference = b.mean - a.mean;
    if variance == 0.0 {
        return Some((difference, difference));
    }
    let by_df = of_a * of_a / (a.n - 1) as f64 + of_b * of_b / (b.n - 1) as f64;
    let half = critical(0.05, variance * variance / by_df) * math::sqrt(variance);
    Some((difference - half, difference + half))
}

/// Holm's adjustment of the p-values of several comparisons, in their order: if
/// those at most 0.05 are believed, the chance of any false one is 5 %.
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut largest = 0.0_f64;
    for (rank, at) in order.into_iter().enumerate() {
        largest = largest.max(p[at] * (p.len() - rank) as f64).min(1.0);
        adjusted[at] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::{Key, Purpose};

    #[test]
    fn a_sample_is_summed_up() {
        let sample = Sample::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!((sample.n, sample.mean), (5, 3.0));
        assert!((sample.sd.unwrap() - 1.581_138_830_084).abs() < 1e-9);
        assert!((sample.half().unwrap() - 1.963_243_161_478).abs() < 1e-9);
        assert_eq!(Sample::of(&[7.0]).unwrap().ci95, None);
        assert_eq!(Sample::of(&[]), None);
    }

    /// 2,000 sweeps of ten runs each: the interval holds the true mean in about
    /// 95 % of them, for a metric that is normal and for one that is not.
    #[test]
    fn intervals_cover() {
        let key = Key::new(5, Purpose::Sampling);
        let normal = |sweep, run| math::normal_quantile(key.unit(sweep, run)) * 3.0 + 40.0;
        let uniform = |sweep, run| 80.0 * key.unit(sweep, run);
        for metric in [&normal as &dyn Fn(u64, u64) -> f64, &uniform] {
            let covered = (0..2_000).filter(|sweep| {
                let values: Vec<f64> = (0..10).map(|run| metric(*sweep, run)).collect();
                let (low, high) = Sample::of(&values).unwrap().ci95.unwrap();
                low <= 40.0 && 40.0 <= high
            });
            let covered = covered.count();
            assert!((1_860..=1_940).contains(&covered), "{covered} of 2,000");
        }
    }

    /// The same for paired differences.
    #[test]
    fn paired_intervals_cover_and_are_narrower() {
        let key = Key::new(6, Purpose::Sampling);
        let (mut covered, mut narrower) = (0, 0);
        for sweep in 0..2_000_u64 {
            let pair = |run: u64| {
                let world = 5.0 * math::normal_quantile(key.unit(sweep, 3 * run));
                let own = |i: u64| math::normal_quantile(key.unit(sweep, 3 * run + i));
                (100.0 + world + own(1), 102.0 + world + own(2))
            };
            let paired = Paired::of(&(0..10).map(pair).collect::<Vec<_>>()).unwrap();
            let (low, high) = paired.difference.ci95.unwrap();
            let (wide_low, wide_high) = paired.unpaired95.unwrap();
            covered += u32::from(low <= 2.0 && 2.0 <= high);
            narrower += u32::from(high - low < wide_high - wide_low);
        }
        assert!((1_860..=1_940).contains(&covered), "{covered} of 2,000");
        assert!(narrower > 1_980);
    }

    #[test]
    fn pairs_that_never_vary() {
        let same = Paired::of(&[(2.0, 2.0), (3.0, 3.0)]).unwrap();
        assert_eq!((same.p, same.difference.ci95), (Some(1.0), Some((0.0, 0.0))));
        let shifted = Paired::of(&[(2.0, 3.0), (3.0, 4.0)]).unwrap();
        assert_eq!((shifted.p, shifted.difference.ci95), (Some(0.0), Some((1.0, 1.0))));
        assert!((shifted.correlation.unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(Paired::of(&[(2.0, 3.0)]).unwrap().p, None);
        assert_eq!(Paired::of(&[]), None);
    }

    #[test]
    fn holm_matches_its_paper() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-12);
        }
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
    }
}

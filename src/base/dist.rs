//! Distributions of positive durations in seconds, drawn by inverting the
//! cumulative distribution function, so that a draw is a function of one
//! uniform number and two runs with the same stream stay in step.

use super::math;

/// A distribution of a duration in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dist {
    /// Always `value`.
    Constant {
        /// Seconds.
        value: f64,
    },
    /// Memoryless with this mean.
    Exponential {
        /// Seconds.
        mean: f64,
    },
    /// `S(x) = exp(-(x/scale)^shape)`.
    Weibull {
        /// Below 1: heavy-tailed, as measured sessions are.
        shape: f64,
        /// Seconds.
        scale: f64,
    },
    /// `S(x) = (min/x)^shape` for `x >= min`.
    Pareto {
        /// Tail index; the mean is finite above 1.
        shape: f64,
        /// Smallest value, seconds.
        min: f64,
    },
    /// `ln X` normal with standard deviation `sigma`.
    Lognormal {
        /// Seconds.
        median: f64,
        /// Standard deviation of `ln X`.
        sigma: f64,
    },
}

impl Dist {
    /// The value below which a share `p` of draws lies, `0 <= p < 1`.
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        self.upper_quantile(1.0 - p)
    }

    /// The value above which a share `q` of draws lies, `0 < q <= 1`. Exact in
    /// the tail, where `1 - p` would lose its digits.
    #[must_use]
    pub fn upper_quantile(&self, q: f64) -> f64 {
        match *self {
            Self::Constant { value } => value,
            Self::Exponential { mean } => -mean * math::ln(q),
            Self::Weibull { shape, scale } => scale * math::pow(-math::ln(q), 1.0 / shape),
            Self::Pareto { shape, min } => min * math::pow(q, -1.0 / shape),
            Self::Lognormal { median, sigma } => {
                if q >= 1.0 {
                    return 0.0;
                }
                median * math::exp(-sigma * math::normal_quantile(q))
            }
        }
    }

    /// The mean; infinite for a Pareto tail index of 1 or less.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match *self {
            Self::Constant { value } => value,
            Self::Exponential { mean } => mean,
            Self::Weibull { shape, scale } => scale * math::gamma(1.0 + 1.0 / shape),
            Self::Pareto { shape, .. } if shape <= 1.0 => f64::INFINITY,
            Self::Pareto { shape, min } => shape * min / (shape - 1.0),
            Self::Lognormal { median, sigma } => median * math::exp(0.5 * sigma * sigma),
        }
    }
}

/// The equilibrium (residual life) distribution of a renewal process: how much
/// longer a period found running at a random instant still lasts. Its density
/// is `S(x) / mean` (renewal theory).
///
/// Held as a table of its distribution function over the knots of the
/// underlying quantile function, which spans the tail to `2^-48`.
#[derive(Clone, Debug)]
pub struct Residual {
    /// `(cumulative probability, seconds)`, increasing in both.
    knots: Vec<(f64, f64)>,
}

impl Residual {
    /// The residual life of periods distributed as `dist`, whose mean must be
    /// finite.
    #[must_use]
    pub fn new(dist: Dist) -> Self {
        // Survival probabilities: linear in the body, geometric in the tail.
        const BODY: u32 = 4096;
        const TAIL_OCTAVES: u32 = 36;
        const PER_OCTAVE: u32 = 64;
        let body = (0..BODY).map(|i| 1.0 - f64::from(i) / f64::from(BODY));
        let tail = (0..=TAIL_OCTAVES * PER_OCTAVE)
            .map(|i| math::pow(2.0, -12.0 - f64::from(i) / f64::from(PER_OCTAVE)));
        let mut knots = vec![(0.0, 0.0)];
        let (mut area, mut last_x, mut last_q) = (0.0, 0.0, 1.0);
        for q in body.chain(tail) {
            let x = dist.upper_quantile(q);
            area += (x - last_x) * 0.5 * (q + last_q);
            if x > last_x {
                knots.push((area, x));
            }
            (last_x, last_q) = (x, q);
        }
        for knot in &mut knots {
            knot.0 /= area;
        }
        Self { knots }
    }

    /// The residual life at cumulative probability `p`, `0 <= p < 1`.
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        let above = self.knots.partition_point(|knot| knot.0 <= p).min(self.knots.len() - 1);
        let (p0, x0) = self.knots[above.saturating_sub(1)];
        let (p1, x1) = self.knots[above];
        if p1 > p0 { x0 + (x1 - x0) * (p - p0) / (p1 - p0) } else { x1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KAD: Dist = Dist::Weibull { shape: 0.615, scale: 169.5 };

    fn mean_by_quantiles(quantile: impl Fn(f64) -> f64) -> f64 {
        const N: u32 = 1 << 20;
        (0..N).map(|i| quantile((f64::from(i) + 0.5) / f64::from(N))).sum::<f64>() / f64::from(N)
    }

    #[test]
    fn quantiles_integrate_to_the_mean() {
        let dists = [
            Dist::Constant { value: 3.0 },
            Dist::Exponential { mean: 3.0 },
            KAD,
            Dist::Pareto { shape: 3.0, min: 2.0 },
            Dist::Lognormal { median: 5.0, sigma: 0.6 },
        ];
        for dist in dists {
            let measured = mean_by_quantiles(|p| dist.quantile(p));
            assert!((measured / dist.mean() - 1.0).abs() < 2e-3, "{dist:?}: {measured}");
        }
    }

    #[test]
    fn closed_form_quantiles() {
        let median = Dist::Exponential { mean: 1.0 }.quantile(0.5);
        assert!((median - std::f64::consts::LN_2).abs() < 1e-15);
        assert!((Dist::Lognormal { median: 5.0, sigma: 0.6 }.quantile(0.5) - 5.0).abs() < 1e-9);
        assert!((Dist::Pareto { shape: 2.0, min: 1.0 }.quantile(0.75) - 2.0).abs() < 1e-12);
    }

    /// An exponential period found running lasts as long as a fresh one; a
    /// constant one has on average half left; in general `E[X²] / 2E[X]`.
    #[test]
    fn residual_life_obeys_renewal_theory() {
        let exponential = Residual::new(Dist::Exponential { mean: 2.0 });
        for p in [0.1, 0.5, 0.9, 0.99] {
            let expected = Dist::Exponential { mean: 2.0 }.quantile(p);
            assert!((exponential.quantile(p) / expected - 1.0).abs() < 1e-3, "{p}");
        }
        let constant = Residual::new(Dist::Constant { value: 10.0 });
        assert!((constant.quantile(0.3) - 3.0).abs() < 1e-6);

        let Dist::Weibull { shape, scale } = KAD else { unreachable!() };
        let second_moment = scale * scale * math::gamma(1.0 + 2.0 / shape);
        let expected = second_moment / (2.0 * KAD.mean());
        let residual = Residual::new(KAD);
        let measured = mean_by_quantiles(|p| residual.quantile(p));
        assert!((measured / expected - 1.0).abs() < 1e-2, "{measured} against {expected}");
    }
}

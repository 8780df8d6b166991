//! Student's t distribution, over `base::math` alone: an interval must have
//! the same bits on every machine, and statistics crates reach the platform's
//! logarithm.

use crate::base::math;

/// The two-sided p-value of `t` with `df` degrees of freedom: the chance of a
/// value at least as far from 0.
#[must_use]
pub fn two_sided_p(t: f64, df: f64) -> f64 {
    incomplete_beta(df / 2.0, 0.5, df / (df + t * t))
}

/// The value that a t-distributed variable exceeds in size with chance `alpha`:
/// 0.05 gives the factor of a 95 % interval.
#[must_use]
pub(super) fn critical(alpha: f64, df: f64) -> f64 {
    let mut high = 1.0;
    while two_sided_p(high, df) > alpha && high < 1e12 {
        high *= 2.0;
    }
    let mut low = 0.0;
    loop {
        let mid = 0.5 * (low + high);
        if mid <= low || mid >= high {
            return mid;
        }
        if two_sided_p(mid, df) > alpha {
            low = mid;
        } else {
            high = mid;
        }
    }
}

/// The regularised incomplete beta function I_x(a, b), by its continued
/// fraction (Abramowitz and Stegun 26.5.8, evaluated as by Lentz).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // It converges fast on this side of the mean; the other is its mirror.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta_fast(b, a, 1.0 - x);
    }
    incomplete_beta_fast(a, b, x)
}

fn incomplete_beta_fast(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    const TERMS: u32 = 500;
    let nonzero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let ln_beta = math::ln_gamma(a) + math::ln_gamma(b) - math::ln_gamma(a + b);
    let front = math::exp(a * math::ln(x) + b * math::ln(1.0 - x) - ln_beta) / a;
    let mut d = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
    let (mut c, mut fraction) = (1.0, d);
    for m in (1..TERMS).map(f64::from) {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = fraction;
        for term in [even, odd] {
            d = 1.0 / nonzero(1.0 + term * d);
            c = nonzero(1.0 + term / c);
            fraction *= c * d;
        }
        if (fraction - before).abs() <= 1e-16 * fraction.abs() {
            break;
        }
    }
    front * fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn critical_values_match_tables() {
        for (alpha, df, t) in [
            (0.05, 1.0, 12.706_204_736_174_7),
            (0.05, 4.0, 2.776_445_105_197_79),
            (0.05, 9.0, 2.262_157_162_798_2),
            (0.05, 29.0, 2.045_229_642_132_7),
            (0.01, 9.0, 3.249_835_541_592_14),
            (0.05, 1e6, 1.959_966),
        ] {
            let found = critical(alpha, df);
            assert!((found - t).abs() < 1e-6 * t, "{alpha} {df}: {found}");
        }
    }

    #[test]
    fn p_values_match_tables() {
        for (t, df, p) in [(2.262_157_162_798_2, 9.0, 0.05), (1.0, 1.0, 0.5), (0.0, 3.0, 1.0)] {
            assert!((two_sided_p(t, df) - p).abs() < 1e-10);
        }
        assert!(two_sided_p(50.0, 9.0) < 1e-11);
    }
}

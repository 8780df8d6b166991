//! The little statistics that charts need: percentiles of sorted values, and
//! confidence bands of shares and of empirical distributions. Only exact or
//! pinned arithmetic, so that charts are the same on every machine.

use crate::base::math;

/// 97.5 % quantile of the standard normal distribution.
const Z95: f64 = 1.959_963_984_540_054;

/// Wilson's 95 % interval of a share, of which `hits` in `n` were seen.
pub(super) fn wilson(hits: f64, n: f64) -> (f64, f64) {
    let share = hits / n;
    let z2 = Z95 * Z95;
    let centre = share + z2 / (2.0 * n);
    let half = Z95 * math::sqrt(share * (1.0 - share) / n + z2 / (4.0 * n * n));
    let scale = 1.0 + z2 / n;
    (((centre - half) / scale).max(0.0), ((centre + half) / scale).min(1.0))
}

/// Half the height of the 95 % band of Dvoretzky, Kiefer and Wolfowitz around
/// an empirical distribution of `n` values.
pub(super) fn dkw(n: f64) -> f64 {
    math::sqrt(math::ln(2.0 / 0.05) / (2.0 * n))
}

/// The smallest value of ascending `sorted` that at least the share `p` of
/// values do not exceed.
pub(super) fn percentile<T: Copy>(sorted: &[T], p: f64) -> Option<T> {
    let rank = (p * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

/// Mean of `values`, and their p5 and p95; `None` of nothing. Sorts them.
pub(super) fn mean_and_span(values: &mut [f64]) -> Option<(f64, f64, f64)> {
    values.sort_by(f64::total_cmp);
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    Some((mean, percentile(values, 0.05)?, percentile(values, 0.95)?))
}

/// The largest of the values that are there, at least zero.
pub(super) fn highest(values: impl IntoIterator<Item = Option<f64>>) -> f64 {
    values.into_iter().flatten().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_matches_tables() {
        let (low, high) = wilson(8.0, 10.0);
        assert!((low - 0.4902).abs() < 1e-4 && (high - 0.9433).abs() < 1e-4);
        assert!(wilson(0.0, 5.0).0 == 0.0 && wilson(5.0, 5.0).1 == 1.0);
    }

    #[test]
    fn percentiles_are_values() {
        assert_eq!(percentile(&[1, 2, 3, 4], 0.5), Some(2));
        assert_eq!(percentile(&[1, 2, 3, 4], 0.51), Some(3));
        assert_eq!(percentile(&[7], 0.99), Some(7));
        assert_eq!(percentile::<f64>(&[], 0.5), None);
    }
}

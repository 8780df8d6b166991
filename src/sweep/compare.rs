//! Every point against the baseline, paired by seed: runs of one seed share the
//! world, so what they do not share is what is compared.

use std::collections::BTreeMap;

use super::Manifest;
use super::collect::{Collected, Run};
use super::csvs::number;
use super::stats::{Paired, holm};

/// A point against the baseline in one metric.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Position of the point.
    pub point: usize,
    /// Position of the metric.
    pub metric: usize,
    /// What the pairs say.
    pub paired: Paired,
    /// The p-value, adjusted for comparing all points in this metric.
    pub p_holm: Option<f64>,
}

/// What is believed of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// There are too few pairs to tell.
    Nothing,
    /// The interval contains 0, or so many comparisons were made that one
    /// such would come up by chance.
    NoDifference,
    /// There is one.
    Difference,
}

/// All points but the baseline, each in all metrics.
pub(super) fn all(
    manifest: &Manifest,
    metrics: &[(String, String)],
    runs: &[Run],
) -> Vec<Comparison> {
    let baseline = manifest.sweep.baseline;
    let mut found = Vec::new();
    for metric in 0..metrics.len() {
        let by_seed = |point: usize| -> BTreeMap<u64, f64> {
            let of_point = runs.iter().filter(|run| run.point == point);
            of_point.filter_map(|run| Some((run.seed, run.values[metric]?))).collect()
        };
        let base = by_seed(baseline);
        let mut of_metric: Vec<Comparison> = (0..manifest.points.len())
            .filter(|point| *point != baseline)
            .filter_map(|point| {
                let other = by_seed(point);
                let pairs: Vec<(f64, f64)> =
                    base.iter().filter_map(|(seed, a)| Some((*a, *other.get(seed)?))).collect();
                let paired = Paired::of(&pairs)?;
                Some(Comparison { point, metric, paired, p_holm: None })
            })
            .collect();
        let p: Vec<f64> = of_metric.iter().filter_map(|one| one.paired.p).collect();
        let mut adjusted = holm(&p).into_iter();
        for one in of_metric.iter_mut().filter(|one| one.paired.p.is_some()) {
            one.p_holm = adjusted.next();
        }
        found.append(&mut of_metric);
    }
    found.sort_by_key(|one| (one.point, one.metric));
    found
}

impl Comparison {
    pub(super) const COLUMNS: [&'static str; 17] = [
        "metric",
        "unit",
        "n",
        "baseline_mean",
        "mean",
        "difference",
        "difference_low",
        "difference_high",
        "relative",
        "relative_low",
        "relative_high",
        "correlation",
        "unpaired_low",
        "unpaired_high",
        "p",
        "p_holm",
        "verdict",
    ];

    pub(super) fn fields(&self, of: &Collected) -> Vec<String> {
        let (name, unit) = &of.metrics[self.metric];
        let Paired { difference, baseline, other, p, correlation, unpaired95 } = self.paired;
        let relative = |value: f64| (baseline > 0.0).then(|| value / baseline);
        let (low, high) = (difference.ci95.map(|ends| ends.0), difference.ci95.map(|ends| ends.1));
        vec![
            name.clone(),
            unit.clone(),
            difference.n.to_string(),
            number(baseline),
            number(other),
            number(difference.mean),
            number(low),
            number(high),
            number(relative(difference.mean)),
            number(low.and_then(relative)),
            number(high.and_then(relative)),
            number(correlation),
            number(unpaired95.map(|ends| ends.0)),
            number(unpaired95.map(|ends| ends.1)),
            number(p),
            number(self.p_holm),
            self.verdict(unit),
        ]
    }

    pub(super) fn shown(&self) -> Shown {
        match (self.paired.difference.ci95, self.p_holm) {
            (Some((low, high)), Some(p)) if (low > 0.0 || high < 0.0) && p <= 0.05 => {
                Shown::Difference
            }
            (Some(_), _) => Shown::NoDifference,
            (None, _) => Shown::Nothing,
        }
    }

    /// In words: `−38 % [−41, −35]`, or that there is nothing to say. Shares are
    /// compared in percentage points, the rest in per cent of the baseline.
    pub(super) fn verdict(&self, unit: &str) -> String {
        let Paired { difference, baseline, .. } = self.paired;
        let (scale, suffix) = match unit {
            "share" => (100.0, " points".to_owned()),
            _ if baseline > 0.0 => (100.0 / baseline, " %".to_owned()),
            _ => (1.0, format!(" {unit}")),
        };
        let ends = difference.ci95.map(|(low, high)| (low * scale, high * scale));
        match (self.shown(), ends) {
            (Shown::Difference, Some((low, high))) => {
                let decimals = decimals((high - low) / 2.0);
                let show = |value| signed(value, decimals);
                let mean = show(difference.mean * scale);
                format!("{mean}{suffix} [{}, {}]", show(low), show(high))
            }
            (Shown::NoDifference, _) => "no difference shown".into(),
            _ => "too few seeds".into(),
        }
    }
}

/// Decimal places that a value with this uncertainty deserves.
fn decimals(half: f64) -> usize {
    match half {
        half if half >= 1.0 => 0,
        half if half >= 0.1 => 1,
        half if half >= 0.01 => 2,
        _ => 3,
    }
}

/// With its sign, and a minus as wide as the plus.
fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{:+.decimals$}", value);
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(pairs: &[(f64, f64)], p_holm: Option<f64>) -> Comparison {
        Comparison { point: 1, metric: 0, paired: Paired::of(pairs).unwrap(), p_holm }
    }

    #[test]
    fn verdicts_say_what_is_shown() {
        let clear = [(100.0, 62.0), (110.0, 68.0), (90.0, 56.0)];
        let found = comparison(&clear, Some(0.001)).verdict("ms");
        assert_eq!(found, "−38 % [−48, −28]");
        // Too many comparisons to believe it.
        assert_eq!(comparison(&clear, Some(0.2)).verdict("ms"), "no difference shown");
        let open = [(100.0, 90.0), (100.0, 111.0)];
        assert_eq!(comparison(&open, Some(0.9)).verdict("ms"), "no difference shown");
        assert_eq!(comparison(&clear[..1], None).verdict("ms"), "too few seeds");
        let shares = [(0.90, 0.950), (0.91, 0.961), (0.92, 0.969)];
        let found = comparison(&shares, Some(0.001)).verdict("share");
        assert_eq!(found, "+5.0 points [+4.8, +5.2]");
    }
}

//! The headline figures as a table for people.

use std::fmt::Write as _;

use crate::metrics::Headline;

/// One line a figure: name, value with unit, what it was taken over.
#[must_use]
pub fn table(headlines: &[Headline]) -> String {
    let width = headlines.iter().map(|h| h.metric.len()).max().unwrap_or_default();
    let mut text = String::new();
    for h in headlines {
        let value = h.value.map_or("not measured".into(), |value| figure(value, h.unit));
        let note = if h.note.is_empty() { String::new() } else { format!("  ({})", h.note) };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:<width$}  {value:>14}  n = {}{note}", h.metric, h.n);
    }
    text
}

/// A value with its unit, to four digits or so.
fn figure(value: f64, unit: &str) -> String {
    match unit {
        "share" => format!("{:.2} %", value * 100.0),
        "count" | "nodes" => format!("{value:.0}"),
        _ if value.abs() >= 1_000.0 => format!("{value:.0} {unit}"),
        _ if value.abs() >= 100.0 => format!("{value:.1} {unit}"),
        _ => format!("{value:.3} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(figure(0.9987, "share"), "99.87 %");
        assert_eq!(figure(2000.0, "nodes"), "2000");
        assert_eq!(figure(612.34, "ms"), "612.3 ms");
        assert_eq!(figure(2.5, "hops"), "2.500 hops");
    }
}

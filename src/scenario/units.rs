//! Durations and rates as people write them: `"90s"`, `"169.5min"`, `"20/s"`.

use crate::base::time::SimDuration;

/// What a message lists as possible.
pub(super) const UNITS: &str = "us, ms, s, min, h, d";

/// Microseconds in the unit called `name`.
fn unit_us(name: &str) -> Option<f64> {
    Some(match name {
        "us" => 1.0,
        "ms" => 1e3,
        "s" => 1e6,
        "min" => 60e6,
        "h" => 3_600e6,
        "d" => 86_400e6,
        _ => return None,
    })
}

/// Other spellings, for "did you mean".
fn meant_unit(name: &str) -> Option<&'static str> {
    Some(match name.to_lowercase().as_str() {
        "µs" | "μs" | "usec" | "usecs" | "micros" | "microseconds" => "us",
        "msec" | "msecs" | "millis" | "milliseconds" => "ms",
        "sec" | "secs" | "second" | "seconds" | "s" => "s",
        "m" | "mins" | "minute" | "minutes" | "min" => "min",
        "hr" | "hrs" | "hour" | "hours" | "h" => "h",
        "day" | "days" | "d" => "d",
        _ => return None,
    })
}

/// Why a text is not a quantity: a fragment for `help:`, or nothing to add.
type Hint = Option<String>;

/// Splits `"169.5min"` into number and unit. No sign, no exponent: `1e3s`
/// reads badly, and negative time does not exist here.
fn split(text: &str) -> Option<(f64, &str, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, number, unit.trim_start()))
}

/// Reads a duration.
pub(super) fn duration(text: &str) -> Result<SimDuration, Hint> {
    if let Ok(number) = text.parse::<f64>() {
        return Err((number >= 0.0).then(|| format!("with a unit: \"{text}s\"; units are {UNITS}")));
    }
    let (number, digits, unit) = split(text).ok_or(None)?;
    let Some(us) = unit_us(unit) else {
        return Err(Some(match meant_unit(unit) {
            Some(meant) => format!("did you mean \"{digits}{meant}\"?"),
            None => format!("units are {UNITS}"),
        }));
    };
    // A float-to-integer cast saturates, and rounds toward zero.
    Ok(SimDuration::from_micros((number * us + 0.5) as u64))
}

/// Reads a rate, in events a second.
pub(super) fn rate(text: &str) -> Result<f64, Hint> {
    let Some((number, unit)) = text.split_once('/') else {
        return Err(text
            .parse::<f64>()
            .is_ok_and(|number| number > 0.0)
            .then(|| format!("per unit of time: \"{text}/s\"")));
    };
    let number: f64 = number.trim().parse().map_err(|_| None)?;
    let unit = unit.trim();
    match unit_us(unit) {
        _ if !(number.is_finite() && number >= 0.0) => Err(None),
        Some(us) => Ok(number / (us / 1e6)),
        None => Err(Some(match meant_unit(unit) {
            Some(meant) => format!("did you mean \"{number}/{meant}\"?"),
            None => format!("units are {UNITS}"),
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let us = |text| duration(text).unwrap().as_micros();
        assert_eq!(us("90s"), 90_000_000);
        assert_eq!(us("10min"), 600_000_000);
        assert_eq!(us("4h"), 14_400_000_000);
        assert_eq!(us("50ms"), 50_000);
        assert_eq!(us("169.5min"), 10_170_000_000);
        assert_eq!(us("1d"), 86_400_000_000);
        assert_eq!(us("500us"), 500);
        assert_eq!(us("0s"), 0);
        assert_eq!(us("0.5 h"), 1_800_000_000);
    }

    #[test]
    fn bad_durations_say_what_was_meant() {
        assert!(duration("10m").unwrap_err().unwrap().contains("\"10min\""));
        assert!(duration("10").unwrap_err().unwrap().contains("\"10s\""));
        assert!(duration("5 parsecs").unwrap_err().unwrap().contains(UNITS));
        for text in ["", "s", "-5s", "1.2.3s", "inf s"] {
            assert_eq!(duration(text), Err(None), "{text}");
        }
    }

    #[test]
    fn rates() {
        assert_eq!(rate("20/s"), Ok(20.0));
        assert_eq!(rate("3/min"), Ok(0.05));
        assert_eq!(rate("0.5/h"), Ok(0.5 / 3_600.0));
        assert!(rate("20").unwrap_err().unwrap().contains("\"20/s\""));
        assert!(rate("20/second").unwrap_err().unwrap().contains("\"20/s\""));
        assert_eq!(rate("-1/s"), Err(None));
        assert_eq!(rate("NaN/s"), Err(None));
    }
}

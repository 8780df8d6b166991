//! Numbers as charts write them, and the round steps that axes count in: 1, 2
//! and 5 times powers of ten. Only exact arithmetic, so that labels are the same
//! on every machine.

/// `value` with `decimals` places and a comma between groups of three digits.
pub(super) fn thousands(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    // A value that rounds to zero has no sign.
    if value < 0.0 && text.bytes().any(|b| b.is_ascii_digit() && b != b'0') {
        out.push('−');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// `value` with about three significant digits and no trailing zeros.
pub(super) fn plain(value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        _ if size >= 100.0 || size == 0.0 => 0,
        _ if size >= 10.0 => 1,
        _ if size >= 1.0 => 2,
        _ if size >= 0.1 => 3,
        _ => 4,
    };
    let text = thousands(value, decimals);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// A round step: `mantissa`, one of 1, 2 and 5, times ten to the `exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    mantissa: u32,
    exponent: i32,
}

impl Step {
    /// The smallest round step of which at most `count` fit in `span`.
    pub(super) fn fitting(span: f64, count: f64) -> Self {
        let mut step = Self { mantissa: 1, exponent: 0 };
        // Down until too small, then up until it fits: at most a few dozen turns.
        while step.value() * count >= span && step.exponent > -12 {
            step.exponent -= 1;
        }
        while step.value() * count < span && step.exponent < 18 {
            step = step.next();
        }
        step
    }

    fn next(self) -> Self {
        match self.mantissa {
            1 => Self { mantissa: 2, ..self },
            2 => Self { mantissa: 5, ..self },
            _ => Self { mantissa: 1, exponent: self.exponent + 1 },
        }
    }

    /// The step as a number.
    pub(super) fn value(self) -> f64 {
        self.times(1.0)
    }

    /// `n` steps; one rounding only, so that 3 steps of 0.1 are 0.3.
    pub(super) fn times(self, n: f64) -> f64 {
        let scale = (0..self.exponent.unsigned_abs()).fold(1.0, |scale, _| scale * 10.0);
        let n = n * f64::from(self.mantissa);
        if self.exponent < 0 { n / scale } else { n * scale }
    }

    /// Decimal places that its multiples need.
    pub(super) fn decimals(self) -> usize {
        usize::try_from(-self.exponent).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(thousands(1_234_567.0, 0), "1,234,567");
        assert_eq!(thousands(-1_000.5, 1), "−1,000.5");
        assert_eq!(thousands(-0.01, 1), "0.0");
        assert_eq!(thousands(999.0, 0), "999");
        assert_eq!(
            (plain(2.0), plain(0.5), plain(12.34)),
            ("2".into(), "0.5".into(), "12.3".into())
        );
    }

    #[test]
    fn steps_are_round() {
        let step = |span, count| Step::fitting(span, count).value();
        assert_eq!(step(100.0, 5.0), 20.0);
        assert_eq!(step(1.0, 5.0), 0.2);
        assert_eq!(step(0.007, 4.0), 0.002);
        assert_eq!(step(1e6, 6.0), 200_000.0);
        assert_eq!(Step::fitting(0.35, 4.0).times(3.0), 0.3);
    }
}

//! Decimals: exact numbers as text, of any length.
//!
//! Canonical: an optional `-`, no leading zeros, the fraction digits as given, zero without a sign.

use std::cmp::Ordering;

/// Why a text is not a decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not digits with at most one point between them.
    #[error("write it as digits with at most one point between them, such as `-12.50`")]
    Syntax,
    /// A number with an exponent: how many digits it has is not what its text shows.
    #[error("a decimal has no exponent")]
    Exponent,
    /// More digits behind the point than fit.
    #[error("{found} digits behind the point, at most {scale} fit")]
    Scale {
        /// Digits behind the point.
        found: usize,
        /// How many fit.
        scale: u32,
    },
    /// More digits than fit.
    #[error("{found} digits, at most {precision} fit")]
    Precision {
        /// Digits in all, without leading zeros.
        found: usize,
        /// How many fit.
        precision: u32,
    },
}

/// The canonical text of a decimal with at most `precision` digits, `scale` of them behind the point.
///
/// The sign and leading zeros are not counted; zeros at the end of the fraction are.
///
/// # Errors
/// The first thing that keeps `text` from being such a decimal.
pub fn canonical(text: &str, precision: u32, scale: u32) -> Result<String, DecimalError> {
    let Some(parts) = Parts::of(text) else {
        let number = crate::domain::json::Number::new(text).is_some();
        return Err(if number { DecimalError::Exponent } else { DecimalError::Syntax });
    };
    let fraction_digits = parts.fraction.len();
    if fits(fraction_digits, scale) {
        let found = parts.whole.len() + fraction_digits;
        if fits(found, precision) {
            return Ok(parts.to_text());
        }
        return Err(DecimalError::Precision { found, precision });
    }
    Err(DecimalError::Scale { found: fraction_digits, scale })
}

/// Compares two decimals by value: `1.5` and `1.50` are equal. A text that is no decimal counts as 0.
pub fn compare(left: &str, right: &str) -> Ordering {
    let zero = Parts { negative: false, whole: "", fraction: "" };
    let (left, right) = (Parts::of(left).unwrap_or(zero), Parts::of(right).unwrap_or(zero));
    match (left.negative && !left.is_zero(), right.negative && !right.is_zero()) {
        (false, false) => left.compare_magnitude(&right),
        (true, true) => right.compare_magnitude(&left),
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
    }
}

fn fits(digits: usize, limit: u32) -> bool {
    u32::try_from(digits).is_ok_and(|digits| digits <= limit)
}

/// A decimal taken apart.
#[derive(Clone, Copy)]
struct Parts<'a> {
    negative: bool,
    /// The digits before the point, without leading zeros: empty below one.
    whole: &'a str,
    /// The digits behind the point.
    fraction: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let all_digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !fraction.is_none_or(all_digits) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        Some(Self { negative, whole, fraction: fraction.unwrap_or_default() })
    }

    fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.fraction.bytes().all(|byte| byte == b'0')
    }

    fn to_text(self) -> String {
        let mut out = String::with_capacity(self.whole.len() + self.fraction.len() + 3);
        if self.negative && !self.is_zero() {
            out.push('-');
        }
        out.push_str(if self.whole.is_empty() { "0" } else { self.whole });
        if !self.fraction.is_empty() {
            out.push('.');
            out.push_str(self.fraction);
        }
        out
    }

    fn compare_magnitude(&self, other: &Self) -> Ordering {
        let ends = |fraction: &'a str| fraction.trim_end_matches('0');
        self.whole
            .len()
            .cmp(&other.whole.len())
            .then_with(|| self.whole.cmp(other.whole))
            .then_with(|| ends(self.fraction).cmp(other.fraction.trim_end_matches('0')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn canonical_texts() {
        for (given, stored) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.00", "0.00"),
            ("00", "0"),
            ("000.50", "0.50"),
            ("-007.10", "-7.10"),
            ("10.5", "10.5"),
            ("10.50", "10.50"),
            ("-0.01", "-0.01"),
            ("9999999999.99", "9999999999.99"),
            ("00000000000000000000001", "1"),
        ] {
            assert_eq!(canonical(given, 12, 2).as_deref(), Ok(stored), "{given}");
        }
        assert_eq!(
            canonical("0.05", 2, 2).as_deref(),
            Ok("0.05"),
            "the 0 before the point is free"
        );
        assert_eq!(canonical("123", 3, 2).as_deref(), Ok("123"), "the scale reserves no digits");
        let long = "12345678901234567890123456789012345678";
        assert_eq!(canonical(long, 38, 0).as_deref(), Ok(long));
    }

    #[test]
    fn what_is_no_decimal() {
        use DecimalError::{Exponent, Precision, Scale, Syntax};
        for text in [
            "", "-", ".", "1.", ".5", "-.5", "+1", "--1", "1.2.3", "1,5", " 1", "1 ", "abc", "0x1",
            "1_000", "١", "NaN", "inf", "1e", "e1", "−1",
        ] {
            assert_eq!(canonical(text, 12, 2), Err(Syntax), "{text:?}");
        }
        for text in ["1e2", "1E2", "1.5e-1", "-1e+3"] {
            assert_eq!(canonical(text, 12, 2), Err(Exponent), "{text}");
        }
        assert_eq!(canonical("1.234", 12, 2), Err(Scale { found: 3, scale: 2 }));
        assert_eq!(canonical("1.200", 12, 2), Err(Scale { found: 3, scale: 2 }), "as given");
        assert_eq!(canonical("1.0", 12, 0), Err(Scale { found: 1, scale: 0 }));
        assert_eq!(canonical("1234.56", 5, 2), Err(Precision { found: 6, precision: 5 }));
        assert_eq!(canonical("1000", 3, 2), Err(Precision { found: 4, precision: 3 }));
    }

    #[test]
    fn values_compare_exactly() {
        use Ordering::{Equal, Greater, Less};
        for (left, order, right) in [
            ("1.5", Equal, "1.50"),
            ("0", Equal, "-0.00"),
            ("-1", Less, "0"),
            ("-1", Less, "-0.99"),
            ("-10", Less, "-9"),
            ("10", Greater, "9"),
            ("0.10", Less, "0.101"),
            ("90.00000000000000000000001", Greater, "90"),
            ("12345678901234567890.1", Less, "12345678901234567890.2"),
        ] {
            assert_eq!(compare(left, right), order, "{left} {right}");
            assert_eq!(compare(right, left), order.reverse(), "{right} {left}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn canonical_is_idempotent_and_keeps_the_value(text in "-?[0-9]{1,12}(\\.[0-9]{1,8})?") {
            let once = canonical(&text, 38, 38).unwrap();
            prop_assert_eq!(canonical(&once, 38, 38).unwrap(), once.clone());
            prop_assert_eq!(compare(&text, &once), Ordering::Equal);
        }

        #[test]
        fn compares_as_whole_numbers_do(left in any::<i64>(), right in any::<i64>()) {
            prop_assert_eq!(compare(&left.to_string(), &right.to_string()), left.cmp(&right));
        }
    }
}

//! Floats: JSON numbers whose text is kept, and which are finite as IEEE 754 doubles.

use crate::domain::json::Number;
use std::cmp::Ordering;

/// Why a text is not a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FloatError {
    /// Not a JSON number (RFC 8259 section 6), such as `NaN`, `1.` or `+1`.
    #[error("write it as a JSON number, such as `6.02e23`")]
    Syntax,
    /// Beyond the largest double.
    #[error("too large for a double")]
    Infinite,
}

/// The number that `text` writes, its text unchanged.
///
/// # Errors
/// [`FloatError::Syntax`] unless `text` is a JSON number, [`FloatError::Infinite`] when no finite double is near it.
pub fn parse(text: &str) -> Result<Number, FloatError> {
    let number = Number::new(text).ok_or(FloatError::Syntax)?;
    if value(text).is_finite() { Ok(number) } else { Err(FloatError::Infinite) }
}

/// Compares two floats as doubles. A text that is no number counts as 0.
pub fn compare(left: &str, right: &str) -> Ordering {
    value(left).partial_cmp(&value(right)).unwrap_or(Ordering::Equal)
}

fn value(text: &str) -> f64 {
    text.parse().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_numbers_keep_their_text() {
        for text in
            ["0", "-0", "-0.0", "1.50", "6.02e23", "1E5", "1e-999", "1.7976931348623157e308"]
        {
            assert_eq!(parse(text).unwrap().as_str(), text);
        }
        for text in
            ["", "NaN", "nan", "inf", "-inf", "Infinity", "+1", "1.", ".5", "01", "1e", " 1", "0x1"]
        {
            assert_eq!(parse(text), Err(FloatError::Syntax), "{text:?}");
        }
        for text in ["1e999", "-1e999", "1.8e308"] {
            assert_eq!(parse(text), Err(FloatError::Infinite), "{text}");
        }
    }

    #[test]
    fn values_compare_as_doubles() {
        assert_eq!(compare("1.5", "15e-1"), Ordering::Equal);
        assert_eq!(compare("-0", "0"), Ordering::Equal);
        assert_eq!(compare("1.5000001", "1.5"), Ordering::Greater);
        assert_eq!(compare("-2", "-1"), Ordering::Less);
    }
}

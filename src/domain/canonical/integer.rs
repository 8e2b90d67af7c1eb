//! Integers: whole numbers of 64 bits with a sign, written `-?(0|[1-9]\d*)`.

/// Why a text is not an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IntegerError {
    /// Not digits alone: `1.0`, `1e3`, `+1` and `007` are no integers.
    #[error("write it as digits only, such as `-42`")]
    Syntax,
    /// Beyond 64 bits.
    #[error("an integer lies between -9223372036854775808 and 9223372036854775807")]
    Range,
}

/// The integer that `text` writes; `-0` is 0.
///
/// # Errors
/// [`IntegerError::Syntax`] unless `text` matches `-?(0|[1-9]\d*)`, [`IntegerError::Range`] beyond 64 bits.
pub fn parse(text: &str) -> Result<i64, IntegerError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || (digits.starts_with('0') && digits.len() > 1) {
        return Err(IntegerError::Syntax);
    }
    text.parse().map_err(|_| IntegerError::Range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_digits_of_64_bits() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("42", 42),
            ("-7", -7),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(parse(text), Ok(value), "{text}");
        }
        for text in [
            "", "-", "+1", "1.0", "1e3", "1E3", "007", "-00", " 1", "1 ", "--1", "0x10", "1_0",
            "abc", "٣", "1,000", "NaN",
        ] {
            assert_eq!(parse(text), Err(IntegerError::Syntax), "{text:?}");
        }
        for text in ["9223372036854775808", "-9223372036854775809", "123456789012345678901"] {
            assert_eq!(parse(text), Err(IntegerError::Range), "{text}");
        }
    }
}

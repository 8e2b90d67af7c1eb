//! Dates: `YYYY-MM-DD`, a day that the Gregorian calendar has, in the years 0000 to 9999. As text they sort by time.

use jiff::civil::Date;

/// Why a text is not a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not four, two and two digits.
    #[error("write it as `YYYY-MM-DD`, such as `2024-02-29`")]
    Syntax,
    /// A day that no calendar has.
    #[error("the calendar has no such day")]
    NoSuchDay,
}

/// The day that `text` writes.
///
/// # Errors
/// [`DateError::Syntax`] unless `text` has the form `YYYY-MM-DD`, [`DateError::NoSuchDay`] for the likes of
/// 2023-02-29.
pub fn parse(text: &str) -> Result<Date, DateError> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = *text.as_bytes() else {
        return Err(DateError::Syntax);
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i16, |sum, byte| {
            byte.is_ascii_digit().then(|| sum * 10 + i16::from(byte - b'0'))
        })
    };
    let small = |digits: &[u8]| number(digits).and_then(|value| i8::try_from(value).ok());
    let (Some(year), Some(month), Some(day)) =
        (number(&[y0, y1, y2, y3]), small(&[m0, m1]), small(&[d0, d1]))
    else {
        return Err(DateError::Syntax);
    };
    Date::new(year, month, day).map_err(|_| DateError::NoSuchDay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_days_only() {
        for text in ["2024-02-29", "2000-02-29", "0000-01-01", "9999-12-31", "1970-01-01"] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "2024-2-29",
            "24-02-29",
            "2024/02/29",
            "20240229",
            "2024-02-29 ",
            " 2024-02-29",
            "2024-02-29T00:00:00Z",
            "+024-02-29",
            "-024-02-29",
            "２024-02-29",
            "2024-W09-4",
            "2024-060",
            "12024-01-01",
            "aaaa-bb-cc",
        ] {
            assert_eq!(parse(text), Err(DateError::Syntax), "{text:?}");
        }
        for text in [
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-01",
            "2024-01-00",
            "2024-04-31",
            "2024-01-32",
            "2024-99-99",
        ] {
            assert_eq!(parse(text), Err(DateError::NoSuchDay), "{text}");
        }
    }
}

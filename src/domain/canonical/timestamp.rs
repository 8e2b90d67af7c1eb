//! Timestamps: RFC 3339 date-times with an offset, stored as the same instant in UTC with `T` and `Z`.
//!
//! The fraction stays as it was given, because how precise a fact is belongs to the fact.

use super::date;
use jiff::{SignedDuration, civil::DateTime};
use std::cmp::Ordering;

/// The most fraction digits that a timestamp has: nanoseconds.
pub const FRACTION_DIGITS_MAX: usize = 9;

/// Why a text is not a timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// Not of the form of RFC 3339.
    #[error("write it as `2026-11-20T14:00:00Z` or with an offset such as `+01:00` (RFC 3339)")]
    Syntax,
    /// The end is there, the offset is not.
    #[error("the offset is missing: end with `Z` or the likes of `+01:00`")]
    NoOffset,
    /// A day that no calendar has.
    #[error("the calendar has no such day")]
    NoSuchDay,
    /// Hour, minute or second out of range; leap seconds are, because most clocks do not have them.
    #[error("no such time of day: hours end at 23, minutes and seconds at 59")]
    NoSuchTime,
    /// An offset out of range.
    #[error("no such offset: hours end at 23, minutes at 59")]
    NoSuchOffset,
    /// More fraction digits than nanoseconds have.
    #[error("{0} fraction digits, at most 9 fit")]
    Fraction(usize),
    /// In UTC the year is before 0000 or after 9999.
    #[error("in UTC the year is not between 0000 and 9999")]
    Year,
}

/// The canonical text of the instant that `text` writes.
///
/// # Errors
/// The first thing that keeps `text` from being such an instant.
pub fn canonical(text: &str) -> Result<String, TimestampError> {
    let parsed = Parsed::of(text)?;
    if parsed.fraction.len() > FRACTION_DIGITS_MAX {
        return Err(TimestampError::Fraction(parsed.fraction.len()));
    }
    let utc = parsed
        .local
        .checked_sub(SignedDuration::from_mins(parsed.offset_minutes))
        .map_err(|_| TimestampError::Year)?;
    if !(0..=9999).contains(&utc.year()) {
        return Err(TimestampError::Year);
    }
    let point = if parsed.fraction.is_empty() { "" } else { "." };
    Ok(format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{point}{}Z",
        utc.year(),
        utc.month(),
        utc.day(),
        utc.hour(),
        utc.minute(),
        utc.second(),
        parsed.fraction,
    ))
}

/// Whether `text` is an RFC 3339 date-time, of any precision. Leap seconds are refused here as everywhere.
///
/// # Errors
/// The first thing that keeps `text` from being one.
pub fn check(text: &str) -> Result<(), TimestampError> {
    Parsed::of(text).map(|_| ())
}

/// Compares two canonical timestamps as instants: `…:00.5Z` and `…:00.50Z` are equal.
pub fn compare(left: &str, right: &str) -> Ordering {
    split(left).cmp(&split(right))
}

/// The text up to the second, and the fraction without the zeros at its end: both sort by time.
fn split(text: &str) -> (&str, &str) {
    const WHOLE: usize = "2026-11-20T14:00:00".len();
    let (whole, rest) = text.split_at_checked(WHOLE).unwrap_or((text, ""));
    (whole, rest.trim_end_matches('Z').trim_start_matches('.').trim_end_matches('0'))
}

struct Parsed<'a> {
    local: DateTime,
    fraction: &'a str,
    offset_minutes: i64,
}

impl<'a> Parsed<'a> {
    fn of(text: &'a str) -> Result<Self, TimestampError> {
        let (day, rest) = text.split_at_checked(10).ok_or(TimestampError::Syntax)?;
        let day = date::parse(day).map_err(|error| match error {
            date::DateError::Syntax => TimestampError::Syntax,
            date::DateError::NoSuchDay => TimestampError::NoSuchDay,
        })?;
        let rest = rest.strip_prefix(['T', 't']).ok_or(TimestampError::Syntax)?;
        let (clock, rest) = rest.split_at_checked(8).ok_or(TimestampError::Syntax)?;
        let [h0, h1, b':', m0, m1, b':', s0, s1] = *clock.as_bytes() else {
            return Err(TimestampError::Syntax);
        };
        let [hour, minute, second] = [two([h0, h1])?, two([m0, m1])?, two([s0, s1])?];
        if hour > 23 || minute > 59 || second > 59 {
            return Err(TimestampError::NoSuchTime);
        }
        let (fraction, rest) = match rest.strip_prefix('.') {
            None => ("", rest),
            Some(rest) => {
                let end = rest.bytes().take_while(u8::is_ascii_digit).count();
                let (fraction, rest) = rest.split_at_checked(end).ok_or(TimestampError::Syntax)?;
                if fraction.is_empty() {
                    return Err(TimestampError::Syntax);
                }
                (fraction, rest)
            }
        };
        Ok(Self { local: day.at(hour, minute, second, 0), fraction, offset_minutes: offset(rest)? })
    }
}

fn two(digits: [u8; 2]) -> Result<i8, TimestampError> {
    let [tens, ones] = digits;
    if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
        return Err(TimestampError::Syntax);
    }
    i8::try_from((tens - b'0') * 10 + (ones - b'0')).map_err(|_| TimestampError::Syntax)
}

/// The minutes by which local time is ahead of UTC.
fn offset(text: &str) -> Result<i64, TimestampError> {
    match *text.as_bytes() {
        [] => Err(TimestampError::NoOffset),
        [b'Z' | b'z'] => Ok(0),
        [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1] => {
            let (hours, minutes) = (i64::from(two([h0, h1])?), i64::from(two([m0, m1])?));
            if hours > 23 || minutes > 59 {
                return Err(TimestampError::NoSuchOffset);
            }
            let ahead = hours * 60 + minutes;
            Ok(if sign == b'-' { -ahead } else { ahead })
        }
        _ => Err(TimestampError::Syntax),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn instants_become_utc() {
        for (given, stored) in [
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
            ("2026-01-02t03:04:05z", "2026-01-02T03:04:05Z"),
            ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z"),
            ("2026-01-02T03:04:05-00:00", "2026-01-02T03:04:05Z"),
            ("2026-01-01T01:00:00+02:00", "2025-12-31T23:00:00Z"),
            ("2024-02-28T23:30:00-00:45", "2024-02-29T00:15:00Z"),
            ("2026-01-02T03:04:05.500+05:30", "2026-01-01T21:34:05.500Z"),
            ("2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456789Z"),
            ("2026-01-02T03:04:05.0Z", "2026-01-02T03:04:05.0Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.9Z", "9999-12-31T23:59:59.9Z"),
            ("2026-01-02T00:00:00+23:59", "2026-01-01T00:01:00Z"),
        ] {
            assert_eq!(canonical(given).as_deref(), Ok(stored), "{given}");
        }
    }

    #[test]
    fn what_is_no_timestamp() {
        use TimestampError::{
            Fraction, NoOffset, NoSuchDay, NoSuchOffset, NoSuchTime, Syntax, Year,
        };
        for text in [
            "",
            "yesterday",
            "2026-01-02",
            "2026-01-02T03:04Z",
            "2026-01-02 03:04:05Z",
            "20260102T030405Z",
            "2026-01-02T03:04:05,5Z",
            "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05+0200",
            "2026-01-02T03:04:05+02",
            "2026-01-02T03:04:05ZZ",
            "2026-01-02T03:04:05Z ",
            " 2026-01-02T03:04:05Z",
            "2026-01-02T3:04:05Z",
            "2026-01-02T03:04:05+02:00[Europe/Berlin]",
            "1767323045",
            "2026-01-02T03:04:05 Z",
            "2026-01-02T03:04:05−02:00",
            "+2026-01-02T03:04:05Z",
            "2026-01-02T+3:04:05Z",
            "2026-01-0éT03:04:05Z",
            "2026-01-02T03:04:0é",
        ] {
            assert_eq!(canonical(text), Err(Syntax), "{text:?}");
        }
        for (text, error) in [
            ("2026-01-02T03:04:05", NoOffset),
            ("2026-01-02T03:04:05.5", NoOffset),
            ("2023-02-29T00:00:00Z", NoSuchDay),
            ("2026-13-01T00:00:00Z", NoSuchDay),
            ("2026-01-02T24:00:00Z", NoSuchTime),
            ("2026-01-02T23:60:00Z", NoSuchTime),
            ("2016-12-31T23:59:60Z", NoSuchTime),
            ("2026-01-02T03:04:05+24:00", NoSuchOffset),
            ("2026-01-02T03:04:05+02:60", NoSuchOffset),
            ("2026-01-02T03:04:05.1234567890Z", Fraction(10)),
            ("0000-01-01T00:00:00+00:01", Year),
            ("9999-12-31T23:59:59-00:01", Year),
        ] {
            assert_eq!(canonical(text), Err(error), "{text}");
        }
        assert_eq!(check("2026-01-02T03:04:05.1234567890Z"), Ok(()), "any precision is RFC 3339");
    }

    #[test]
    fn instants_compare_as_instants() {
        let of = |text: &str| canonical(text).unwrap();
        for (left, order, right) in [
            ("2026-01-01T02:00:00+02:00", Ordering::Equal, "2026-01-01T00:00:00Z"),
            ("2026-01-01T00:00:00.5Z", Ordering::Equal, "2026-01-01T00:00:00.500Z"),
            ("2026-01-01T00:00:00Z", Ordering::Equal, "2026-01-01T00:00:00.000Z"),
            ("2026-01-01T00:00:00.05Z", Ordering::Less, "2026-01-01T00:00:00.5Z"),
            ("2026-01-01T00:00:00.000000001Z", Ordering::Greater, "2026-01-01T00:00:00Z"),
            ("2025-12-31T23:59:59.999Z", Ordering::Less, "2026-01-01T00:00:00Z"),
        ] {
            assert_eq!(compare(&of(left), &of(right)), order, "{left} {right}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn canonical_agrees_with_jiff(
            text in "(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])\
                     T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?\
                     (Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
        ) {
            let stored = canonical(&text).unwrap();
            let (given, kept): (jiff::Timestamp, jiff::Timestamp) =
                (text.parse().unwrap(), stored.parse().unwrap());
            prop_assert_eq!(given, kept);
            prop_assert_eq!(canonical(&stored).unwrap(), stored);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = canonical(&text);
            let _ = check(&text);
        }
    }
}

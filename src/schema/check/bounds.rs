//! Bounds of `range`, in the canonical text of the field's type.

use super::super::model::FieldType;
use crate::domain::Json;
use std::cmp::Ordering;

/// The canonical text of a bound (decisions 2.7).
///
/// # Errors
/// Why `bound` is not a value of the type.
pub(super) fn canonical_bound(field_type: FieldType, bound: &Json) -> Result<String, String> {
    let (text, quoted) = match bound {
        Json::Number(number) => (number.as_str(), false),
        Json::String(text) => (text.as_str(), true),
        _ => return Err(format!("a {} is no bound", bound.kind())),
    };
    match field_type {
        FieldType::Integer => integer(text),
        FieldType::Float => float(text),
        FieldType::Decimal { precision, scale } => decimal(text, precision, scale),
        FieldType::Timestamp if quoted => timestamp(text),
        FieldType::Date if quoted => date(text),
        FieldType::Timestamp | FieldType::Date => Err("it is a number, not a string".to_owned()),
        _ => Err("the type has no order".to_owned()),
    }
}

/// How two canonical bounds of a type compare; `None` when one is not a value of the type.
pub(in crate::schema) fn compare_bounds(
    field_type: FieldType,
    left: &str,
    right: &str,
) -> Option<Ordering> {
    match field_type {
        FieldType::Integer => Some(left.parse::<i64>().ok()?.cmp(&right.parse().ok()?)),
        FieldType::Float => left.parse::<f64>().ok()?.partial_cmp(&right.parse().ok()?),
        FieldType::Decimal { .. } => Some(compare_decimals(left, right)),
        FieldType::Timestamp => {
            Some(left.parse::<jiff::Timestamp>().ok()?.cmp(&right.parse().ok()?))
        }
        FieldType::Date => Some(left.cmp(right)),
        _ => None,
    }
}

fn integer(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || (digits.len() > 1 && digits.starts_with('0')) {
        return Err("it is not a whole number".to_owned());
    }
    let number: i64 = text.parse().map_err(|_| "it does not fit into 64 bits".to_owned())?;
    Ok(number.to_string())
}

fn float(text: &str) -> Result<String, String> {
    let number = crate::domain::json::Number::new(text).ok_or("it is not a number")?;
    match number.as_str().parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(number.as_str().to_owned()),
        _ => Err("it is not finite".to_owned()),
    }
}

fn decimal(text: &str, precision: u32, scale: u32) -> Result<String, String> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let bare_point = digits.contains('.') && fraction.is_empty();
    if whole.is_empty() || bare_point || !all_digits(whole) || !all_digits(fraction) {
        return Err("it is not a plain decimal number".to_owned());
    }
    let stripped = whole.trim_start_matches('0');
    // A zero before the point is how a fraction is written, not one of its digits.
    if fraction.len() > scale as usize {
        return Err(format!("it has {} digits behind the point, not {scale}", fraction.len()));
    }
    let count = stripped.len() + fraction.len();
    if count > precision as usize {
        return Err(format!("it has {count} digits, not {precision}"));
    }
    let whole = if stripped.is_empty() { "0" } else { stripped };
    let zero = whole == "0" && fraction.bytes().all(|byte| byte == b'0');
    let sign = if negative && !zero { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    Ok(format!("{sign}{whole}{point}{fraction}"))
}

fn compare_decimals(left: &str, right: &str) -> Ordering {
    let parts = |text: &str| {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        (negative && !(whole.is_empty() && fraction.is_empty()), whole, fraction)
    };
    let (left, right) = (parts(left), parts(right));
    // Equally long digit strings compare as texts; so do fractions without their trailing zeros.
    let size = left
        .1
        .len()
        .cmp(&right.1.len())
        .then_with(|| (&left.1, &left.2).cmp(&(&right.1, &right.2)));
    match (left.0, right.0) {
        (false, false) => size,
        (true, true) => size.reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

/// RFC 3339 date-time: the shape is checked here, the calendar by jiff, which alone would accept more.
fn timestamp(text: &str) -> Result<String, String> {
    const FORM: &[u8] = b"0000-00-00T00:00:00";
    let bad = || "it is not an RFC 3339 time with an offset".to_owned();
    let (head, tail) = text.split_at_checked(FORM.len()).ok_or_else(bad)?;
    let matches = |(have, want): (u8, &u8)| match want {
        b'0' => have.is_ascii_digit(),
        _ => have.eq_ignore_ascii_case(want),
    };
    if !head.bytes().zip(FORM).all(matches) || head.ends_with(":60") {
        return Err(bad());
    }
    let (fraction, offset) = match tail.strip_prefix('.') {
        None => (0, tail),
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if !(1..=9).contains(&digits) {
                return Err("its fraction does not have 1 to 9 digits".to_owned());
            }
            (digits, rest.get(digits..).unwrap_or_default())
        }
    };
    let numeric = offset.len() == 6
        && offset.starts_with(['+', '-'])
        && offset.bytes().skip(1).zip(b"00:00").all(matches);
    if !numeric && !offset.eq_ignore_ascii_case("z") {
        return Err(bad());
    }
    let hour: u8 = head.get(11..13).and_then(|hour| hour.parse().ok()).unwrap_or(99);
    let instant: jiff::Timestamp =
        text.to_ascii_uppercase().parse().map_err(|_| "there is no such time".to_owned())?;
    if hour > 23 {
        return Err("there is no such time".to_owned());
    }
    Ok(format!("{instant:.fraction$}"))
}

fn date(text: &str) -> Result<String, String> {
    let shape = text.len() == 10
        && text.bytes().zip(b"0000-00-00").all(|(have, want)| match want {
            b'0' => have.is_ascii_digit(),
            _ => have == *want,
        });
    match text.parse::<jiff::civil::Date>() {
        Ok(_) if shape => Ok(text.to_owned()),
        _ => Err("it is not a day of the calendar".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECIMAL: FieldType = FieldType::Decimal { precision: 38, scale: 19 };

    fn canonical(field_type: FieldType, text: &str) -> Option<String> {
        canonical_bound(field_type, &Json::parse(text).unwrap()).ok()
    }

    #[test]
    fn bounds_are_canonical_per_type() {
        for (field_type, text, expected) in [
            (FieldType::Integer, "-0", Some("0")),
            (FieldType::Integer, "\"42\"", Some("42")),
            (FieldType::Integer, "9223372036854775808", None),
            (FieldType::Integer, "1.0", None),
            (FieldType::Integer, "\"007\"", None),
            (FieldType::Float, "\"6.02e23\"", Some("6.02e23")),
            (FieldType::Float, "1e999", None),
            (FieldType::Float, "\"NaN\"", None),
            (FieldType::Decimal { precision: 5, scale: 2 }, "\"-000.50\"", Some("-0.50")),
            (FieldType::Decimal { precision: 5, scale: 2 }, "\"-0.00\"", Some("0.00")),
            (FieldType::Decimal { precision: 5, scale: 2 }, "1234.50", None),
            (FieldType::Decimal { precision: 5, scale: 2 }, "1.234", None),
            (FieldType::Decimal { precision: 5, scale: 2 }, "1e2", None),
            (
                FieldType::Timestamp,
                "\"2026-01-02T03:04:05.120+02:00\"",
                Some("2026-01-02T01:04:05.120Z"),
            ),
            (FieldType::Timestamp, "\"2026-01-02T03:04:05\"", None),
            (FieldType::Timestamp, "\"2026-01-02T24:00:00Z\"", None),
            (FieldType::Timestamp, "\"2026-01-02T03:04:60Z\"", None),
            (FieldType::Timestamp, "5", None),
            (FieldType::Date, "\"2024-02-29\"", Some("2024-02-29")),
            (FieldType::Date, "\"2023-02-29\"", None),
            (FieldType::Date, "\"20240229\"", None),
            (FieldType::Text, "\"a\"", None),
        ] {
            assert_eq!(canonical(field_type, text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn bounds_compare_by_type() {
        for (field_type, low, high) in [
            (FieldType::Integer, "-9223372036854775808", "9"),
            (FieldType::Float, "9.5", "1e1"),
            (DECIMAL, "-10.5", "-10.4"),
            (DECIMAL, "9.99", "10"),
            (DECIMAL, "1.05", "1.1"),
            (
                DECIMAL,
                "1234567890123456789.0000000000000000001",
                "1234567890123456789.0000000000000000002",
            ),
            (FieldType::Timestamp, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000000001Z"),
            (FieldType::Date, "2025-12-31", "2026-01-01"),
        ] {
            assert_eq!(compare_bounds(field_type, low, high), Some(Ordering::Less), "{low}");
            assert_eq!(compare_bounds(field_type, high, low), Some(Ordering::Greater), "{low}");
        }
        assert_eq!(compare_bounds(DECIMAL, "1.50", "1.5"), Some(Ordering::Equal));
        assert_eq!(compare_bounds(DECIMAL, "-0.0", "0"), Some(Ordering::Equal));
    }
}

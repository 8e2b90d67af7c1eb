//! Numbers, hashes and times as the dashboard writes them: short, for columns.

use crate::domain::Timestamp;

/// A number with a comma between groups of three digits.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// [`thousands`] of a length.
pub(crate) fn count(number: usize) -> String {
    thousands(u64::try_from(number).unwrap_or(u64::MAX))
}

/// `1 event`, `1,204 events`.
pub(crate) fn quantity(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// A hash by its two ends: `9f2c…a1e0`.
pub(crate) fn ends(hash: &str, mark: &str) -> String {
    match (hash.get(..4), hash.get(hash.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if hash.len() > 8 => format!("{head}{mark}{tail}"),
        _ => hash.to_owned(),
    }
}

/// How long ago `then` was, in the largest unit: `2m`, `3h`, `12d`; `now` for less than a minute.
pub(crate) fn age(now: Timestamp, then: &str) -> String {
    const UNITS: [(i64, &str); 5] =
        [(365 * 86_400, "y"), (7 * 86_400, "w"), (86_400, "d"), (3_600, "h"), (60, "m")];
    let Ok(then) = then.parse::<Timestamp>() else { return String::new() };
    let seconds = (now.as_micros() - then.as_micros()) / 1_000_000;
    // Weeks are for what no longer fits into two digits of days.
    let unit = UNITS
        .into_iter()
        .find(|(length, name)| seconds.abs() >= if *name == "w" { 100 * 86_400 } else { *length });
    match unit {
        None => "now".to_owned(),
        Some((length, name)) if seconds > 0 => format!("{}{name}", seconds / length),
        Some((length, name)) => format!("in {}{name}", -seconds / length),
    }
}

/// The instant to the second, in UTC as everywhere in dbx: `2026-11-20 14:00:12`.
pub(crate) fn instant(time: &str) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) => time.to_jiff().strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => time.to_owned(),
    }
}

/// The time of day where `time` is on the day of `now`, else the date: what fits into a column.
pub(crate) fn clock_or_day(now: Timestamp, time: &str) -> String {
    const DAY: i64 = 86_400_000_000;
    let Ok(time) = time.parse::<Timestamp>() else { return time.to_owned() };
    let day = |time: Timestamp| time.as_micros().div_euclid(DAY);
    match day(now) - day(time) {
        0 => time.to_jiff().strftime("%H:%M:%S").to_string(),
        1 => "yesterday".to_owned(),
        // A year ago the month says nothing any more.
        2..330 => time.to_jiff().strftime("%b %-d").to_string(),
        _ => time.to_jiff().strftime("%Y-%m-%d").to_string(),
    }
}

/// The time of day in UTC.
pub(crate) fn clock(now: Timestamp) -> String {
    now.to_jiff().strftime("%H:%M:%S").to_string()
}

/// How long something took: `0.4 ms`, `12 ms`, `1.2 s`.
pub(crate) fn duration(micros: u64) -> String {
    match micros {
        0..10_000 => format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
        10_000..1_000_000 => format!("{} ms", micros / 1_000),
        _ => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_hashes_and_durations() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(ends("9f2c00000000a1e0", "…"), "9f2c…a1e0");
        assert_eq!(ends("c1", "…"), "c1");
        assert_eq!([400, 12_345, 1_290_000].map(duration), ["0.4 ms", "12 ms", "1.2 s"]);
    }

    #[test]
    fn times_say_how_long_ago() {
        let now: Timestamp = "2026-11-20T18:00:00Z".parse().unwrap();
        let ages = [
            "2026-11-20T17:59:30Z",
            "2026-11-20T17:58:00Z",
            "2026-11-20T14:30:00Z",
            "2026-11-02T14:30:00Z",
            "2026-08-02T14:30:00Z",
            "2024-11-02T14:30:00Z",
            "2026-11-20T20:30:00Z",
            "soon",
        ];
        let ages = ages.map(|then| age(now, then));
        assert_eq!(ages, ["now", "2m", "3h", "18d", "15w", "2y", "in 2h", ""]);
        assert_eq!(clock_or_day(now, "2026-11-20T00:00:01Z"), "00:00:01");
        assert_eq!(clock_or_day(now, "2026-11-19T23:59:59Z"), "yesterday");
        assert_eq!(clock_or_day(now, "2026-11-08T12:00:00Z"), "Nov 8");
        assert_eq!(clock_or_day(now, "2025-11-18T12:00:00Z"), "2025-11-18");
        assert_eq!(instant("2026-11-20T14:00:12.5Z"), "2026-11-20 14:00:12");
    }
}

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

/// Bytes in the largest unit: `900 B`, `2.1 MiB`, `31 MiB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [(u32, &str); 4] = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    let Some((bits, unit)) = UNITS.into_iter().find(|(bits, _)| bytes >> bits > 0) else {
        return format!("{bytes} B");
    };
    let tenths = (bytes.saturating_mul(10).saturating_add(1 << (bits - 1))) >> bits;
    match tenths {
        0..100 => format!("{}.{} {unit}", tenths / 10, tenths % 10),
        _ => format!("{} {unit}", thousands(tenths / 10)),
    }
}

/// A span of time in its two largest units: `2 h 14 min`.
pub(crate) fn span(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut left = seconds;
    let mut parts = Vec::new();
    for (length, name) in UNITS {
        if left >= length {
            parts.push(format!("{} {name}", thousands(left / length)));
            left %= length;
        }
    }
    parts.truncate(2);
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

/// So many in a second, of tenths: `0.4/s`, `12/s`.
pub(crate) fn rate(tenths: u64) -> String {
    match tenths {
        0..100 if !tenths.is_multiple_of(10) => format!("{}.{}/s", tenths / 10, tenths % 10),
        _ => format!("{}/s", thousands(tenths / 10)),
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
    fn sizes_spans_and_rates() {
        let sizes = [0, 1_023, 1_536, 2_202_009, 32_505_856, 1 << 40].map(bytes);
        assert_eq!(sizes, ["0 B", "1023 B", "1.5 KiB", "2.1 MiB", "31 MiB", "1.0 TiB"]);
        assert_eq!(
            [0, 59, 61, 8_040, 90_061].map(span),
            ["0 s", "59 s", "1 min 1 s", "2 h 14 min", "1 d 1 h"]
        );
        assert_eq!(
            [0, 4, 20, 24, 125, 50_000].map(rate),
            ["0/s", "0.4/s", "2/s", "2.4/s", "12/s", "5,000/s"]
        );
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

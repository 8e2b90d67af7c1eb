//! Times for people: always RFC 3339 in UTC, relative ones only in addition.

use crate::domain::Timestamp;

/// The instant to the second: `2026-11-20T17:22:43Z`; a text that is no instant as it is.
pub(crate) fn seconds(time: &str) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) => format!("{:.0}", time.to_jiff()),
        Err(_) => time.to_owned(),
    }
}

/// How long ago `then` was: `3 h ago`, `in 2 d`, `just now`; nothing for a text that is no instant.
pub(crate) fn ago(now: Timestamp, then: &str) -> String {
    const UNITS: [(i64, &str); 5] =
        [(365 * 86_400, "y"), (30 * 86_400, "mo"), (86_400, "d"), (3_600, "h"), (60, "min")];
    let Ok(then) = then.parse::<Timestamp>() else { return String::new() };
    let seconds = (now.as_micros() - then.as_micros()) / 1_000_000;
    let unit = UNITS.into_iter().find(|(length, _)| seconds.abs() >= *length);
    match unit {
        None => "just now".to_owned(),
        Some((length, name)) if seconds > 0 => format!("{} {name} ago", seconds / length),
        Some((length, name)) => format!("in {} {name}", -seconds / length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_unit_that_fits() {
        let now: Timestamp = "2026-11-20T18:00:00Z".parse().unwrap();
        assert_eq!(ago(now, "2026-11-20T17:59:30Z"), "just now");
        assert_eq!(ago(now, "2026-11-20T17:58:00Z"), "2 min ago");
        assert_eq!(ago(now, "2026-11-20T14:30:00Z"), "3 h ago");
        assert_eq!(ago(now, "2026-11-02T14:30:00Z"), "18 d ago");
        assert_eq!(ago(now, "2024-11-02T14:30:00Z"), "2 y ago");
        assert_eq!(ago(now, "2026-11-20T20:30:00Z"), "in 2 h");
        assert_eq!(ago(now, "soon"), "");
        assert_eq!(seconds("2026-11-20T17:22:43.512345Z"), "2026-11-20T17:22:43Z");
        assert_eq!(seconds("soon"), "soon");
    }
}

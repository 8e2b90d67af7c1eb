//! Points in time as people write them: `2026-11-20`, `2026-11-20T14:00Z`, `-2h`.

use super::time::Timestamp;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The units of a relative time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h`
    Hour,
    /// `d`: 24 hours.
    Day,
    /// `w`: 7 days.
    Week,
}

impl Unit {
    const ALL: [(Self, char, i64); 5] = [
        (Self::Second, 's', 1),
        (Self::Minute, 'm', 60),
        (Self::Hour, 'h', 3_600),
        (Self::Day, 'd', 86_400),
        (Self::Week, 'w', 604_800),
    ];

    fn entry(self) -> (char, i64) {
        let found = Self::ALL.iter().find(|(unit, ..)| *unit == self);
        found.map_or(('s', 1), |(_, letter, seconds)| (*letter, *seconds))
    }
}

/// A time before now, written `-2h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ago {
    /// How many units.
    pub amount: u32,
    /// The unit.
    pub unit: Unit,
}

impl Ago {
    /// The instant that is this long before `now`.
    pub fn before(self, now: Timestamp) -> Timestamp {
        let (_, seconds) = self.unit.entry();
        let micros = i64::from(self.amount).saturating_mul(seconds).saturating_mul(1_000_000);
        Timestamp::from_micros(now.as_micros().saturating_sub(micros))
    }
}

/// How exactly a time was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Precision {
    /// `2026-11-20`: the day, in UTC.
    Day,
    /// `2026-11-20T14:00Z`
    Minute,
    /// `2026-11-20T14:00:00Z`
    Second,
    /// With a fraction.
    Microsecond,
}

impl Precision {
    fn micros(self) -> i64 {
        match self {
            Self::Day => 86_400_000_000,
            Self::Minute => 60_000_000,
            Self::Second => 1_000_000,
            Self::Microsecond => 1,
        }
    }
}

/// A point in time, fixed or relative to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// A fixed time.
    At {
        /// Its first instant.
        start: Timestamp,
        /// How exactly it was written: `2026-11-20` is all of that day to a filter, and its start to an address.
        precision: Precision,
    },
    /// A time before now.
    Ago(Ago),
}

/// A text that is not a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time: write 2026-11-20, 2026-11-20T14:00Z or -2h (s, m, h, d, w)")]
pub struct MomentError(pub String);

impl Moment {
    /// The instant, where `now` is the time now.
    pub fn resolve(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At { start, .. } => start,
            Self::Ago(ago) => ago.before(now),
        }
    }

    /// Where `time` lies: before, after, or, as exactly as this moment was written, at it.
    pub fn place(self, time: Timestamp, now: Timestamp) -> Ordering {
        let start = self.resolve(now).as_micros();
        let width = match self {
            Self::At { precision, .. } => precision.micros(),
            Self::Ago(_) => 1,
        };
        if time.as_micros() < start {
            Ordering::Less
        } else if time.as_micros() < start.saturating_add(width) {
            Ordering::Equal
        } else {
            Ordering::Greater
        }
    }
}

fn ago(text: &str) -> Option<Ago> {
    let rest = text.strip_prefix('-')?;
    let last = rest.chars().next_back()?;
    let (unit, ..) = *Unit::ALL.iter().find(|(_, letter, _)| *letter == last)?;
    let digits = rest.strip_suffix(last)?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(Ago { amount: digits.parse().ok()?, unit })
}

/// Reads a date, with or without a time of at least hours and minutes; UTC unless there is an offset.
fn fixed(text: &str) -> Option<Moment> {
    let head = text.as_bytes().get(..10)?;
    let dashes = head.iter().enumerate().all(|(at, byte)| match at {
        4 | 7 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if !dashes {
        return None;
    }
    let civil = |text: &str| {
        let time: jiff::civil::DateTime = text.parse().ok()?;
        Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    };
    let rest = text.get(10..)?;
    if rest.is_empty() {
        return Some(Moment::At { start: civil(text)?.into(), precision: Precision::Day });
    }
    let clock = rest.strip_prefix(['T', 't'])?;
    let bytes = clock.bytes().all(|b| b.is_ascii_digit() || b":.+-Zz".contains(&b));
    let (time, zone) = clock.split_at(clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len()));
    let precision = match time.bytes().filter(|byte| *byte == b':').count() {
        _ if !bytes => return None,
        1 if !time.contains('.') => Precision::Minute,
        2 if !time.contains('.') => Precision::Second,
        2 => Precision::Microsecond,
        _ => return None,
    };
    let start: Timestamp =
        if zone.is_empty() { civil(text)? } else { text.parse::<jiff::Timestamp>().ok()? }.into();
    // An offset with seconds moves the start off the minute: then the minute is no longer what was meant.
    let whole = start.as_micros().rem_euclid(precision.micros()) == 0;
    let precision = if whole { precision } else { Precision::Microsecond };
    Some(Moment::At { start, precision })
}

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        ago(text)
            .map(Self::Ago)
            .or_else(|| fixed(text))
            .ok_or_else(|| MomentError(text.chars().take(48).collect()))
    }
}

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-{}{}", self.amount, self.unit.entry().0)
    }
}

/// As exact as it was written, in UTC.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ago(ago) => ago.fmt(f),
            Self::At { start, precision: Precision::Day } => {
                write!(f, "{}", start.to_jiff().strftime("%Y-%m-%d"))
            }
            Self::At { start, precision: Precision::Minute } => {
                write!(f, "{}", start.to_jiff().strftime("%Y-%m-%dT%H:%MZ"))
            }
            Self::At { start, precision: Precision::Second } => write!(f, "{:.0}", start.to_jiff()),
            Self::At { start, precision: Precision::Microsecond } => start.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn every_form_is_read_and_written_in_utc() {
        for (text, shown, start) in [
            ("2026-11-20", "2026-11-20", "2026-11-20T00:00:00Z"),
            ("2026-11-20T14:00Z", "2026-11-20T14:00Z", "2026-11-20T14:00:00Z"),
            ("2026-11-20T14:00", "2026-11-20T14:00Z", "2026-11-20T14:00:00Z"),
            ("2026-11-20t14:00:07z", "2026-11-20T14:00:07Z", "2026-11-20T14:00:07Z"),
            ("2026-11-20T14:00+01:00", "2026-11-20T13:00Z", "2026-11-20T13:00:00Z"),
            ("2026-01-01T00:30-05:30", "2026-01-01T06:00Z", "2026-01-01T06:00:00Z"),
            ("2026-11-20T14:00:00.5Z", "2026-11-20T14:00:00.500000Z", "2026-11-20T14:00:00.5Z"),
        ] {
            let moment: Moment = text.parse().unwrap();
            assert_eq!(moment.to_string(), shown, "{text}");
            assert_eq!(moment.resolve(Timestamp::default()), time(start), "{text}");
        }
        for bad in [
            "",
            "-",
            "-h",
            "-2",
            "2h",
            "-2y",
            "--2h",
            "-99999999999s",
            "2026",
            "2026-11",
            "2026-13-01",
            "2026-11-20T",
            "2026-11-20T14",
            "2026-11-20 14:00",
            "2026-11-20T25:00Z",
            "yesterday",
            "2026-11-20T14:00Z[UTC]",
            "2026-11-2é",
            "20261120T1400Z",
            "2026-11-20T14:00Zx",
        ] {
            assert!(bad.parse::<Moment>().is_err(), "{bad}");
        }
    }

    #[test]
    fn relative_times_count_back_from_now() {
        let now = time("2026-11-20T14:00:00Z");
        for (text, start) in [
            ("-90s", "2026-11-20T13:58:30Z"),
            ("-2h", "2026-11-20T12:00:00Z"),
            ("-15m", "2026-11-20T13:45:00Z"),
            ("-3d", "2026-11-17T14:00:00Z"),
            ("-1w", "2026-11-13T14:00:00Z"),
        ] {
            let moment: Moment = text.parse().unwrap();
            assert_eq!((moment.to_string().as_str(), moment.resolve(now)), (text, time(start)));
        }
        let oldest: Moment = "-4294967295w".parse().unwrap();
        assert!(oldest.resolve(now) < now, "no overflow");
    }

    #[test]
    fn a_day_holds_all_its_instants() {
        let now = Timestamp::default();
        let day: Moment = "2026-11-20".parse().unwrap();
        assert_eq!(day.place(time("2026-11-19T23:59:59.999999Z"), now), Ordering::Less);
        assert_eq!(day.place(time("2026-11-20T00:00:00Z"), now), Ordering::Equal);
        assert_eq!(day.place(time("2026-11-20T23:59:59.999999Z"), now), Ordering::Equal);
        assert_eq!(day.place(time("2026-11-21T00:00:00Z"), now), Ordering::Greater);
        let minute: Moment = "2026-11-20T14:00Z".parse().unwrap();
        assert_eq!(minute.place(time("2026-11-20T14:00:59Z"), now), Ordering::Equal);
        assert_eq!(minute.place(time("2026-11-20T14:01:00Z"), now), Ordering::Greater);
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(
            text in "(-[0-9]{1,5}[smhdwx])|([0-9]{4}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?)?(Z|[+-][01][0-9]:[0-5][0-9](:[0-5][0-9])?)?)?)"
        ) {
            if let Ok(moment) = text.parse::<Moment>() {
                prop_assert_eq!(moment.to_string().parse(), Ok(moment));
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,24}") {
            let _ = text.parse::<Moment>();
        }
    }
}

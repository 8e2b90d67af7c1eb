//! From when to when a certificate holds (RFC 5280 section 4.1.2.5). The libraries check that of the other end only.

use crate::domain::Timestamp;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The first and the last moment at which a certificate in DER holds; `None` where it is none.
pub(super) fn of(der: &[u8]) -> Option<(Timestamp, Timestamp)> {
    // Certificate ::= SEQUENCE { TBSCertificate ::= SEQUENCE { [0] version?, serial, algorithm, issuer, validity …
    let (certificate, _) = content(der, SEQUENCE)?;
    let (mut inner, _) = content(certificate, SEQUENCE)?;
    if inner.first() == Some(&VERSION) {
        inner = element(inner)?.2;
    }
    for _serial_algorithm_issuer in 0..3 {
        inner = element(inner)?.2;
    }
    let (validity, _) = content(inner, SEQUENCE)?;
    let (tag, from, rest) = element(validity)?;
    let from = time(tag, from)?;
    let (tag, to, _) = element(rest)?;
    Some((from, time(tag, to)?))
}

fn content(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, content, rest) = element(bytes)?;
    (tag == wanted).then_some((content, rest))
}

/// The first element of `bytes` (X.690): its tag, its content, and what comes behind it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, length], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (digits.iter().fold(0, |sum, digit| (sum << 8) | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ`, to the second and in UTC: the only forms that a certificate may use.
fn time(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (century, rest) = match (tag, text.len()) {
        (UTC_TIME, 12) if text < "5" => ("20", text),
        (UTC_TIME, 12) => ("19", text),
        (GENERALIZED_TIME, 14) => text.split_at_checked(2)?,
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at + 2);
    let (year, month, day) = (part(0)?, part(2)?, part(4)?);
    let (hour, minute, second) = (part(6)?, part(8)?, part(10)?);
    format!("{century}{year}-{month}-{day}T{hour}:{minute}:{second}Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_two_forms() {
        let text = |tag, text: &str| time(tag, text.as_bytes()).map(|time| time.to_string());
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(text(UTC_TIME, "261120120000Z"), is("2026-11-20T12:00:00.000000Z"));
        assert_eq!(text(UTC_TIME, "500101000000Z"), is("1950-01-01T00:00:00.000000Z"));
        assert_eq!(text(GENERALIZED_TIME, "21261120120000Z"), is("2126-11-20T12:00:00.000000Z"));
        for bad in [
            "",
            "Z",
            "261120120000",
            "2611201200Z",
            "26112012000-Z",
            "261320120000Z",
            "ä61120120000Z",
        ] {
            assert_eq!(text(UTC_TIME, bad), None, "{bad}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
            assert_eq!(of(&bytes), None);
        }
    }
}

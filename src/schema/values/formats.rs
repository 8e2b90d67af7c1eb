//! The forms that a text can be required to have.

use crate::domain::canonical::{decimal, timestamp};
use crate::schema::Format;
use std::cmp::Ordering;

/// Whether `text` has the form; if not, what it should be, to follow "is not".
pub(super) fn check(format: Format, text: &str) -> Result<(), String> {
    let (fits, wanted) = match format {
        Format::Email => (is_email(text), "an email address"),
        Format::Url => {
            (is_url(text), "an absolute URL with a host, such as `https://example.com/a`")
        }
        Format::CreditCard => {
            (is_credit_card(text), "a card number: 13 to 19 digits with a right check digit")
        }
        Format::CountryCode => (
            is_country_code(text),
            "an assigned country code of ISO 3166-1 in upper case, such as `CH`",
        ),
        Format::Iso8601 => {
            let reason = |error| format!("a date and time: {error}");
            return timestamp::check(text).map_err(reason);
        }
        Format::Wgs84 => {
            (is_wgs_84(text), "a position: `lat,lon` in decimal degrees, such as `47.37,8.54`")
        }
        Format::CamelCase => (is_joined(text, Case::Lower), "in `camelCase`"),
        Format::PascalCase => (is_joined(text, Case::Upper), "in `PascalCase`"),
        Format::SnakeCase => (is_separated(text, '_', Case::Lower), "in `snake_case`"),
        Format::KebabCase => (is_separated(text, '-', Case::Lower), "in `kebab-case`"),
        Format::UpperCaseSnakeCase => {
            (is_separated(text, '_', Case::Upper), "in `UPPER_CASE_SNAKE_CASE`")
        }
        // The type check has read it.
        Format::Reference => (true, ""),
    };
    if fits { Ok(()) } else { Err(wanted.to_owned()) }
}

/// A valid e-mail address by the HTML standard (section 4.10.5.1.5), whose domain is a host name that DNS can hold.
/// As in HTML, a domain of one label (`root@localhost`) and dots anywhere before the `@` are fine.
fn is_email(text: &str) -> bool {
    const LOCAL_MARKS: &[u8] = b".!#$%&'*+/=?^_`{|}~-";
    text.split_once('@').is_some_and(|(local, domain)| {
        let local_byte = |byte: u8| byte.is_ascii_alphanumeric() || LOCAL_MARKS.contains(&byte);
        !local.is_empty() && local.bytes().all(local_byte) && is_host_name(domain)
    })
}

/// A host name by RFC 1123 section 2.1: labels of 1 to 63 letters, digits and inner hyphens, 253 bytes in all.
fn is_host_name(text: &str) -> bool {
    text.len() <= 253
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

/// An absolute URL with a host. The URL standard's parser repairs what it can: it drops white space, turns `\` into
/// `/` and supplies missing slashes. A stored text is not repaired, so what needs repair is refused.
fn is_url(text: &str) -> bool {
    let unclean = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
    let Some((_, rest)) = text.split_once("://") else { return false };
    if text.contains(unclean) || rest.starts_with('/') {
        return false;
    }
    // A scheme ends at the first colon, so `mailto:a://b` is not `scheme://`.
    let scheme_ends_here = text.find(':') == text.find("://");
    scheme_ends_here
        && url::Url::parse(text)
            .is_ok_and(|url| url.host_str().is_some_and(|host| !host.is_empty()))
}

/// A card number: 13 to 19 digits, single spaces or hyphens between groups, with the check digit of ISO/IEC 7812-1
/// annex B (Luhn).
fn is_credit_card(text: &str) -> bool {
    let groups_full = text.split([' ', '-']).all(|group| !group.is_empty());
    let digits: Option<Vec<u32>> =
        text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| groups_full && (13..=19).contains(&digits.len()))
    else {
        return false;
    };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, twice) => twice / 10 + twice % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The officially assigned codes of ISO 3166-1 alpha-2, 249 as of 2026. `UK`, `EU` and `XK` are not among them.
fn is_country_code(text: &str) -> bool {
    let [first, second] = *text.as_bytes() else { return false };
    let seconds = match first {
        b'A' => "DEFGILMOQRSTUWXZ",
        b'B' => "ABDEFGHIJLMNOQRSTVWYZ",
        b'C' => "ACDFGHIKLMNORUVWXYZ",
        b'D' => "EJKMOZ",
        b'E' => "CEGHRST",
        b'F' => "IJKMOR",
        b'G' => "ABDEFGHILMNPQRSTUWY",
        b'H' => "KMNRTU",
        b'I' => "DELMNOQRST",
        b'J' => "EMOP",
        b'K' => "EGHIMNPRWYZ",
        b'L' => "ABCIKRSTUVY",
        b'M' => "ACDEFGHKLMNOPQRSTUVWXYZ",
        b'N' => "ACEFGILOPRUZ",
        b'O' => "M",
        b'P' => "AEFGHKLMNRSTWY",
        b'Q' => "A",
        b'R' => "EOSUW",
        b'S' => "ABCDEGHIJKLMNORSTVXYZ",
        b'T' => "CDFGHJKLMNORTVWZ",
        b'U' => "AGMSYZ",
        b'V' => "ACEGINU",
        b'W' => "FS",
        b'Y' => "ET",
        b'Z' => "AMW",
        _ => "",
    };
    seconds.as_bytes().contains(&second)
}

/// `lat,lon` in decimal degrees, spaces around each allowed: -90 to 90, -180 to 180, compared digit by digit.
fn is_wgs_84(text: &str) -> bool {
    text.split_once(',').is_some_and(|(latitude, longitude)| {
        is_degrees(latitude, "90") && is_degrees(longitude, "180")
    })
}

fn is_degrees(text: &str, limit: &str) -> bool {
    let text = text.trim_matches(' ');
    let number = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole)
        && all_digits(fraction)
        && decimal::compare(number, limit) != Ordering::Greater
}

#[derive(Clone, Copy)]
enum Case {
    Lower,
    Upper,
}

impl Case {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Lower => byte.is_ascii_lowercase(),
            Self::Upper => byte.is_ascii_uppercase(),
        }
    }
}

/// Words run together: ASCII letters and digits, the first a letter of the case.
fn is_joined(text: &str, first: Case) -> bool {
    text.bytes().next().is_some_and(|byte| first.has(byte))
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Words between single separators: ASCII letters of one case and digits, the first a letter.
fn is_separated(text: &str, separator: char, case: Case) -> bool {
    text.bytes().next().is_some_and(|byte| case.has(byte))
        && text.split(separator).all(|word| {
            !word.is_empty() && word.bytes().all(|byte| case.has(byte) || byte.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::check::format_name;

    fn table(format: Format, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(check(format, text), Ok(()), "{} {text:?}", format_name(format));
        }
        for text in bad {
            let wanted = check(format, text).expect_err(text);
            assert!(!wanted.is_empty() && !wanted.ends_with('.'), "{wanted}");
        }
    }

    #[test]
    fn emails() {
        let long_label = format!("a@{}.com", "b".repeat(63));
        let too_long_label = format!("a@{}.com", "b".repeat(64));
        let too_long_host = format!("a@{}com", "bbbbbbbbb.".repeat(26));
        table(
            Format::Email,
            &[
                "a@b.co",
                "first.last+tag@sub.example.co.uk",
                "root@localhost",
                "a@1.2.3.4",
                "!#$%&'*+/=?^_`{|}~-@example.com",
                ".a..b.@example.com",
                "a@xn--bcher-kva.example",
                "A@EXAMPLE.COM",
                "a@b-c.d",
                &long_label,
            ],
            &[
                "",
                "a",
                "@",
                "a@",
                "@b.co",
                "a@b@c.de",
                "a b@c.de",
                "a@b c.de",
                " a@b.co",
                "a@b.co ",
                "a@b.co\n",
                "a@-b.co",
                "a@b-.co",
                "a@b..co",
                "a@.co",
                "a@b.co.",
                "a@b_c.co",
                "ä@b.co",
                "a@bü.co",
                "a@[127.0.0.1]",
                "\"a b\"@c.de",
                "a@b,co",
                "A <a@b.co>",
                "a(x)@b.co",
                "a@b.co/x",
                &too_long_label,
                &too_long_host,
            ],
        );
    }

    #[test]
    fn urls() {
        table(
            Format::Url,
            &[
                "https://example.com",
                "https://example.com/a?b=c#d",
                "http://localhost:8080/",
                "ftp://user:pw@host.example/f",
                "postgres://db.internal/x",
                "https://[::1]/",
                "https://127.0.0.1",
                "HTTPS://EXAMPLE.COM",
                "https://bücher.example/ä",
                "https://example.com/%20",
                "file://server/share",
            ],
            &[
                "",
                "example.com",
                "www.example.com/a",
                "/a/b",
                "//example.com",
                "https://",
                "https:example.com",
                "https:/example.com",
                "https:///example.com",
                "mailto:a@b.co",
                "data:text/plain,x",
                "file:///etc/passwd",
                "http://?x",
                "http://#x",
                "https://exa mple.com",
                "https://example.com/a b",
                " https://example.com",
                "https://example.com ",
                "https://example.com\n",
                "ht\ttps://example.com",
                "https://exa\nmple.com",
                "https:\\\\example.com",
                "https://example.com\\a",
                "https://example.com:99999",
                "https://a:b:c/",
                "1http://example.com",
                "://example.com",
                "https://[::1",
                "https://exa<mple.com",
                "urn:isbn:0451450523",
                "javascript:alert(1)",
                "mailto:a://b",
                "not a url",
                "https://\u{a0}example.com",
            ],
        );
    }

    #[test]
    fn credit_cards() {
        table(
            Format::CreditCard,
            &[
                "4111111111111111",
                "4111 1111 1111 1111",
                "4111-1111-1111-1111",
                "378282246310005",
                "3782 822463 10005",
                "4222222222222",
                "6304000000000000000",
                "5555555555554444",
            ],
            &[
                "",
                "4111111111111112",
                "411111111111",
                "42222222222222222222",
                " 4111111111111111",
                "4111111111111111 ",
                "4111  1111 1111 1111",
                "4111--1111-1111-1111",
                "-4111111111111111",
                "4111111111111111-",
                "4111.1111.1111.1111",
                "4111- 1111-1111-1111",
                "411111111111111a",
                "４111111111111111",
                "+4111111111111111",
                "abcdabcdabcdabcd",
                "4111\t1111 1111 1111",
            ],
        );
    }

    #[test]
    fn country_codes() {
        let all: Vec<String> = ('A'..='Z')
            .flat_map(|first| ('A'..='Z').map(move |second| format!("{first}{second}")))
            .filter(|code| is_country_code(code))
            .collect();
        assert_eq!(all.len(), 249, "{all:?}");
        table(
            Format::CountryCode,
            &["US", "CH", "DE", "GB", "ZW", "AD", "SS", "CW", "AX", "BQ", "SX"],
            &[
                "", "us", "Us", "USA", "U", "UK", "EU", "XK", "XX", "ZZ", "AA", "AN", "CS", "SU",
                "TP", "YU", "840", " US", "US ", "U1", "ÜS",
            ],
        );
    }

    #[test]
    fn iso8601_is_rfc_3339() {
        table(
            Format::Iso8601,
            &[
                "2024-05-02T13:45:00Z",
                "2024-05-02t13:45:00z",
                "2024-05-02T13:45:00.123+02:00",
                "2024-05-02T13:45:00.12345678901Z",
                "2024-02-29T00:00:00-00:00",
            ],
            &[
                "",
                "2024-05-02",
                "2024-05-02T13:45:00",
                "2024-05-02 13:45:00Z",
                "20240502T134500Z",
                "2024-W18-4",
                "P1D",
                "2024-05-02T13:45Z",
                "2024-05-02T25:00:00Z",
                "2023-02-29T00:00:00Z",
                "2024-05-02T13:45:60Z",
                "2024-05-02T13:45:00+0200",
                "2024-05-02T13:45:00Z\n",
                "now",
            ],
        );
    }

    #[test]
    fn positions() {
        table(
            Format::Wgs84,
            &[
                "47.37,8.54",
                "47.37, 8.54",
                " 47.37 , 8.54 ",
                "90,180",
                "-90,-180",
                "+45.0,-120.5",
                "0,0",
                "-0,0",
                "90.000,180.0",
                "048.10,008.00",
            ],
            &[
                "",
                "10.0",
                ",",
                "1,",
                ",1",
                "90.1,0",
                "-90.0001,0",
                "0,180.5",
                "0,-181",
                "1,2,3",
                "1;2",
                "1 2",
                "a,b",
                "1e1,2",
                "NaN,0",
                "inf,0",
                "1.,2",
                ".5,2",
                "1..2,3",
                "--1,2",
                "- 1,2",
                "47° 22',8° 32'",
                "90.00000000000000000001,0",
                "1,2\n",
                "1\t,2",
                "9 0,0",
                "١,٢",
            ],
        );
    }

    #[test]
    fn camel_and_pascal_case() {
        table(
            Format::CamelCase,
            &["a", "camelCase", "already", "a1", "aBC", "parseHTTPRequest2"],
            &[
                "",
                "Pascal",
                "snake_case",
                "kebab-case",
                "1a",
                "a b",
                " a",
                "aÉ",
                "éa",
                "a.b",
                "a\n",
                "UPPER",
            ],
        );
        table(
            Format::PascalCase,
            &["A", "PascalCase", "P1", "HTTPRequest", "ABC"],
            &["", "camelCase", "Snake_Case", "Kebab-Case", "1A", "A b", "Éa", "A.", "A\n"],
        );
    }

    #[test]
    fn separated_cases() {
        table(
            Format::SnakeCase,
            &["a", "snake_case", "a1", "a_1", "a_b_c", "already"],
            &[
                "",
                "_",
                "_leading",
                "trailing_",
                "double__underscore",
                "camelCase",
                "Snake_case",
                "kebab-case",
                "1a",
                "a b",
                "é",
                "a.b",
                "UPPER",
                "a_\n",
            ],
        );
        table(
            Format::KebabCase,
            &["a", "kebab-case", "a1", "a-1", "a-b-c", "already"],
            &[
                "",
                "-",
                "-leading",
                "trailing-",
                "double--hyphen",
                "camelCase",
                "Kebab-case",
                "kebab_case",
                "1a",
                "a b",
                "é",
                "a–b",
            ],
        );
        table(
            Format::UpperCaseSnakeCase,
            &["A", "UPPER_CASE", "A1", "A_1", "SKU_42"],
            &["", "_A", "A_", "A__B", "lower", "Mixed_Case", "A-B", "1A", "A B", "É", "UPPER_case"],
        );
    }
}

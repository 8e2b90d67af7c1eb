//! Comparing by value: `1`, `1.0` and `10e-1` are one number, whatever their texts are.
//!
//! Floats would call `9007199254740993` and `9007199254740992` equal, so numbers are compared as the decimal digits
//! that they are. Nothing is expanded: an exponent of a million digits costs its own length and no more.

use super::{Json, Number};
use std::cmp::Ordering;

/// Compares two numbers by their exact decimal value; `-0` is `0`.
pub fn compare_numbers(a: &Number, b: &Number) -> Ordering {
    let (a, b) = (Decimal::new(a.as_str()), Decimal::new(b.as_str()));
    match (a.sign(), b.sign()) {
        (-1, -1) => b.compare_magnitude(&a),
        (1, 1) => a.compare_magnitude(&b),
        (a, b) => a.cmp(&b),
    }
}

/// Whether two values are equal as RFC 6902 section 4.6 understands it: numbers by value, objects in any order.
pub fn same_value(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => compare_numbers(a, b).is_eq(),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_value(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same_value(a, b)))
        }
        _ => a == b,
    }
}

/// The parts of a number's text: `-1.50e3` is `1`, `50` and `3`, negative.
struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    exponent: &'a str,
    /// How many zeros come before the first significant digit; `None` where there is none: the number is zero.
    zeros: Option<usize>,
}

impl<'a> Decimal<'a> {
    fn new(text: &'a str) -> Self {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let zeros = whole.bytes().chain(fraction.bytes()).position(|digit| digit != b'0');
        Self { negative, whole, fraction, exponent, zeros }
    }

    fn sign(&self) -> i8 {
        match (self.zeros, self.negative) {
            (None, _) => 0,
            (Some(_), true) => -1,
            (Some(_), false) => 1,
        }
    }

    fn digits(&self) -> impl Iterator<Item = u8> {
        self.whole.bytes().chain(self.fraction.bytes()).skip(self.zeros.unwrap_or(0))
    }

    /// The power of ten just above the first significant digit: the number is `0.digits * 10^magnitude`.
    fn magnitude(&self) -> Exponent {
        let signed = |len: usize| i64::try_from(len).unwrap_or(i64::MAX);
        Exponent::new(self.exponent, signed(self.whole.len()) - signed(self.zeros.unwrap_or(0)))
    }

    /// Compares the absolute values of two numbers that are not zero.
    fn compare_magnitude(&self, other: &Self) -> Ordering {
        self.magnitude().cmp(&other.magnitude()).then_with(|| {
            let length = self.digits().count().max(other.digits().count());
            let padded = |number: &Self, take: usize| {
                number.digits().chain(std::iter::repeat(b'0')).take(take).collect::<Vec<u8>>()
            };
            // As fractions: `15` against `149` is `150` against `149`.
            padded(self, length).cmp(&padded(other, length))
        })
    }
}

/// Digits that surely fit `Exponent::Small`.
const SMALL_DIGITS: usize = 37;

/// A whole number of any length.
#[derive(Debug, PartialEq, Eq)]
enum Exponent {
    /// Fewer than 39 digits.
    Small(i128),
    /// At least 39 digits, the last digit first, without leading zeros.
    Huge { negative: bool, digits: Vec<u8> },
}

impl Exponent {
    /// `text` (an optional sign and digits) plus `offset`.
    fn new(text: &str, offset: i64) -> Self {
        let negative = text.starts_with('-');
        let digits = text.trim_start_matches(['-', '+']).trim_start_matches('0');
        let signed = |value: i128| if negative { -value } else { value };
        if digits.len() <= SMALL_DIGITS {
            let value = digits.bytes().fold(0, |sum, digit| sum * 10 + i128::from(digit - b'0'));
            return Self::Small(signed(value) + i128::from(offset));
        }
        let mut digits: Vec<u8> = digits.bytes().rev().map(|digit| digit - b'0').collect();
        add(&mut digits, signed(offset.into()));
        if digits.len() <= SMALL_DIGITS + 1 {
            let value = digits.iter().rev().fold(0, |sum, digit| sum * 10 + i128::from(*digit));
            return Self::Small(signed(value));
        }
        Self::Huge { negative, digits }
    }
}

/// Adds to a number given by its digits, the last one first, that is larger than `carry` is small.
fn add(digits: &mut Vec<u8>, mut carry: i128) {
    for digit in digits.iter_mut() {
        if carry == 0 {
            break;
        }
        let sum = i128::from(*digit) + carry;
        *digit = u8::try_from(sum.rem_euclid(10)).unwrap_or(0);
        carry = sum.div_euclid(10);
    }
    while carry > 0 {
        digits.push(u8::try_from(carry % 10).unwrap_or(0));
        carry /= 10;
    }
    while digits.last() == Some(&0) {
        digits.pop();
    }
}

impl Ord for Exponent {
    fn cmp(&self, other: &Self) -> Ordering {
        let below = |negative: bool| if negative { Ordering::Less } else { Ordering::Greater };
        match (self, other) {
            (Self::Small(a), Self::Small(b)) => a.cmp(b),
            (Self::Huge { negative, .. }, Self::Small(_)) => below(*negative),
            (Self::Small(_), Self::Huge { negative, .. }) => below(!negative),
            (Self::Huge { negative: a, digits: x }, Self::Huge { negative: b, digits: y }) => {
                let size =
                    || x.len().cmp(&y.len()).then_with(|| x.iter().rev().cmp(y.iter().rev()));
                match (a, b) {
                    (false, false) => size(),
                    (true, true) => size().reverse(),
                    (a, _) => below(*a),
                }
            }
        }
    }
}

impl PartialOrd for Exponent {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn compare(a: &str, b: &str) -> Ordering {
        let number = |text: &str| Number::new(text).unwrap();
        let ordering = compare_numbers(&number(a), &number(b));
        assert_eq!(compare_numbers(&number(b), &number(a)), ordering.reverse(), "{a} {b}");
        ordering
    }

    #[test]
    fn equal_values_in_other_words() {
        let huge = format!("1e1{}", "0".repeat(60));
        let same = format!("0.001e1{}3", "0".repeat(59));
        // A sum that borrows through every digit, above and below the border between the two kinds of exponent.
        let borrowed = [38, 50].map(|zeros| {
            let (round, less) = ("0".repeat(zeros), "9".repeat(zeros - 1));
            let down = [format!("0.001e1{round}"), format!("1e{less}7")];
            let up = [format!("1000e-1{round}"), format!("1e-{less}7")];
            [down, up]
        });
        for [a, b] in borrowed.iter().flatten() {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} {b}");
            assert_ne!(compare(a, &b.replace('7', "6")), Ordering::Equal, "{a} {b}");
        }
        let groups = [
            vec!["1", "1.0", "1e0", "10e-1", "0.1E+1", "0.0001e4", "1000e-003"],
            vec!["0", "-0", "0.000", "0e99999999999999999999999999", "-0e-5"],
            vec!["-12.5", "-125e-1", "-0.125e2"],
            vec![&huge, &same],
            vec!["1e999999999", "10e999999998", "0.1e1000000000"],
        ];
        for group in groups {
            for (a, b) in group.iter().flat_map(|a| group.iter().map(move |b| (a, b))) {
                assert_eq!(compare(a, b), Ordering::Equal, "{a} {b}");
            }
        }
    }

    #[test]
    fn ascending_values_ascend() {
        let nines = format!("1e{}", "9".repeat(50));
        let more = format!("10e{}", "9".repeat(50));
        let most = format!("1.00001e1{}", "0".repeat(50));
        let tiny = format!("1e-{}", "9".repeat(50));
        let tinier = format!("1e-1{}", "0".repeat(50));
        // Around the border between the two kinds of exponent.
        let borders: Vec<String> =
            ["9".repeat(37), "9".repeat(38), "9".repeat(39)].map(|e| format!("1e{e}")).into();
        let ascending = [
            "-1e999999999999",
            "-9007199254740993",
            "-9007199254740992",
            "-1.00000000000000000001",
            "-1",
            "-1e-5",
            "0",
            &tinier,
            &tiny,
            "1e-999999999999",
            "0.1",
            "0.149",
            "0.15",
            "1",
            "9",
            "10",
            "9007199254740992",
            "9007199254740993",
            "1e999999999",
            "1.0000000001e999999999",
            &borders[0],
            &borders[1],
            &borders[2],
            &nines,
            &more,
            &most,
        ];
        for (i, a) in ascending.iter().enumerate() {
            for b in &ascending[i + 1..] {
                // `more` is `10e99…9`, which is `1e100…0`: right between its neighbours.
                assert_eq!(compare(a, b), Ordering::Less, "{a} {b}");
            }
        }
    }

    #[test]
    fn values_are_equal_without_the_order_of_keys_but_with_that_of_items() {
        let same =
            |a: &str, b: &str| same_value(&Json::parse(a).unwrap(), &Json::parse(b).unwrap());
        assert!(same(r#"{"a":1,"b":[1e1,null]}"#, r#"{"b":[10.0,null],"a":1.0}"#));
        assert!(!same("[1,2]", "[2,1]"));
        assert!(!same(r#"{"a":1}"#, r#"{"a":1,"b":null}"#));
        assert!(!same("1", r#""1""#));
        assert!(!same("[1]", "[1,1]"));
    }

    proptest! {
        #[test]
        fn agrees_with_whole_arithmetic(
            a in -2_000_000_i128..2_000_000, b in -2_000_000_i128..2_000_000,
            down in 0_u32..8, up in 0_u32..8,
        ) {
            // a*10^-down against b*10^up, scaled to whole numbers.
            let expected = a.cmp(&(b * 10_i128.pow(up + down)));
            prop_assert_eq!(compare(&format!("{a}e-{down}"), &format!("{b}E{up}")), expected);
            let zeros = "0".repeat(down as usize);
            let small = a.unsigned_abs() % 7 + 1;
            let pointed = format!("0.{zeros}{small}");
            prop_assert_eq!(compare(&pointed, &format!("{small}e-{}", down + 1)), Ordering::Equal);
        }
    }
}

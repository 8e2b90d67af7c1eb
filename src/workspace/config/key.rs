//! The keys: names, ranges, defaults.

use super::problem::ConfigError;
use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// The largest payload that `payload_limit` may allow, in bytes.
pub const PAYLOAD_LIMIT_MAX: u64 = 1 << 20;

/// A key of the configuration, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Key {
    /// The TCP port of the daemon.
    Port,
    /// The IP address that the daemon listens on.
    BindAddr,
    /// Where the store lies.
    DataDir,
    /// How many aggregates are held in memory.
    CacheThreshold,
    /// How many rows a list shows on a terminal.
    ListPageSize,
    /// The largest page that one request may ask for.
    PageLimit,
    /// The number of this writer in event ids.
    SnowflakeWorkerId,
    /// The largest payload of an event, in bytes.
    PayloadLimit,
}

/// The value of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Integer(u64),
    /// A text.
    Text(String),
}

/// What a key takes.
enum Takes {
    Integer(RangeInclusive<u64>),
    Address,
    Path,
}

/// Names that are no keys of the file: refused with this reason, and never taken for a slip.
const REFUSED: [(&str, &str); 1] = [(
    "data_encryption_key",
    "a key is never written here: `dbx config --data-encryption-key` changes it",
)];

/// Tables that other parts of dbx read.
pub(super) const RESERVED_TABLES: [&str; 1] = ["tui"];

impl Key {
    /// Every key, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Port,
        Self::BindAddr,
        Self::DataDir,
        Self::CacheThreshold,
        Self::ListPageSize,
        Self::PageLimit,
        Self::SnowflakeWorkerId,
        Self::PayloadLimit,
    ];

    /// The key in the file, such as `list_page_size`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Port => "port",
            Self::BindAddr => "bind_addr",
            Self::DataDir => "data_dir",
            Self::CacheThreshold => "cache_threshold",
            Self::ListPageSize => "list_page_size",
            Self::PageLimit => "page_limit",
            Self::SnowflakeWorkerId => "snowflake_worker_id",
            Self::PayloadLimit => "payload_limit",
        }
    }

    /// The environment variable, such as `DBX_LIST_PAGE_SIZE`.
    pub fn variable(self) -> String {
        format!("DBX_{}", self.name().to_ascii_uppercase())
    }

    /// The flag, such as `--list-page-size`.
    pub fn flag(self) -> String {
        format!("--{}", self.name().replace('_', "-"))
    }

    /// What holds where nobody says anything.
    pub fn default_value(self) -> Value {
        match self {
            Self::Port => Value::Integer(7070),
            Self::BindAddr => Value::Text("127.0.0.1".into()),
            Self::DataDir => Value::Text(".dbx/store".into()),
            Self::CacheThreshold => Value::Integer(10_000),
            Self::ListPageSize => Value::Integer(10),
            Self::PageLimit => Value::Integer(1_000),
            Self::SnowflakeWorkerId => Value::Integer(0),
            Self::PayloadLimit => Value::Integer(262_144),
        }
    }

    fn takes(self) -> Takes {
        match self {
            Self::Port => Takes::Integer(0..=65_535),
            Self::BindAddr => Takes::Address,
            Self::DataDir => Takes::Path,
            Self::CacheThreshold => Takes::Integer(0..=10_000_000),
            Self::ListPageSize => Takes::Integer(1..=10_000),
            Self::PageLimit => Takes::Integer(1..=100_000),
            Self::SnowflakeWorkerId => Takes::Integer(0..=1_023),
            Self::PayloadLimit => Takes::Integer(1..=PAYLOAD_LIMIT_MAX),
        }
    }

    /// What the key takes, in words: `a whole number from 0 to 65535`.
    pub fn expects(self) -> String {
        match self.takes() {
            Takes::Integer(range) => {
                format!("a whole number from {} to {}", range.start(), range.end())
            }
            Takes::Address => "an IP address such as \"127.0.0.1\"".into(),
            Takes::Path => "the path of a folder".into(),
        }
    }

    /// The key of this name, hyphens counting as underscores.
    ///
    /// # Errors
    /// There is no such key, or it is one that this version refuses.
    pub fn from_name(name: &str) -> Result<Self, ConfigError> {
        let wanted = name.trim_start_matches("--").replace('-', "_");
        if let Some(key) = Self::ALL.into_iter().find(|key| key.name() == wanted) {
            return Ok(key);
        }
        match refusal(&wanted) {
            Some(reason) => Err(ConfigError::Refused { name: wanted, reason }),
            None => Err(ConfigError::UnknownKey { nearest: nearest(&wanted), name: name.into() }),
        }
    }

    /// Reads a value from the text of a flag or variable.
    ///
    /// # Errors
    /// What the key takes, in words.
    pub(super) fn read_text(self, text: &str) -> Result<Value, String> {
        match self.takes() {
            Takes::Integer(_) => match text.trim().parse::<i128>() {
                Ok(number) => self.read_integer(number),
                Err(_) => Err(self.expects()),
            },
            Takes::Address | Takes::Path => self.read_string(text),
        }
    }

    /// Checks a number.
    pub(super) fn read_integer(self, number: i128) -> Result<Value, String> {
        match self.takes() {
            Takes::Integer(range) => u64::try_from(number)
                .ok()
                .filter(|number| range.contains(number))
                .map(Value::Integer)
                .ok_or_else(|| self.expects()),
            Takes::Address | Takes::Path => Err(self.expects()),
        }
    }

    /// Checks a text that is none of a number's.
    pub(super) fn read_string(self, text: &str) -> Result<Value, String> {
        let fits = match self.takes() {
            Takes::Integer(_) => false,
            Takes::Address => text.trim().parse::<IpAddr>().is_ok(),
            Takes::Path => !text.trim().is_empty() && !text.contains('\0'),
        };
        if fits { Ok(Value::Text(text.trim().to_owned())) } else { Err(self.expects()) }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Value {
    /// The value as TOML writes it: `7070`, `"127.0.0.1"`.
    pub fn to_toml(&self) -> String {
        match self {
            Self::Integer(number) => number.to_string(),
            Self::Text(text) => toml_edit::Value::from(text.as_str()).to_string(),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Why this version refuses the key `name`, if it does.
pub(super) fn refusal(name: &str) -> Option<&'static str> {
    REFUSED.iter().find(|(refused, _)| *refused == name).map(|(_, reason)| *reason)
}

/// The key whose name is the most like `name`, if any is like it.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase().replace('-', "_");
    Key::ALL
        .into_iter()
        .map(|key| (strsim::jaro_winkler(&name, key.name()), key.name()))
        .filter(|(similarity, _)| *similarity >= 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_value_that_its_key_takes() {
        for key in Key::ALL {
            let value = key.default_value();
            assert_eq!(key.read_text(&value.to_string()), Ok(value), "{key}");
            assert_eq!(Key::from_name(key.name()).unwrap(), key);
            assert_eq!(Key::from_name(&key.flag()).unwrap(), key);
        }
    }

    #[test]
    fn ranges_end_where_they_say() {
        for (key, least, most) in [
            (Key::Port, 0, 65_535),
            (Key::CacheThreshold, 0, 10_000_000),
            (Key::ListPageSize, 1, 10_000),
            (Key::PageLimit, 1, 100_000),
            (Key::SnowflakeWorkerId, 0, 1_023),
            (Key::PayloadLimit, 1, 1_048_576_i128),
        ] {
            assert!(key.read_integer(least).is_ok() && key.read_integer(most).is_ok(), "{key}");
            assert!(key.read_integer(least - 1).is_err(), "{key}");
            assert!(key.read_integer(most + 1).is_err(), "{key}");
        }
    }

    #[test]
    fn texts_are_checked() {
        for text in ["", "x", "1.5", "-1", "99999999999999999999999999999999999999999"] {
            assert!(Key::Port.read_text(text).is_err(), "{text}");
        }
        assert_eq!(Key::BindAddr.read_text("::1"), Ok(Value::Text("::1".into())));
        assert!(Key::BindAddr.read_text("localhost").is_err());
        assert!(Key::DataDir.read_text(" ").is_err());
    }

    #[test]
    fn a_slip_gets_a_suggestion_and_a_stranger_does_not() {
        assert_eq!(nearest("list_pagesize"), Some("list_page_size"));
        assert_eq!(nearest("Payload-Limits"), Some("payload_limit"));
        assert_eq!(nearest("colour"), None);
        assert!(matches!(Key::from_name("data-encryption-key"), Err(ConfigError::Refused { .. })));
    }
}

//! What a token says.

use crate::domain::Timestamp;
use crate::domain::json::{Json, Object};
use uuid::Uuid;

/// The longest token, in bytes: what common limits of an HTTP header line leave.
pub const TOKEN_BYTES_MAX: usize = 8 << 10;

/// The last second that claims may name: 9999-12-30T22:00:00Z, the last one that is shown as a time.
const SECOND_MAX: u64 = 253_402_207_200;

/// What a token says about its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The store that it is for: `dbx/` and its uuid.
    pub issuer: String,
    /// The token's own id, by which it is revoked.
    pub id: Uuid,
    /// The group, recorded with every event that the holder writes.
    pub group: String,
    /// The user, likewise.
    pub user: String,
    /// What the holder may do.
    pub actions: Vec<String>,
    /// What the holder may do it to.
    pub resources: Vec<String>,
    /// When it was made, in seconds of the Unix epoch.
    pub issued_at: u64,
    /// Before when it does not hold, likewise. dbx never says that; who does is heard.
    pub not_before: Option<u64>,
    /// From when on it does not hold, likewise; `None` for never.
    pub expires_at: Option<u64>,
    /// How many events may be written with it.
    pub limit: Option<u64>,
    /// For how many seconds it holds without being used.
    pub keep_alive: Option<u64>,
}

/// Seconds of the Unix epoch; 0 for anything earlier.
pub(super) fn seconds(time: Timestamp) -> u64 {
    u64::try_from(time.as_micros().div_euclid(1_000_000)).unwrap_or(0).min(SECOND_MAX)
}

/// The beginning of a second of the Unix epoch.
pub(super) fn moment(second: u64) -> Timestamp {
    let second = i64::try_from(second.min(SECOND_MAX)).unwrap_or(i64::MAX);
    Timestamp::from_micros(second.saturating_mul(1_000_000))
}

/// The second that is `seconds` later.
pub(super) fn after(second: u64, seconds: u64) -> u64 {
    second.saturating_add(seconds).min(SECOND_MAX)
}

fn list(texts: &[String]) -> Json {
    Json::Array(texts.iter().map(|text| text.as_str().into()).collect())
}

impl Claims {
    /// As JSON.
    pub(super) fn to_json(&self) -> Json {
        let mut object = Object::new();
        let mut put = |key: &str, value: Json| object.insert(key.to_owned(), value);
        put("iss", self.issuer.as_str().into());
        put("jti", self.id.to_string().into());
        put("group", self.group.as_str().into());
        put("user", self.user.as_str().into());
        put("actions", list(&self.actions));
        put("resources", list(&self.resources));
        put("iat", self.issued_at.into());
        for (key, value) in [
            ("nbf", self.not_before),
            ("exp", self.expires_at),
            ("limit", self.limit),
            ("keep_alive", self.keep_alive),
        ] {
            if let Some(value) = value {
                put(key, value.into());
            }
        }
        Json::Object(object)
    }

    /// Reads claims as strictly as dbx writes them: every member of the kind that it has to be, each once, no other.
    pub(super) fn from_json(json: Json) -> Result<Self, String> {
        let Json::Object(mut object) = json else { return Err("the claims are no object".into()) };
        let claims = Self {
            issuer: text(&mut object, "iss")?,
            id: id(&text(&mut object, "jti")?)?,
            group: text(&mut object, "group")?,
            user: text(&mut object, "user")?,
            actions: texts(&mut object, "actions")?,
            resources: texts(&mut object, "resources")?,
            issued_at: second(&mut object, "iat")?.ok_or("the claim `iat` is missing")?,
            not_before: second(&mut object, "nbf")?,
            expires_at: second(&mut object, "exp")?,
            limit: number(&mut object, "limit")?,
            keep_alive: number(&mut object, "keep_alive")?,
        };
        match object.keys().next() {
            Some(_) => Err("there is a claim that dbx does not know".into()),
            None => Ok(claims),
        }
    }
}

fn text(object: &mut Object, key: &str) -> Result<String, String> {
    match object.shift_remove(key) {
        Some(Json::String(text)) => Ok(text),
        Some(_) => Err(format!("the claim `{key}` is no text")),
        None => Err(format!("the claim `{key}` is missing")),
    }
}

/// A uuid in the one form in which dbx writes it.
fn id(text: &str) -> Result<Uuid, String> {
    let id = Uuid::try_parse(text).ok().filter(|id| id.to_string() == text);
    id.ok_or_else(|| "the claim `jti` is no id".into())
}

fn texts(object: &mut Object, key: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("the claim `{key}` is no list of texts");
    let Some(Json::Array(items)) = object.shift_remove(key) else { return Err(wrong()) };
    let text = |item| match item {
        Json::String(text) => Ok(text),
        _ => Err(wrong()),
    };
    items.into_iter().map(text).collect()
}

/// A whole number as digits alone: no sign, no fraction, no exponent, no zeros before it.
fn number(object: &mut Object, key: &str) -> Result<Option<u64>, String> {
    let Some(value) = object.shift_remove(key) else { return Ok(None) };
    let digits = value.as_number().map(crate::domain::json::Number::as_str).unwrap_or_default();
    let number = Some(digits).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match number.and_then(|text| text.parse().ok()) {
        Some(number) => Ok(Some(number)),
        None => Err(format!("the claim `{key}` is no whole number")),
    }
}

fn second(object: &mut Object, key: &str) -> Result<Option<u64>, String> {
    match number(object, key)? {
        Some(second) if second > SECOND_MAX => {
            Err(format!("the claim `{key}` is beyond the year 9999"))
        }
        second => Ok(second),
    }
}

/// The most characters of a group or user.
const NAME_CHARS_MAX: usize = 128;

/// Why a text is no name of a group or user.
pub(super) fn bad_name(what: &str, text: &str) -> Option<String> {
    let count = text.chars().count();
    let why = match () {
        () if count == 0 => "is empty".to_owned(),
        () if count > NAME_CHARS_MAX => format!("has more than {NAME_CHARS_MAX} characters"),
        () if text.chars().any(char::is_control) => "has a control character".to_owned(),
        () if text.trim() != text => "begins or ends with white space".to_owned(),
        () if text.contains('/') => "has a `/`, which stands between group and user".to_owned(),
        () => return None,
    };
    Some(format!("the {what} {why}"))
}

#[cfg(test)]
pub(super) fn example(now: Timestamp) -> Claims {
    Claims {
        issuer: "dbx/6f9619ff-8b86-4d01-b42d-00cf4fc964ff".into(),
        id: Uuid::from_bytes([7; 16]),
        group: "audit".into(),
        user: "eve".into(),
        actions: vec!["aggregate.read".into()],
        resources: vec!["aggregate:order:o-1".into()],
        issued_at: seconds(now),
        not_before: None,
        expires_at: Some(seconds(now) + 600),
        limit: Some(3),
        keep_alive: Some(60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Claims, String> {
        Claims::from_json(Json::parse(text).unwrap())
    }

    #[test]
    fn claims_read_back() {
        let claims = example(Timestamp::from_micros(1_795_176_000_000_000));
        assert_eq!(Claims::from_json(claims.to_json()), Ok(claims.clone()));
        let bare = Claims { expires_at: None, limit: None, keep_alive: None, ..claims };
        assert!(!bare.to_json().to_string().contains("exp"));
        assert_eq!(Claims::from_json(bare.to_json()), Ok(bare));
    }

    #[test]
    fn claims_of_another_kind_are_refused() {
        let good = example(Timestamp::from_micros(1_795_176_000_000_000)).to_json().to_string();
        assert!(read(&good).is_ok());
        for (from, to) in [
            ("\"iat\":1795176000", "\"iat\":-1795176000"),
            ("\"iat\":1795176000", "\"iat\":1795176000.0"),
            ("\"iat\":1795176000", "\"iat\":1e9"),
            ("\"iat\":1795176000", "\"iat\":\"1795176000\""),
            ("\"iat\":1795176000", "\"iat\":null"),
            ("\"iat\":1795176000,", ""),
            ("\"exp\":1795176600", "\"exp\":18446744073709551616"),
            ("\"exp\":1795176600", "\"exp\":253402207201"),
            ("\"exp\":1795176600", "\"exp\":-1"),
            ("\"exp\":1795176600", "\"exp\":null"),
            ("\"exp\":1795176600", "\"exp\":1795176600,\"aud\":\"x\""),
            ("\"exp\":1795176600", "\"exp\":1795176600,\"nbf\":-5"),
            ("\"limit\":3", "\"limit\":-3"),
            ("\"keep_alive\":60", "\"keep_alive\":true"),
            ("[\"aggregate.read\"]", "\"*.*\""),
            ("[\"aggregate.read\"]", "[\"*.*\",1]"),
            ("07070707-", "{07070707-"),
            ("07070707-", "0707070A-"),
            ("\"group\":\"audit\"", "\"group\":7"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good, "{from}");
            assert!(read(&bad).is_err(), "{to}");
        }
        assert!(read("[]").is_err());
    }

    #[test]
    fn names() {
        for good in ["jane", "Jane Doe", "jane@example.org", "é"] {
            assert_eq!(bad_name("user", good), None);
        }
        for bad in ["", " jane", "jane\n", "a/b", "a\u{7}b", &"x".repeat(129)] {
            assert!(bad_name("user", bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn time_has_no_surprises() {
        assert_eq!(seconds(Timestamp::from_micros(-1)), 0);
        assert_eq!(seconds(Timestamp::from_micros(1_999_999)), 1);
        assert_eq!(seconds(Timestamp::from_micros(i64::MAX)), SECOND_MAX);
        assert_eq!(after(10, u64::MAX), SECOND_MAX);
        assert_eq!(moment(u64::MAX).to_string(), "9999-12-30T22:00:00.000000Z");
    }
}

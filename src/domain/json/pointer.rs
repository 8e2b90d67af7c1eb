//! JSON pointers: RFC 6901.

use super::Json;
use std::fmt;
use std::str::FromStr;

/// A place in a document, as `/lines/0/price`; the empty text is the whole of it. `~0` stands for `~`, `~1` for `/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Pointer {
    segments: Vec<String>,
}

/// Why a text is not a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    /// It neither is empty nor starts with a slash.
    #[error("a JSON pointer is empty or starts with `/`")]
    NoSlash,
    /// A tilde without `0` or `1` after it.
    #[error("`~` at byte {offset} of a JSON pointer must be `~0` (a tilde) or `~1` (a slash)")]
    Escape {
        /// The byte of the tilde, from 0.
        offset: usize,
    },
}

/// Why a segment leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// There is no such member or item, or nothing that could have one.
    Missing,
    /// An array was asked for something other than an index.
    Index,
}

impl Pointer {
    /// The whole document.
    pub const fn root() -> Self {
        Self { segments: Vec::new() }
    }

    /// The place that `segments`, unescaped, lead to.
    pub fn from_segments(segments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { segments: segments.into_iter().map(Into::into).collect() }
    }

    /// The segments, unescaped: none for the whole document.
    pub fn segments(&self) -> &[String] {
        &self.segments
    }

    /// The first segment: the key of the top-level member that holds the place.
    pub fn first(&self) -> Option<&str> {
        self.segments.first().map(String::as_str)
    }

    /// Whether one of the two places holds the other, or they are the same.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.segments.starts_with(&other.segments) || other.segments.starts_with(&self.segments)
    }

    /// Whether this is the whole document.
    pub fn is_root(&self) -> bool {
        self.segments.is_empty()
    }

    /// The place `segment` (unescaped) below this one.
    #[must_use]
    pub fn child(&self, segment: impl Into<String>) -> Self {
        let mut segments = self.segments.clone();
        segments.push(segment.into());
        Self { segments }
    }

    /// Whether `other` lies below this place (and is not this place itself).
    pub fn contains(&self, other: &Self) -> bool {
        other.segments.len() > self.segments.len() && other.segments.starts_with(&self.segments)
    }

    /// The place above, and the last segment; `None` for the whole document.
    pub(super) fn split_last(&self) -> Option<(&[String], &str)> {
        self.segments.split_last().map(|(last, parents)| (parents, last.as_str()))
    }

    /// The value at this place, if `document` has it.
    pub fn get<'a>(&self, document: &'a Json) -> Option<&'a Json> {
        self.segments.iter().try_fold(document, |value, segment| match value {
            Json::Object(object) => object.get(segment),
            Json::Array(items) => items.get(array_index(segment).ok()?),
            _ => None,
        })
    }
}

/// Reads an array index by the grammar of RFC 6901 section 4: no sign, no leading zeros.
pub(super) fn array_index(segment: &str) -> Result<usize, Lost> {
    let canonical = segment == "0" || !segment.starts_with('0');
    if segment == "-" {
        return Err(Lost::Missing);
    }
    if !canonical || segment.is_empty() || !segment.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Lost::Index);
    }
    // More digits than a machine word holds: no array is that long.
    segment.parse().map_err(|_| Lost::Missing)
}

/// The value to which `segments` lead, to be changed.
pub(super) fn get_mut<'a>(
    document: &'a mut Json,
    segments: &[String],
) -> Result<&'a mut Json, Lost> {
    segments.iter().try_fold(document, |value, segment| match value {
        Json::Object(object) => object.get_mut(segment).ok_or(Lost::Missing),
        Json::Array(items) => items.get_mut(array_index(segment)?).ok_or(Lost::Missing),
        _ => Err(Lost::Missing),
    })
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            write!(f, "/{}", segment.replace('~', "~0").replace('/', "~1"))?;
        }
        Ok(())
    }
}

impl FromStr for Pointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Self, PointerError> {
        if text.is_empty() {
            return Ok(Self::root());
        }
        let rest = text.strip_prefix('/').ok_or(PointerError::NoSlash)?;
        let bytes = text.as_bytes();
        let bad = (0..bytes.len()).find(|&at| {
            bytes.get(at) == Some(&b'~') && !matches!(bytes.get(at + 1), Some(b'0' | b'1'))
        });
        if let Some(offset) = bad {
            return Err(PointerError::Escape { offset });
        }
        // `~1` first: `~01` is `~1`, not a slash (RFC 6901 section 4).
        let unescape = |segment: &str| segment.replace("~1", "/").replace("~0", "~");
        Ok(Self { segments: rest.split('/').map(unescape).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_what_section_5_of_the_rfc_says() {
        let document = Json::parse(
            r#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#,
        )
        .unwrap();
        let get =
            |text: &str| text.parse::<Pointer>().unwrap().get(&document).map(ToString::to_string);
        assert_eq!(get(""), Some(document.to_string()));
        for (pointer, value) in [
            ("/foo", r#"["bar","baz"]"#),
            ("/foo/0", r#""bar""#),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
        ] {
            assert_eq!(get(pointer).as_deref(), Some(value), "{pointer}");
        }
        for nowhere in
            ["/foo/2", "/foo/-", "/foo/00", "/foo/+1", "/foo/x", "/bar", "//x", "/foo/0/0"]
        {
            assert_eq!(get(nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn escapes_are_unescaped_in_the_right_order_and_bad_ones_refused() {
        let pointer: Pointer = "/~01/~10".parse().unwrap();
        assert_eq!(pointer.segments(), ["~1", "/0"]);
        assert_eq!("a/b".parse::<Pointer>(), Err(PointerError::NoSlash));
        assert_eq!("/a/~".parse::<Pointer>(), Err(PointerError::Escape { offset: 3 }));
        assert_eq!("/~2".parse::<Pointer>(), Err(PointerError::Escape { offset: 1 }));
    }

    #[test]
    fn a_place_contains_what_lies_below_it() {
        let pointer = |text: &str| text.parse::<Pointer>().unwrap();
        assert!(pointer("/a").contains(&pointer("/a/b")));
        assert!(pointer("").contains(&pointer("/a")));
        assert!(!pointer("/a").contains(&pointer("/a")));
        assert!(!pointer("/a").contains(&pointer("/ab")));
        assert_eq!(pointer("/a").child("b/c").to_string(), "/a/b~1c");
    }

    proptest! {
        #[test]
        fn any_segments_survive_as_text(segments in prop::collection::vec("[a~/0-1é ]{0,4}", 0..5)) {
            let pointer = Pointer::from_segments(segments);
            prop_assert_eq!(pointer.to_string().parse(), Ok(pointer));
        }

        #[test]
        fn no_text_panics(text in ".{0,12}") {
            if let Ok(pointer) = text.parse::<Pointer>() {
                prop_assert_eq!(pointer.to_string(), text);
            }
        }
    }
}

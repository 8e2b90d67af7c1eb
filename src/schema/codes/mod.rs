//! Every code with its page: what it means, why it is so, an example and the fix.

mod rules;
mod structure;
mod syntax;
mod warnings;

use super::diagnostic::Severity;
use std::fmt::{self, Write as _};
use std::str::FromStr;

macro_rules! codes {
    ($($name:ident $id:literal $title:literal;)*) => {
        /// What kind of finding a diagnostic is. Codes are stable: they are never renumbered or reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = concat!("`", $id, "`: ", $title, ".")] $name,)*
        }

        impl Code {
            /// All codes, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code as users write it: `E012`, `W001`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $id),* }
            }

            /// What it is about, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }
        }
    };
}

codes! {
    UnexpectedToken "E001" "unexpected token";
    UnclosedBlock "E002" "block without its closing brace";
    InvalidValue "E003" "value that is not JSON";
    TrailingComma "E004" "comma before a closing bracket";
    DuplicateKey "E005" "key given twice in an object";
    NotAnAggregate "E006" "something else than an aggregate at the top level";
    TooDeep "E007" "value nested too deep";
    StrayBrace "E008" "closing brace without an opening one";
    Separator "E009" "separator between items";
    MisplacedBlock "E010" "block in the wrong place";
    NoAggregate "E011" "file without an aggregate";
    UnknownProperty "E012" "unknown property";
    DuplicateProperty "E013" "property given twice";
    DuplicateAggregate "E014" "aggregate declared twice";
    DuplicateField "E015" "field declared twice";
    DuplicateEvent "E016" "event declared twice";
    AggregateName "E017" "unusable aggregate name";
    EventName "E018" "unusable event name";
    ReservedEvent "E019" "reserved event name";
    FieldName "E020" "unusable field name";
    NoEvent "E021" "aggregate without an event";
    WrongValue "E022" "property with a value of the wrong kind";
    SnapshotThreshold "E023" "unusable snapshot threshold";
    NoteTooLong "E024" "note of more than 128 characters";
    MissingType "E025" "field without a type";
    UnknownType "E026" "unknown type";
    DecimalDigits "E027" "unusable digits of a decimal";
    UnknownRule "E028" "unknown rule";
    RuleMismatch "E029" "rule that does not fit the type";
    WrongRuleValue "E030" "rule with a value of the wrong kind";
    InvalidRegex "E031" "regular expression that does not compile";
    InvalidLength "E032" "length bound that is not a count";
    InvalidBound "E033" "range bound that is not of the field's type";
    EmptyInterval "E034" "minimum above the maximum";
    UnknownFormat "E035" "unknown format";
    NotAReference "E036" "reference rules on something that is no reference";
    ReferenceOption "E037" "unknown value of a reference option";
    ForeignTenant "E038" "reference into another tenant";
    NullifyConflict "E039" "cascade that could never be carried out";
    NestedCascade "E040" "cascade inside an object";
    UndeclaredField "W001" "list names a field that is not declared";
    RequiredUnreachable "W002" "no event can set all required fields";
    UndeclaredTarget "W003" "strong reference to a type that is not declared";
    FieldNameStyle "W004" "field name that is not snake_case";
    LegacyTenant "W005" "legacy key without effect";
    ListedTwice "W006" "name listed twice";
}

/// The page behind a code, for `dbx schema explain`.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// The code.
    pub code: Code,
    /// What the finding means.
    pub what: &'static str,
    /// Why dbx insists.
    pub why: &'static str,
    /// A source that produces it.
    pub wrong: &'static str,
    /// The same source, put right.
    pub right: &'static str,
    /// What to do.
    pub fix: &'static str,
}

impl Code {
    /// Whether findings with this code are errors or warnings.
    pub fn severity(self) -> Severity {
        if self.as_str().starts_with('E') { Severity::Error } else { Severity::Warning }
    }

    /// The page behind the code.
    pub fn page(self) -> Option<&'static Page> {
        let tables = [syntax::PAGES, structure::PAGES, rules::PAGES, warnings::PAGES];
        tables.into_iter().flatten().find(|page| page.code == self)
    }

    /// The page as text: title, what, why, an example and the fix.
    pub fn explain(self) -> String {
        let mut out = format!("{self}: {}\n", self.title());
        if let Some(page) = self.page() {
            let _ = write!(out, "\n{}\n\nWhy: {}\n\nWrong:\n\n", page.what, page.why);
            indent(page.wrong, &mut out);
            let _ = write!(out, "\nFix: {}\n\nRight:\n\n", page.fix);
            indent(page.right, &mut out);
        }
        out
    }
}

fn indent(text: &str, out: &mut String) {
    for line in text.lines() {
        if !line.is_empty() {
            out.push_str("    ");
            out.push_str(line);
        }
        out.push('\n');
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Code {
    type Err = String;

    /// Reads a code in any case.
    ///
    /// # Errors
    /// A message for a text that is no code.
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|code| code.as_str().eq_ignore_ascii_case(text));
        found.copied().ok_or_else(|| {
            let text: String = text.chars().take(16).collect();
            format!("`{text}` is not a code: codes are `E001` to `E040` and `W001` to `W006`")
        })
    }
}

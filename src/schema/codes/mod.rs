//! Every code with its page: what it means, why it is so, an example and the fix.

mod rules;
mod structure;
mod syntax;
mod warnings;

use super::diagnostic::Severity;
use std::fmt;
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

    /// The page as text of at most 80 columns: title, what, why, an example and the fix.
    pub fn explain(self) -> String {
        let mut out = format!("{self}: {}\n", self.title());
        if let Some(page) = self.page() {
            paragraph("", page.what, &mut out);
            paragraph("Why: ", page.why, &mut out);
            out.push_str("\nWrong:\n\n");
            example(page.wrong, &mut out);
            paragraph("Fix: ", page.fix, &mut out);
            out.push_str("\nRight:\n\n");
            example(page.right, &mut out);
        }
        out
    }
}

fn paragraph(head: &str, text: &str, out: &mut String) {
    const COLUMNS: usize = 80;
    out.push('\n');
    out.push_str(head);
    let mut column = head.len();
    for (index, word) in text.split(' ').enumerate() {
        let width = word.chars().count();
        if index > 0 && column + 1 + width > COLUMNS {
            out.push('\n');
            column = 0;
        } else if index > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out.push('\n');
}

fn example(text: &str, out: &mut String) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{compile, format};
    use std::collections::HashSet;

    #[test]
    fn every_code_is_unique_and_has_a_page() {
        let ids: HashSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(ids.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.page().is_some(), "{code} has no page");
            assert_eq!(code.as_str().to_lowercase().parse(), Ok(*code));
        }
        let tables = [syntax::PAGES, structure::PAGES, rules::PAGES, warnings::PAGES];
        assert_eq!(tables.concat().len(), Code::ALL.len(), "each code has one page");
        let last = |letter: char| ids.iter().filter(|id| id.starts_with(letter)).max().copied();
        assert_eq!((last('E'), last('W')), (Some("E040"), Some("W006")), "the message names them");
        assert!("E000".parse::<Code>().is_err());
    }

    #[test]
    fn wrong_examples_give_their_code_alone_and_right_ones_nothing() {
        for page in Code::ALL.iter().filter_map(|code| code.page()) {
            let found: Vec<Code> =
                compile(page.wrong).diagnostics.into_iter().map(|found| found.code).collect();
            assert_eq!(found, [page.code], "{}", page.wrong);
            assert_eq!(compile(page.right).diagnostics, [], "{}", page.right);
            assert!(compile(page.right).schema.is_some());
        }
    }

    #[test]
    fn right_examples_are_formatted_or_short() {
        for page in Code::ALL.iter().filter_map(|code| code.page()) {
            assert!(format(page.right).is_ok(), "{}", page.right);
        }
    }

    #[test]
    fn fixes_of_the_examples_do_away_with_the_finding() {
        let mut fixes = 0;
        for page in Code::ALL.iter().filter_map(|code| code.page()) {
            for found in compile(page.wrong).diagnostics {
                let Some(fix) = found.fix else { continue };
                let source = fix.apply(page.wrong).unwrap();
                assert_eq!(compile(&source).diagnostics, [], "{}: {source}", page.code);
                fixes += 1;
            }
        }
        assert!(fixes >= 24, "only {fixes} examples have a fix");
    }

    #[test]
    fn a_page_has_all_its_parts() {
        insta::assert_snapshot!(Code::UnknownProperty.explain(), @r#"
        E012: unknown property

        A block has a property that blocks of its kind do not know. Aggregates know
        `snapshot_threshold`, `locked`, `hidden`, `hidden_fields`, `field_locks`; fields
        `type`, `rules`, `hidden`, `locked`; events `fields`, `note`.

        Why: A property that is silently ignored looks as if it worked.

        Wrong:

            aggregate order {
              lockd = true
              event created {}
            }

        Fix: use the name that the help line suggests; rules such as `required` belong
        into `rules = {…}`.

        Right:

            aggregate order {
              locked = true
              event created {}
            }
        "#);
    }
}

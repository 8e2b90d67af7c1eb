//! Current states as tables: RFC 4180, one file for each type.
//!
//! The columns are `aggregate_id`, `version`, `created_at`, `updated_at` and `archived`, then the declared fields in the
//! order of the schema, then the other keys of the states by name. A key that has the name of one of the first five is
//! called `state.KEY`. Objects and arrays are JSON text; a null is an empty cell as a missing value is, an empty text is
//! `""`.
//!
//! A text that begins with `=`, `+`, `-`, `@`, a tab or a line break and is no number would be run as a formula by a
//! spreadsheet (CWE-1236): it gets an apostrophe before it, unless cells are wanted raw.

use super::states::each;
use super::{ExportError, ExportQuery, Run};
use crate::domain::{AggregateType, Json};
use crate::schema::Schema;
use crate::wire::{AggregateRecord, ExportReport};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The columns that every table has.
const FIXED: [&str; 5] = ["aggregate_id", "version", "created_at", "updated_at", "archived"];

impl Run<'_> {
    pub(super) fn csv(
        &mut self,
        schema: &Schema,
        wanted: Option<&AggregateType>,
        query: &ExportQuery,
    ) -> Result<ExportReport, ExportError> {
        let (mut records, mut files) = (0, 0);
        let names: Vec<AggregateType> = match wanted {
            Some(name) => vec![name.clone()],
            None => self.view.types()?.into_iter().map(|(name, _)| name).collect(),
        };
        for name in names {
            let keys = self.keys(schema, &name, query.archived)?;
            // A type that was asked for gets its file even where it has no row.
            let Some(keys) = keys.or_else(|| wanted.map(|_| self.declared(schema, &name))) else {
                continue;
            };
            files += 1;
            records += self.table(&name, &keys, query)?;
        }
        Ok(self.report(wanted, records, files)?)
    }

    /// The declared fields that the caller may see.
    fn declared(&self, schema: &Schema, name: &AggregateType) -> Vec<String> {
        let declared = schema.aggregates.get(name.as_str());
        let fields = declared.into_iter().flat_map(|aggregate| aggregate.fields.keys());
        fields.filter(|field| !self.eyes.is_hidden_field(name.as_str(), field)).cloned().collect()
    }

    /// The keys of the states of a type, in the order of their columns; `None` where it has no state to show.
    fn keys(
        &self,
        schema: &Schema,
        name: &AggregateType,
        archived: bool,
    ) -> Result<Option<Vec<String>>, ExportError> {
        let mut keys = self.declared(schema, name);
        let mut others: BTreeSet<String> = BTreeSet::new();
        let mut any = false;
        let every = (Some(name), archived);
        each(
            self.view,
            self.eyes,
            every,
            || Ok(()),
            |record| {
                any = true;
                let state = record.state.as_object().into_iter().flatten();
                for (key, _) in state.filter(|(key, _)| !keys.contains(key)) {
                    if !others.contains(key) {
                        others.insert(key.clone());
                    }
                }
                Ok(())
            },
        )?;
        keys.extend(others);
        Ok(any.then_some(keys))
    }

    fn table(
        &mut self,
        name: &AggregateType,
        keys: &[String],
        query: &ExportQuery,
    ) -> Result<u64, ExportError> {
        self.sink.begin(&format!("{name}.csv"))?;
        let names = keys.iter().map(|key| {
            if FIXED.contains(&key.as_str()) { format!("state.{key}") } else { key.clone() }
        });
        let head = FIXED.iter().map(|name| (*name).to_owned()).chain(names);
        let head = head.map(|name| Cell::text(&name, query.raw));
        self.sink.write_all(row(head).as_bytes())?;
        let mut rows = 0;
        let (sink, pace) = (&mut *self.sink, &mut self.pace);
        let step = || Ok(pace.step()?);
        each(self.view, self.eyes, (Some(name), query.archived), step, |record| {
            rows += 1;
            sink.write_all(row(cells(&record, keys, query.raw)).as_bytes())?;
            Ok(())
        })?;
        Ok(rows)
    }
}

fn cells<'a>(
    record: &'a AggregateRecord,
    keys: &'a [String],
    raw: bool,
) -> impl Iterator<Item = Cell> + 'a {
    let fixed = [
        record.aggregate_id.clone(),
        record.version.to_string(),
        record.created_at.clone(),
        record.updated_at.clone(),
        record.archived.to_string(),
    ];
    fixed.into_iter().map(Cell).chain(keys.iter().map(move |key| match record.state.get(key) {
        None | Some(Json::Null) => Cell(String::new()),
        Some(Json::String(text)) => Cell::text(text, raw),
        Some(other) => Cell(quoted(&other.to_string()).into_owned()),
    }))
}

/// A cell as it stands in the file.
struct Cell(String);

impl Cell {
    fn text(text: &str, raw: bool) -> Self {
        if text.is_empty() {
            return Self("\"\"".to_owned());
        }
        let text: Cow<'_, str> =
            if raw || !is_formula(text) { text.into() } else { format!("'{text}").into() };
        Self(quoted(&text).into_owned())
    }
}

/// Whether a spreadsheet would run the text. Numbers, which it reads as what they are, may begin with a sign.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && !is_number(text)
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction]
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// RFC 4180 section 2, 5 to 7. White space at the ends, which some readers drop, is quoted too.
fn quoted(text: &str) -> Cow<'_, str> {
    let special = text.contains(['"', ',', '\r', '\n'])
        || text.starts_with(char::is_whitespace)
        || text.ends_with(char::is_whitespace);
    if special { format!("\"{}\"", text.replace('"', "\"\"")).into() } else { text.into() }
}

fn row(cells: impl Iterator<Item = Cell>) -> String {
    let mut out = String::new();
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&cell.0);
    }
    out.push_str("\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_become_cells() {
        for (text, cell, raw) in [
            ("", "\"\"", "\"\""),
            ("plain", "plain", "plain"),
            ("a,b", "\"a,b\"", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\"", "\"say \"\"x\"\"\""),
            ("two\nlines", "\"two\nlines\"", "\"two\nlines\""),
            (" x", "\" x\"", "\" x\""),
            ("=1+2", "'=1+2", "=1+2"),
            (
                "=HYPERLINK(\"u\",\"x\")",
                "\"'=HYPERLINK(\"\"u\"\",\"\"x\"\")\"",
                "\"=HYPERLINK(\"\"u\"\",\"\"x\"\")\"",
            ),
            ("@SUM(A1)", "'@SUM(A1)", "@SUM(A1)"),
            ("\tx", "'\tx", "\"\tx\""),
            ("-12.50", "-12.50", "-12.50"),
            ("+3", "+3", "+3"),
            ("+49 30 1234", "'+49 30 1234", "+49 30 1234"),
            ("-", "'-", "-"),
            ("-1.", "'-1.", "-1."),
            ("a=b", "a=b", "a=b"),
        ] {
            assert_eq!(Cell::text(text, false).0, cell, "{text:?}");
            assert_eq!(Cell::text(text, true).0, raw, "{text:?} raw");
        }
    }

    /// A reader of RFC 4180 for one row.
    fn read(row: &str) -> Vec<String> {
        let mut cells = vec![String::new()];
        let mut chars = row.strip_suffix("\r\n").unwrap().chars().peekable();
        let mut inside = false;
        while let Some(found) = chars.next() {
            let cell = cells.last_mut().unwrap();
            match found {
                '"' if inside && chars.peek() == Some(&'"') => {
                    chars.next();
                    cell.push('"');
                }
                '"' => inside = !inside,
                ',' if !inside => cells.push(String::new()),
                other => cell.push(other),
            }
        }
        assert!(!inside);
        cells
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_row_reads_back(texts in prop::collection::vec("[a-c=\", \r\n\t'+-]{0,6}", 1..5)) {
            let written = row(texts.iter().map(|text| Cell::text(text, true)));
            prop_assert_eq!(read(&written), texts.clone());
            let safe = row(texts.iter().map(|text| Cell::text(text, false)));
            for (cell, text) in read(&safe).iter().zip(&texts) {
                prop_assert!(!is_formula(cell));
                prop_assert_eq!(cell.strip_prefix('\'').filter(|_| is_formula(text)).unwrap_or(cell), text);
            }
        }
    }
}

//! The table that a run ends with.

use std::fmt;

/// Whether a figure has to be large or small.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bar {
    /// At least this.
    AtLeast(f64, &'static str),
    /// Less than this.
    Below(f64, &'static str),
    /// For the reader only.
    None,
}

impl Bar {
    fn met_by(self, value: f64) -> Option<bool> {
        match self {
            Self::AtLeast(least, _) => Some(value >= least),
            Self::Below(most, _) => Some(value < most),
            Self::None => None,
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least, unit) => write!(f, ">= {least}{unit}"),
            Self::Below(most, unit) => write!(f, "< {most}{unit}"),
            Self::None => f.write_str("-"),
        }
    }
}

const HEAD: [&str; 6] = ["what", "dbx", "reference", "ratio", "bar", "verdict"];

/// Rows of text.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<[String; 6]>,
}

impl Table {
    /// A row whose bar is a ratio.
    pub(crate) fn ratio(
        &mut self,
        what: &str,
        dbx: String,
        reference: String,
        ratio: f64,
        bar: Bar,
    ) {
        self.push(what, dbx, reference, format!("{ratio:.2} x"), bar, ratio);
    }

    /// A row whose bar is a figure of its own.
    pub(crate) fn figure(&mut self, what: &str, dbx: String, value: f64, bar: Bar) {
        self.push(what, dbx, "-".into(), "-".into(), bar, value);
    }

    fn push(
        &mut self,
        what: &str,
        dbx: String,
        reference: String,
        ratio: String,
        bar: Bar,
        value: f64,
    ) {
        let verdict = match bar.met_by(value) {
            Some(true) => "meets",
            Some(false) => "falls short",
            None => "-",
        };
        self.rows.push([what.into(), dbx, reference, ratio, bar.to_string(), verdict.into()]);
    }

    /// A row about something that could not be measured.
    pub(crate) fn absent(&mut self, what: &str, why: &str) {
        let dash = || "-".to_owned();
        self.rows.push([what.into(), why.into(), dash(), dash(), dash(), dash()]);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut widths = HEAD.map(str::len);
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let line = |f: &mut fmt::Formatter<'_>, cells: [&str; 6]| {
            for (cell, width) in cells.iter().zip(widths) {
                write!(f, "| {cell:width$} ")?;
            }
            writeln!(f, "|")
        };
        line(f, HEAD)?;
        let rules = widths.map(|width| "-".repeat(width));
        line(f, rules.each_ref().map(String::as_str))?;
        for row in &self.rows {
            line(f, row.each_ref().map(String::as_str))?;
        }
        Ok(())
    }
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A rate, with a thousands separator.
pub(crate) fn per_second(rate: f64, of: &str) -> String {
    format!("{} {of}/s", grouped(rate))
}

/// A number in groups of three digits: `1,000,001`.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

//! Payloads as people type them.

use super::context::Context;
use super::failure::file_error;
use super::usage;
use crate::domain::Json;
use crate::domain::json::{Object, ReadError};
use crate::error::{Error, Kind};
use clap::Args;
use std::io::Read;
use std::path::Path;

/// The most bytes that are read as one piece: several times the largest commit.
const BYTES_MAX: u64 = 64 << 20;

/// What an event says.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ContentArgs {
    /// A field: `NAME=TEXT`, which the schema's type of the field converts, or `NAME:=JSON`
    #[arg(short, long = "field", value_name = "NAME=TEXT")]
    fields: Vec<String>,
    /// The payload, a JSON object; `@FILE` reads a file, `-` reads standard input
    #[arg(short, long, value_name = "JSON", allow_hyphen_values = true)]
    payload: Option<String>,
}

/// What an event says beside its payload.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AboutArgs {
    /// A note of at most 128 characters
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Extension metadata: a JSON object whose keys start with `@`, or `@FILE`
    #[arg(long, value_name = "JSON")]
    metadata: Option<String>,
}

impl ContentArgs {
    /// Whether nothing was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.payload.is_none()
    }

    /// Whether a whole payload was given, and not only fields of one.
    pub(crate) fn is_whole(&self) -> bool {
        self.payload.is_some()
    }

    /// The payload: what `--payload` gives, and the fields beside it. Nothing overrides anything.
    pub(crate) fn payload(&self, context: &Context) -> Result<Json, Error> {
        let mut object = match &self.payload {
            None => Object::new(),
            Some(text) => match json(context, "--payload", text)? {
                Json::Object(object) => object,
                other => {
                    return Err(usage::error(format!(
                        "--payload: an object is expected, found {}",
                        other.kind()
                    ))
                    .kept("nothing was written"));
                }
            },
        };
        for text in &self.fields {
            let (name, value) = field(text)?;
            if object.contains_key(&name) {
                return Err(usage::error(format!("the field `{name}` is given twice"))
                    .kept("nothing was written"));
            }
            object.insert(name, value);
        }
        Ok(Json::Object(object))
    }
}

impl AboutArgs {
    /// Whether nothing was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.note.is_none() && self.metadata.is_none()
    }

    /// The extension metadata.
    pub(crate) fn metadata(&self, context: &Context) -> Result<Option<Json>, Error> {
        self.metadata.as_deref().map(|text| json(context, "--metadata", text)).transpose()
    }
}

/// `NAME=TEXT` or `NAME:=JSON`.
fn field(text: &str) -> Result<(String, Json), Error> {
    let Some((name, value)) = text.split_once('=') else {
        return Err(usage::error(format!("--field: `{text}` has no `=`"))
            .help("write `NAME=TEXT`, or `NAME:=JSON` for a number, a boolean, null, a list or an object")
            .kept("nothing was written"));
    };
    let (name, value) = match name.strip_suffix(':') {
        Some(name) => (name, Json::parse(value).map_err(|error| bad_json(text, value, &error))?),
        None => (name, Json::from(value)),
    };
    if name.is_empty() {
        return Err(
            usage::error(format!("--field: `{text}` has no name")).kept("nothing was written")
        );
    }
    Ok((name.to_owned(), value))
}

/// JSON from the command line, from a file (`@FILE`) or from standard input (`-`).
pub(crate) fn json(context: &Context, flag: &str, text: &str) -> Result<Json, Error> {
    let read = match text.strip_prefix('@') {
        Some(file) => read(context, Path::new(file))?,
        None if text == "-" => read(context, Path::new("-"))?,
        None => text.to_owned(),
    };
    Json::parse(&read).map_err(|error| bad_json(flag, &read, &error))
}

/// The text of a file; `-` is standard input.
pub(crate) fn read(context: &Context, path: &Path) -> Result<String, Error> {
    if path.as_os_str() == "-" {
        return text(Path::new("standard input"), std::io::stdin());
    }
    if path.as_os_str().is_empty() {
        return Err(usage::error("the name of a file is missing").help("write it as `@FILE`"));
    }
    let file =
        std::fs::File::open(context.file(path)?).map_err(|error| file_error(path, &error))?;
    text(path, file)
}

/// What a source holds, as far as anything that dbx takes as one piece can go: a device has no end.
fn text(name: &Path, source: impl Read) -> Result<String, Error> {
    let mut text = String::new();
    let read = source.take(BYTES_MAX + 1).read_to_string(&mut text);
    match read {
        Ok(bytes) if bytes as u64 > BYTES_MAX => Err(Error::new(
            Kind::TooLarge,
            "dbx::limit::file",
            format!("`{}` has more than {} MiB", name.display(), BYTES_MAX >> 20),
        )
        .help("a schema or a payload is far smaller; `dbx import` takes many events line by line")),
        Ok(_) => Ok(text),
        Err(error) => Err(file_error(name, &error)),
    }
}

fn bad_json(what: &str, text: &str, error: &ReadError) -> Error {
    let before = text.get(..error.offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Error::new(
        Kind::Invalid,
        "dbx::cli::json",
        format!("{what}: not JSON at line {line}, column {column}: {error}"),
    )
    .kept("nothing was written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_text_unless_they_say_json() {
        let read = |text: &str| field(text).map(|(name, value)| format!("{name} {value}"));
        assert_eq!(read("total=12.50"), Ok("total \"12.50\"".into()));
        assert_eq!(read("total:=12.50"), Ok("total 12.50".into()));
        assert_eq!(read("q=a=b"), Ok("q \"a=b\"".into()));
        assert_eq!(read("q="), Ok("q \"\"".into()));
        assert_eq!(read("tags:=[\"a=b\"]"), Ok("tags [\"a=b\"]".into()));
        for bad in ["total", "=x", ":=1", "total:=", "total:=abc"] {
            assert_eq!(read(bad).unwrap_err().kind(), Kind::Invalid, "{bad}");
        }
    }

    #[test]
    fn bad_json_is_located() {
        let text = "{\n  \"ä\": tru\n}";
        let error = bad_json("--payload", text, &Json::parse(text).unwrap_err());
        assert!(error.message().starts_with("--payload: not JSON at line 2, column 8"), "{error}");
    }
}

//! Where a schema comes from: a file, standard input, git, or what was applied.

use crate::cli::context::Context;
use crate::cli::failure::{Failure, file_error};
use crate::cli::output::{Finding, Findings};
use crate::cli::{input, usage};
use crate::error::{Detail, Error, Kind};
use crate::schema::{self, Diagnostic, Schema, Severity};
use crate::workspace::paths::SCHEMA_FILE;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which file holds the working schema.
#[derive(Debug, Clone, Args)]
pub(super) struct FileArg {
    /// The schema file, instead of the workspace's `schema.dbx`
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// A schema's text and what people call it.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) text: String,
}

/// Where a schema comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// The working file.
    Working,
    /// What is in force.
    Applied,
    /// An applied version.
    Version(u64),
    /// The working file at a commit of git.
    Git(String),
    /// Some file, or standard input.
    File(PathBuf),
}

impl std::str::FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(reference) = text.strip_prefix("git:") {
            if reference.is_empty() || reference.starts_with('-') {
                return Err("name a commit, as in `git:HEAD` or `git:main`".to_owned());
            }
            return Ok(Self::Git(reference.to_owned()));
        }
        if let Some(version) = text.strip_prefix('@') {
            let version = version.parse().map_err(|_| "an applied version is written `@3`")?;
            return Ok(Self::Version(version));
        }
        Ok(match text {
            "working" => Self::Working,
            "applied" => Self::Applied,
            path => Self::File(path.into()),
        })
    }
}

impl Origin {
    /// Reads the schema; `None` where nothing is applied.
    pub(super) fn read(
        &self,
        context: &Context,
        file: &FileArg,
    ) -> Result<Option<Source>, Failure> {
        match self {
            Self::Working => Ok(Some(file.read(context)?)),
            Self::File(path) => Ok(Some(read(context, path)?)),
            Self::Git(reference) => Ok(Some(git(context, file, reference)?)),
            Self::Applied => {
                let service = context.open()?;
                let applied = service.schema_in_force(&context.reader())?;
                service.close()?;
                Ok(applied.map(|version| Source {
                    name: format!("applied @{}", version.version),
                    text: version.source.unwrap_or_default(),
                }))
            }
            Self::Version(number) => {
                let service = context.open()?;
                let version = service.schema_version(&context.reader(), *number)?;
                service.close()?;
                let text = version.source.unwrap_or_default();
                Ok(Some(Source { name: format!("applied @{number}"), text }))
            }
        }
    }
}

impl FileArg {
    /// The path as it is shown, and where it is.
    pub(super) fn path(&self, context: &Context) -> Result<PathBuf, Error> {
        if let Some(file) = &self.file {
            return Ok(file.clone());
        }
        let here = context.directory()?;
        // Checking a file needs no workspace: continuous integration has none.
        let Ok(paths) = context.paths() else { return Ok(PathBuf::from(SCHEMA_FILE)) };
        // A file below the current folder is called as one would type it.
        Ok(paths.schema_file.strip_prefix(&here).unwrap_or(&paths.schema_file).to_owned())
    }

    /// The working schema.
    pub(super) fn read(&self, context: &Context) -> Result<Source, Failure> {
        let path = self.path(context)?;
        read(context, &path)
    }
}

/// Reads a schema from a file or, for `-`, from standard input.
pub(super) fn read(context: &Context, path: &Path) -> Result<Source, Failure> {
    let text = input::read(context, path).map_err(|error| match error.help_text() {
        None if path.ends_with(SCHEMA_FILE) => error.help("`dbx init` writes one, or name a file"),
        _ => error,
    })?;
    let dash = path.as_os_str() == "-";
    let name = if dash { "stdin".to_owned() } else { path.display().to_string() };
    Ok(Source { name, text })
}

fn git(context: &Context, file: &FileArg, reference: &str) -> Result<Source, Failure> {
    let path = context.file(&file.path(context)?)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let object = format!("{reference}:./{name}");
    let output = Command::new("git").arg("-C").arg(folder).arg("show").arg(&object).output();
    let output = output.map_err(|error| file_error(Path::new("git"), &error))?;
    let failed = |message: String| {
        Failure::from(
            Error::new(Kind::Invalid, "dbx::schema::git", message)
                .help(format!("`git show {object}` must print the schema")),
        )
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim().trim_start_matches("fatal: ");
        return Err(failed(format!("git does not give `{object}`: {said}")));
    }
    let text = String::from_utf8(output.stdout)
        .map_err(|_| failed(format!("`{object}` is not UTF-8 text")))?;
    Ok(Source { name: format!("git:{reference}"), text })
}

/// Compiles a source that must be right.
pub(super) fn compiled(source: &Source) -> Result<Schema, Failure> {
    let compiled = schema::compile(&source.text);
    compiled.schema.ok_or_else(|| refused(source, &compiled.diagnostics))
}

/// The failure that a source with errors is.
pub(super) fn refused(source: &Source, diagnostics: &[Diagnostic]) -> Failure {
    let errors = diagnostics.iter().filter(|found| found.severity == Severity::Error);
    let errors: Vec<&Diagnostic> = errors.collect();
    let places = schema::Source::new(&source.text);
    let details = errors.iter().map(|found| {
        let place = places.place(found.span.start);
        Detail {
            pointer: String::new(),
            code: found.code.as_str().to_owned(),
            message: format!("line {}, column {}: {}", place.line, place.column, found.message),
        }
    });
    let count = errors.len();
    let plural = if count == 1 { "error" } else { "errors" };
    let message = format!("`{}` has {count} {plural}", source.name);
    let error = Error::new(Kind::Invalid, "dbx::schema::invalid", message)
        .kept("nothing was changed")
        .help("`dbx schema explain CODE` says more about each code")
        .details(details.collect());
    Failure::Source(error, Box::new(findings(source, errors.iter().copied())))
}

/// Diagnostics as they are shown.
pub(super) fn findings<'a>(
    source: &Source,
    diagnostics: impl Iterator<Item = &'a Diagnostic>,
) -> Findings {
    let finding = |found: &Diagnostic| Finding {
        code: found.code.as_str().to_owned(),
        error: found.severity == Severity::Error,
        span: Some(found.span.clone()),
        message: found.message.clone(),
        label: found.label.clone(),
        secondary: found
            .secondary
            .iter()
            .map(|label| (label.span.clone(), label.text.clone()))
            .collect(),
        help: found.help.clone().or_else(|| found.fix.as_ref().map(|fix| fix.title.clone())),
    };
    Findings {
        name: source.name.clone(),
        source: source.text.clone(),
        list: diagnostics.map(finding).collect(),
    }
}

/// What is in force, as a schema; an empty one where nothing is.
pub(super) fn schema_or_empty(source: Option<&Source>) -> Result<Schema, Failure> {
    source.map_or_else(|| Ok(Schema::default()), compiled)
}

/// The failure of a command that needs an applied schema where there is none.
pub(super) fn nothing_applied() -> Failure {
    usage::error("no schema is applied")
        .help("`dbx schema apply` puts `schema.dbx` in force")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_in_words() {
        assert_eq!("applied".parse(), Ok(Origin::Applied));
        assert_eq!("working".parse(), Ok(Origin::Working));
        assert_eq!("git:HEAD~1".parse(), Ok(Origin::Git("HEAD~1".into())));
        assert_eq!("@3".parse(), Ok(Origin::Version(3)));
        assert_eq!("x/applied".parse(), Ok(Origin::File("x/applied".into())));
        for bad in ["git:", "git:--output=x", "@", "@x"] {
            assert!(bad.parse::<Origin>().is_err(), "{bad}");
        }
    }
}

//! `dbx config --data-encryption-key`: turning encryption on, and replacing the master key.

use super::context::Context;
use super::failure::{Exit, Outcome};
use super::output::Meaning;
use super::usage;
use crate::error::{Error, Kind};
use crate::service::{LOCK_WAIT, OpenOptions, Service};
use crate::workspace::{DataKeys, Protection, data_key};
use serde::Serialize;

#[derive(Debug, Serialize)]
struct KeyDocument {
    key: String,
    turned_on: bool,
    rotated: bool,
}

/// Replaces the master key; turns encryption on where nothing is in the workspace yet.
pub(super) fn run(context: &mut Context, source: &str) -> Outcome {
    let protection = protection(context, source)?;
    let paths = context.paths()?;
    let key = paths.relative(&paths.data_key()).display().to_string();
    let options = context.options(paths, LOCK_WAIT)?;
    let on = {
        let service = Service::open(options.clone())?;
        let rotated = service.rotate_key(&context.reader(), &protection);
        // Also where there is nothing to replace, it was looked at who asks.
        let on = match rotated {
            Err(error) if error.code() == "dbx::seal::not_encrypted" => false,
            rotated => rotated.map(|()| true)?,
        };
        service.close()?;
        on
    };
    if !on {
        turn_on(&options, &protection)?;
    }
    let document = KeyDocument { key, turned_on: !on, rotated: on };
    if context.ui.json() {
        context.ui.document(&document)?;
        return Ok(Exit::Ok);
    }
    let paint = context.ui.paint();
    let (word, key) = (paint.paint(Meaning::Ok, "✓"), paint.strong(&document.key));
    context.ui.line(if on {
        format!("{word} a new master key is in {key}; the old one opens nothing any more")
    } else {
        format!("{word} encryption is on; the master key is in {key}")
    })?;
    context.ui.hint("keep a copy of the key elsewhere: without it nobody can read what is sealed");
    Ok(Exit::Ok)
}

fn turn_on(options: &OpenOptions, protection: &Protection) -> Result<(), Error> {
    Service::encrypt(options)?;
    DataKeys::of(&options.paths, options.config.data_encryption_key.clone())
        .protect(protection)
        .map_err(|error| Error::from(&error))
}

fn protection(context: &Context, source: &str) -> Result<Protection, Error> {
    match (source, source.strip_prefix("env:")) {
        ("new", _) => Ok(Protection::Same),
        ("file", _) => Ok(Protection::File),
        (_, Some(name)) => match context.env.get(name) {
            Some(text) => Ok(Protection::secret(text)),
            None => Err(Error::new(
                Kind::Invalid,
                "dbx::key::data_not_a_key",
                format!("the variable `{name}` is not set"),
            )
            .kept("nothing was changed")
            .help("make a secret with `openssl rand -hex 32`")),
        },
        _ => Err(usage::error(format!("`{source}` names no key")).help(format!(
            "use `new` for a new key, `env:NAME` to protect its file by the secret in the variable NAME as well (which \
             {} has to hold from then on), or `file` to protect it by its mode only; the key itself is never an argument",
            data_key::VARIABLE
        ))),
    }
}

use super::context::Context;
use super::failure::{Exit, Outcome, file_error};
use super::output::{Meaning, visible};
use crate::service::{LOCK_WAIT, Service};
use crate::workspace::{self, InitOptions, Template, Ttl};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Make a workspace in this folder, or complete the one that is there
///
/// Makes `.dbx/` with its configuration, keys, token and store, and `schema.dbx` where there is none. Nothing that is
/// there is overwritten, so that it is safe to repeat.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The folder; made if it does not exist
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// How long the first token holds: seconds, or 10m, 24h, 10d, 2w; 0 never expires
    #[arg(long, value_name = "TTL", default_value = "24h")]
    ttl: String,
    /// The schema to start with
    #[arg(long, value_name = "NAME", default_value = "orders")]
    template: TemplateArg,
    /// Seal what the workspace will hold; the master key is made in `.dbx/keys/`
    #[arg(long)]
    encrypt: bool,
    /// Allow a workspace inside another one
    #[arg(long)]
    nested: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TemplateArg {
    /// A shop: customers and orders
    Orders,
    /// One aggregate with two fields
    Minimal,
    /// No schema file
    None,
}

impl From<TemplateArg> for Template {
    fn from(arg: TemplateArg) -> Self {
        match arg {
            TemplateArg::Orders => Self::Orders,
            TemplateArg::Minimal => Self::Minimal,
            TemplateArg::None => Self::None,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct InitDocument {
    workspace: String,
    created: Vec<String>,
    existing: Vec<String>,
}

pub(super) fn run(context: &mut Context, args: &InitArgs) -> Outcome {
    let ttl: Ttl = args.ttl.parse().map_err(crate::error::Error::from)?;
    let root = match &args.directory {
        Some(directory) => context.file(directory)?,
        None => context.directory()?,
    };
    std::fs::create_dir_all(&root).map_err(|error| file_error(&root, &error))?;
    let options = InitOptions { template: args.template.into(), nested: args.nested };
    let document = make(context, &root, options, (ttl, args.encrypt))?;
    if context.ui.json() {
        context.ui.document(&document)?;
    } else {
        show(context, &document)?;
    }
    Ok(Exit::Ok)
}

/// Makes or completes a workspace and its store.
pub(super) fn make(
    context: &Context,
    root: &Path,
    options: InitOptions,
    (ttl, encrypt): (Ttl, bool),
) -> Result<InitDocument, super::failure::Failure> {
    let report = workspace::init(root, options, &context.env).map_err(crate::error::Error::from)?;
    let (mut created, mut existing) = (report.created, report.existing);
    let options = context.options(report.paths.clone(), LOCK_WAIT)?;
    let store = options.paths.relative(&options.paths.store).to_owned();
    let key = options.paths.data_key();
    let had_key = key.exists();
    let new =
        if encrypt { Service::create_encrypted(&options)? } else { Service::create(&options)? };
    if key.exists() {
        let made = if had_key { &mut existing } else { &mut created };
        made.push(options.paths.relative(&key).to_owned());
    }
    let made = if new { &mut created } else { &mut existing };
    made.push(store);
    let token = report.paths.relative(&report.paths.cli_token).to_owned();
    if report.paths.cli_token.symlink_metadata().is_ok() {
        existing.push(token);
    } else {
        let service = Service::open(options)?;
        service.token_bootstrap_file(&context.local(), ttl)?;
        service.close()?;
        created.push(token);
    }
    let names = |paths: &[PathBuf]| paths.iter().map(|path| path.display().to_string()).collect();
    Ok(InitDocument {
        workspace: report.paths.root.display().to_string(),
        created: names(&created),
        existing: names(&existing),
    })
}

fn show(context: &mut Context, document: &InitDocument) -> Result<(), super::failure::Failure> {
    let paint = context.ui.paint();
    let word = paint.paint(Meaning::Ok, "✓");
    let workspace = paint.strong(visible(&document.workspace));
    if document.created.is_empty() {
        return context.ui.line(format!("{word} the workspace {workspace} was complete already"));
    }
    context.ui.line(format!("{word} workspace {workspace}"))?;
    for name in &document.created {
        context.ui.line(format!("  {} {name}", paint.paint(Meaning::Added, "+")))?;
    }
    for name in &document.existing {
        context.ui.line(paint.dim(format!("    {name} (was there)")))?;
    }
    context.ui.say("");
    if document.created.iter().any(|name| name.ends_with("data_aes256.key")) {
        context.ui.hint(
            "keep a copy of `.dbx/keys/data_aes256.key` elsewhere: without it nobody can read what is sealed",
        );
    }
    let schema = document.created.iter().any(|name| name == workspace::paths::SCHEMA_FILE);
    if schema || document.existing.iter().any(|name| name == workspace::paths::SCHEMA_FILE) {
        context.ui.hint("commit `schema.dbx`; `.dbx/` keeps itself out of git");
        context.ui.hint(
            "edit it, then `dbx schema apply`, then `dbx aggregate create TYPE ID --event EVENT`",
        );
    } else {
        context.ui.hint(
            "write a `schema.dbx`, or go on without: `dbx aggregate create TYPE ID --event EVENT`",
        );
    }
    Ok(())
}

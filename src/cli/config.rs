use super::context::Context;
use super::failure::{Exit, Failure, Outcome};
use super::output::{Finding, Findings, Meaning, Ui};
use crate::domain::Json;
use crate::domain::json::Object;
use crate::error::{Error, Kind};
use crate::workspace::config::{self, Severity, Value};
use crate::workspace::{Config, ConfigError, ConfigProblem, Env, Key, Overrides, Paths};
use clap::{Args, Subcommand};

/// Show or change the configuration
///
/// Without flags prints the configuration in effect as TOML, with the origin of each value. A flag writes its value
/// to `.dbx/config.toml`, where comments stay.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: Option<ConfigCommand>,
    #[command(flatten)]
    flags: ConfigFlags,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print the configuration in effect
    Show,
    /// Print the value of a key
    Get {
        /// The key, such as `list_page_size`
        key: String,
    },
    /// Write a value to `.dbx/config.toml`
    Set {
        /// The key, such as `list_page_size`
        key: String,
        /// The value
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
}

#[derive(Debug, Args)]
struct ConfigFlags {
    /// The TCP port of the daemon
    #[arg(long, value_name = "PORT")]
    port: Option<String>,
    /// The IP address that the daemon listens on
    #[arg(long, value_name = "ADDRESS")]
    bind_addr: Option<String>,
    /// Where the store lies
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
    /// How many aggregates are held in memory
    #[arg(long, value_name = "N")]
    cache_threshold: Option<String>,
    /// How many rows a list shows on a terminal
    #[arg(long, value_name = "N")]
    list_page_size: Option<String>,
    /// The largest page that one request may ask for
    #[arg(long, value_name = "N")]
    page_limit: Option<String>,
    /// The number of this writer in event ids
    #[arg(long, value_name = "N")]
    snowflake_worker_id: Option<String>,
    /// The largest payload of an event, in bytes
    #[arg(long, value_name = "BYTES")]
    payload_limit: Option<String>,
    /// Replace the key that opens what is sealed, or turn encryption on: `new`, `file`, or `env:NAME`
    ///
    /// `new` makes a new master key in `.dbx/keys/`; in an encrypted workspace it wraps all data keys from then on, the
    /// old one opens nothing any more, and no event is touched. `env:NAME` does that and protects the key's file by the
    /// secret in the variable NAME, which `DBX_DATA_ENCRYPTION_KEY` has to hold for every command from then on; `file`
    /// protects it by its mode only again. A workspace that holds something in the clear cannot be encrypted.
    #[arg(long, value_name = "SOURCE")]
    #[arg(conflicts_with_all = ["port", "bind_addr", "data_dir", "cache_threshold", "list_page_size"])]
    #[arg(conflicts_with_all = ["page_limit", "snowflake_worker_id", "payload_limit"])]
    data_encryption_key: Option<String>,
}

impl ConfigFlags {
    fn given(&self) -> Vec<(Key, &str)> {
        let all = [
            (Key::Port, &self.port),
            (Key::BindAddr, &self.bind_addr),
            (Key::DataDir, &self.data_dir),
            (Key::CacheThreshold, &self.cache_threshold),
            (Key::ListPageSize, &self.list_page_size),
            (Key::PageLimit, &self.page_limit),
            (Key::SnowflakeWorkerId, &self.snowflake_worker_id),
            (Key::PayloadLimit, &self.payload_limit),
        ];
        all.into_iter().filter_map(|(key, value)| Some((key, value.as_deref()?))).collect()
    }
}

pub(super) fn run(context: &mut Context, args: &ConfigArgs) -> Outcome {
    if let Some(source) = &args.flags.data_encryption_key {
        return super::data_key::run(context, source);
    }
    let paths = context.paths()?;
    match &args.command {
        Some(ConfigCommand::Get { key }) => get(context, &paths, key),
        Some(ConfigCommand::Set { key, value }) => {
            let key = Key::from_name(key).map_err(failure)?;
            set(context, &paths, &[(key, value)])
        }
        Some(ConfigCommand::Show) => show(context, &paths),
        None => match args.flags.given().as_slice() {
            [] => show(context, &paths),
            given => set(context, &paths, given),
        },
    }
}

fn show(context: &mut Context, paths: &Paths) -> Outcome {
    let loaded = config::load(paths, &context.env, &Overrides::new()).map_err(failure)?;
    warn(&context.ui, &loaded.warnings);
    if context.ui.json() {
        let mut document = Object::new();
        for entry in loaded.config.entries() {
            let mut about = Object::new();
            about.insert("value".into(), json(entry.value));
            about.insert("origin".into(), entry.origin.as_str().into());
            document.insert(entry.key.name().into(), about.into());
        }
        context.ui.document(&Json::Object(document))?;
    } else {
        context.ui.raw(loaded.config.to_toml().as_bytes())?;
    }
    Ok(Exit::Ok)
}

fn get(context: &mut Context, paths: &Paths, key: &str) -> Outcome {
    let key = Key::from_name(key).map_err(failure)?;
    let config = effective(&context.ui, paths, &context.env)?;
    if context.ui.json() {
        let mut document = Object::new();
        document.insert("key".into(), key.name().into());
        document.insert("value".into(), json(config.get(key)));
        document.insert("origin".into(), config.origin(key).as_str().into());
        context.ui.document(&Json::Object(document))?;
    } else {
        context.ui.line(config.get(key))?;
    }
    Ok(Exit::Ok)
}

fn set(context: &mut Context, paths: &Paths, given: &[(Key, &str)]) -> Outcome {
    if context.reader().rights().is_some() {
        let message =
            "the configuration is changed by whoever may use its file, and not with a token";
        return Err(Error::new(Kind::Forbidden, "dbx::token::forbidden", message)
            .kept("nothing was changed")
            .help("leave `--token` out, and `DBX_TOKEN` and `EVENTDBX_TOKEN` unset")
            .into());
    }
    let mut document = Object::new();
    // All or nothing: a later one that is wrong must not leave the earlier ones set.
    for (key, text) in given {
        config::value_of(*key, text).map_err(failure)?;
    }
    for (key, text) in given {
        let value = config::set(&paths.config, *key, text).map_err(failure)?;
        if !context.ui.json() {
            let word = context.ui.paint().paint(Meaning::Ok, "✓");
            context.ui.line(format!("{word} {} = {}", key.name(), value.to_toml()))?;
        }
        document.insert(key.name().into(), json(value));
    }
    if context.ui.json() {
        context.ui.document(&Json::Object(document))?;
    }
    Ok(Exit::Ok)
}

fn json(value: Value) -> Json {
    match value {
        Value::Integer(number) => number.into(),
        Value::Text(text) => text.into(),
    }
}

/// The configuration in effect. What is odd about its file is said; it does not stop anything.
pub(super) fn effective(ui: &Ui, paths: &Paths, env: &Env) -> Result<Config, Failure> {
    let loaded = config::load(paths, env, &Overrides::new()).map_err(failure)?;
    warn(ui, &loaded.warnings);
    Ok(loaded.config)
}

fn warn(ui: &Ui, warnings: &[ConfigProblem]) {
    for warning in warnings {
        let help = warning.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        ui.warn(format!("config.toml: {}{help}", warning.message));
    }
}

/// A configuration error with the places in its file.
pub(super) fn failure(error: ConfigError) -> Failure {
    let findings = match &error {
        ConfigError::File { file, problems } => Some(Findings {
            name: file.name.clone(),
            source: file.text.clone(),
            list: problems.iter().map(finding).collect(),
        }),
        _ => None,
    };
    let error = Error::from(error);
    match findings {
        Some(findings) => Failure::Source(error, Box::new(findings)),
        None => Failure::Error(error),
    }
}

fn finding(problem: &ConfigProblem) -> Finding {
    Finding {
        code: problem.code.to_owned(),
        error: problem.severity == Severity::Error,
        span: Some(problem.span.clone()),
        message: problem.message.clone(),
        label: "here".to_owned(),
        secondary: Vec::new(),
        help: problem.help.clone(),
    }
}

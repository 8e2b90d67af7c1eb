//! The command line: one file per command, one module that prints.
//!
//! A command is a pair of an `Args` struct, whose doc comments are its help, and a `run(context, args)` that gives
//! back how it ended. What it needs from outside (streams, environment, workspace, service) is in the `Context`.

mod aggregate;
mod args;
mod backup;
mod blame;
mod check;
mod checkpoint;
mod commit;
mod completions;
mod config;
mod context;
mod crash;
mod data_key;
mod demo;
mod diff;
mod doctor;
mod events;
mod failure;
mod follow;
mod import;
mod init;
mod input;
mod interrupt;
mod log;
mod man;
mod outbox;
mod output;
mod pending;
mod prove;
mod restore;
mod revert;
mod root;
mod schema;
mod serve;
mod show;
mod stage;
mod status;
mod target;
mod token;
mod tui;
mod usage;
mod verify;

use self::args::Global;
use self::context::Context;
use self::failure::Outcome;
use self::output::{Options, Ui};
use crate::workspace::Env;
use clap::{CommandFactory as _, Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// git for your application's facts
///
/// dbx keeps what happened, in order, for ever: events of aggregates, checked by a schema that you commit, with a
/// history that can be replayed, compared, blamed and verified.
#[derive(Debug, Parser)]
#[command(name = "dbx", version, disable_help_subcommand = false, max_term_width = 100)]
#[command(after_help = "Start with `dbx init` in your repository, or look around with `dbx demo`.")]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::InitArgs),
    Status(status::StatusArgs),
    Tui(tui::TuiArgs),
    #[command(subcommand)]
    Aggregate(aggregate::AggregateCommand),
    Events(events::EventsArgs),
    #[command(subcommand)]
    Stage(stage::StageCommand),
    Commit(commit::CommitArgs),
    Revert(revert::RevertArgs),
    Log(log::LogArgs),
    Show(show::ShowArgs),
    Diff(diff::DiffArgs),
    Blame(blame::BlameArgs),
    Verify(verify::VerifyArgs),
    Prove(prove::ProveArgs),
    Checkpoint(checkpoint::CheckpointArgs),
    #[command(subcommand)]
    Schema(schema::SchemaCommand),
    #[command(subcommand)]
    Outbox(outbox::OutboxCommand),
    Import(import::ImportArgs),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    #[command(subcommand)]
    Token(token::TokenCommand),
    #[command(subcommand)]
    Serve(serve::ServeCommand),
    Config(config::ConfigArgs),
    Doctor(doctor::DoctorArgs),
    Root(root::RootArgs),
    Demo(demo::DemoArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Runs `dbx` with the arguments of the process, the program's name first, and gives the exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    ExitCode::from(crash::guarded(|| start(&args, Env::process())))
}

fn start(args: &[OsString], env: Env) -> u8 {
    let options = Options::glimpse(args);
    let parsed = usage::check(args).and_then(|()| usage::parse(args, options, &env));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(stop) => return stop.show(Ui::new(options, &env)),
    };
    if let Some(directory) = &cli.global.directory {
        env.stand_in(directory);
    }
    let ui = Ui::new(cli.global.options(), &env);
    let mut context = Context::new(ui, env, cli.global, shown(args));
    let outcome = dispatch(&mut context, &cli.command);
    context.ui.finish(outcome)
}

/// The command as others see it in the lock file: its words alone, for what follows them may be nobody else's business.
fn shown(args: &[OsString]) -> String {
    let mut words = vec!["dbx".to_owned()];
    let tree = Cli::command();
    let mut at = &tree;
    for arg in args.iter().skip(1).filter_map(|arg| arg.to_str()) {
        if let Some(found) = at.find_subcommand(arg) {
            words.push(arg.to_owned());
            at = found;
        }
    }
    words.join(" ")
}

/// The whole command line, for help, completions and manual pages.
fn tree() -> clap::Command {
    let mut tree = Cli::command();
    tree.build();
    tree
}

fn dispatch(context: &mut Context, command: &Command) -> Outcome {
    match command {
        Command::Init(args) => init::run(context, args),
        Command::Status(args) => status::run(context, args),
        Command::Tui(args) => tui::run(context, args),
        Command::Aggregate(command) => aggregate::run(context, command),
        Command::Events(args) => events::run(context, args),
        Command::Stage(command) => stage::run(context, command),
        Command::Commit(args) => commit::run(context, args),
        Command::Revert(args) => revert::run(context, args),
        Command::Log(args) => log::run(context, args),
        Command::Show(args) => show::run(context, args),
        Command::Diff(args) => diff::run(context, args),
        Command::Blame(args) => blame::run(context, args),
        Command::Verify(args) => verify::run(context, args),
        Command::Prove(args) => prove::run(context, args),
        Command::Checkpoint(args) => checkpoint::run(context, args),
        Command::Schema(command) => schema::run(context, command),
        Command::Outbox(command) => outbox::run(context, command),
        Command::Import(args) => import::run(context, args),
        Command::Backup(args) => backup::run(context, args),
        Command::Restore(args) => restore::run(context, args),
        Command::Token(command) => token::run(context, command),
        Command::Serve(command) => serve::run(context, command),
        Command::Config(args) => config::run(context, args),
        Command::Doctor(args) => doctor::run(context, args),
        Command::Root(args) => root::run(context, args),
        Command::Demo(args) => demo::run(context, args),
        Command::Completions(args) => completions::run(context, args),
        Command::Man(args) => man::run(context, args),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_command_has_an_argument_that_shares_its_name_with_a_global_one() {
        fn check(command: &clap::Command, globals: &[&str]) {
            for argument in command.get_arguments().filter(|argument| !argument.is_global_set()) {
                let name = argument.get_id().as_str();
                assert!(!globals.contains(&name), "{name} of {}", command.get_name());
            }
            command.get_subcommands().for_each(|command| check(command, globals));
        }
        let tree = Cli::command();
        let globals = tree.get_arguments().filter(|argument| argument.is_global_set());
        let globals: Vec<&str> = globals.map(|argument| argument.get_id().as_str()).collect();
        assert!(globals.contains(&"json"), "{globals:?}");
        check(&tree, &globals);
    }
}

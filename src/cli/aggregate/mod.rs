//! `dbx aggregate …`: one aggregate, or the list of them.

mod apply;
mod archive;
mod create;
mod erase;
mod erasures;
mod export;
pub(super) mod get;
mod list;
mod patch;
mod referrers;
mod replay;
mod restore;
mod snapshots;
mod verify;
mod write;

use super::context::Context;
use super::failure::Outcome;
use clap::Subcommand;

/// Create, change, read and check aggregates
#[derive(Debug, Subcommand)]
pub(crate) enum AggregateCommand {
    Create(create::CreateArgs),
    Apply(apply::ApplyArgs),
    Patch(patch::PatchArgs),
    List(list::ListArgs),
    Get(get::GetArgs),
    Replay(replay::ReplayArgs),
    Verify(verify::VerifyArgs),
    Archive(archive::ArchiveArgs),
    Restore(restore::RestoreArgs),
    Erase(erase::EraseArgs),
    Erasures(erasures::ErasuresArgs),
    Export(export::ExportArgs),
    Referrers(referrers::ReferrersArgs),
    Snapshots(snapshots::SnapshotsArgs),
}

pub(super) fn run(context: &mut Context, command: &AggregateCommand) -> Outcome {
    match command {
        AggregateCommand::Create(args) => create::run(context, args),
        AggregateCommand::Apply(args) => apply::run(context, args),
        AggregateCommand::Patch(args) => patch::run(context, args),
        AggregateCommand::List(args) => list::run(context, args),
        AggregateCommand::Get(args) => get::run(context, args),
        AggregateCommand::Replay(args) => replay::run(context, args),
        AggregateCommand::Verify(args) => verify::run(context, args),
        AggregateCommand::Archive(args) => archive::run(context, args),
        AggregateCommand::Restore(args) => restore::run(context, args),
        AggregateCommand::Erase(args) => erase::run(context, args),
        AggregateCommand::Erasures(args) => erasures::run(context, args),
        AggregateCommand::Export(args) => export::run(context, args),
        AggregateCommand::Referrers(args) => referrers::run(context, args),
        AggregateCommand::Snapshots(args) => snapshots::run(context, args),
    }
}

use super::context::Context;
use super::failure::{Exit, Outcome};
use super::{target, usage};
use crate::error::Error;
use crate::wire::ProveQuery;
use clap::Args;

/// Write a proof that others can check without this store
///
/// The proof goes to standard output as one JSON document: hashes that lead from the event to the root of its
/// aggregate and to the root of the log, or from one size of the log to a later one. `dbx verify --proof` checks it
/// anywhere.
#[derive(Debug, Args)]
#[command(override_usage = "dbx prove [OPTIONS] <TYPE/ID@V>
       dbx prove [OPTIONS] --consistency <A..B>")]
#[command(after_help = "Examples:
  dbx prove order/o-1@3 > proof.json        that this event is in the log
  dbx prove order/o-1@3 --size 7462         in the log as a checkpoint has it
  dbx prove --consistency 100..7462         that the log only grew in between
  dbx verify --proof proof.json --checkpoint checkpoint.txt")]
pub(crate) struct ProveArgs {
    /// The event: a version of an aggregate; the newest one if none is named
    #[arg(value_name = "TYPE/ID@V", required_unless_present = "consistency")]
    event: Option<String>,
    /// Prove that the log at A events is the beginning of the log at B; B may be left out and is then what there is
    #[arg(long, value_name = "A..B", conflicts_with_all = ["event", "size", "with_body"])]
    consistency: Option<String>,
    /// Put the event's body into the proof too: what happened, not only that it did
    #[arg(long)]
    with_body: bool,
    /// Prove it in the log of the first N events, such as those of a checkpoint
    #[arg(long, value_name = "N", value_parser = super::args::number)]
    size: Option<u64>,
}

pub(super) fn run(context: &mut Context, args: &ProveArgs) -> Outcome {
    let reader = context.reader();
    let proof = if let Some(text) = &args.consistency {
        let (from, to) = sizes(text)?;
        let service = context.open()?;
        let proof = service.prove_consistency(&reader, from, to)?;
        service.close()?;
        proof
    } else {
        let text = args.event.as_deref().unwrap_or_default();
        let (aggregate_type, aggregate_id, at) = target::aggregate(text, context.now())?;
        let (log_size, with_body) = (args.size, args.with_body);
        let query = ProveQuery { aggregate_type, aggregate_id, at, log_size, with_body };
        let service = context.open()?;
        let proof = service.prove_inclusion(&reader, &query)?;
        service.close()?;
        proof
    };
    context.ui.document(&proof)?;
    Ok(Exit::Ok)
}

/// Two sizes of the log, `A..B` or `A..`.
fn sizes(text: &str) -> Result<(u64, Option<u64>), Error> {
    let number = |text: &str| super::args::number(text).ok();
    text.split_once("..")
        .and_then(|(from, to)| {
            let to = if to.is_empty() { None } else { Some(number(to)?) };
            Some((number(from)?, to))
        })
        .ok_or_else(|| {
            usage::error(format!("`{text}` is no pair of sizes"))
                .help("write A..B, the numbers of events of the log, such as 100..7462 or 100..")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_of_sizes() {
        assert_eq!(sizes("3..7"), Ok((3, Some(7))));
        assert_eq!(sizes("3.."), Ok((3, None)));
        for text in ["", "3", "..", "..7", "3..x", "3...7", "-3..7"] {
            assert!(sizes(text).is_err(), "{text}");
        }
    }
}

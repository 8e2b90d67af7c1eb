//! Changing the stage: adding, editing, dropping, moving, clearing, undoing and redoing.

use super::bench::Bench;
use super::survey::{Ground, Survey};
use super::{name, number, settled, unknown};
use crate::domain::{AggregateKey, Kind as EventKind};
use crate::error::{Detail, Error, Kind, Result};
use crate::service::Local;
use crate::service::archive::operation as system_operation;
use crate::service::caller::Caller;
use crate::service::prepare::Events;
use crate::store::{Draft, Signature, Signed, Stage, StageChange, Staged};
use crate::wire::{ArchiveRequest, Operation, StageChanged, StageEdit, StageMove, StageRequest};

impl Local {
    /// Stages operations behind those that are staged, all of them or none, each bound to the version that its aggregate
    /// has in the log now.
    ///
    /// # Errors
    /// Why a commit of them would be refused, with everything that is wrong; or a stage that no commit could hold.
    pub fn stage_add(&self, caller: &Caller, request: &StageRequest) -> Result<StageChanged> {
        self.add(caller, (&request.operations, None), Events::OfWriters, request.dry_run)
    }

    /// Stages the archiving of an aggregate: see [`Local::archive`].
    ///
    /// # Errors
    /// As [`Local::stage_add`].
    pub fn stage_archive(&self, caller: &Caller, request: &ArchiveRequest) -> Result<StageChanged> {
        no_key(request)?;
        let operation = system_operation(request, EventKind::Archive);
        self.add(caller, (&[operation], None), Events::All, request.dry_run)
    }

    /// Stages the restoring of an aggregate: see [`Local::restore`].
    ///
    /// # Errors
    /// As [`Local::stage_add`].
    pub fn stage_restore(&self, caller: &Caller, request: &ArchiveRequest) -> Result<StageChanged> {
        no_key(request)?;
        let operation = system_operation(request, EventKind::Restore);
        self.add(caller, (&[operation], None), Events::All, request.dry_run)
    }

    pub(in crate::service) fn add(
        &self,
        caller: &Caller,
        (operations, remark): (&[Operation], Option<&str>),
        events: Events,
        dry_run: bool,
    ) -> Result<StageChanged> {
        self.stage_writer(caller, operations)?;
        if operations.is_empty() {
            return Err(Error::new(
                Kind::Invalid,
                "dbx::stage::nothing",
                "there is nothing to stage",
            )
            .kept("the stage is as it was"));
        }
        settled(|| {
            let mut survey = Ground::new(self)?.survey(self, caller)?;
            let count = survey.items.len() + operations.len();
            survey.bench.limit(count)?;
            let mut drafts = Vec::with_capacity(operations.len());
            let mut wrong = Wrong::default();
            for (index, operation) in operations.iter().enumerate() {
                let more = operations.len() - index - 1;
                match draft(&mut survey, operation, remark, (events, more)) {
                    Ok(draft) => drafts.push(draft),
                    Err(error) => wrong.add(index, operations, error),
                }
            }
            wrong.or_ok()?;
            survey.bench.limit(count)?;
            let sign = |draft| (draft, Signature::New(caller.actor.clone()));
            let ids: Vec<u64> = (survey.stage.last_id + 1..).take(operations.len()).collect();
            if dry_run {
                return self.foreseen(caller, drafts, ids);
            }
            let change = StageChange::Add(drafts.into_iter().map(sign).collect());
            self.store().change_stage(survey.stage.revision, change)?;
            let stage = self.stage(caller)?;
            let ids = ids.iter().map(|id| format!("s{id}")).collect();
            Ok(StageChanged { ids, changed: true, stage })
        })
    }

    /// The stage as it would be with more operations.
    fn foreseen(&self, caller: &Caller, drafts: Vec<Draft>, ids: Vec<u64>) -> Result<StageChanged> {
        let mut ground = Ground::new(self)?;
        let names = ids.iter().map(|id| format!("s{id}")).collect();
        let by = Signed { actor: caller.actor.clone(), at: self.now() };
        let staged = ids.into_iter().zip(drafts);
        let staged = staged.map(|(id, draft)| Staged { id, draft, by: by.clone() });
        ground.stage.operations.extend(staged);
        let stage = ground.survey(self, caller)?.report(caller)?;
        Ok(StageChanged { ids: names, changed: false, stage })
    }

    /// Lets a staged operation say something else. It keeps its place, its aggregate and its base.
    ///
    /// # Errors
    /// There is none, it would change to another aggregate, or a commit would refuse it there.
    pub fn stage_edit(&self, caller: &Caller, edit: &StageEdit) -> Result<StageChanged> {
        self.stage_keeper(caller)?;
        self.stage_writer(caller, std::slice::from_ref(&edit.operation))?;
        let id = number(&edit.id)?;
        settled(|| {
            let ground = Ground::new(self)?;
            let staged = ground.find(id)?.clone();
            if name(&staged.draft.operation) != name(&edit.operation) {
                let message =
                    format!("s{id} is on `{}`, and stays there", name(&staged.draft.operation));
                return Err(Error::new(Kind::Invalid, "dbx::stage::aggregate", message)
                    .kept("nothing was changed")
                    .help(format!("drop it with `dbx stage drop s{id}`, then stage another")));
            }
            // An edit of what dbx writes itself can only be an edit of its note.
            let was_system = staged.draft.operation.event_type == edit.operation.event_type;
            let events = if was_system { Events::All } else { Events::OfWriters };
            let mut bench = Bench::new(self, caller, &ground.view, &ground.schema)?;
            let after = ground.stage.operations.iter().skip_while(|one| one.id != id).count();
            for (index, before) in ground.stage.operations.iter().enumerate() {
                if before.id == id {
                    break;
                }
                // Whether those before it may happen is not what is asked.
                let more = ground.stage.operations.len() - index - 1;
                let _ = bench.step(&before.draft.operation, Events::All, more);
            }
            let mut operation = edit.operation.clone();
            let tried = bench.step(&operation, events, after.saturating_sub(1));
            let tried = tried.map_err(|error| {
                let base = staged.draft.base;
                error.context(format!("s{id} (written against v{base})"))
            })?;
            bench.limit(ground.stage.operations.len())?;
            if let Some(own) = tried.first() {
                operation.event_type = own.event_type.to_string();
            }
            operation.expected_version = None;
            operation.exists = operation.exists.or(staged.draft.operation.exists);
            let same = operation == staged.draft.operation;
            if !same {
                let draft = Draft { operation, ..staged.draft };
                let content = (draft, Signature::New(caller.actor.clone()));
                let change = StageChange::Replace(vec![(id, content)]);
                self.store().change_stage(ground.stage.revision, change)?;
            }
            let stage = self.stage(caller)?;
            Ok(StageChanged { ids: vec![edit.id.clone()], changed: !same, stage })
        })
    }

    /// Takes operations off the stage.
    ///
    /// # Errors
    /// One of them is not staged: then all of them stay.
    pub fn stage_drop(&self, caller: &Caller, ids: &[String]) -> Result<StageChanged> {
        self.stage_keeper(caller)?;
        let numbers = ids.iter().map(|id| number(id)).collect::<Result<Vec<u64>>>()?;
        let change = |stage: &Stage| {
            for id in &numbers {
                found(stage, *id)?;
            }
            Ok(StageChange::Drop(numbers.clone()))
        };
        self.change_order(caller, ids, change)
    }

    /// Puts a staged operation elsewhere in the order.
    ///
    /// # Errors
    /// It is not staged, or places begin at 1.
    pub fn stage_move(&self, caller: &Caller, to: &StageMove) -> Result<StageChanged> {
        self.stage_keeper(caller)?;
        let id = number(&to.id)?;
        let place = to.to.checked_sub(1).and_then(|place| usize::try_from(place).ok());
        let place = place.ok_or_else(|| {
            Error::new(Kind::Invalid, "dbx::stage::place", "the first place is 1")
                .kept("nothing was changed")
        })?;
        let change = |stage: &Stage| {
            found(stage, id)?;
            Ok(StageChange::Move { id, to: place })
        };
        self.change_order(caller, std::slice::from_ref(&to.id), change)
    }

    /// Takes everything off the stage. It can be undone.
    ///
    /// # Errors
    /// A store that takes no writes.
    pub fn stage_clear(&self, caller: &Caller) -> Result<StageChanged> {
        self.change_order(caller, &[], |_| Ok(StageChange::Clear))
    }

    /// Takes the last changes of the stage back: `steps` of them, or as many as there are.
    ///
    /// # Errors
    /// There is nothing to undo.
    pub fn stage_undo(&self, caller: &Caller, steps: usize) -> Result<StageChanged> {
        self.change_order(caller, &[], |stage| match stage.undo {
            0 => Err(nothing_to("undo")),
            _ => Ok(StageChange::Undo(steps)),
        })
    }

    /// Makes undone changes again: `steps` of them, or as many as there are.
    ///
    /// # Errors
    /// There is nothing to redo.
    pub fn stage_redo(&self, caller: &Caller, steps: usize) -> Result<StageChanged> {
        self.change_order(caller, &[], |stage| match stage.redo {
            0 => Err(nothing_to("redo")),
            _ => Ok(StageChange::Redo(steps)),
        })
    }

    /// Changes nothing but the order.
    fn change_order(
        &self,
        caller: &Caller,
        ids: &[String],
        decide: impl Fn(&Stage) -> Result<StageChange>,
    ) -> Result<StageChanged> {
        self.stage_keeper(caller)?;
        settled(|| {
            let before = Ground::new(self)?.stage;
            self.store().change_stage(before.revision, decide(&before)?)?;
            let stage = self.stage(caller)?;
            Ok(StageChanged {
                ids: ids.to_vec(),
                changed: stage.revision != before.revision,
                stage,
            })
        })
    }
}

/// Staging is not remembered by a key: what is staged twice can be dropped, and the commit has a key of its own.
fn no_key(request: &ArchiveRequest) -> Result<()> {
    match request.idempotency_key {
        None => Ok(()),
        Some(_) => Err(Error::new(
            Kind::Invalid,
            "dbx::stage::idempotency_key",
            "what is staged takes no idempotency key",
        )
        .kept("the stage is as it was")
        .help("give the key with the commit of the stage")),
    }
}

/// Tries an operation behind everything that is staged and binds it to what is there now.
fn draft(
    survey: &mut Survey<'_>,
    operation: &Operation,
    remark: Option<&str>,
    (events, more): (Events, usize),
) -> Result<Draft> {
    let tried =
        survey.bench.step(operation, events, more).map_err(|error| advised(operation, error))?;
    let name = AggregateKey::new(&operation.aggregate_type, &operation.aggregate_id)?;
    let base = survey.view.head(&name)?.map_or(0, |head| head.version.get());
    let mut operation = Operation { expected_version: None, ..operation.clone() };
    if let Some(own) = tried.first() {
        operation.event_type = own.event_type.to_string();
    }
    Ok(Draft { operation, base, remark: remark.map(str::to_owned) })
}

/// Says what to type next where that differs from a commit at once.
fn advised(operation: &Operation, error: Error) -> Error {
    let Operation { aggregate_type, aggregate_id, .. } = operation;
    match error.code() {
        "dbx::aggregate::unknown" => error.help(format!(
            "stage its first event with `dbx stage add {aggregate_type} {aggregate_id} EVENT --create`"
        )),
        "dbx::conflict::exists" => error.help(format!(
            "stage an event behind it with `dbx stage add {aggregate_type} {aggregate_id} EVENT`"
        )),
        "dbx::conflict::version" => error.help(format!(
            "what is staged counts: `dbx stage list`, `dbx log {aggregate_type} {aggregate_id}`"
        )),
        _ => error,
    }
}

fn found(stage: &Stage, id: u64) -> Result<()> {
    let known = stage.operations.iter().any(|staged| staged.id == id);
    if known { Ok(()) } else { Err(unknown(id)) }
}

fn nothing_to(verb: &str) -> Error {
    let message = format!("there is nothing to {verb} on the stage");
    let code = if verb == "undo" { "dbx::stage::no_undo" } else { "dbx::stage::no_redo" };
    Error::new(Kind::Negative, code, message).kept("the stage is as it was")
}

/// What is wrong with several operations, gathered.
#[derive(Default)]
pub(super) struct Wrong {
    first: Option<Error>,
    count: usize,
    details: Vec<Detail>,
}

impl Wrong {
    fn add(&mut self, index: usize, operations: &[Operation], error: Error) {
        if operations.len() == 1 {
            self.first = Some(error);
            return;
        }
        self.gather(index, &format!("operation {}", index + 1), error);
    }

    /// Adds what is wrong with the operation at `index`, which people know as `known_as`.
    pub(super) fn gather(&mut self, index: usize, known_as: &str, error: Error) {
        self.count += 1;
        let place = format!("/operations/{index}");
        if error.detail_list().is_empty() {
            let (code, message) =
                (error.code().to_owned(), format!("{known_as}: {}", error.message()));
            self.details.push(Detail { pointer: place.clone(), code, message });
        }
        for detail in error.detail_list() {
            self.details.push(Detail {
                pointer: format!("{place}{}", detail.pointer),
                code: detail.code.clone(),
                message: format!("{known_as}: {}", detail.message),
            });
        }
        self.first.get_or_insert(error.context(known_as).operation(index));
    }

    /// How many operations are at fault.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// All of it as one error: of the kind of the first.
    pub(super) fn error(self) -> Option<Error> {
        let first = self.first?;
        if self.count == 0 {
            return Some(first);
        }
        let mut details = self.details;
        // What the message says already is no detail.
        details.retain(|detail| self.count > 1 || detail.message != first.message());
        let error = match self.count {
            1 => first,
            count => {
                let message =
                    format!("{count} operations would be refused; the first: {}", first.message());
                let mut error = Error::new(first.kind(), first.code(), message);
                if let Some(kept) = first.kept_text() {
                    error = error.kept(kept);
                }
                if let Some(help) = first.help_text() {
                    error = error.help(help);
                }
                error
            }
        };
        Some(error.details(details))
    }

    fn or_ok(self) -> Result<()> {
        self.error().map_or(Ok(()), Err)
    }
}

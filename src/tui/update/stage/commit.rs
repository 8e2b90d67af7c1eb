//! The form of a commit: its message, what it would write, and what became of it.

use super::want;
use crate::error::Error;
use crate::service::LOST;
use crate::tui::action::Key;
use crate::tui::draft;
use crate::tui::model::{Composing, Form, Model, Overlay, Receipt};
use crate::tui::msg::Effect;
use crate::tui::overlays::{commit_lines, plain_lines};
use crate::tui::theme::Meaning;
use crate::tui::update::overlay;
use crate::tui::words::{duration, ends, thousands};
use crate::tui::worker::{Slot, StageAsk as Ask};
use crate::wire::StageCommitRequest;
use ratatui::crossterm::event::KeyCode;

/// Why nothing can be committed.
pub(crate) fn cannot_commit(model: &Model) -> Option<String> {
    let view = &model.stage;
    if view.report.is_none() {
        return Some("what is staged is being read".to_owned());
    }
    if view.operations().is_empty() {
        // In the form somebody else was quicker.
        let open = matches!(model.overlay, Some(Overlay::Commit(_)));
        let what = if open {
            "nothing is staged any more: somebody else committed or dropped it"
        } else {
            "nothing is staged"
        };
        return Some(what.to_owned());
    }
    if let Some(reason) = model.cannot_write() {
        return Some(reason);
    }
    if view.chosen().next().is_none() {
        return Some("nothing is selected: Space selects".to_owned());
    }
    if let Some(one) = view.chosen().find(|one| one.conflict.is_some()) {
        return Some(format!("{} is in conflict: r rebases it, Space leaves it out", one.id));
    }
    let refused = view.chosen().find(|one| one.problem.is_some())?;
    let why = refused.problem.as_ref().map_or("", |problem| problem.title.as_str());
    Some(format!("{} would be refused: {why}", refused.id))
}

pub(crate) fn open(model: &mut Model) -> Vec<Effect> {
    let form = Form::with(&model.stage.message);
    model.stage.plan = None;
    model.asks.forget(Slot::Plan);
    model.overlay = Some(Overlay::Commit(form));
    Vec::new()
}

/// Asks what the commit would write.
pub(super) fn plan(model: &mut Model) -> Option<Effect> {
    if is_running(model) {
        return None;
    }
    let revision = model.stage.report.as_ref()?.revision;
    let (only, epoch) = (model.stage.only()?, model.epoch);
    want(model, Slot::Plan, Ask::Plan { only, revision, epoch })
}

/// Whether a commit is being made.
pub(crate) fn is_running(model: &Model) -> bool {
    model.asks.running(Slot::Commit).is_some()
}

/// Asks before leaving while a commit is being made; true where that is to be.
pub(in crate::tui::update) fn leaves(model: &mut Model) -> bool {
    let running = is_running(model);
    match model.overlay.as_mut() {
        Some(Overlay::Commit(form)) if running && !form.leaving => {
            form.leaving = true;
            false
        }
        _ => true,
    }
}

/// A key in the form.
pub(in crate::tui::update) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    if is_running(model) {
        let escapes = key.code() == KeyCode::Esc;
        if let Some(Overlay::Commit(form)) = model.overlay.as_mut().filter(|_| escapes)
            && !std::mem::take(&mut form.leaving)
        {
            model.say(Meaning::Warn, "a commit cannot be stopped: it is written or it is not");
        }
        return Vec::new();
    }
    match (key.ctrl(), key.code()) {
        (true, KeyCode::Char('s')) | (_, KeyCode::F(5)) => return commit(model),
        (true, KeyCode::Char('e')) => return write(model),
        (_, KeyCode::Esc) => {
            keep(model);
            model.overlay = None;
        }
        (_, KeyCode::Enter) => {
            fail(model, "^s commits; Enter does not, so that nothing is written by accident");
        }
        _ => overlay::edit(model, key),
    }
    Vec::new()
}

/// Remembers the message.
fn keep(model: &mut Model) {
    if let Some(Overlay::Commit(form)) = &model.overlay {
        model.stage.message = form.message();
    }
}

fn fail(model: &mut Model, why: impl Into<String>) {
    if let Some(Overlay::Commit(form)) = model.overlay.as_mut() {
        form.error = Some(why.into());
    }
}

/// Opens the editor on the message.
fn write(model: &mut Model) -> Vec<Effect> {
    keep(model);
    let about: Vec<String> = plain_lines(&commit_lines(model));
    let text = draft::message(&model.stage.message, &about);
    model.stage.composing = Some(Composing::Message);
    vec![Effect::Compose(text, ".txt")]
}

fn commit(model: &mut Model) -> Vec<Effect> {
    keep(model);
    if let Some(Overlay::Commit(form)) = model.overlay.as_mut()
        && let Some((request, seen)) = form.lost.take()
    {
        return send(model, request, seen);
    }
    if let Some(reason) = cannot_commit(model) {
        fail(model, reason);
        return Vec::new();
    }
    if let Some(Err(error)) = &model.stage.plan {
        let error = error.message().to_owned();
        fail(model, error);
        return Vec::new();
    }
    if model.stage.message.trim().is_empty() {
        fail(model, "say why: the first line is what `dbx log` shows");
        return Vec::new();
    }
    // Only what was shown is committed.
    let revision = model.stage.report.as_ref().map(|report| report.revision);
    let planned = model.stage.plan.as_ref().and_then(|plan| plan.as_ref().ok());
    let planned = planned.map(|plan| plan.revision).filter(|planned| Some(*planned) == revision);
    let (Some(revision), Some(only)) = (planned, model.stage.only()) else {
        fail(model, "what it would write is being looked at: try again in a moment");
        return Vec::new();
    };
    let request = StageCommitRequest {
        message: Some(model.stage.message.clone()),
        // A revision is that of one stage and never comes again: a commit whose answer is lost is made once.
        idempotency_key: Some(format!("dbx-tui-stage-{revision}")),
        only,
        revision: Some(revision),
        dry_run: false,
    };
    let root = model.status.as_ref().map(|status| status.root.clone()).unwrap_or_default();
    let seen = (model.events().unwrap_or(0), root);
    send(model, request, seen)
}

fn send(model: &mut Model, request: StageCommitRequest, seen: (u64, String)) -> Vec<Effect> {
    if let Some(Overlay::Commit(form)) = model.overlay.as_mut() {
        (form.error, form.leaving) = (None, false);
    }
    model.stage.committing = Some((request.clone(), seen.clone()));
    model.asks.forget(Slot::Commit);
    want(model, Slot::Commit, Ask::Commit { request, seen }).into_iter().collect()
}

/// Takes in that nothing was committed: the form stays with all that is in it.
pub(super) fn failed(model: &mut Model, error: &Error) {
    let text = match error.help_text() {
        // The help is for a command, which has no key of its own.
        Some(_) if error.code() == LOST => {
            let kept = error.kept_text().unwrap_or_default();
            format!("{}: {kept}; ^s again is safe: it is written once", error.message())
        }
        Some(help) => format!("{}: {help}", error.message()),
        None => error.message().to_owned(),
    };
    // Whether it was made is told by asking for exactly the same again, whatever is staged by now.
    let lost = model.stage.committing.take().filter(|_| error.code() == LOST);
    match model.overlay.as_mut() {
        Some(Overlay::Commit(form)) => {
            (form.error, form.leaving, form.lost) = (Some(text), false, lost);
        }
        _ => model.say(Meaning::Danger, text),
    }
    // What was to be committed may not be what there is any more.
    model.stage.turn += 1;
    model.stage.plan = None;
    model.asks.forget(Slot::Plan);
}

/// What is said at the end of a commit whose outcome nobody saw; nothing where there is none.
pub(in crate::tui) fn left(model: &Model) -> Option<String> {
    let lost = match &model.overlay {
        Some(Overlay::Commit(form)) => form.lost.is_some(),
        _ => false,
    };
    (lost || model.stage.committing.is_some()).then(|| {
        "whether the commit was made is not known: `dbx log` shows the last ones".to_owned()
    })
}

/// Takes in what became of the commit.
pub(super) fn done(model: &mut Model, receipt: Receipt) {
    if matches!(model.overlay, Some(Overlay::Commit(_))) {
        model.overlay = None;
    }
    let view = &mut model.stage;
    view.committing = None;
    view.message.clear();
    view.left_out.clear();
    (view.plan, view.turn) = (None, view.turn + 1);
    super::told::hush(model);
    let text = line(model, &receipt);
    let meaning = if receipt.grown == Some(false) { Meaning::Danger } else { Meaning::Ok };
    model.stage.receipt = Some(receipt);
    model.say(meaning, format!("{text} {} y r copy", model.look.glyphs.dot));
}

/// `c8 · 4,211→4,214 · root 5e0d…71 ✓ · 11 ms`
pub(crate) fn line(model: &Model, receipt: &Receipt) -> String {
    let glyphs = model.look.glyphs;
    let (before, last) = (thousands(receipt.before), thousands(receipt.last));
    let mut parts = vec![receipt.commit.clone(), format!("{before}{}{last}", glyphs.arrow)];
    if let Some(root) = &receipt.root {
        let sign = match receipt.grown {
            Some(true) => format!(" {}", glyphs.ok),
            Some(false) => format!(" {} the log did not only grow", glyphs.fault),
            None => String::new(),
        };
        parts.push(format!("root {}{sign}", ends(root, glyphs.cut)));
    }
    parts.push(duration(receipt.took));
    parts.join(&format!(" {} ", glyphs.dot))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::tui::testing::shop;

    #[test]
    fn a_lost_answer_speaks_of_keys_and_not_of_flags() {
        let mut stage = shop::open(80, 24);
        stage.model.overlay = Some(Overlay::Commit(Form::with("why")));
        let lost = Error::new(Kind::Unavailable, LOST, "the connection was lost")
            .kept("whether it was done is not known")
            .help("with `--idempotency-key` a call can be repeated safely");
        failed(&mut stage.model, &lost);
        let Some(Overlay::Commit(form)) = &stage.model.overlay else { panic!() };
        let said = "the connection was lost: whether it was done is not known; ^s again is safe: it is written once";
        assert_eq!(form.error.as_deref(), Some(said));
    }
}

//! The loop: messages in, effects out, a frame when something changed.

use super::canvas::{Canvas, Look};
use super::chrome;
use super::clipboard::{self, Clipboard};
use super::editor;
use super::glyphs::{ASCII, UNICODE};
use super::model::Model;
use super::msg::{Effect, Msg};
use super::save;
use super::settings;
use super::terminal::{self, Terminal};
use super::theme::{Meaning, Theme};
use super::update::update;
use super::worker::Worker;
use crate::clock::Clock;
use crate::error::{Error, Kind, Result};
use crate::service::{Caller, OpenOptions, Serve};
use crate::workspace::{Env, Paths, config};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// What the dashboard needs to know.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts about a terminal")]
pub struct Options {
    /// How the store is opened, where nobody has it.
    pub open: OpenOptions,
    /// How it is served to other processes meanwhile.
    pub serve: Arc<dyn Serve>,
    /// Who looks.
    pub caller: Caller,
    /// The environment.
    pub env: Env,
    /// The theme; found out where none is named.
    pub theme: Option<Theme>,
    /// Whether only ASCII is to be drawn.
    pub ascii: bool,
    /// Whether the terminal shows more than that, as far as is known: what the user set counts for more.
    pub unicode: bool,
    /// Whether nothing is drawn that is no text: for readers that speak the screen. Implies ASCII.
    pub plain: bool,
    /// Whether the mouse is listened to.
    pub mouse: bool,
}

/// The shortest time between two frames. A key that comes right behind a frame is seen within 16 ms, the time between two
/// pictures of most screens, with room for what drawing takes.
const FRAME: Duration = Duration::from_millis(8);

/// How often a frame is drawn while something turns.
const LIVELY: Duration = Duration::from_millis(80);

/// How long nothing happens before it is looked at the clock.
const CALM: Duration = Duration::from_millis(500);

/// How long the dashboard goes on for changes of the stage that wait when the user has had enough.
const LAST: Duration = Duration::from_secs(3);

/// The shortest pause until a question's time has come.
const SOON: Duration = Duration::from_millis(1);

/// Shows the dashboard until the user has had enough. What is to be known then is told to `say`, a line at a time.
///
/// # Errors
/// The keys of the configuration, a terminal that cannot be used, or what closing the store says.
pub fn run(options: Options, say: impl FnMut(String)) -> Result<()> {
    let settings = settings::read(&options.open.paths)?;
    // Before anything listens to the terminal: the answer comes as if it were typed.
    let theme = options.theme.or(settings.theme).unwrap_or_else(|| terminal::theme(&options.env));
    let plain = options.plain;
    let unicode = settings.unicode.unwrap_or(options.unicode);
    let glyphs = if options.ascii || plain || !unicode { &ASCII } else { &UNICODE };
    let look = Look { theme, glyphs, plain };
    let workspace = shown(&options.open.paths.dot, &options.env);
    let mut model = Model::new(look, settings.keymap, workspace);
    model.mouse = options.mouse && settings.mouse;
    model.aggregates.saved = settings.filters;
    let (messages, inbox) = mpsc::channel();
    let clock = options.open.clock.clone();
    let mut terminal =
        Terminal::enter(model.mouse, messages.clone()).map_err(|error| unusable(&error))?;
    let paths = options.open.paths.clone();
    let worker = Worker::start(options.open, options.serve, &options.caller, &messages);
    let mut outside = Outside {
        terminal: &mut terminal,
        worker: &worker,
        env: &options.env,
        paths: &paths,
        clipboard: settings.clipboard,
        messages: &messages,
    };
    let outcome = turn(&mut model, &inbox, &mut outside, clock.as_ref());
    terminal.leave();
    let failed = terminal.has_failed();
    let closed = worker.stop();
    // What was on its way to the stage is told there by now, or not at all.
    // Keys that were typed since are no answer to anything that was seen.
    for message in inbox.try_iter().filter(|message| matches!(message, Msg::Reply(_))) {
        update(message, &mut model);
    }
    let texts = save::leave(model.stage.left_texts(), &options.env);
    let commit = super::update::stage::commit::left(&model);
    texts.into_iter().chain(model.stage.unmade()).chain(commit).for_each(say);
    outcome.map_err(|error| unusable(&error))?;
    if failed {
        return Err(super::worker::bug());
    }
    closed
}

fn unusable(error: &io::Error) -> Error {
    Error::new(
        Kind::Unavailable,
        "dbx::tui::terminal",
        format!("the terminal cannot be used: {error}"),
    )
    .kept("what was committed stays committed")
    .help("`dbx status` and `dbx log` say the same in lines")
}

/// A path with the user's home as `~`.
fn shown(path: &Path, env: &Env) -> String {
    let home = env.get("HOME").filter(|home| home.len() > 1);
    match home.and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(below) => format!("~/{}", below.display()),
        None => path.display().to_string(),
    }
}

/// Everything that effects reach.
struct Outside<'a> {
    terminal: &'a mut Terminal,
    worker: &'a Worker,
    env: &'a Env,
    paths: &'a Paths,
    clipboard: Clipboard,
    messages: &'a Sender<Msg>,
}

fn turn(
    model: &mut Model,
    inbox: &Receiver<Msg>,
    outside: &mut Outside<'_>,
    clock: &dyn Clock,
) -> io::Result<()> {
    let start = Instant::now();
    let mut next_frame = start;
    model.size = outside.terminal.size()?;
    let mut quit_since: Option<Instant> = None;
    // What was to be changed is changed before the end, unless that takes unreasonably long.
    while !model.quit || (model.stage.is_busy() && quit_since.is_none_or(|at| at.elapsed() < LAST))
    {
        if model.quit {
            quit_since.get_or_insert_with(Instant::now);
        }
        let first = match inbox.recv_timeout(pause(model, next_frame)) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        let mut effects = update(Msg::Tick(clock.now(), start.elapsed()), model);
        // Everything that came is taken in before anything is drawn.
        for message in first.into_iter().chain(inbox.try_iter()) {
            effects.extend(update(message, model));
        }
        for effect in effects {
            perform(effect, model, outside)?;
        }
        if model.dirty && Instant::now() >= next_frame && !outside.terminal.has_failed() {
            model.dirty = false;
            draw(model, outside.terminal)?;
            next_frame = Instant::now() + FRAME;
        }
    }
    Ok(())
}

/// How long to wait for a message.
fn pause(model: &Model, next_frame: Instant) -> Duration {
    if model.dirty {
        return next_frame.saturating_duration_since(Instant::now());
    }
    let lively = model.asks.waiting() || model.pending.is_some() || !model.toasts.is_empty();
    let most = if lively { LIVELY } else { CALM };
    let due = model.asks.due().map(|due| due.saturating_sub(model.elapsed).max(SOON));
    due.map_or(most, |due| due.min(most))
}

fn draw(model: &mut Model, terminal: &mut Terminal) -> io::Result<()> {
    let mut hits = Vec::new();
    terminal.draw(|frame| {
        let mut canvas = Canvas::new(frame.buffer_mut(), model.look);
        chrome::draw(model, &mut canvas);
        hits = std::mem::take(&mut canvas.hits);
        if let Some(cursor) = canvas.cursor {
            frame.set_cursor_position(cursor);
        }
    })?;
    model.hits = hits;
    Ok(())
}

fn perform(effect: Effect, model: &mut Model, outside: &mut Outside<'_>) -> io::Result<()> {
    match effect {
        Effect::Ask { slot, generation, ask } => outside.worker.ask(slot, generation, ask),
        Effect::Cancel(slot) => outside.worker.cancel(slot),
        Effect::Copy(text) => {
            let how = outside.clipboard;
            if let Some(sequence) = clipboard::copy(text, how, outside.env, outside.messages) {
                terminal::say(&sequence)?;
            }
        }
        Effect::Edit(text, ending) => {
            let shown = outside.terminal.aside(|| editor::show(&text, ending, outside.env))?;
            if let Err(why) = shown {
                model.say(Meaning::Danger, why);
            }
            model.dirty = true;
        }
        Effect::Open(path, line) => {
            let shown = outside.terminal.aside(|| editor::open(&path, line, outside.env))?;
            if let Err(why) = shown {
                model.say(super::theme::Meaning::Danger, why);
            }
            model.dirty = true;
        }
        Effect::Compose(text, ending) => {
            let said = outside.terminal.aside(|| editor::compose(&text, ending, outside.env))?;
            let _ = outside.messages.send(Msg::Composed(said));
        }
        Effect::Save(name, ending, text) => {
            match save::save(&name, ending, &text, outside.env) {
                Ok(path) => model.say(Meaning::Ok, format!("written to {path}")),
                Err(why) => model.say(Meaning::Danger, why),
            }
            model.dirty = true;
        }
        Effect::SaveFilter(filter) => {
            let (name, text) = (&filter.name, filter.text.as_deref());
            match config::set_filter(&outside.paths.config, name, text) {
                Ok(()) => model.filter_saved(&filter),
                Err(error) => model.say(Meaning::Danger, Error::from(error).to_string()),
            }
            model.dirty = true;
        }
        Effect::Suspend => {
            // A process that is stopped serves nobody.
            let terminal = &mut *outside.terminal;
            match outside.worker.aside(|| terminal.aside(terminal::suspend)) {
                Some(suspended) => suspended?,
                None => model.say(Meaning::Warn, "something is being read: Esc stops it"),
            }
            model.size = outside.terminal.size()?;
            model.dirty = true;
        }
        Effect::Redraw => {
            outside.terminal.clear()?;
            model.dirty = true;
        }
    }
    Ok(())
}

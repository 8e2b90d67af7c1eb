//! A dashboard without a terminal, for tests.

pub(super) mod history;
pub(super) mod schema;
pub(super) mod shop;
pub(super) mod stage;
pub(super) mod tail;
pub(super) mod verify;

use super::action::{Chord, Keymap};
use super::canvas::{Canvas, Look};
use super::chrome;
use super::glyphs::{ASCII, UNICODE};
use super::model::{Connection, Model};
use super::msg::{Effect, Msg, Reply};
use super::theme::Theme;
use super::update::update;
use super::worker::{Answer, Ask, Slot};
use crate::domain::Timestamp;
use crate::error::Result;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{Event, KeyEvent, KeyModifiers};
use std::time::Duration;

/// Compares a text with `snapshots/NAME.snap`.
#[track_caller]
pub(super) fn snap(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// The sizes of the boards that the screens were designed on.
const SIZES: [(u16, u16); 2] = [(80, 24), (160, 48)];

/// Compares what is on the screen at both sizes with `snapshots/NAME_80x24.snap` and `snapshots/NAME_160x48.snap`.
#[track_caller]
pub(super) fn snap_sizes(name: &str, stage: impl Fn(u16, u16) -> Stage) {
    for (width, height) in SIZES {
        snap(&format!("{name}_{width}x{height}"), &stage(width, height).screen());
    }
}

/// The time in every test.
pub(super) const NOW: &str = "2026-11-20T14:02:11Z";

/// Answers what the dashboard asks.
pub(super) type Answers = Box<dyn Fn(&Ask) -> Result<Answer>>;

/// A dashboard without a terminal.
pub(super) struct Stage {
    pub(super) model: Model,
    pub(super) answers: Answers,
    /// Whether nobody answers, so that what is asked stays on its way: among what it did.
    pub(super) silent: bool,
    /// Whether answers come in two parts, and late ones in another order than they were asked for in.
    pub(super) jumbled: bool,
    /// What it did beside asking.
    pub(super) effects: Vec<Effect>,
}

impl Stage {
    /// A dashboard of this size whose questions are answered by `answers`, with nothing known yet.
    pub(super) fn new(width: u16, height: u16, answers: Answers) -> Self {
        Self::made(width, height, answers, false)
    }

    /// A dashboard of this size that nobody answers.
    pub(super) fn unanswered(width: u16, height: u16) -> Self {
        Self::made(width, height, Box::new(shop::answer), true)
    }

    fn made(width: u16, height: u16, answers: Answers, silent: bool) -> Self {
        let look = Look { theme: Theme::Ansi, glyphs: &UNICODE, plain: false };
        let model = Model::new(look, Keymap::standard(), "~/shop/.dbx".to_owned());
        let mut stage = Self { model, answers, silent, jumbled: false, effects: Vec::new() };
        stage.send(Msg::Tick(NOW.parse::<Timestamp>().unwrap(), Duration::from_secs(1)));
        stage.send(Msg::Connection(Connection::Local));
        stage.send(Msg::Input(Event::Resize(width, height)));
        stage
    }

    /// Takes a message in and everything that follows from it.
    pub(super) fn send(&mut self, msg: Msg) {
        let mut effects = update(msg, &mut self.model);
        while !effects.is_empty() {
            for effect in std::mem::take(&mut effects) {
                match effect {
                    Effect::Ask { slot, generation, ask } if !self.silent => {
                        for reply in self.replies(slot, generation, &ask) {
                            effects.extend(update(Msg::Reply(reply), &mut self.model));
                        }
                    }
                    other => self.effects.push(other),
                }
            }
        }
    }

    fn replies(&self, slot: Slot, generation: u64, ask: &Ask) -> Vec<Reply> {
        // What changes something says at the end what it did, and nothing before.
        let parts: &[bool] = if self.jumbled && !slot.writes() { &[false, true] } else { &[true] };
        let reply = |last| Reply { slot, generation, last, result: (self.answers)(ask) };
        parts.iter().copied().map(reply).collect()
    }

    /// Answers what was asked while nobody did, late, and whatever is asked from now on.
    pub(super) fn hear(&mut self) {
        self.silent = false;
        let mut late = std::mem::take(&mut self.effects);
        if self.jumbled {
            late.reverse();
        }
        for effect in late {
            match effect {
                Effect::Ask { slot, generation, ask } => {
                    for reply in self.replies(slot, generation, &ask) {
                        self.send(Msg::Reply(reply));
                    }
                }
                other => self.effects.push(other),
            }
        }
    }

    /// Presses keys, as they are written in the configuration.
    pub(super) fn press(&mut self, keys: &str) -> &mut Self {
        for word in keys.split_whitespace() {
            let chord = Chord::parse(word).unwrap_or_else(|| panic!("`{word}` is no key"));
            for key in chord.0 {
                let modifiers = if key.ctrl() { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
                let shifted = word.starts_with("shift-");
                let modifiers = if shifted { modifiers | KeyModifiers::SHIFT } else { modifiers };
                self.send(Msg::Input(Event::Key(KeyEvent::new(key.code(), modifiers))));
            }
        }
        self
    }

    /// Types a text.
    pub(super) fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let code = ratatui::crossterm::event::KeyCode::Char(c);
            self.send(Msg::Input(Event::Key(KeyEvent::new(code, KeyModifiers::NONE))));
        }
        self
    }

    /// Lets time go by.
    pub(super) fn wait(&mut self, time: Duration) -> &mut Self {
        let elapsed = self.model.elapsed + time;
        self.send(Msg::Tick(self.model.now, elapsed));
        self
    }

    /// What is on the screen.
    pub(super) fn screen(&mut self) -> String {
        let backend = self.drawn();
        backend
            .to_string()
            .lines()
            .map(|line| line.trim_matches('"').trim_end().to_owned() + "\n")
            .collect()
    }

    /// What is on the screen and how it looks.
    pub(super) fn styled(&mut self) -> String {
        let backend = self.drawn();
        format!("{:?}", backend.buffer())
    }

    /// Takes the colours away: how it looks then. What is selected is seen without them.
    #[track_caller]
    pub(super) fn without_colours(&mut self) -> String {
        self.model.look.theme = Theme::None;
        let styles = self.styled();
        for colour in ["Red", "Green", "Yellow", "Blue", "Magenta", "Cyan", "Rgb", "Indexed"] {
            assert!(!styles.contains(colour), "{styles}");
        }
        assert!(styles.contains("REVERSED"), "{styles}");
        styles
    }

    /// Takes all but ASCII away: what is on the screen then.
    #[track_caller]
    pub(super) fn without_unicode(&mut self) -> String {
        self.model.look.glyphs = &ASCII;
        let screen = self.screen();
        assert!(screen.is_ascii(), "{screen}");
        screen
    }

    /// Draws it, for what that may break and for what can be hit then.
    pub(super) fn paint(&mut self) {
        let mut buffer = Buffer::empty(self.model.size);
        self.draw_on(&mut buffer);
    }

    fn draw_on(&mut self, buffer: &mut Buffer) {
        let mut canvas = Canvas::new(buffer, self.model.look);
        chrome::draw(&self.model, &mut canvas);
        self.model.hits = std::mem::take(&mut canvas.hits);
    }

    fn drawn(&mut self) -> TestBackend {
        let (width, height) = (self.model.size.width, self.model.size.height);
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| self.draw_on(frame.buffer_mut())).unwrap();
        terminal.backend().clone()
    }
}

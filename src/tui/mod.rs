//! The dashboard: views over the same calls as the command line, drawn in a terminal.
//!
//! ```text
//!  terminal ───┐                          ┌─> update(Msg, &mut Model) -> Vec<Effect>
//!  worker ─────┼─> Msg ──(drain them all)─┤
//!  the log ────┤                          └─> if anything changed: chrome::draw(&Model, &mut Canvas)
//!  the clock ──┘                              Effect ─> worker (owns the service), clipboard, editor
//! ```
//!
//! `update` is the only one that changes the model and does nothing else; drawing changes nothing. What reads or writes
//! runs on the worker's threads, so that a key is heeded at once whatever goes on. Every answer carries the generation of
//! its question, and is dropped when a newer one was asked in its slot.
//!
//! | module | what it is |
//! | --- | --- |
//! | `action` | the one table of what can be done: it feeds keys, help bar, help, palette |
//! | `model`, `update` | what is known, and how it changes; a file for each view |
//! | `msg` | what comes in, and what is to be done outside |
//! | `worker` | the threads that ask the service; a file for each view |
//! | `views`, `overlays`, `chrome` | what is drawn: a folder for each view, what lies over them, what is around them |
//! | `canvas`, `theme`, `glyphs`, `text`, `words` | how it is drawn: cells, meanings, signs, widths |
//! | `difference` | two texts side by side |
//! | `draft` | an event as the text that an editor is given, and what comes back |
//! | `window` | lists of any length, of which only what is looked at is in memory |
//! | `settings` | what the user set in the configuration |
//! | `run`, `terminal`, `clipboard`, `editor`, `save` | what touches the world |

mod action;
mod canvas;
mod chrome;
mod clipboard;
mod difference;
mod draft;
mod editor;
mod glyphs;
mod model;
mod msg;
mod overlays;
mod run;
mod save;
mod settings;
mod terminal;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text;
mod theme;
mod update;
mod views;
mod window;
mod words;
mod worker;

pub use run::{Options, run};
pub use settings::check;
pub use theme::Theme;

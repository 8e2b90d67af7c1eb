//! One line that one types in.

use crate::tui::action::Key;
use ratatui::crossterm::event::KeyCode;
use tui_input::{Input, InputRequest};

/// The longest line: more than any filter may have.
const CHARS_MAX: usize = 10_000;

/// Takes a key in; true where it changed the text.
pub(super) fn typed(input: &mut Input, key: Key) -> bool {
    let request = match (key.ctrl(), key.code()) {
        (false, KeyCode::Char(c)) if input.value().len() < CHARS_MAX => InputRequest::InsertChar(c),
        (_, KeyCode::Backspace) => InputRequest::DeletePrevChar,
        (_, KeyCode::Delete) => InputRequest::DeleteNextChar,
        (true, KeyCode::Char('w')) => InputRequest::DeletePrevWord,
        (true, KeyCode::Char('u')) => InputRequest::DeleteLine,
        (true, KeyCode::Char('k')) => InputRequest::DeleteTillEnd,
        (true, KeyCode::Char('a')) | (false, KeyCode::Home) => InputRequest::GoToStart,
        (true, KeyCode::Char('e')) | (false, KeyCode::End) => InputRequest::GoToEnd,
        (false, KeyCode::Left) => InputRequest::GoToPrevChar,
        (false, KeyCode::Right) => InputRequest::GoToNextChar,
        (true, KeyCode::Left) => InputRequest::GoToPrevWord,
        (true, KeyCode::Right) => InputRequest::GoToNextWord,
        _ => return false,
    };
    input.handle(request).is_some_and(|change| change.value)
}

/// Takes a pasted text in, as one line.
pub(super) fn pasted(input: &mut Input, text: &str) {
    for c in text.chars().filter(|c| *c != '\r') {
        if input.value().len() >= CHARS_MAX {
            return;
        }
        let c = if c.is_control() { ' ' } else { c };
        input.handle(InputRequest::InsertChar(c));
    }
}

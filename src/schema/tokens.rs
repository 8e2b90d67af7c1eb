//! What the pieces of a line are, for those who colour them.

use super::ast::BlockKind;
use super::lexer::{self, TokenKind, token_at};
use std::ops::Range;

/// What a piece of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenClass {
    /// `aggregate`, `field`, `event` before a name.
    Keyword,
    /// The name behind one of those.
    Name,
    /// What stands before `=` or, in a value, before `:`.
    Key,
    /// A string.
    Text,
    /// A number, or `true`, `false`, `null`.
    Number,
    /// A comment.
    Comment,
    /// Anything else but white space.
    Other,
}

/// The pieces of a line, in order, without the white space between them. No token of the language goes beyond its line, so
/// that a line can be looked at alone.
pub fn tokens(line: &str) -> Vec<(Range<usize>, TokenClass)> {
    let (mut found, mut at) = (Vec::new(), 0);
    let comment = lexer::comments(line).into_iter().next();
    let code = line.get(..comment.as_ref().map_or(line.len(), |span| span.start));
    let code = code.unwrap_or(line);
    let mut before: Option<TokenClass> = None;
    loop {
        let token = token_at(code, at);
        if token.kind == TokenKind::End {
            break;
        }
        at = token.span.end;
        let text = code.get(token.span.clone()).unwrap_or_default();
        let next = token_at(code, at);
        let follows = |kind: &[TokenKind]| kind.contains(&next.kind);
        let is_string = matches!(token.kind, TokenKind::Text | TokenKind::OpenText);
        let named = follows(&[TokenKind::Word, TokenKind::Text, TokenKind::OpenText]);
        let class = match token.kind {
            TokenKind::Word if BlockKind::from_keyword(text).is_some() && named => {
                TokenClass::Keyword
            }
            TokenKind::Word | TokenKind::Text if before == Some(TokenClass::Keyword) => {
                TokenClass::Name
            }
            TokenKind::Word if follows(&[TokenKind::Equals]) => TokenClass::Key,
            TokenKind::Text if follows(&[TokenKind::Other(':')]) => TokenClass::Key,
            _ if is_string => TokenClass::Text,
            TokenKind::Word if is_scalar(text) => TokenClass::Number,
            _ => TokenClass::Other,
        };
        before = Some(class);
        found.push((token.span, class));
    }
    found.extend(comment.map(|span| (span, TokenClass::Comment)));
    found
}

fn is_scalar(text: &str) -> bool {
    let number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    matches!(text, "true" | "false" | "null") || number(text.strip_prefix('-').unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(line: &str) -> Vec<(&str, TokenClass)> {
        tokens(line).into_iter().map(|(span, class)| (&line[span], class)).collect()
    }

    #[test]
    fn words_are_what_stands_around_them() {
        use TokenClass::{Comment, Key, Keyword, Name, Number, Other, Text};
        assert_eq!(
            classes(r#"  field total { type = "text" } # no "x""#),
            [
                ("field", Keyword),
                ("total", Name),
                ("{", Other),
                ("type", Key),
                ("=", Other),
                (r#""text""#, Text),
                ("}", Other),
                (r#"# no "x""#, Comment),
            ]
        );
        assert_eq!(
            classes(r#""max": -1.5, "b": true, field = "a // b" "open"#),
            [
                (r#""max""#, Key),
                (":", Other),
                ("-1.5", Number),
                (",", Other),
                (r#""b""#, Key),
                (":", Other),
                ("true", Number),
                (",", Other),
                ("field", Key),
                ("=", Other),
                (r#""a // b""#, Text),
                (r#""open"#, Text),
            ]
        );
        assert_eq!(classes(r#"field "a.b" {}"#)[1], (r#""a.b""#, Name));
        assert_eq!(classes("   "), []);
    }
}

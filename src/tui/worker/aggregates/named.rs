//! Which aggregates have a name like a text, for the palette.

use super::super::queue::Job;
use super::Answer;
use crate::error::Result;
use crate::service::{Caller, Service};
use crate::tui::model::{Found, Name};
use crate::wire::ListQuery;

/// Names that are found at most: one types on rather than reading more of them.
const NAMED: usize = 50;

/// Whether some id can have this letter, or stand behind its type with it.
fn of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/')
}

/// The filters that let through what has such a name, those for the best fits first; none where nothing can have it.
fn filters(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() || !words.iter().all(|word| word.chars().all(of_name)) {
        return Vec::new();
    }
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    let letters = quoted.join(" ");
    let begins = match words.as_slice() {
        [word] => match word.split_once('/') {
            Some(("", _)) => None,
            Some((kind, id)) => Some(format!("type:\"{kind}\" id:\"{id}\"*")),
            None => Some(format!("id:\"{word}\"*")),
        },
        _ => None,
    };
    begins.into_iter().chain([letters]).collect()
}

/// Looks for names that begin with the text, then for those that have its letters in their order.
pub(super) fn named(
    service: &Service,
    caller: &Caller,
    text: &str,
    job: &Job<'_>,
) -> Result<Answer> {
    let mut found = Found { text: text.to_owned(), names: Vec::new(), more: false };
    for filter in filters(text) {
        let query = ListQuery {
            filter: Some(filter),
            take: Some(NAMED),
            archived: true,
            ..ListQuery::default()
        };
        let page = service.list_while(caller, &query, &|| !job.cancelled())?;
        for record in page.items {
            let (name, version) = (Name::of(&record), record.version);
            if !found.names.iter().any(|(known, _)| *known == name) {
                found.names.push((name, version));
            }
        }
        found.more = page.next.is_some() || found.names.len() > NAMED;
        if found.more {
            found.names.truncate(NAMED);
            break;
        }
        job.part(super::super::Answer::Aggregates(Answer::Named(found.clone())));
    }
    Ok(Answer::Named(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_a_name_and_no_filter() {
        assert_eq!(filters("ord-4"), ["id:\"ord-4\"*", "\"ord-4\""]);
        assert_eq!(filters("order/4"), ["type:\"order\" id:\"4\"*", "\"order/4\""]);
        assert_eq!(filters(" -a | b "), [""; 0], "no id has such a letter");
        assert_eq!(filters("-a b"), ["\"-a\" \"b\""]);
        for filter in ["ord-4", "order/4", "-a b", "/", "order/"].map(filters).concat() {
            assert!(crate::domain::Filter::parse(&filter).is_ok(), "{filter}");
        }
    }
}

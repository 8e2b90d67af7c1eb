use super::page::LOOK;
use super::whole;
use crate::service::testing::{self, commit, operation};
use crate::service::token::identify;
use crate::service::{Caller, Local, Restrict};
use crate::wire::{AggregatePage, ArchiveRequest, ListQuery, Operation, Sort, TokenRequest};
use std::cell::Cell;
use tempfile::TempDir;

fn ids(page: &AggregatePage) -> Vec<&str> {
    page.items.iter().map(|one| one.aggregate_id.as_str()).collect()
}

#[test]
fn a_list_knows_what_happened_to_an_aggregate_last_and_by_whom() {
    let (_dir, local, ada) = testing::local();
    let bob = Caller::local("bob", Restrict::Off);
    for (caller, id, event) in
        [(&ada, "1", "placed"), (&bob, "1", "paid"), (&ada, "2", "placed"), (&bob, "3", "lost")]
    {
        commit(&local, caller, vec![operation(&format!("order/{id}"), event)]);
    }
    let listed = |filter: &str| {
        let query = ListQuery { filter: Some(filter.to_owned()), ..ListQuery::default() };
        let items = local.list(&ada, &query).unwrap().items;
        items.into_iter().map(|one| one.aggregate_id).collect::<Vec<_>>()
    };
    assert_eq!(listed("event:placed"), ["2"], "the first event of 1 is not its last");
    assert_eq!(listed("-event:placed"), ["1", "3"]);
    assert_eq!(listed("actor:bob"), ["1", "3"]);
    assert_eq!(listed("actor:bob event:p*"), ["1"]);
    assert_eq!(listed("corr:none"), [""; 0]);
}

#[test]
fn a_list_that_nobody_waits_for_any_more_ends() {
    let (_dir, local, ada) = testing::local();
    let operations = (0..3 * LOOK).map(|number| operation(&format!("item/{number}"), "came"));
    let operations: Vec<Operation> = operations.collect();
    for some in operations.chunks(500) {
        commit(&local, &ada, some.to_vec());
    }
    let filter = Some("id:none".to_owned());
    for sort in [Sort::Id, Sort::Updated] {
        let query = ListQuery { filter: filter.clone(), sort, ..ListQuery::default() };
        let looks = |most: usize| {
            let looked = Cell::new(0);
            let found = local.list_while(&ada, &query, &|| looked.replace(looked.get() + 1) < most);
            (
                found.map_err(|error| error.code().to_owned()).map(|page| page.items.len()),
                looked.get(),
            )
        };
        assert_eq!(looks(usize::MAX), (Ok(0), 3), "it is asked now and then");
        for most in 0..3 {
            assert_eq!(looks(most), (Err("dbx::query::stopped".to_owned()), most + 1));
        }
    }
}

/// Nine aggregates, every fourth of which has been paid last.
fn nine() -> (TempDir, Local, Caller) {
    let (dir, local, ada) = testing::local();
    for number in 1..=9 {
        let event = if number % 4 == 1 { "paid" } else { "placed" };
        commit(&local, &ada, vec![operation(&format!("order/{number}"), event)]);
    }
    (dir, local, ada)
}

/// The pages of a list that looks at so many aggregates for each: what is on it, where it goes on, whether it is partial.
fn pages(
    (local, caller): (&Local, &Caller),
    mut query: ListQuery,
    most: usize,
) -> Vec<(String, Option<String>, bool)> {
    let mut pages = Vec::new();
    loop {
        let page = local.list_within(caller, &query, most, &|| true).unwrap();
        pages.push((ids(&page).join(" "), page.next.clone(), page.partial));
        let Some(next) = page.next else { return pages };
        (query.after, query.skip) = (Some(next), 0);
    }
}

fn page(items: &str, next: Option<&str>, partial: bool) -> (String, Option<String>, bool) {
    (items.to_owned(), next.map(str::to_owned), partial)
}

#[test]
fn a_page_that_finds_little_ends_and_says_where_to_go_on() {
    let (_dir, local, ada) = nine();
    let paid = ListQuery { filter: Some("event:paid".to_owned()), ..ListQuery::default() };
    let expected = [
        page("1", Some("order/3"), true),
        page("5", Some("order/6"), true),
        page("9", None, false),
    ];
    assert_eq!(pages((&local, &ada), paid.clone(), 3), expected);
    // What is still to be passed over goes with the place.
    let skipping = ListQuery { skip: 2, ..paid.clone() };
    let expected = [
        page("", Some("1~order/3"), true),
        page("", Some("order/6"), true),
        page("9", None, false),
    ];
    assert_eq!(pages((&local, &ada), skipping, 3), expected);
    // A full page looks whether there are more, as far as it may.
    let one = ListQuery { take: Some(1), ..paid.clone() };
    let expected = [
        page("1", Some("order/1"), false),
        page("5", Some("order/6"), true),
        page("9", None, false),
    ];
    assert_eq!(pages((&local, &ada), one, 5), expected);
    // What is not in the list at all is looked at too.
    let one = ArchiveRequest {
        aggregate_type: "order".to_owned(),
        aggregate_id: "1".to_owned(),
        ..ArchiveRequest::default()
    };
    local.archive(&ada, &one).unwrap();
    assert_eq!(pages((&local, &ada), paid, 3)[0], page("", Some("order/3"), true));
}

#[test]
fn a_page_does_not_end_at_what_may_not_be_read() {
    let (_dir, local, ada) = nine();
    let request = TokenRequest {
        group: "audit".to_owned(),
        user: "eve".to_owned(),
        actions: vec!["aggregate.read".to_owned()],
        resources: vec!["aggregate:order:9".to_owned()],
        ..TokenRequest::default()
    };
    let issued = local.token_generate(&ada, &request).unwrap();
    let bearer = identify(local.paths(), &issued.token, local.now()).unwrap();
    let eve = Caller::bearing(&bearer, Restrict::Default);
    for sort in [Sort::Id, Sort::Updated] {
        let filter = Some("event:paid".to_owned());
        let query = ListQuery { filter, sort, ..ListQuery::default() };
        assert_eq!(pages((&local, &eve), query, 3), [page("9", None, false)]);
    }
}

#[test]
fn parts_of_a_page_are_one_page_to_whoever_asks_for_a_whole_one() {
    let (_dir, local, ada) = nine();
    let listed = |query: &ListQuery, most: usize| {
        let page = whole(query, 1000, |query| local.list_within(&ada, query, most, &|| true));
        let page = page.unwrap();
        assert!(!page.partial);
        (ids(&page).join(" "), page.next.is_some())
    };
    for filter in ["event:paid", "event:placed", "event:lost", "id:9", "is:active"] {
        for (take, skip) in [(1, 0), (2, 0), (3, 0), (9, 0), (1, 1), (2, 2), (1, 3), (9, 8), (1, 9)]
        {
            let filter = Some(filter.to_owned());
            let query = ListQuery { filter, take: Some(take), skip, ..ListQuery::default() };
            let orders = [Sort::Id, Sort::Updated, Sort::Created, Sort::Version];
            for (most, sort) in (1..=9).flat_map(|most| orders.map(|sort| (most, sort))) {
                let query = ListQuery { sort, ..query.clone() };
                assert_eq!(listed(&query, most), listed(&query, usize::MAX), "{query:?}, {most}");
            }
        }
    }
}

#[test]
fn what_is_written_between_two_pages_doubles_and_loses_nothing_else() {
    for sort in [Sort::Updated, Sort::Version] {
        let (_dir, local, ada) = nine();
        let filter = Some("-event:lost".to_owned());
        let query = ListQuery { sort, filter, take: Some(3), ..ListQuery::default() };
        let first = local.list(&ada, &query).unwrap();
        // The row where the page ended goes to the front, as does one that is not on it; another one matches no more.
        let last = first.items[2].aggregate_id.clone();
        let behind = if sort == Sort::Updated { "2" } else { "8" };
        for (id, event) in [(last.as_str(), "lost"), (behind, "placed")] {
            commit(&local, &ada, vec![operation(&format!("order/{id}"), event)]);
        }
        let mut seen: Vec<String> = ids(&first).into_iter().map(str::to_owned).collect();
        let mut after = first.next;
        while let Some(next) = after {
            let query = ListQuery { after: Some(next), ..query.clone() };
            let page = local.list(&ada, &query).unwrap();
            seen.extend(ids(&page).into_iter().map(str::to_owned));
            after = page.next;
        }
        seen.sort();
        let expected: Vec<String> =
            (1..=9).map(|id| id.to_string()).filter(|id| id != behind).collect();
        assert_eq!(seen, expected, "{sort:?}: each of those that stayed where they were, once");
    }
}

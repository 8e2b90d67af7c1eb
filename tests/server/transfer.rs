//! Import, export and backup, as other programs see them, and cut off at either end.

use super::same::{Files, SHOP};
use super::{Connection, Reply, Request, Serving, Setup, ada};
use crate::common::until;
use dbx::server::Access;
use dbx::service::{BackupSource, ExportQuery, ImportOptions, check_backups};
use dbx::wire::EventsQuery;
use serde_json::{Value, json};
use std::io::{BufReader, Cursor, Read};
use std::time::{Duration, Instant};

const NDJSON: &str = "application/x-ndjson";

fn line(number: u32) -> String {
    format!(
        "{{\"aggregate_type\":\"order\",\"aggregate_id\":\"o{number}\",\"event_type\":\"placed\",\"payload\":{{\"total\":{}}}}}\n",
        number % 1000
    )
}

fn lines(numbers: std::ops::Range<u32>) -> String {
    numbers.map(line).collect()
}

fn import(serving: &Serving, query: &str, body: &str) -> Reply {
    let request = Request::new("POST", &format!("/v1/import{query}"));
    serving.tcp().send(request.header("content-type", NDJSON).body(body))
}

fn fill(serving: &Serving, numbers: std::ops::Range<u32>) {
    let options =
        ImportOptions { name: "fill".into(), batch: 1000, dry_run: false, skip_existing: false };
    let text = lines(numbers);
    let mut input = Cursor::new(text.as_bytes());
    serving.local().import(&ada(), &mut input, &options, &mut |_| true).unwrap();
}

fn get(serving: &Serving, target: &str, accept: &str) -> Reply {
    serving.tcp().send(Request::new("GET", target).header("accept", accept))
}

fn events(serving: &Serving) -> u64 {
    serving.local().status(&ada()).unwrap().position.parse().unwrap()
}

#[test]
fn lines_are_imported_from_a_body_of_any_length() {
    let serving = Serving::with_schema(SHOP);
    let wide = format!("{{\"name\":\"{}\"}}", "x".repeat(60_000));
    let line = |number: u32| {
        format!(
            "{{\"aggregate_type\":\"customer\",\"aggregate_id\":\"c{number}\",\"event_type\":\"joined\",\"payload\":{wide}}}\n"
        )
    };
    let large = (0..40).map(line).collect::<Vec<_>>().concat();
    assert!(large.len() > 2 << 20);
    let report = import(&serving, "", &large).is(200).json();
    assert_eq!((&report["events"], &report["commits"]), (&json!(40), &json!(1)));
    let dry = import(&serving, "?dry_run=true", &lines(0..10)).is(200).json();
    assert_eq!((&dry["events"], &dry["dry_run"]), (&json!(10), &json!(true)));
    let spoiled = lines(0..10).replacen("\"total\":7", "\"total\":\"x\"", 1);
    let refused = import(&serving, "?batch=3&name=history.ndjson", &spoiled).is(422).json();
    assert!(refused["title"].as_str().unwrap().starts_with("history.ndjson:8:"), "{refused}");
    assert_eq!(refused["errors"][0]["pointer"], json!("/payload/total"));
    assert_eq!(events(&serving), 46);
    let report = import(&serving, "?batch=3", &lines(0..10)).is(200).json();
    assert_eq!((&report["resumed_after"], &report["events"]), (&json!(6), &json!(4)));
    import(&serving, "?batch=0", &lines(0..1)).is(400);
    import(&serving, "?batch=1001", &lines(0..1)).is(400);
    import(&serving, "?size=3", &lines(0..1)).is(400);
    import(&serving, "", "nonsense\n").is(400);
    let other = Request::new("POST", "/v1/import").header("content-type", "application/json");
    serving.tcp().send(other.body(lines(0..1))).is(415);
    let token = serving.token(&["aggregate.read"], &["aggregate:*:*"]);
    let request = Request::new("POST", "/v1/import").header("content-type", NDJSON);
    serving.stranger().bearing(&token).send(request.body(lines(0..1))).is(403);
}

#[test]
fn a_bad_first_line_of_a_long_body_is_answered() {
    let serving = Serving::with_schema(SHOP);
    let body = format!("nonsense\n{}", lines(0..60_000));
    assert!(body.len() > 4 << 20);
    let refused = import(&serving, "", &body).is(400).json();
    assert!(refused["title"].as_str().unwrap().starts_with("body:1:1"), "{refused}");
    assert_eq!(events(&serving), 0);
}

#[test]
fn an_import_whose_client_goes_away_ends_and_keeps_what_it_has() {
    let serving = Serving::with_schema(SHOP);
    for (start, accept) in [(0, "*/*"), (100, "application/vnd.dbx.frames")] {
        let before = events(&serving);
        let mut connection = Connection::open(serving.tcp().door());
        let token = serving.token(&["*.*"], &["*"]);
        let head = Request::new("POST", "/v1/import?batch=10")
            .header("content-type", NDJSON)
            .header("authorization", &format!("Bearer {token}"))
            .header("accept", accept)
            .header("transfer-encoding", "chunked");
        connection.write(&head.bytes()).unwrap();
        // Half of a body, with a line that is not whole.
        let half = format!("{}{{\"aggregate_type\":\"or", lines(start..start + 25));
        connection.write(format!("{:x}\r\n{half}\r\n", half.len()).as_bytes()).unwrap();
        until("two batches", || events(&serving) >= before + 20);
        drop(connection);
        // The store can be closed, which it could not while an import has it.
        assert_eq!(events(&serving), before + 20);
    }
    let query = EventsQuery { take: Some(1), reverse: true, ..EventsQuery::default() };
    assert_eq!(serving.local().events(&ada(), &query).unwrap().events[0].aggregate_id, "o119");
    serving.stop();
}

#[test]
fn states_are_exported_in_the_form_that_is_asked_for() {
    let serving = Serving::with_schema(SHOP);
    fill(&serving, 0..1500);
    serving.append("customer/a", "joined", &json!({"name": "=1+2"}));
    let kind = |reply: &Reply| reply.header("content-type").unwrap().to_owned();
    let named = |reply: &Reply| reply.header("content-disposition").unwrap().to_owned();

    let reply = get(&serving, "/v1/export", "*/*").is(200);
    assert_eq!((kind(&reply).as_str(), reply.text().lines().count()), (NDJSON, 1501));
    assert_eq!(named(&reply), "attachment; filename=\"aggregates.ndjson\"");
    let first: Value = serde_json::from_str(reply.text().lines().next().unwrap()).unwrap();
    assert_eq!(first["aggregate_id"], json!("a"));

    let reply = get(&serving, "/v1/export?type=order", "application/json").is(200);
    assert_eq!(
        (kind(&reply).as_str(), reply.json().as_array().unwrap().len()),
        ("application/json", 1500)
    );
    let by_name = get(&serving, "/v1/export?type=order&format=json", "*/*").is(200);
    assert_eq!(by_name.body, reply.body);

    let reply = get(&serving, "/v1/export?type=customer", "text/csv").is(200);
    assert_eq!(kind(&reply), "text/csv; charset=utf-8");
    assert!(reply.text().contains(",'=1+2"), "{}", reply.text());
    let raw = get(&serving, "/v1/export?type=customer&format=csv&raw=true", "*/*").is(200);
    assert!(raw.text().contains(",=1+2"), "{}", raw.text());

    for (target, accept) in [("/v1/export?format=csv", "*/*"), ("/v1/export", "application/zip")] {
        let reply = get(&serving, target, accept).is(200);
        assert_eq!(
            (kind(&reply).as_str(), named(&reply).as_str()),
            ("application/zip", "attachment; filename=\"aggregates.zip\"")
        );
        let mut files = unzipped(&reply.body);
        files.sort();
        let found: Vec<(&str, usize)> =
            files.iter().map(|(name, text)| (name.as_str(), text.lines().count())).collect();
        assert_eq!(found, [("customer.csv", 2), ("order.csv", 1501)]);
    }

    let reply = get(&serving, "/v1/export/events", NDJSON).is(200);
    let mut here = Files::default();
    let all = ExportQuery { aggregate_type: None, archived: true, raw: false };
    serving.local().export_events(&ada(), &all, &mut here, &mut |_| true).unwrap();
    assert_eq!(reply.text(), here.0[0].1);

    for (target, accept, status) in [
        ("/v1/export", "image/png", 406),
        ("/v1/export", "text/csv", 406),
        ("/v1/export", "*/*;q=0", 406),
        ("/v1/export/events", "text/csv", 406),
        ("/v1/export?format=xml", "*/*", 400),
        ("/v1/export/events?format=csv", "*/*", 400),
        ("/v1/export?type=nothing", "*/*", 404),
        ("/v1/export?type=No%20Type", "*/*", 400),
        ("/v1/export?what=x", "*/*", 400),
    ] {
        let reply = get(&serving, target, accept);
        assert_eq!(
            (reply.status, kind(&reply).as_str()),
            (status, "application/problem+json"),
            "{target} {accept}"
        );
    }
    let token = serving.token(&["aggregate.read"], &["aggregate:customer:*"]);
    let less = serving.stranger().bearing(&token).get("/v1/export").is(200);
    assert_eq!(less.text().lines().count(), 1);
    serving.stranger().get("/v1/export").is(401);
}

fn unzipped(bytes: &[u8]) -> Vec<(String, String)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..zip.len())
        .map(|index| {
            let mut file = zip.by_index(index).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            (file.name().unwrap().into_owned(), text)
        })
        .collect()
}

#[test]
fn a_backup_is_a_file_that_verifies() {
    let serving = Serving::with_schema(SHOP);
    fill(&serving, 0..200);
    let take = |request: Request| serving.tcp().send(request);
    let whole = take(Request::new("POST", "/v1/backup")).is(200);
    assert_eq!(whole.header("content-type"), Some("application/vnd.dbx.backup"));
    assert_eq!(whole.header("transfer-encoding"), Some("chunked"));
    fill(&serving, 200..260);
    let since = |media: &str, body: &[u8]| {
        Request::new("POST", "/v1/backup?since=monday").header("content-type", media).body(body)
    };
    let rest = take(since("application/vnd.dbx.backup", &whole.body)).is(200);
    let source = |bytes: &[u8]| BackupSource {
        name: "b".into(),
        bytes: Box::new(Cursor::new(bytes.to_vec())),
    };
    let found =
        check_backups(vec![source(&whole.body), source(&rest.body)], &mut |_| true).unwrap();
    let counts: Vec<u64> = found.iter().map(|report| report.events).collect();
    assert_eq!(counts, [200, 60]);
    assert_eq!(found[1].root, serving.local().status(&ada()).unwrap().root);
    // What is cut off is no backup.
    let half = &whole.body[..whole.body.len() - 1];
    assert!(check_backups(vec![source(half)], &mut |_| true).is_err());
    let refused = take(since("application/vnd.dbx.backup", half)).is(500).json();
    assert!(refused["title"].as_str().unwrap().contains("monday"), "{refused}");
    take(since("application/vnd.dbx.backup", b"hello")).is(400);
    take(since("application/json", b"{}")).is(415);
    take(Request::new("POST", "/v1/backup").body("{}")).is(415);
    take(Request::new("POST", "/v1/backup?since=monday")).is(400);
    take(Request::new("POST", "/v1/backup").header("accept", "text/html")).is(406);
    let less = serving.token(&["aggregate.*"], &["aggregate:*:*"]);
    serving.stranger().bearing(&less).send(Request::new("POST", "/v1/backup")).is(403);
}

/// How long these servers are patient with what is still under way when they stop. Less is what they need where nothing is,
/// however slow the machine.
const GRACE: Duration = Duration::from_secs(60);

/// A server of so much that no answer with all of it fits between its two ends, so that both see when one goes away.
fn of_plenty() -> Serving {
    let mut access = Access::default();
    access.limits.grace = GRACE;
    let serving = Serving::start(Setup { schema: Some(SHOP), access, ..Setup::default() });
    // Noise, as a backup is packed.
    let mut seed = 1_u64;
    let mut noise = || {
        let next = |_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'a' + u8::try_from(seed >> 60).unwrap())
        };
        (0..60_000).map(next).collect::<String>()
    };
    for number in 0..400 {
        serving.append(&format!("customer/c{number}"), "joined", &json!({ "name": noise() }));
    }
    serving
}

/// Stops a server that has nothing to do any more.
#[track_caller]
fn stops_at_once(serving: Serving) {
    let start = Instant::now();
    serving.stop();
    assert!(start.elapsed() < GRACE, "something went on without its client");
}

#[test]
fn an_answer_that_its_client_leaves_ends_at_this_end_too() {
    let serving = of_plenty();
    let token = serving.token(&["*.*"], &["*"]);
    for (method, target) in [
        ("GET", "/v1/export"),
        ("GET", "/v1/export?format=csv"),
        ("GET", "/v1/export/events"),
        ("POST", "/v1/backup"),
    ] {
        for accept in ["*/*", "application/vnd.dbx.frames"] {
            if target.ends_with("csv") && accept != "*/*" {
                continue;
            }
            let query =
                if target == "/v1/export" && accept != "*/*" { "?format=ndjson" } else { "" };
            let mut connection = Connection::open(serving.stranger().door());
            let request = Request::new(method, &format!("{target}{query}"))
                .header("accept", accept)
                .header("authorization", &format!("Bearer {token}"));
            connection.write(&request.bytes()).unwrap();
            let head = connection.head().unwrap();
            assert_eq!(head.status, 200, "{target} {accept}");
            connection.chunk().unwrap();
            drop(connection);
        }
    }
    // A server ends when nothing has its store any more.
    stops_at_once(serving);
}

#[test]
fn a_command_that_stops_ends_at_both_ends() {
    let serving = of_plenty();
    let service = serving.service();
    let all = ExportQuery { aggregate_type: None, archived: true, raw: false };
    let error =
        service.export_events(&ada(), &all, &mut Files::default(), &mut |_| false).unwrap_err();
    assert_eq!(error.to_string(), "the export was stopped");
    let error = service.backup(&ada(), None, &mut Vec::new(), &mut |_| false).unwrap_err();
    assert!(format!("{error:?}").contains("dbx::backup::stopped"), "{error:?}");
    // The handle is still there, and the server has nothing left to do all the same.
    stops_at_once(serving);
    drop(service);
}

/// Gives a line at a time, and does something `before` one of them.
struct OneByOne<L, T> {
    lines: L,
    before: usize,
    then: T,
}

impl<L: Iterator<Item = String>, T: Fn()> Read for OneByOne<L, T> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        if self.before == 0 {
            (self.then)();
        }
        self.before = self.before.wrapping_sub(1);
        let Some(line) = self.lines.next() else { return Ok(0) };
        bytes[..line.len()].copy_from_slice(line.as_bytes());
        Ok(line.len())
    }
}

#[test]
fn a_server_that_stops_says_how_far_an_import_came() {
    let serving = Serving::with_schema(SHOP);
    let service = serving.service();
    let options =
        ImportOptions { name: "long".into(), batch: 5, dry_run: false, skip_existing: false };
    // The rest comes only when it was told to stop, and has some of it: no more than a few lines wait at this end.
    let then = || {
        until("it has some", || events(&serving) > 0);
        serving.stopper.stop();
    };
    let mut input = BufReader::new(OneByOne { lines: (0..200).map(line), before: 100, then });
    let error = service.import(&ada(), &mut input, &options, &mut |_| true).unwrap_err();
    assert_eq!(error.code(), "dbx::import::stopped", "{error:?}");
    let done = events(&serving);
    assert_eq!(
        error.kept_text(),
        Some(format!("the {done} events committed before it stay").as_str())
    );
    serving.stop();
}

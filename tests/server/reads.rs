//! The routes that read: whole answers, refusals included.

use super::{Client, Request, Serving, Setup, Transcript, ada};
use dbx::service::{Trusted, check_proof};
use dbx::wire::{
    At, CommitRequest, EventsQuery, GetQuery, HistoryQuery, ImpactRequest, ListQuery, LogQuery,
    ProveQuery, ReplayQuery,
};
use dbx::workspace::Key;
use serde_json::{Value, json};

const SCHEMA: &str = r#"
aggregate team {
  hidden_fields = ["budget"]
  field colour { type = "text" }
  field budget { type = "integer" }
  event founded {}
  event painted {}
}
aggregate person {
  field name { type = "text" }
  field team { type = "reference" rules = {"reference": {"aggregate_type": "team", "cascade": "nullify"}} }
  event joined {}
}
"#;

/// A schema with which people no longer need to say their name, and nobody is painted any more.
const CHANGED: &str = r#"
aggregate team {
  hidden_fields = ["budget"]
  field colour { type = "integer" }
  field budget { type = "integer" }
  event founded {}
}
aggregate person {
  field name { type = "text" }
  field team { type = "reference" rules = {"reference": {"aggregate_type": "team", "cascade": "nullify"}} }
  event joined {}
}
"#;

/// Two teams, one of them twice painted, and a person.
fn serving() -> Serving {
    let serving = Serving::start(Setup {
        schema: Some(SCHEMA),
        keys: vec![(Key::PageLimit, "3")],
        ..Setup::default()
    });
    serving.append("team/red", "founded", &json!({"colour": "rose", "budget": 4711}));
    serving.append("team/red", "painted", &json!({"colour": "red"}));
    serving.append("team/blue", "founded", &json!({"colour": "blue"}));
    serving.append("person/grace", "joined", &json!({"name": "Grace", "team": "team#red"}));
    serving
}

/// Writes down what is answered to each of `targets`.
fn answers(client: &Client, targets: &[&str]) -> Transcript {
    let mut transcript = Transcript::default();
    for target in targets {
        transcript.get(client, target);
    }
    transcript
}

#[test]
fn one_aggregate() {
    let serving = serving();
    let targets = [
        "/v1/aggregates/team/red",
        "/v1/aggregates/team/red?version=1",
        "/v1/aggregates/team/red?at=1",
        "/v1/aggregates/team/red?at=%231",
        "/v1/aggregates/team/red?at=2026-11-20T12:00:00Z",
        "/v1/aggregates/team/red?at=-0s&events=true",
        "/v1/aggregates/person/grace?resolve=2",
    ];
    answers(&serving.tcp(), &targets).snap("server__aggregate__get", &serving);
}

#[test]
fn one_aggregate_refused() {
    let serving = serving();
    let targets = [
        "/v1/aggregates/team/green",
        "/v1/aggregates/Team/red",
        "/v1/aggregates/team/%ff",
        "/v1/aggregates/team/red?version=7",
        "/v1/aggregates/team/red?at=-2h",
        "/v1/aggregates/team/red?version=1&at=1",
        "/v1/aggregates/team/red?version=one",
        "/v1/aggregates/team/red?at=yesterday",
        "/v1/aggregates/team/red?resolve=6",
        "/v1/aggregates/team/red?depth=2",
        "/v1/aggregates/team/red/nothing",
    ];
    let mut transcript = answers(&serving.tcp(), &targets);
    transcript.get(&serving.stranger(), "/v1/aggregates/team/red");
    transcript.get(&serving.stranger().bearing("x"), "/v1/aggregates/team/red");
    let other = serving.token(&["aggregate.read"], &["aggregate:team:blue"]);
    transcript.get(&serving.stranger().bearing(&other), "/v1/aggregates/team/red");
    transcript.get(&serving.stranger().bearing(&other), "/v1/aggregates/team/green");
    transcript.send(&serving.tcp(), Request::new("PATCH", "/v1/aggregates/team/red"));
    transcript.snap("server__aggregate__refused", &serving);
}

#[test]
fn an_aggregate_is_sent_once_for_each_version() {
    let serving = serving();
    let (tcp, target) = (serving.tcp(), "/v1/aggregates/team/red");
    let tag = tcp.get(target).is(200).header("etag").unwrap().to_owned();
    assert_eq!(tag, "\"v2\"");
    let mut transcript = Transcript::default();
    let known = |tag: &str| Request::new("GET", target).header("if-none-match", tag);
    let same = transcript.send(&tcp, known(&tag)).is(304);
    assert!(same.body.is_empty());
    transcript.send(&tcp, known("\"v1\"")).is(200);
    // Whoever looks at another moment, or further, gets it whatever the tag.
    let earlier = Request::new("GET", "/v1/aggregates/team/red?version=2");
    assert_eq!(tcp.send(earlier.header("if-none-match", &tag)).is(200).header("etag"), None);
    serving.append("team/red", "painted", &json!({"colour": "scarlet"}));
    transcript.send(&tcp, known(&tag)).is(200);
    transcript.snap("server__aggregate__etag", &serving);
    // What a version is said not to have changed is kept from whoever may not read it.
    let other = serving.token(&["aggregate.read"], &["aggregate:team:blue"]);
    serving.stranger().bearing(&other).send(known("*")).is(403);
}

#[test]
fn a_head_has_no_body_and_says_how_long_it_would_be() {
    let serving = serving();
    let tcp = serving.tcp();
    for target in ["/v1/aggregates/team/red", "/v1/aggregates", "/v1/events/1", "/openapi.json"] {
        let whole = tcp.get(target).is(200);
        let head = tcp.send(Request::new("HEAD", target)).is(200);
        assert!(head.body.is_empty());
        assert_eq!(head.header("content-length"), Some(&*whole.body.len().to_string()), "{target}");
        assert_eq!(head.header("etag"), whole.header("etag"));
    }
    tcp.send(Request::new("HEAD", "/v1/aggregates/team/green")).is(404);
}

#[test]
fn lists_of_aggregates() {
    let serving = serving();
    let targets = [
        "/v1/aggregates?take=2",
        "/v1/aggregates?take=2&after=team/blue",
        "/v1/aggregates?type=team&where=colour:red",
        "/v1/aggregates?type=team&sort=version&skip=1",
        "/v1/aggregates?skip=9",
        "/v1/aggregates?type=nothing",
    ];
    answers(&serving.tcp(), &targets).snap("server__aggregates__list", &serving);
    let mut refused = Transcript::default();
    for target in [
        "/v1/aggregates?after=team",
        "/v1/aggregates?after=team/none&sort=updated",
        "/v1/aggregates?where=colour:",
        "/v1/aggregates?take=some",
        "/v1/aggregates?take=1&take=2",
        "/v1/aggregates?skip=-1",
        "/v1/aggregates?limit=3",
        "/v1/aggregates?sort=size",
    ] {
        refused.get(&serving.tcp(), target).is(400);
    }
    refused.snap("server__aggregates__refused", &serving);
}

/// The pages of a list of aggregates, as the ids that each has.
fn pages(client: &Client, query: &str) -> Vec<Vec<String>> {
    let (mut pages, mut after) = (Vec::new(), None::<String>);
    loop {
        let cursor = after.map(|after| format!("&after={after}")).unwrap_or_default();
        let page = client.get(&format!("/v1/aggregates?{query}{cursor}")).is(200).json();
        let ids = page["items"].as_array().unwrap().iter();
        pages.push(ids.map(|item| item["aggregate_id"].as_str().unwrap().to_owned()).collect());
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => return pages,
        }
    }
}

#[test]
fn pages_are_capped_and_go_on() {
    let serving = serving();
    for id in ["cyan", "green", "pink", "white"] {
        serving.append(&format!("team/{id}"), "founded", &json!({"colour": id}));
    }
    let tcp = serving.tcp();
    let all = ["blue", "cyan", "green", "pink", "red", "white"];
    // `page_limit` is 3, whatever is asked for.
    for query in ["type=team", "type=team&take=100"] {
        assert_eq!(pages(&tcp, query), [&all[..3], &all[3..]]);
    }
    assert_eq!(pages(&tcp, "type=team&take=4&sort=version").concat().len(), all.len());
    for skip in 0..8 {
        let page = tcp.get(&format!("/v1/aggregates?type=team&take=2&skip={skip}")).is(200).json();
        let ids: Vec<&str> = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["aggregate_id"].as_str().unwrap())
            .collect();
        let rest = all.get(skip..).unwrap_or_default();
        assert_eq!(ids, rest[..rest.len().min(2)]);
        assert_eq!(page["next"].is_null(), rest.len() <= 2, "{skip}");
    }
    // Reading one page after the other by skipping gives the same for every order.
    for sort in ["id", "updated", "created", "version"] {
        let whole = pages(&tcp, &format!("sort={sort}")).concat();
        let skipped: Vec<String> = (0..whole.len())
            .flat_map(|skip| {
                let page = tcp.get(&format!("/v1/aggregates?sort={sort}&take=1&skip={skip}"));
                let page = page.is(200).json();
                page["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| one["aggregate_id"].as_str().unwrap().to_owned())
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(whole, skipped, "{sort}");
    }
}

#[test]
fn what_can_be_asked_of_an_aggregate() {
    let serving = serving();
    let targets = [
        "/v1/aggregates/team/red/replay",
        "/v1/aggregates/team/red/replay?from=2&to=2",
        "/v1/aggregates/team/red/diff?from=1&to=2",
        "/v1/aggregates/team/red/diff?from=%231&to=-0s",
        "/v1/aggregates/team/red/blame",
        "/v1/aggregates/team/red/blame?field=colour&at=1",
        "/v1/aggregates/team/red/referrers",
        "/v1/aggregates/team/red/snapshots",
        "/v1/aggregates/team/red/verify",
    ];
    answers(&serving.tcp(), &targets).snap("server__aggregate__asked", &serving);
    let refused = [
        "/v1/aggregates/team/green/replay",
        "/v1/aggregates/team/red/replay?from=9",
        "/v1/aggregates/team/red/diff?from=1",
        "/v1/aggregates/team/red/diff?from=1&to=x",
        "/v1/aggregates/team/red/blame?field=%2Fa%2F~2",
        "/v1/aggregates/team/green/referrers",
        "/v1/aggregates/team/red/referrers?take=1",
        "/v1/aggregates/team/green/snapshots",
        "/v1/aggregates/team/green/verify",
    ];
    answers(&serving.tcp(), &refused).snap("server__aggregate__asked_refused", &serving);
}

/// The versions of a page of events, and where it goes on.
fn versions(page: &Value) -> (Vec<u64>, String, bool) {
    let events = page["events"].as_array().unwrap().iter();
    let versions = events.map(|event| event["version"].as_u64().unwrap()).collect();
    (versions, page["next"].as_str().unwrap().to_owned(), page["more"].as_bool().unwrap())
}

#[test]
fn the_events_of_an_aggregate_by_version() {
    let serving = serving();
    for colour in ["scarlet", "crimson", "ruby", "wine"] {
        serving.append("team/red", "painted", &json!({"colour": colour}));
    }
    let tcp = serving.tcp();
    let ask = |query: &str| {
        let target = format!("/v1/aggregates/team/red/events?{query}");
        versions(&tcp.get(&target).is(200).json())
    };
    // The versions of team/red are at the positions 1, 2 and 5 to 8.
    assert_eq!(ask(""), (vec![1, 2, 3], "5".into(), true));
    assert_eq!(ask("after=5"), (vec![4, 5, 6], "8".into(), false));
    assert_eq!(ask("after=4"), (vec![3, 4, 5], "7".into(), true));
    assert_eq!(ask("skip=2&take=2"), (vec![3, 4], "6".into(), true));
    assert_eq!(ask("from=2&to=4&take=2"), (vec![2, 3], "5".into(), true));
    assert_eq!(ask("from=2&to=4&skip=1"), (vec![3, 4], "6".into(), false));
    assert_eq!(ask("from=5&to=9"), (vec![5, 6], "8".into(), false));
    assert_eq!(ask("from=3&after=1&take=1"), (vec![3], "5".into(), true));
    assert_eq!(ask("skip=6"), (vec![], "8".into(), false));
    assert_eq!(ask("skip=600"), (vec![], "8".into(), false));
    assert_eq!(ask("from=7"), (vec![], "8".into(), false));
    // The cursor is a position, so that the log can be read on from there.
    let log = tcp.get("/v1/events?type=team&id=red&after=5").is(200).json();
    assert_eq!(versions(&log).0, [4, 5, 6]);
    let mut transcript = answers(&tcp, &["/v1/aggregates/team/red/events?from=2&take=1"]);
    for (target, status) in [
        ("/v1/aggregates/team/red/events?from=3&to=2", 400),
        ("/v1/aggregates/team/red/events?after=x", 400),
        ("/v1/aggregates/team/red/events?reverse=true", 400),
        ("/v1/aggregates/team/green/events", 404),
    ] {
        transcript.get(&tcp, target).is(status);
    }
    transcript.snap("server__aggregate__events", &serving);
}

#[test]
fn the_log() {
    let serving = serving();
    let tcp = serving.tcp();
    let mut transcript = answers(
        &tcp,
        &[
            "/v1/events?take=1",
            "/v1/events?type=team&where=event:painted",
            "/v1/events?reverse=true&take=1&after=4",
            "/v1/events/4",
            "/v1/events/4?summary=true",
        ],
    );
    let event = tcp.get("/v1/events/3").json();
    let id = event["metadata"]["event_id"].as_str().unwrap();
    assert_eq!(tcp.get(&format!("/v1/events/by-id/{id}")).is(200).json(), event);
    for (target, status) in [
        ("/v1/events/5", 404),
        ("/v1/events/0", 404),
        ("/v1/events/first", 400),
        ("/v1/events/%231", 400),
        ("/v1/events/by-id/7", 404),
        ("/v1/events/by-id/x", 400),
        ("/v1/events?after=first", 400),
        ("/v1/events?id=red", 400),
        ("/v1/events?where=%22", 400),
        ("/v1/events?type=team&id=green", 404),
    ] {
        transcript.get(&tcp, target).is(status);
    }
    transcript.snap("server__events__read", &serving);
}

#[test]
fn commits_and_erasures() {
    let serving = serving();
    let tcp = serving.tcp();
    let request = CommitRequest {
        message: Some("two at once".into()),
        operations: ["cyan", "pink"]
            .map(|id| dbx::wire::Operation {
                aggregate_type: "team".into(),
                aggregate_id: id.into(),
                event_type: "founded".into(),
                payload: Some(dbx::domain::Json::parse("{}").unwrap()),
                ..dbx::wire::Operation::default()
            })
            .into(),
        ..CommitRequest::default()
    };
    serving.local().commit(&ada(), &request).unwrap();
    let mut transcript = answers(
        &tcp,
        &[
            "/v1/commits?take=1",
            "/v1/commits?take=1&before=c5",
            "/v1/commits?take=1&before=4",
            "/v1/commits?type=team&id=blue",
            "/v1/commits/c5",
            "/v1/erasures",
        ],
    );
    for (target, status) in [
        ("/v1/commits/c9", 404),
        ("/v1/commits/5", 400),
        ("/v1/commits/cc", 400),
        ("/v1/commits?before=c9", 404),
        ("/v1/commits?before=x", 400),
        ("/v1/commits?after=c1", 400),
        ("/v1/commits?id=red", 400),
    ] {
        transcript.get(&tcp, target).is(status);
    }
    transcript.snap("server__commits__read", &serving);
}

#[test]
fn the_workspace_at_a_glance() {
    let serving = serving();
    let mut transcript = answers(&serving.tcp(), &["/v1/status", "/v1/root", "/v1/status?x=1"]);
    let auditor = serving.token(&["aggregate.read"], &["aggregate:team:red"]);
    let auditor = serving.stranger().bearing(&auditor);
    transcript.get(&auditor, "/v1/status").is(403);
    transcript.get(&auditor, "/v1/root").is(403);
    transcript.snap("server__status", &serving);
}

#[test]
fn proofs_lead_to_the_root() {
    let serving = serving();
    let tcp = serving.tcp();
    let root = tcp.get("/v1/root").is(200).json();
    let targets = [
        "/v1/aggregates/team/red/proof",
        "/v1/aggregates/team/red/proof?version=1&log_size=3",
        "/v1/proofs/consistency?from=2",
        "/v1/proofs/consistency?from=1&to=2",
    ];
    let mut transcript = answers(&tcp, &targets);
    let proof = tcp.get("/v1/aggregates/team/red/proof?at=%232").is(200).json();
    assert_eq!(proof["inclusion"]["log"]["root"], root["root"]);
    let other = tcp.get("/v1/proofs/inclusion?type=team&id=red&version=2").is(200).json();
    assert_eq!(proof, other, "the two routes are one");
    let root = Some(root["root"].as_str().unwrap().parse().unwrap());
    let trusted = Trusted { root, ..Trusted::default() };
    assert!(check_proof(&proof.to_string(), &trusted).unwrap().ok);
    for (target, status) in [
        ("/v1/aggregates/team/green/proof", 404),
        ("/v1/aggregates/team/red/proof?version=2&log_size=1", 404),
        ("/v1/aggregates/team/red/proof?version=2&at=2", 400),
        ("/v1/aggregates/team/red/proof?version=1&body=true", 403),
        ("/v1/aggregates/person/grace/proof?version=1&body=true", 200),
        ("/v1/proofs/inclusion?type=team", 400),
        ("/v1/proofs/consistency", 400),
        ("/v1/proofs/consistency?from=3&to=2", 400),
    ] {
        transcript.get(&tcp, target).is(status);
    }
    transcript.snap("server__proofs", &serving);
}

#[test]
fn checkpoints_are_signed_and_held_against_the_log() {
    let serving = serving();
    let tcp = serving.tcp();
    let mut transcript = Transcript::default();
    let post = |target: &str, body: &Value| Request::new("POST", target).json(body);
    let signed = transcript.send(&tcp, post("/v1/checkpoint", &json!({}))).is(200).json();
    let key = transcript.get(&tcp, "/v1/checkpoint/key").is(200).json();
    assert_eq!(signed["verifier_key"], key);
    let named = json!({"origin": "example.com/teams"});
    transcript.send(&tcp, post("/v1/checkpoint", &named)).is(200);
    transcript.get(&tcp, "/v1/checkpoint/key?origin=example.com/teams").is(200);
    serving.append("team/red", "painted", &json!({"colour": "wine"}));
    let verdict = tcp.post("/v1/checkpoint/verify", &json!({"note": signed["note"], "key": key}));
    assert_eq!(verdict.is(200).json()["ok"], json!(true));
    let body = json!({"note": signed["note"]});
    let verdict = tcp.post("/v1/checkpoint/verify", &body).is(200).json();
    assert_eq!((&verdict["size"], &verdict["log_size"]), (&json!(4), &json!(5)));
    for body in [json!({"origin": "a b"}), json!({"origin": 7}), json!({"name": "x"})] {
        transcript.send(&tcp, post("/v1/checkpoint", &body)).is(400);
    }
    transcript.send(&tcp, post("/v1/checkpoint/verify", &json!({"note": "x"}))).is(400);
    transcript.send(&tcp, Request::new("POST", "/v1/checkpoint").body("{}")).is(415);
    transcript.get(&tcp, "/v1/checkpoint/key?origin=a%20b").is(400);
    transcript.get(&tcp, "/v1/checkpoint").is(405);
    transcript.snap("server__checkpoint", &serving);
}

#[test]
fn schemas_are_read_checked_and_applied() {
    let empty = Serving::new();
    assert_eq!(empty.tcp().get("/v1/schema").is(200).json(), Value::Null);
    let serving = serving();
    let tcp = serving.tcp();
    let mut transcript = answers(&tcp, &["/v1/schema/versions", "/v1/schema/versions/1"]);
    let source = |source: &str| json!({"source": source});
    let post = |target: &str, body: &Value| Request::new("POST", target).json(body);
    transcript
        .send(&tcp, post("/v1/schema/check", &source("aggregate team { lokced = 1 }")))
        .is(200);
    let same = tcp.post("/v1/schema/check", &source(SCHEMA)).is(200).json();
    assert_eq!(
        (&same["ok"], &same["changed"], &same["against"]),
        (&json!(true), &json!(false), &json!(1))
    );
    let broken = transcript.send(&tcp, post("/v1/schema/check", &source(CHANGED))).is(200).json();
    assert_eq!(broken["ok"], json!(false));
    transcript
        .send(&tcp, post("/v1/schema/impact", &json!({"old": SCHEMA, "new": CHANGED})))
        .is(200);
    assert_eq!(tcp.get("/v1/schema").json()["version"], json!(1), "nothing was applied");
    let put = |body: &Value| Request::new("PUT", "/v1/schema").json(body);
    transcript.send(&tcp, put(&source("aggregate {"))).is(422);
    transcript.send(&tcp, put(&source(CHANGED))).is(200);
    transcript.send(&tcp, put(&source(CHANGED))).is(200);
    assert_eq!(tcp.get("/v1/schema").json()["version"], json!(2));
    for (target, status) in
        [("/v1/schema/versions/7", 404), ("/v1/schema/versions/x", 400), ("/v1/schema?v=1", 400)]
    {
        transcript.get(&tcp, target).is(status);
    }
    let reader = serving.token(&["schema.read"], &["schema"]);
    let reader = serving.stranger().bearing(&reader);
    reader.get("/v1/schema").is(200);
    reader.post("/v1/schema/check", &source(SCHEMA)).is(200);
    transcript.send(&reader, put(&source(SCHEMA))).is(403);
    transcript.snap("server__schema", &serving);
}

/// What a command gets over the socket is what it would get from the store itself.
#[test]
fn both_ends_agree_on_an_aggregate_at_any_moment() {
    let serving = serving();
    let (here, there, me) = (serving.local(), serving.service(), ada());
    let (of, id) = (String::from("team"), String::from("red"));
    for at in [None, Some(At::Version(1)), Some(At::Position(2)), Some(At::Time(here.now()))] {
        let query = GetQuery {
            aggregate_type: of.clone(),
            aggregate_id: id.clone(),
            at,
            include_events: true,
        };
        assert_eq!(here.get(&me, &query).unwrap(), there.get(&me, &query).unwrap());
        let resolved = there.get_resolved(&me, &query, 2).unwrap();
        assert_eq!(here.get_resolved(&me, &query, 2).unwrap(), resolved);
        let blame = there.blame(&me, "team", "red", Some("colour"), at).unwrap();
        assert_eq!(here.blame(&me, "team", "red", Some("colour"), at).unwrap(), blame);
        let prove = ProveQuery {
            aggregate_type: of.clone(),
            aggregate_id: id.clone(),
            at,
            ..ProveQuery::default()
        };
        assert_eq!(
            here.prove_inclusion(&me, &prove).unwrap(),
            there.prove_inclusion(&me, &prove).unwrap()
        );
    }
}

#[test]
fn both_ends_agree_on_aggregates() {
    let serving = serving();
    let (here, there, me) = (serving.local(), serving.service(), ada());
    let (of, id) = (String::from("team"), String::from("red"));
    let (from, to) = (At::Version(1), At::Time(here.now()));
    assert_eq!(
        here.diff(&me, "team", "red", from, to).unwrap(),
        there.diff(&me, "team", "red", from, to).unwrap()
    );
    let list = ListQuery {
        filter: Some("colour:red|name:*".into()),
        skip: 1,
        take: Some(1),
        ..ListQuery::default()
    };
    assert_eq!(here.list(&me, &list).unwrap(), there.list(&me, &list).unwrap());
    let replay = ReplayQuery {
        aggregate_type: of.clone(),
        aggregate_id: id.clone(),
        from: Some(2),
        to: None,
    };
    assert_eq!(here.replay(&me, &replay).unwrap(), there.replay(&me, &replay).unwrap());
    let history = HistoryQuery {
        aggregate_type: of.clone(),
        aggregate_id: id.clone(),
        skip: 1,
        ..HistoryQuery::default()
    };
    assert_eq!(here.history(&me, &history).unwrap(), there.history(&me, &history).unwrap());
    assert_eq!(here.referrers(&me, &of, &id).unwrap(), there.referrers(&me, &of, &id).unwrap());
    assert_eq!(here.snapshots(&me, &of, &id).unwrap(), there.snapshots(&me, &of, &id).unwrap());
    assert_eq!(
        here.verify_aggregate(&me, &of, &id).unwrap(),
        there.verify_aggregate(&me, &of, &id).unwrap()
    );
}

#[test]
fn both_ends_agree_on_the_log() {
    let serving = serving();
    let (here, there, me) = (serving.local(), serving.service(), ada());
    let events = EventsQuery { reverse: true, take: Some(2), ..EventsQuery::default() };
    assert_eq!(here.events(&me, &events).unwrap(), there.events(&me, &events).unwrap());
    let event = here.event_at(&me, 2).unwrap();
    assert_eq!(event, there.event_at(&me, 2).unwrap());
    assert_eq!(here.event_summary(&me, 2).unwrap(), there.event_summary(&me, 2).unwrap());
    assert_eq!(event, there.event_by_id(&me, event.metadata.event_id.parse().unwrap()).unwrap());
    let log = LogQuery { before: Some(3), take: Some(1), ..LogQuery::default() };
    assert_eq!(here.log(&me, &log).unwrap(), there.log(&me, &log).unwrap());
    assert_eq!(here.commit_record(&me, 2).unwrap(), there.commit_record(&me, 2).unwrap());
    assert_eq!(here.status(&me).unwrap(), there.status(&me).unwrap());
    assert_eq!(here.log_root(&me).unwrap(), there.log_root(&me).unwrap());
    assert_eq!(here.erasures(&me).unwrap(), there.erasures(&me).unwrap());
    assert_eq!(
        here.prove_consistency(&me, 1, Some(3)).unwrap(),
        there.prove_consistency(&me, 1, Some(3)).unwrap()
    );
}

#[test]
fn both_ends_agree_on_checkpoints_and_schemas() {
    let serving = serving();
    let (here, there, me) = (serving.local(), serving.service(), ada());
    let note = there.checkpoint(&me, Some("example.com/teams")).unwrap();
    assert_eq!(note, here.checkpoint(&me, Some("example.com/teams")).unwrap());
    assert_eq!(here.checkpoint_key(&me, None).unwrap(), there.checkpoint_key(&me, None).unwrap());
    let told = std::sync::Mutex::new((0, 0));
    let verdict = there
        .verify_checkpoint(&me, &note.note, None, &|done, of| *told.lock().unwrap() = (done, of))
        .unwrap();
    assert_eq!(verdict, here.verify_checkpoint(&me, &note.note, None, &|_, _| {}).unwrap());
    assert_eq!(*told.lock().unwrap(), (4, 4), "how far it is comes over the socket too");
    assert_eq!(here.schema_in_force(&me).unwrap(), there.schema_in_force(&me).unwrap());
    assert_eq!(here.schema_history(&me).unwrap(), there.schema_history(&me).unwrap());
    assert_eq!(here.schema_version(&me, 1).unwrap(), there.schema_version(&me, 1).unwrap());
    assert_eq!(here.schema_check(&me, CHANGED).unwrap(), there.schema_check(&me, CHANGED).unwrap());
    let impact = ImpactRequest { old: Some(SCHEMA.into()), new: CHANGED.into() };
    assert_eq!(
        here.schema_impact(&me, &impact).unwrap(),
        there.schema_impact(&me, &impact).unwrap()
    );
}

#[test]
fn both_ends_agree_on_errors() {
    let serving = serving();
    let (here, there, me) = (serving.local(), serving.service(), ada());
    let of = String::from("team");
    // Errors too, with everything that they say.
    let unknown = |id: &str| GetQuery {
        aggregate_type: of.clone(),
        aggregate_id: id.into(),
        ..GetQuery::default()
    };
    for id in ["green", "no id"] {
        assert_eq!(
            here.get(&me, &unknown(id)).unwrap_err(),
            there.get(&me, &unknown(id)).unwrap_err()
        );
    }
    let bad = ListQuery { filter: Some("colour:".into()), ..ListQuery::default() };
    assert_eq!(here.list(&me, &bad).unwrap_err(), there.list(&me, &bad).unwrap_err());
    let applied = there.schema_apply(&me, CHANGED).unwrap();
    assert_eq!((applied.version, applied.changed), (2, true));
    assert_eq!(Serving::new().service().schema_in_force(&me).unwrap(), None);
}

//! What a command is told is the same, whether it opens the store itself or another process has it.

use super::{Serving, Setup, ada, token_request, workspace};
use dbx::domain::Json;
use dbx::error::Kind;
use dbx::service::{
    BackupSource, Caller, ExportError, ExportFormat, ExportQuery, ExportSink, ImportOptions, Local,
    Restrict, Service, token,
};
use dbx::wire::{
    ArchiveRequest, CommitRequest, EventsQuery, GetQuery, LogQuery, Operation, StageCommitRequest,
    StageEdit, StageMove, StageRequest,
};
use dbx::workspace::Ttl;
use regex::Regex;
use std::fmt::Debug;
use std::io::{self, Cursor, Write};
use std::path::Path;
use std::sync::LazyLock;

pub(super) const SHOP: &str = r#"
aggregate customer {
  field name { type = "text" }
  event joined {}
  event renamed {}
}
aggregate order {
  field customer { type = "reference" rules = {"reference": {"aggregate_type": "customer", "cascade": "restrict"}} }
  field total { type = "integer" rules = {"range": {"min": 0, "max": 1000}} }
  field status { type = "text" }
  event placed {}
  event changed {}
}
"#;

/// One of two workspaces, and what is needed to ask it.
struct Side {
    service: Service,
    limited: Caller,
}

/// A workspace of this process and one that is served, with the same in both.
pub(super) struct Twins {
    here: Side,
    there: Side,
    serving: Serving,
    /// It goes with the value.
    _dir: tempfile::TempDir,
}

fn setup() -> Setup {
    Setup { schema: Some(SHOP), ..Setup::default() }
}

impl Twins {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let here = Service::open(workspace(dir.path(), &setup())).unwrap();
        here.schema_apply(&ada(), SHOP).unwrap();
        // The other one has a token too that the fixture made.
        here.token_generate(&ada(), &token_request(&["*.*"], &["*"])).unwrap();
        let serving = Serving::start(setup());
        let there = serving.service();
        let side = |service: Service| {
            let request = token_request(&["aggregate.read"], &["aggregate:order:*"]);
            let issued = service.token_generate(&ada(), &request).unwrap();
            let now = serving.local().now();
            let bearer = token::identify(service.paths(), &issued.token, now).unwrap();
            let limited = Caller::bearing(&bearer, Restrict::Default);
            Side { service, limited }
        };
        let (here, there) = (side(here), side(there));
        Self { here, there, serving, _dir: dir }
    }

    /// Does the same on both sides, and holds what was said against each other. Gives it.
    #[track_caller]
    fn both<T: Debug>(&self, what: &str, call: impl Fn(&Side) -> T) -> String {
        let said = |side: &Side| plain(&format!("{:#?}", call(side)));
        let (here, there) = (said(&self.here), said(&self.there));
        assert!(here == there, "{what}\n--- here\n{here}\n--- there\n{there}");
        here
    }
}

/// Without what differs between any two stores: random identities, and the hashes that they are part of.
fn plain(text: &str) -> String {
    static HASH: LazyLock<Regex> = LazyLock::new(|| Regex::new("[0-9a-f]{64}").unwrap());
    static UUID: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").unwrap()
    });
    UUID.replace_all(&HASH.replace_all(text, "HASH"), "UUID").into_owned()
}

fn operation(name: &str, event: &str, payload: &str) -> Operation {
    let (aggregate_type, id) = name.split_once('/').unwrap_or((name, ""));
    Operation {
        aggregate_type: aggregate_type.into(),
        aggregate_id: id.into(),
        event_type: event.into(),
        payload: Some(Json::parse(payload).unwrap()),
        ..Operation::default()
    }
}

fn patch(name: &str, steps: &str) -> Operation {
    let patch = Some(Json::parse(steps).unwrap());
    Operation { payload: None, patch, ..operation(name, "changed", "{}") }
}

fn expecting(version: u64, operation: Operation) -> Operation {
    Operation { expected_version: Some(version), ..operation }
}

fn commit(operations: Vec<Operation>) -> CommitRequest {
    CommitRequest { operations, ..CommitRequest::default() }
}

fn keyed(key: &str, request: CommitRequest) -> CommitRequest {
    CommitRequest { idempotency_key: Some(key.into()), ..request }
}

fn archive(name: &str) -> ArchiveRequest {
    let (aggregate_type, id) = name.split_once('/').unwrap();
    ArchiveRequest {
        aggregate_type: aggregate_type.into(),
        aggregate_id: id.into(),
        ..ArchiveRequest::default()
    }
}

/// The commits that are tried one after the other, and what each of them says in its answer.
fn commits() -> Vec<(CommitRequest, &'static str)> {
    let joined = |id: &str| operation(&format!("customer/{id}"), "joined", r#"{"name":"Ada"}"#);
    let placed = |id: &str, payload: &str| operation(&format!("order/{id}"), "placed", payload);
    let first = CommitRequest {
        message: Some("the first".into()),
        ..commit(vec![joined("a"), placed("o1", r#"{"customer":"customer#a","total":10}"#)])
    };
    let noted = Operation {
        note: Some("n".repeat(129)),
        metadata: Some(Json::parse(r#"{"plain":1}"#).unwrap()),
        ..placed("o2", r#"{"total":"x","status":7,"customer":1}"#)
    };
    let made = |version| expecting(version, placed("o1", r#"{"total":11}"#));
    vec![
        (keyed("k1", first.clone()), "replayed: false"),
        (keyed("k1", first.clone()), "replayed: true"),
        (keyed("k1", commit(vec![joined("b")])), "KeyReused"),
        (keyed("", commit(vec![joined("b")])), "dbx::commit::idempotency_key"),
        (CommitRequest { dry_run: true, ..commit(vec![joined("b")]) }, "dry_run: true"),
        (commit(Vec::new()), "dbx::commit::empty"),
        (commit(vec![noted.clone()]), "\"/payload/total\""),
        (commit(vec![joined("b"), noted]), "\"/operations/1/payload/total\""),
        (commit(vec![made(1), made(7), made(3)]), "version: Some(\n"),
        (commit(vec![joined("c"), expecting(9, joined("a"))]), "dbx::conflict::version"),
        (commit(vec![expecting(0, joined("a"))]), "dbx::conflict::exists"),
        (commit(vec![Operation { exists: Some(true), ..joined("z") }]), "dbx::aggregate::unknown"),
        (
            commit(vec![expecting(1, Operation { exists: Some(false), ..joined("z") })]),
            "expectation",
        ),
        (commit(vec![operation("order/", "placed", "{}")]), "dbx::name::invalid"),
        (commit(vec![operation("order/o1", "dbx_archived", "{}")]), "dbx::name::reserved"),
        (
            commit(vec![patch("order/o1", r#"[{"op":"test","path":"/total","value":9}]"#)]),
            "test_failed",
        ),
        (
            commit(vec![patch("order/o1", r#"[{"op":"add","path":"/total","value":"much"}]"#)]),
            "violation",
        ),
        (
            commit(vec![patch("order/o1", r#"[{"op":"replace","path":"/total","value":12}]"#)]),
            "Ok(",
        ),
        (commit(vec![placed("o3", r#"{"customer":"customer#nobody"}"#)]), "violation"),
    ]
}

#[test]
fn commits_and_their_refusals() {
    let twins = Twins::new();
    for (index, (request, said)) in commits().into_iter().enumerate() {
        let what = format!("commit {index}: {request:?}");
        let answer = twins.both(&what, |side| side.service.commit(&ada(), &request));
        assert!(answer.contains(said), "{what}: {said} is not in {answer}");
        twins.both(&what, |side| side.service.commit(&side.limited, &request));
    }
    let strict = Caller::local("ada", Restrict::Strict);
    let off = Caller::local("ada", Restrict::Off);
    let pet = commit(vec![operation("pet/rex", "adopted", r#"{"total":"x"}"#)]);
    let wrong = commit(vec![operation("order/o9", "placed", r#"{"total":"x"}"#)]);
    let said = twins.both("strict", |side| side.service.commit(&strict, &pet));
    assert!(said.contains("dbx::schema::undeclared"), "{said}");
    twins.both("off", |side| side.service.commit(&off, &wrong));
    twins.both("the log", |side| side.service.events(&ada(), &EventsQuery::default()));
    twins.both("the commits", |side| side.service.log(&ada(), &LogQuery::default()));
    for number in [1, 2, 99] {
        twins.both("a commit", |side| side.service.commit_record(&ada(), number));
        twins.both("not theirs", |side| side.service.commit_record(&side.limited, number));
    }
}

#[test]
fn archiving_restoring_and_erasing() {
    let twins = Twins::new();
    let placed = operation("order/o-1", "placed", r#"{"customer":"customer#a"}"#);
    let start = commit(vec![operation("customer/a", "joined", "{}"), placed]);
    twins.both("start", |side| side.service.commit(&ada(), &start));
    let order = archive("order/o-1");
    let late = ArchiveRequest { expected_version: Some(7), ..order.clone() };
    let tried = ArchiveRequest { dry_run: true, ..order.clone() };
    let with = ArchiveRequest {
        idempotency_key: Some("gone".into()),
        note: Some("done with".into()),
        ..order.clone()
    };
    let unnamed = ArchiveRequest { aggregate_id: String::new(), ..order.clone() };
    let odd = ArchiveRequest { aggregate_id: "o 1/2?#%ü".into(), ..order.clone() };
    for request in [
        archive("customer/a"),
        archive("customer/b"),
        late,
        tried,
        with.clone(),
        with,
        order,
        unnamed,
        odd,
    ] {
        twins.both("archive", |side| side.service.archive(&ada(), &request));
        twins.both("not theirs", |side| side.service.archive(&side.limited, &request));
    }
    let order = archive("order/o-1");
    for _ in 0..2 {
        twins.both("restore", |side| side.service.restore(&ada(), &order));
    }
    let said = twins.both("erase", |side| side.service.erase(&ada(), &order));
    assert!(said.contains("dbx::seal::not_encrypted"), "{said}");
    twins.both("erase, not theirs", |side| side.service.erase(&side.limited, &order));
    let query = GetQuery {
        aggregate_type: "order".into(),
        aggregate_id: "o-1".into(),
        include_events: true,
        ..GetQuery::default()
    };
    twins.both("the aggregate", |side| side.service.get(&ada(), &query));
}

/// What is tried on the stage, by its name.
type Staging = (&'static str, Box<dyn Fn(&Side) -> String>);

fn staging<T: Debug + 'static>(
    name: &'static str,
    call: impl Fn(&Service, &Caller) -> T + 'static,
) -> Staging {
    let both = move |side: &Side| {
        let own = format!("{:#?}", call(&side.service, &ada()));
        format!("{own}\n{:#?}", call(&side.service, &side.limited))
    };
    (name, Box::new(both))
}

#[test]
#[expect(clippy::too_many_lines, reason = "one conversation, in its order")]
fn the_stage() {
    let twins = Twins::new();
    let add = |operations: Vec<Operation>| StageRequest { operations, dry_run: false };
    let joined = operation("customer/a", "joined", r#"{"name":"Ada"}"#);
    let placed = operation("order/o1", "placed", r#"{"customer":"customer#a","total":5}"#);
    let bad = operation("order/o2", "placed", r#"{"total":"x","status":1}"#);
    let first = add(vec![joined.clone(), placed.clone()]);
    let (try_out, wrong) =
        (StageRequest { dry_run: true, ..first.clone() }, add(vec![placed.clone(), bad.clone()]));
    let edit =
        |id: &str, operation: &Operation| StageEdit { id: id.into(), operation: operation.clone() };
    let better =
        edit("s2", &operation("order/o1", "placed", r#"{"customer":"customer#a","total":6}"#));
    let (worse, elsewhere) =
        (edit("s2", &operation("order/o1", "placed", r#"{"total":-1}"#)), edit("s2", &bad));
    let ids = |list: &[&str]| list.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let to = |id: &str, to| StageMove { id: id.into(), to };
    let all = StageCommitRequest::default();
    let key = StageCommitRequest { idempotency_key: Some("st".into()), ..all.clone() };
    let other = StageCommitRequest { message: Some("other".into()), ..key.clone() };
    let old = StageCommitRequest { revision: Some(1), ..all.clone() };
    let one = StageCommitRequest { only: ids(&["s1"]), dry_run: true, ..all.clone() };
    let behind = add(vec![operation("order/o1", "changed", r#"{"total":7}"#)]);
    let between = commit(vec![operation("order/o1", "changed", r#"{"total":8}"#)]);
    let unkeyed = ArchiveRequest { idempotency_key: Some("k".into()), ..archive("order/o1") };
    let (drop_none, second) = (ids(&["s9", "x"]), ids(&["s2"]));
    let calls: Vec<Staging> = vec![
        staging("empty", Service::stage),
        staging("commit of nothing", {
            let all = all.clone();
            move |service, who| service.stage_commit(who, &all)
        }),
        staging("dry add", move |service, who| service.stage_add(who, &try_out)),
        staging("add", move |service, who| service.stage_add(who, &first)),
        staging("add what is wrong", move |service, who| service.stage_add(who, &wrong)),
        staging("add one wrong", move |service, who| {
            service.stage_add(who, &add(vec![bad.clone()]))
        }),
        staging("edit", move |service, who| service.stage_edit(who, &better)),
        staging("edit for the worse", move |service, who| service.stage_edit(who, &worse)),
        staging("edit to another", move |service, who| service.stage_edit(who, &elsewhere)),
        staging("move", move |service, who| service.stage_move(who, &to("s2", 1))),
        staging("move nowhere", move |service, who| service.stage_move(who, &to("s2", 0))),
        staging("drop unknown", move |service, who| service.stage_drop(who, &drop_none)),
        staging("drop", move |service, who| service.stage_drop(who, &second)),
        staging("undo", |service, who| service.stage_undo(who, 2)),
        staging("redo", |service, who| service.stage_redo(who, 1)),
        staging("undo again", |service, who| service.stage_undo(who, 9)),
        staging("undo nothing", |service, who| service.stage_undo(who, 1)),
        staging("redo all", |service, who| service.stage_redo(who, 2)),
        staging("part, dry", move |service, who| service.stage_commit(who, &one)),
        staging("old revision", move |service, who| service.stage_commit(who, &old)),
        staging("commit", {
            let key = key.clone();
            move |service, who| service.stage_commit(who, &key)
        }),
        staging("commit again", move |service, who| service.stage_commit(who, &key)),
        staging("key for another", move |service, who| service.stage_commit(who, &other)),
        staging("stage behind", move |service, who| service.stage_add(who, &behind)),
        staging("meanwhile", move |service, who| service.commit(who, &between)),
        staging("the conflict", Service::stage),
        staging("commit in conflict", move |service, who| service.stage_commit(who, &all)),
        staging("rebase", |service, who| service.stage_rebase(who, false)),
        staging("rebase part", |service, who| service.stage_rebase(who, true)),
        staging("archive with a key", move |service, who| service.stage_archive(who, &unkeyed)),
        staging("clear", Service::stage_clear),
        staging("archive", |service, who| service.stage_archive(who, &archive("order/o1"))),
        staging("restore", |service, who| service.stage_restore(who, &archive("order/o1"))),
        staging("restore unknown", |service, who| service.stage_restore(who, &archive("order/o7"))),
        staging("clear again", Service::stage_clear),
        staging("revert, dry", |service, who| service.revert(who, 1, (false, true))),
        staging("revert", |service, who| service.revert(who, 2, (false, false))),
        staging("revert part", |service, who| service.revert(who, 1, (true, false))),
        staging("revert unknown", |service, who| service.revert(who, 77, (true, false))),
    ];
    for (name, call) in calls {
        let said = |side: &Side| plain(&call(side));
        let (here, there) = (said(&twins.here), said(&twins.there));
        assert!(here == there, "{name}\n--- here\n{here}\n--- there\n{there}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one conversation, in its order")]
fn tokens() {
    let twins = Twins::new();
    let plenty = token_request(&["token.manage", "aggregate.read"], &["*"]);
    let mut wrong = vec![
        token_request(&[], &["*"]),
        token_request(&["aggregate.fly"], &["*"]),
        token_request(&["aggregate.read"], &["nonsense"]),
    ];
    wrong.push(dbx::wire::TokenRequest { user: "a/b".into(), ..plenty.clone() });
    wrong.push(dbx::wire::TokenRequest { group: "local".into(), ..plenty.clone() });
    wrong.push(dbx::wire::TokenRequest { ttl: Some(0), ..plenty.clone() });
    wrong.push(dbx::wire::TokenRequest {
        ttl: Some(60),
        limit: Some(3),
        keep_alive: Some(9),
        ..plenty
    });
    for request in &wrong {
        twins.both("generate", |side| side.service.token_generate(&ada(), request));
        twins
            .both("generate with less", |side| side.service.token_generate(&side.limited, request));
    }
    twins.both("list", |side| side.service.token_list(&ada()).unwrap().tokens.len());
    let sorted = |side: &Side| {
        let mut lines: Vec<String> = side
            .service
            .token_list(&ada())
            .unwrap()
            .tokens
            .iter()
            .map(|token| plain(&format!("{token:?}")))
            .collect();
        // At the same moment they are in the order of their random names.
        lines.sort();
        lines
    };
    twins.both("what is listed", sorted);
    twins.both("not theirs", |side| side.service.token_list(&side.limited));
    let last = |side: &Side| {
        let tokens = side.service.token_list(&ada()).unwrap().tokens;
        tokens.into_iter().find(|token| token.limit == Some(3)).unwrap().id
    };
    twins.both("info", |side| side.service.token_info(&ada(), &last(side)));
    for id in ["nonsense", "abc", "00000000", "reve", "x/y"] {
        twins.both("info of none", |side| side.service.token_info(&ada(), id));
        twins.both("refresh of none", |side| side.service.token_refresh(&ada(), id, None));
        twins.both("revoke none", |side| side.service.token_revoke(&ada(), &[id.to_owned()]));
    }
    for ttl in ["0", "90", "2w"] {
        let ttl: Ttl = ttl.parse().unwrap();
        twins.both("refresh", |side| {
            side.service
                .token_refresh(&ada(), &last_active(side), Some(ttl))
                .map(|new| new.expires_at)
        });
        twins.both("bootstrap", |side| side.service.token_bootstrap(&ada(), ttl));
        twins.both("bootstrap with less", |side| side.service.token_bootstrap(&side.limited, ttl));
        twins.both("bootstrap file", |side| side.service.token_bootstrap_file(&ada(), ttl));
    }
    twins.both("refresh as before", |side| {
        side.service.token_refresh(&ada(), &last_active(side), None).map(|new| new.expires_at)
    });
    twins.both("refresh of a revoked one", |side| {
        side.service.token_refresh(&ada(), &revoked(side), None)
    });
    twins.both("revoke", |side| side.service.token_revoke(&ada(), &[last_active(side)]));
    twins.both("revoke all", |side| {
        side.service.token_revoke_all(&ada(), "test/tess").map(|list| list.tokens.len())
    });
    twins.both("revoke all of nobody", |side| side.service.token_revoke_all(&ada(), "nobody"));
    // What is revoked holds nowhere from now on.
    let query = EventsQuery::default();
    let said = twins.both("revoked", |side| side.service.events(&side.limited, &query));
    assert!(said.contains("Unauthenticated"), "{said}");
    assert!(twins.serving.paths().cli_token.is_file());
}

/// One that holds no longer.
fn revoked(side: &Side) -> String {
    let tokens = side.service.token_list(&ada()).unwrap().tokens;
    tokens.into_iter().find(|token| token.revoked_at.is_some()).unwrap().id
}

/// The token of the table that still holds.
fn last_active(side: &Side) -> String {
    let tokens = side.service.token_list(&ada()).unwrap().tokens;
    let holds = |token: &dbx::wire::TokenInfo| token.limit == Some(3) && token.revoked_at.is_none();
    tokens.into_iter().find(holds).unwrap().id
}

/// Files in memory, by name.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Files(pub(super) Vec<(String, String)>);

impl Write for Files {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.last_mut().unwrap().1.push_str(std::str::from_utf8(bytes).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ExportSink for Files {
    fn begin(&mut self, name: &str) -> Result<(), ExportError> {
        self.0.push((name.to_owned(), String::new()));
        Ok(())
    }
}

/// A sink that takes no more after some bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0 -= bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ExportSink for Full {
    fn begin(&mut self, _: &str) -> Result<(), ExportError> {
        Ok(())
    }
}

fn lines(numbers: std::ops::Range<u32>) -> String {
    let line = |number: u32| {
        format!(
            "{{\"aggregate_type\":\"order\",\"aggregate_id\":\"o{}\",\"event_type\":\"placed\",\"payload\":{{\"total\":{}}}}}\n",
            number % 97,
            number % 1000
        )
    };
    numbers.map(line).collect()
}

fn options(batch: usize) -> ImportOptions {
    ImportOptions { name: "history.ndjson".into(), batch, dry_run: false, skip_existing: false }
}

fn import(service: &Service, who: &Caller, text: &str, options: &ImportOptions) -> String {
    let mut input = Cursor::new(text.as_bytes());
    format!("{:#?}", service.import(who, &mut input, options, &mut |_| true))
}

#[test]
fn imports() {
    let twins = Twins::new();
    let good = lines(0..40);
    let spoiled =
        format!("{}{{\"aggregate_type\":\"order\",\"event\":1}}\n{}", lines(0..17), lines(17..40));
    let refused = good.replacen("\"total\":21", "\"total\":\"x\",\"status\":4", 1);
    let keyed = good.replacen("\"payload\"", "\"idempotency_key\":\"only\",\"payload\"", 1);
    let dry = ImportOptions { dry_run: true, ..options(256) };
    let skip = ImportOptions { skip_existing: true, ..options(256) };
    for (text, options, said) in [
        (good.as_str(), &dry, "dry_run: true"),
        (&spoiled, &options(5), "history.ndjson:18:"),
        (&spoiled, &options(5), "history.ndjson:18:"),
        (&good, &options(5), "resumed_after: 15"),
        (&refused, &options(7), "history.ndjson:22:"),
        (&keyed, &options(256), "Ok("),
        (&good, &skip, "Ok("),
        ("", &options(256), "lines: 0"),
        ("[]\n", &options(256), "dbx::import::line"),
        ("{\n", &options(256), "dbx::import::json"),
    ] {
        let answer = twins.both("import", |side| import(&side.service, &ada(), text, options));
        assert!(answer.contains(said), "{said} is not in {answer}");
        twins.both("with less", |side| import(&side.service, &side.limited, text, options));
    }
    twins.both("the log", |side| side.service.events(&ada(), &EventsQuery::default()));
    twins.both("the commits", |side| side.service.log(&ada(), &LogQuery::default()));
}

#[test]
fn exports() {
    let twins = Twins::new();
    let text = format!("{}{}", lines(0..300), lines(0..1).replace("order", "customer"));
    twins.both("import", |side| import(&side.service, &ada(), &text, &options(100)));
    twins.both("archive", |side| side.service.archive(&ada(), &archive("order/o3")));
    for aggregate_type in [None, Some("order"), Some("nothing"), Some("Not a name")] {
        let aggregate_type = aggregate_type.map(str::to_owned);
        for archived in [false, true] {
            let query =
                ExportQuery { aggregate_type: aggregate_type.clone(), archived, raw: archived };
            for format in [ExportFormat::Json, ExportFormat::Ndjson, ExportFormat::Csv] {
                let said = |side: &Side, who: &Caller| {
                    let mut files = Files::default();
                    let report =
                        side.service.export(who, &query, format, &mut files, &mut |_| true);
                    (report.map_err(|error| error.to_string()), plain(&format!("{files:?}")))
                };
                twins.both("export", |side| said(side, &ada()));
                twins.both("with less", |side| said(side, &side.limited));
            }
            let said = |side: &Side, who: &Caller| {
                let mut files = Files::default();
                let report = side.service.export_events(who, &query, &mut files, &mut |_| true);
                (format!("{report:?}"), files)
            };
            twins.both("events", |side| said(side, &ada()));
            twins.both("with less", |side| said(side, &side.limited));
        }
    }
    let all = ExportQuery { aggregate_type: None, archived: true, raw: false };
    let full =
        |side: &Side| side.service.export_events(&ada(), &all, &mut Full(9000), &mut |_| true);
    let said = twins.both("a full disk", full);
    assert!(said.contains("Output") && said.contains("StorageFull"), "{said}");
    let stopped = |side: &Side| {
        let mut files = Files::default();
        side.service.export_events(&ada(), &all, &mut files, &mut |_| false)
    };
    let said = twins.both("stopped", stopped);
    assert!(said.contains("dbx::export::stopped"), "{said}");
}

fn backed_up(side: &Side, since: Option<&[u8]>) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    let since = since.map(|earlier| BackupSource {
        name: "earlier.dbxb".into(),
        bytes: Box::new(Cursor::new(earlier.to_vec())),
    });
    let report = side.service.backup(&ada(), since, &mut bytes, &mut |_| true);
    (format!("{report:#?}"), bytes)
}

/// The root of what a backup gives when it is restored elsewhere.
fn root_of(dir: &Path, backups: &[&[u8]]) -> String {
    let options = workspace(dir, &Setup::default());
    let backups = backups.iter().map(|bytes| BackupSource {
        name: "backup".into(),
        bytes: Box::new(Cursor::new(bytes.to_vec())),
    });
    Local::restore_backups(&ada(), &options, backups.collect(), true, &[], &|_| {}).unwrap().root
}

#[test]
fn backups() {
    let twins = Twins::new();
    twins.both("start", |side| import(&side.service, &ada(), &lines(0..150), &options(64)));
    let (said, whole) = backed_up(&twins.there, None);
    assert_eq!(plain(&said), plain(&backed_up(&twins.here, None).0));
    twins.both("more", |side| import(&side.service, &ada(), &lines(150..200), &options(64)));
    let (said, rest) = backed_up(&twins.there, Some(&whole));
    assert!(said.contains("events: 50"), "{said}");
    let dir = tempfile::tempdir().unwrap();
    let root = twins.there.service.status(&ada()).unwrap().root;
    assert_eq!(Some(root_of(dir.path(), &[&whole, &rest])), Some(root.clone()));

    let foreign = backed_up(&twins.here, None).1;
    let mut spoiled = whole.clone();
    let middle = spoiled.len() / 2;
    spoiled[middle] ^= 1;
    for (name, earlier) in [
        ("foreign", &foreign[..]),
        ("spoiled", &spoiled),
        ("cut short", &whole[..middle]),
        ("no backup", b"hello"),
        ("empty", b""),
    ] {
        // The same bytes, held against either store: only which of the two is the foreign one may differ.
        let (there, bytes) = backed_up(&twins.there, Some(earlier));
        assert!(there.contains("Err("), "{name}: {there}");
        assert!(bytes.is_empty(), "{name}");
        if name != "foreign" {
            assert_eq!(plain(&backed_up(&twins.here, Some(earlier)).0), plain(&there), "{name}");
        }
    }
    twins.both("with less", |side| {
        side.service.backup(&side.limited, None, &mut Vec::new(), &mut |_| true)
    });
    twins.both("a full disk", |side| {
        side.service.backup(&ada(), None, &mut Full(2000), &mut |_| true)
    });
}

/// More lines than are committed, ten at a time, while a client is told of the first.
const MANY: u32 = 20_000;

#[test]
fn an_import_that_is_told_to_stop_says_how_far_it_came() {
    let twins = Twins::new();
    let text = lines(0..MANY);
    let stop = |side: &Side| {
        let mut input = Cursor::new(text.as_bytes());
        side.service.import(&ada(), &mut input, &options(10), &mut |_| false).unwrap_err()
    };
    for side in [&twins.here, &twins.there] {
        let before = side.service.status(&ada()).unwrap().position;
        let error = stop(side);
        let events = side.service.status(&ada()).unwrap().position;
        assert_eq!(error.kind(), Kind::Interrupted);
        assert_eq!(error.code(), "dbx::import::stopped");
        assert_eq!(error.message(), format!("the import was stopped after line {events}"));
        assert_eq!(
            error.kept_text(),
            Some(format!("the {events} events committed before it stay").as_str())
        );
        assert_eq!(error.help_text(), Some("import the same file again to go on from there"));
        assert_eq!(before, "0");
        let done: u64 = events.parse().unwrap();
        assert!(done < u64::from(MANY), "it went on to its end");
        // What is there is where it goes on.
        let mut input = Cursor::new(text.as_bytes());
        let report =
            side.service.import(&ada(), &mut input, &options(1000), &mut |_| true).unwrap();
        let all = report.resumed_after + report.events;
        assert_eq!((report.resumed_after, all), (done, u64::from(MANY)));
    }
}

/// A source that ends with an error.
struct Broken<'a>(&'a [u8]);

impl io::Read for Broken<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match io::Read::read(&mut self.0, into)? {
            0 => Err(io::Error::other("the disk is gone")),
            length => Ok(length),
        }
    }
}

#[test]
fn an_import_whose_source_fails_says_so() {
    let twins = Twins::new();
    let text = lines(0..30);
    let error = |side: &Side| {
        let mut input = io::BufReader::new(Broken(text.as_bytes()));
        side.service.import(&ada(), &mut input, &options(10), &mut |_| true).unwrap_err()
    };
    for side in [&twins.here, &twins.there] {
        let error = error(side);
        assert_eq!(error.kind(), Kind::Invalid);
        assert!(error.message().contains("the disk is gone"), "{error}");
    }
}

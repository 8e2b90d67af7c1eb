//! Tokens on the command line, and the auditor: somebody who may read one aggregate and do nothing else.

use super::shop;
use crate::common::{Output, Sandbox, snap};
use std::collections::BTreeSet;

/// Makes a token and keeps it in a file.
fn token(sandbox: &Sandbox, file: &str, args: &[&str]) -> serde_json::Value {
    let generate = ["token", "generate", "--group", "audit", "--user", "eve", "--json"];
    let made = sandbox.dbx(&[&generate[..], args].concat()).ok().json();
    sandbox.write(file, format!("{}\n", made["token"].as_str().unwrap()));
    made
}

const AUDITOR: [&str; 4] = ["-a", "aggregate.read", "-r", "aggregate:order:o-1"];

/// Asserts the exit code and the code of the error, and that there is something to type next.
#[track_caller]
fn fails(output: Output, exit: i32, code: &str) -> Output {
    let output = output.exits(exit);
    assert!(output.stderr.starts_with(code), "{output:?}");
    assert!(output.stderr.contains("help: "), "{output:?}");
    assert_eq!(output.stdout, "");
    output
}

#[test]
fn a_token_is_made_and_listed_and_never_shown_again() {
    let sandbox = shop();
    let generate = ["token", "generate", "--group", "audit", "--user", "eve"];
    let limits = ["--ttl", "7d", "--limit", "3", "--keep-alive", "1h"];
    let made = sandbox.dbx(&[&generate[..], &AUDITOR, &limits].concat()).ok();
    snap("cli__token__generate", &made);
    let secret = made.stdout.trim().to_owned();
    snap(
        "cli__token__generate_json",
        &sandbox.dbx(&[&generate[..], &AUDITOR, &["--json"]].concat()).ok(),
    );
    for (name, args) in [
        ("cli__token__list", &["token", "list"][..]),
        ("cli__token__list_json", &["token", "list", "--json"]),
    ] {
        let list = sandbox.dbx(args).ok();
        assert!(!list.stdout.contains(&secret) && !list.stdout.contains("eyJ"), "{list:?}");
        // Tokens of one moment stand in the order of their ids, which differs from run to run.
        let mut lines: Vec<&str> = list.stdout.lines().collect();
        if name == "cli__token__list" {
            lines.sort_by_key(|line| (line.contains("audit/eve"), !line.contains("of 3")));
            let stdout = lines.join("\n");
            snap("cli__token__list", &Output { stdout, ..list.clone() });
        } else {
            assert_eq!(list.json()["tokens"].as_array().unwrap().len(), 3);
        }
    }
    // Nothing of the secret is in the store: neither the token nor its signature.
    let signature = secret.rsplit('.').next().unwrap();
    let mut files = vec![sandbox.path(".dbx")];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(signature.len()).any(|part| part == signature.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}

#[test]
fn what_is_not_meant_so_is_refused_with_what_might_be() {
    let sandbox = Sandbox::workspace();
    let generate = ["token", "generate", "--group", "a", "--user", "b"];
    for (name, args) in [
        ("cli__token__action", &["-a", "aggregate.raed"][..]),
        ("cli__token__resource", &["-a", "aggregate.read", "-r", "order/o-1"]),
    ] {
        snap(name, &sandbox.dbx(&[&generate[..], args].concat()).exits(2));
    }
    for args in [
        &["-a", "aggregate.read", "--ttl", "soon"][..],
        &["-a", "aggregate.read", "--keep-alive", "0"],
        &["-a", "aggregate.read", "--limit", "0"],
        &["-a", "aggregate.read", "--limit", "-1"],
        &[],
    ] {
        sandbox.dbx(&[&generate[..], args].concat()).exits(2);
    }
}

#[test]
fn a_token_is_shown_refreshed_and_revoked() {
    let sandbox = shop();
    let limited = ["-a", "aggregate.append", "--limit", "2", "--keep-alive", "2h", "--ttl", "3d"];
    let made = token(&sandbox, "eve", &limited);
    let id = made["id"].as_str().unwrap();
    let pay = ["aggregate", "apply", "order", "o-1", "order_paid", "-f", "status=paid"];
    let at = |time: &str, args: &[&str]| sandbox.dbx_env(&[("DBX_CLOCK", time)], args);
    at("2026-11-20T12:30:00Z", &[&pay[..], &["--token", "@eve"]].concat()).ok();
    snap("cli__token__show", &at("2026-11-20T13:00:00Z", &["token", "show", id]).ok());
    let refreshed = at("2026-11-20T13:00:00Z", &["token", "refresh", &id[..8]]).ok();
    snap(
        "cli__token__refresh",
        &Output { args: vec!["token".into(), "refresh".into()], ..refreshed.clone() },
    );
    sandbox.write("new", &refreshed.stdout);
    fails(sandbox.dbx(&[&pay[..], &["--token", "@eve"]].concat()), 2, "dbx::token::revoked");
    let clock = "2026-11-20T13:01:00Z";
    at(clock, &[&pay[..], &["--token", "@new"]].concat()).ok();
    snap("cli__token__limit", &at(clock, &[&pay[..], &["--token", "@new"]].concat()).exits(2));
    let revoked = at(clock, &["token", "revoke", "--all-of", "audit/eve", "--json"]).ok().json();
    assert_eq!(revoked["tokens"].as_array().unwrap().len(), 1, "the old one was revoked before");
    assert_eq!(revoked["tokens"][0]["written"], 2);
    snap("cli__token__revoked", &at(clock, &["show", "order/o-1", "--token", "@new"]).exits(2));
    snap("cli__token__revoke_unknown", &sandbox.dbx(&["token", "revoke", "abcd"]).exits(1));
    let shown = sandbox.dbx(&["token", "show", id, "--json"]).ok().json();
    assert_eq!(shown["status"], "revoked");
    assert!(shown["replaced_by"].is_string(), "{shown}");
    let again = sandbox.dbx(&["token", "revoke", id]).ok();
    assert!(again.stdout.contains("revoked"), "{again:?}");
}

#[test]
fn where_a_token_comes_from() {
    let sandbox = shop();
    token(&sandbox, "eve", &AUDITOR);
    let secret = sandbox.read("eve").trim_end().to_owned();
    let show = ["show", "order/o-1"];
    let refused = ["show", "customer/c-1"];
    for (env, args) in [
        (&[][..], &["--token", &secret][..]),
        (&[], &["--token", "@eve"]),
        (&[("DBX_TOKEN", "@eve")], &[]),
        (&[("DBX_TOKEN", secret.as_str())], &[]),
        (&[("EVENTDBX_TOKEN", secret.as_str())], &[]),
        (&[("DBX_TOKEN", ""), ("EVENTDBX_TOKEN", "@eve")], &[]),
        (&[("DBX_TOKEN", "@eve"), ("EVENTDBX_TOKEN", "nonsense")], &[]),
        (&[("DBX_TOKEN", "nonsense")], &["--token", "@eve"]),
    ] {
        sandbox.dbx_env(env, &[&show[..], args].concat()).ok();
        fails(sandbox.dbx_env(env, &[&refused[..], args].concat()), 2, "dbx::token::forbidden");
    }
    let piped = sandbox.dbx_stdin(&[&show[..], &["--token", "@-"]].concat(), format!("{secret}\n"));
    piped.ok();
    sandbox.dbx(&refused).ok();
}

#[test]
fn the_configuration_is_not_changed_with_a_token() {
    let sandbox = shop();
    token(&sandbox, "eve", &AUDITOR);
    let before = sandbox.read(".dbx/config.toml");
    for args in [&["config", "set", "port", "1"][..], &["config", "--port", "1"]] {
        let given = [args, &["--token", "@eve"]].concat();
        fails(sandbox.dbx(&given), 2, "dbx::token::forbidden");
        assert_eq!(sandbox.read(".dbx/config.toml"), before);
        sandbox.dbx(args).ok();
        sandbox.write(".dbx/config.toml", &before);
    }
}

#[test]
fn a_token_that_does_not_hold() {
    let sandbox = shop();
    token(&sandbox, "eve", &AUDITOR);
    let show = |token: &str| sandbox.dbx(&["show", "order/o-1", "--token", token]);
    let secret = sandbox.read("eve").trim_end().to_owned();
    snap("cli__token__malformed", &show("nonsense").exits(2));
    fails(show(""), 2, "dbx::token::malformed");
    fails(show(&secret[..secret.len() - 1]), 2, "dbx::token::malformed");
    fails(show(&"x".repeat(100_000)), 2, "dbx::token::malformed");
    fails(show("@nowhere"), 2, "dbx::cli::file");
    let elsewhere = Sandbox::workspace();
    token(&elsewhere, "eve", &AUDITOR);
    let foreign = elsewhere.read("eve");
    let output = fails(show(foreign.trim_end()), 2, "dbx::token::signature");
    assert!(output.stderr.contains("of the store `dbx/"), "{output:?}");
    let json = sandbox.dbx(&["show", "order/o-1", "--token", "nonsense", "--json"]).exits(2);
    let problem: serde_json::Value = serde_json::from_str(&json.stderr).unwrap();
    assert_eq!(problem["status"], 401);
    // A day after it was made.
    let late = [("DBX_CLOCK", "2026-11-21T12:00:00Z")];
    let expired = sandbox.dbx_env(&late, &["show", "order/o-1", "--token", "@eve"]).exits(2);
    snap("cli__token__expired", &expired);
    let last = [("DBX_CLOCK", "2026-11-21T11:59:59.999999Z")];
    sandbox.dbx_env(&last, &["show", "order/o-1", "--token", "@eve"]).ok();
    // What touches no store has nobody to ask.
    for command in
        [&["schema", "validate"][..], &["schema", "explain", "E012"], &["root"], &["config"]]
    {
        sandbox.dbx(&[command, &["--token", "nonsense"]].concat()).ok();
    }
    // Nobody hears the token: neither in a message nor in the lock, which others may read.
    for output in [show(&secret[..40]), show(&format!("{secret}x"))] {
        assert!(!output.stderr.contains(&secret[..40]), "{output:?}");
    }
    assert!(!sandbox.read(".dbx/lock").contains("eyJ"));
}

#[test]
fn the_bootstrap_token() {
    let sandbox = Sandbox::workspace();
    let first = sandbox.read(".dbx/cli.token");
    sandbox.dbx(&["status", "--token", "@.dbx/cli.token"]).ok();
    snap("cli__token__bootstrap", &sandbox.dbx(&["token", "bootstrap", "--ttl", "0"]).ok());
    assert_ne!(sandbox.read(".dbx/cli.token"), first);
    let made = sandbox.dbx(&["token", "bootstrap", "--stdout", "--json"]).ok().json();
    assert_eq!((&made["actions"][0], &made["resources"][0]), (&"*.*".into(), &"*".into()));
    let json = sandbox.dbx(&["token", "bootstrap", "--json"]).ok();
    assert!(!json.stdout.contains("eyJ"), "the secret is in the file: {json:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = std::fs::metadata(sandbox.path(".dbx/cli.token")).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
    let everything = ["--token", "@.dbx/cli.token"];
    let create = ["aggregate", "create", "note", "n", "-e", "written", "--json"];
    let event = sandbox.dbx(&[&create[..], &everything].concat()).ok().json();
    let issuer = serde_json::json!({"group": "cli", "user": "bootstrap"});
    assert_eq!(event["metadata"]["issued_by"], issuer);
    sandbox.dbx(&[&["token", "list"][..], &everything].concat()).ok();
}

#[test]
fn hidden_fields_are_shown_to_those_who_ask_and_may() {
    let schema = "aggregate card {\n  hidden_fields = [\"pin\"]\n  field pin { type = \"text\" }\n  event issued {}\n}";
    let sandbox = Sandbox::with_schema(schema);
    sandbox.dbx(&["aggregate", "create", "card", "k", "-e", "issued", "-f", "pin=4711"]).ok();
    token(&sandbox, "reader", &["-a", "aggregate.read"]);
    token(&sandbox, "seer", &["-a", "aggregate.read", "-a", "aggregate.read_hidden"]);
    let shows = |args: &[&str]| {
        let output = sandbox.dbx(&[&["show", "card/k"][..], args].concat()).ok();
        output.stdout.contains("4711")
    };
    assert!(!shows(&[]) && shows(&["--hidden"]));
    assert!(!shows(&["--token", "@seer"]) && shows(&["--token", "@seer", "--hidden"]));
    assert!(!shows(&["--token", "@reader"]));
    let asks = sandbox.dbx(&["show", "card/k", "--token", "@reader", "--hidden"]);
    fails(asks, 2, "dbx::token::forbidden");
}

/// What becomes of a command with the auditor's token.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    /// It reads the aggregate.
    Reads,
    /// It is refused.
    Refused,
    /// It has nothing to do with what is stored.
    Apart,
    /// It shows what others show, on a screen, and there is none.
    Unseen,
}

/// Every command there is, once at least.
const COMMANDS: &[(Fate, &[&str])] = &[
    (Fate::Apart, &["init"]),
    (Fate::Refused, &["status"]),
    (Fate::Refused, &["aggregate", "create", "order", "o-9", "-e", "order_placed"]),
    (Fate::Refused, &["aggregate", "apply", "order", "o-1", "order_paid", "-f", "status=paid"]),
    (Fate::Refused, &["aggregate", "patch", "order", "o-1", "order_changed", "--patch", "[]"]),
    (Fate::Refused, &["aggregate", "archive", "order", "o-1"]),
    (Fate::Refused, &["aggregate", "restore", "order", "o-1"]),
    (Fate::Refused, &["aggregate", "apply", "order", "o-1", "order_paid", "--stage"]),
    (Fate::Refused, &["aggregate", "archive", "order", "o-1", "--stage"]),
    (Fate::Refused, &["stage", "add", "order", "o-1", "order_paid", "-f", "status=paid"]),
    (Fate::Refused, &["stage", "list"]),
    (Fate::Refused, &["stage", "show"]),
    (Fate::Refused, &["stage", "drop", "s1"]),
    (Fate::Refused, &["stage", "edit", "s1", "-f", "status=paid"]),
    (Fate::Refused, &["stage", "move", "s1", "1"]),
    (Fate::Refused, &["stage", "undo"]),
    (Fate::Refused, &["stage", "redo"]),
    (Fate::Refused, &["stage", "clear"]),
    (Fate::Refused, &["stage", "rebase"]),
    (Fate::Refused, &["commit", "-m", "why"]),
    (Fate::Refused, &["revert", "c1", "--stage"]),
    (Fate::Refused, &["aggregate", "erase", "order", "o-1", "--yes"]),
    (Fate::Refused, &["aggregate", "erasures"]),
    (Fate::Refused, &["config", "--data-encryption-key", "new"]),
    (Fate::Reads, &["aggregate", "list"]),
    (Fate::Reads, &["aggregate", "list", "order", "--sort", "updated", "--archived"]),
    (Fate::Reads, &["aggregate", "list", "--where", "Grace"]),
    (Fate::Refused, &["aggregate", "list", "customer"]),
    (Fate::Reads, &["aggregate", "get", "order", "o-1"]),
    (Fate::Reads, &["aggregate", "get", "order", "o-1", "--include-events", "--resolve"]),
    (Fate::Refused, &["aggregate", "get", "order", "o-2"]),
    (Fate::Refused, &["aggregate", "get", "customer", "c-1"]),
    (Fate::Reads, &["aggregate", "replay", "order", "o-1"]),
    (Fate::Refused, &["aggregate", "replay", "order", "o-2"]),
    (Fate::Reads, &["aggregate", "verify", "order", "o-1"]),
    (Fate::Refused, &["aggregate", "verify", "order", "o-2"]),
    (Fate::Refused, &["aggregate", "verify", "--all"]),
    (Fate::Reads, &["aggregate", "referrers", "order", "o-1"]),
    (Fate::Refused, &["aggregate", "referrers", "customer", "c-1"]),
    (Fate::Reads, &["aggregate", "snapshots", "order", "o-1"]),
    (Fate::Refused, &["aggregate", "snapshots", "order", "o-2"]),
    (Fate::Reads, &["aggregate", "export", "--format", "json", "--output", "-"]),
    (Fate::Reads, &["aggregate", "export", "order", "--format", "csv", "--output", "-"]),
    (Fate::Reads, &["aggregate", "export", "--format", "ndjson", "--events", "--output", "-"]),
    (Fate::Refused, &["aggregate", "export", "customer", "--format", "ndjson", "--output", "-"]),
    (Fate::Refused, &["aggregate", "export", "--hidden", "--format", "ndjson", "--output", "-"]),
    (Fate::Reads, &["events"]),
    (Fate::Reads, &["events", "--reverse", "--where", "event:customer_registered | v:1"]),
    (Fate::Refused, &["events", "customer"]),
    (Fate::Refused, &["events", "order/o-2"]),
    (Fate::Reads, &["events", "show", "#2"]),
    (Fate::Refused, &["events", "show", "#1"]),
    (Fate::Refused, &["events", "show", "#999"]),
    (Fate::Refused, &["events", "show", "1"]),
    (Fate::Refused, &["outbox", "read"]),
    (Fate::Refused, &["outbox", "read", "customer", "--archived"]),
    (Fate::Refused, &["outbox", "read", "--cursor", "one", "--advance"]),
    (Fate::Refused, &["outbox", "cursor"]),
    (Fate::Refused, &["outbox", "cursor", "one"]),
    (Fate::Refused, &["outbox", "cursor", "one", "--set", "1"]),
    (Fate::Refused, &["outbox", "cursor", "one", "--delete"]),
    (Fate::Reads, &["log"]),
    (Fate::Reads, &["log", "--before", "c999"]),
    (Fate::Refused, &["log", "customer"]),
    (Fate::Reads, &["show", "order/o-1@2"]),
    (Fate::Reads, &["show", "c2"]),
    (Fate::Reads, &["show", "#3"]),
    (Fate::Refused, &["show", "c1"]),
    (Fate::Refused, &["show", "c999"]),
    (Fate::Refused, &["show", "order/o-2"]),
    (Fate::Refused, &["show", "order/o-3"]),
    (Fate::Reads, &["diff", "order/o-1@1..3"]),
    (Fate::Refused, &["diff", "order/o-2@1..1"]),
    (Fate::Reads, &["blame", "order/o-1"]),
    (Fate::Refused, &["blame", "customer/c-1"]),
    (Fate::Refused, &["verify"]),
    (Fate::Refused, &["verify", "--events"]),
    (Fate::Refused, &["doctor"]),
    (Fate::Refused, &["doctor", "--repair", "--yes"]),
    (Fate::Refused, &["verify", "--checkpoint", "checkpoint.txt"]),
    (Fate::Reads, &["prove", "order/o-1@2", "--with-body"]),
    (Fate::Refused, &["prove", "order/o-2@1"]),
    (Fate::Refused, &["prove", "--consistency", "1..2"]),
    (Fate::Refused, &["checkpoint"]),
    (Fate::Refused, &["checkpoint", "--public-key"]),
    (Fate::Apart, &["schema", "validate"]),
    (Fate::Apart, &["schema", "fmt", "--check"]),
    (Fate::Apart, &["schema", "show"]),
    (Fate::Refused, &["schema", "show", "@1"]),
    (Fate::Refused, &["schema", "diff"]),
    (Fate::Refused, &["schema", "breaking"]),
    (Fate::Refused, &["schema", "apply", "--yes"]),
    (Fate::Refused, &["schema", "history"]),
    (Fate::Apart, &["schema", "explain", "E012"]),
    (Fate::Refused, &["import", "lines.ndjson"]),
    (Fate::Refused, &["import", "lines.ndjson", "--dry-run", "--skip-existing"]),
    (Fate::Refused, &["token", "generate", "--group", "g", "--user", "u", "-a", "aggregate.read"]),
    (Fate::Refused, &["token", "list"]),
    (Fate::Refused, &["token", "show", "abcd"]),
    (Fate::Refused, &["token", "revoke", "abcd"]),
    (Fate::Refused, &["token", "revoke", "--all-of", "eve"]),
    (Fate::Refused, &["token", "refresh", "abcd"]),
    (Fate::Refused, &["token", "bootstrap"]),
    (Fate::Refused, &["token", "bootstrap", "--stdout"]),
    (Fate::Refused, &["backup", "--output", "mine.backup"]),
    (Fate::Refused, &["restore", "--input", "shop.backup", "--force", "--yes"]),
    (Fate::Apart, &["backup", "verify", "shop.backup"]),
    (Fate::Refused, &["serve", "start"]),
    (Fate::Refused, &["serve", "start", "--foreground"]),
    (Fate::Refused, &["serve", "stop", "--force"]),
    (Fate::Refused, &["serve", "restart"]),
    (Fate::Refused, &["serve", "status"]),
    (Fate::Refused, &["serve", "logs"]),
    (Fate::Refused, &["serve", "destroy", "--yes"]),
    (Fate::Apart, &["serve", "unit"]),
    (Fate::Apart, &["config", "show"]),
    (Fate::Apart, &["config", "get", "port"]),
    (Fate::Refused, &["config", "set", "port", "7071"]),
    (Fate::Apart, &["root"]),
    (Fate::Apart, &["demo", "elsewhere"]),
    (Fate::Unseen, &["tui"]),
    (Fate::Apart, &["completions", "bash"]),
    (Fate::Apart, &["man"]),
];

/// What the auditor must not hear of: other aggregates, what is in them, who they are about, what was said of them.
const SECRETS: [&str; 8] = [
    "Ada",
    "ada@example.org",
    "York",
    "o-2",
    "Grace",
    "rumour",
    "customer/c-",
    "customer_registered",
];

/// A shop with another order and another customer, and a commit of all kinds of things.
fn busy() -> Sandbox {
    let sandbox = shop();
    let line = |of: &str, id: &str, event: &str, payload: &str| {
        format!(
            r#"{{"aggregate_type":"{of}","aggregate_id":"{id}","event_type":"{event}","payload":{payload}}}"#
        )
    };
    let customer =
        r#"{"name":"Grace","email":"g@example.org","country":"GB","city":"York","tier":"gold"}"#;
    let order = r#"{"customer":"customer#c-2","items":[],"total":"1.00","status":"placed","currency":"EUR"}"#;
    let lines = [
        line("customer", "c-2", "customer_registered", customer),
        line("order", "o-2", "order_placed", order),
        line("order", "o-1", "order_changed", r#"{"items":[],"total":"12.00"}"#),
    ];
    sandbox.write("rumour.ndjson", lines.join("\n"));
    sandbox.dbx(&["import", "rumour.ndjson"]).ok();
    sandbox.write("lines.ndjson", line("order", "o-1", "order_paid", "{}"));
    sandbox.dbx(&["backup", "--output", "shop.backup"]).ok();
    let checkpoint = sandbox.dbx(&["checkpoint"]).ok();
    sandbox.write("checkpoint.txt", &checkpoint.stdout);
    sandbox
}

#[test]
fn an_auditor_reads_one_aggregate_and_nothing_else() {
    let sandbox = busy();
    token(&sandbox, "eve", &AUDITOR);
    let auditor = [("DBX_TOKEN", "@eve")];
    let before = sandbox.dbx(&["status", "--json"]).ok().json();
    let tokens = sandbox.dbx(&["token", "list", "--json"]).ok().stdout;
    for (fate, command) in COMMANDS {
        let named = |output: &Output| {
            let said = format!("{}{}", output.stdout, output.stderr);
            // What the auditor typed is no news.
            let asked = format!("{} {}", command.join(" "), command.join("/"));
            SECRETS.iter().copied().find(|one| said.contains(one) && !asked.contains(one))
        };
        for json in [&[][..], &["--json"]] {
            // Both would write to the same place.
            if *fate == Fate::Apart && !json.is_empty() {
                continue;
            }
            let output = sandbox.dbx_env(&auditor, &[command, json].concat());
            match fate {
                Fate::Reads | Fate::Apart => assert_eq!(output.code, 0, "{output:?}"),
                Fate::Refused => {
                    let output = output.clone().exits(2);
                    assert!(output.stderr.contains("dbx::token::forbidden"), "{output:?}");
                    assert_eq!(output.stdout, "", "{output:?}");
                }
                Fate::Unseen => {
                    let output = output.clone().exits(2);
                    assert!(output.stderr.contains("dbx::tui::no_terminal"), "{output:?}");
                }
            }
            if *fate != Fate::Apart {
                assert_eq!(named(&output), None, "{output:?}");
            }
        }
    }
    let after = sandbox.dbx(&["status", "--json"]).ok().json();
    for fact in ["position", "commits", "root", "schema_version"] {
        assert_eq!(before[fact], after[fact], "nothing was written");
    }
    assert_eq!(tokens, sandbox.dbx(&["token", "list", "--json"]).ok().stdout);
    snap("cli__token__auditor_log", &sandbox.dbx_env(&auditor, &["log"]).ok());
    snap("cli__token__auditor_list", &sandbox.dbx_env(&auditor, &["aggregate", "list"]).ok());
    snap(
        "cli__token__auditor_refused",
        &sandbox.dbx_env(&auditor, &["show", "order/o-2"]).exits(2),
    );
    // What is there and what is not are refused alike.
    let refused =
        |name: &str| sandbox.dbx_env(&auditor, &["show", name]).exits(2).stderr.replace(name, "X");
    assert_eq!(refused("order/o-2"), refused("order/o-7"));
    assert_eq!(refused("customer/c-1"), refused("nothing/n-1"));
}

/// The commands at the ends of the tree.
fn leaves(sandbox: &Sandbox, path: &[String], found: &mut BTreeSet<String>) {
    let help: Vec<String> = path.iter().cloned().chain(["--help".to_owned()]).collect();
    let help = sandbox.dbx(&help).ok().stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed.take_while(|line| !line.is_empty());
    let names: Vec<&str> = names
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    if names.is_empty() {
        found.insert(path.join(" "));
    }
    for name in names {
        let path: Vec<String> = path.iter().cloned().chain([name.to_owned()]).collect();
        leaves(sandbox, &path, found);
    }
}

#[test]
fn the_auditor_tries_every_command() {
    let mut found = BTreeSet::new();
    leaves(&Sandbox::new(), &[], &mut found);
    assert!(found.contains("aggregate get") && found.len() > 30, "{found:?}");
    for command in found {
        let tried = COMMANDS.iter().any(|(_, args)| {
            let words: Vec<&str> = command.split(' ').collect();
            args.starts_with(&words)
        });
        assert!(tried, "say in COMMANDS what becomes of `dbx {command}` with an auditor's token");
    }
}

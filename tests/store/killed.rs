//! `kill -9` while the small files are written: FORMAT at `init`, ANCHOR at an opening, a first write and a close, and a
//! schema as it comes into force.
//!
//! No test waits for a time: the parent looks at the files without pause, and kills at the first sign of the moment.

use super::kill::killed_when;
use crate::common::Sandbox;
use std::path::Path;

/// Starts `dbx` and kills it as soon as `now` says so; whether it was killed, and not done before.
fn killed(sandbox: &Sandbox, args: &[&str], now: impl FnMut() -> bool) -> bool {
    killed_when(&mut sandbox.command(args), now)
}

/// Says yes when the file is another one than at the beginning for the `times`th time.
fn changes(path: &Path, times: usize) -> impl FnMut() -> bool {
    let read = |path: &Path| std::fs::read(path).unwrap_or_default();
    let (path, mut last, mut seen) = (path.to_owned(), read(path), 0);
    move || {
        let found = read(&path);
        if found != last {
            last = found;
            seen += 1;
        }
        seen >= times
    }
}

/// Says yes when the file has another length.
fn grows(path: &Path) -> impl FnMut() -> bool {
    let length = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
    let (path, before) = (path.to_owned(), length(path));
    move || length(&path) != before
}

#[test]
fn an_init_that_is_killed_anywhere_is_begun_anew() {
    let stages = [
        ".dbx",
        ".dbx/lock",
        ".dbx/FORMAT.new",
        ".dbx/store",
        ".dbx/store/keyspaces/1",
        ".dbx/store/keyspaces/4",
        ".dbx/store/keyspaces/8/current",
        ".dbx/ANCHOR",
        ".dbx/FORMAT",
        "schema.dbx",
    ];
    let mut kills = 0;
    for stage in stages {
        let sandbox = Sandbox::new();
        let sign = sandbox.path(stage);
        kills += usize::from(killed(&sandbox, &["init"], || sign.exists()));
        sandbox.dbx(&["init"]).ok();
        sandbox.dbx(&["aggregate", "create", "thing", "t", "-e", "seen"]).ok();
        assert_eq!(sandbox.dbx(&["verify", "--json"]).ok().json()["count"], 1, "{stage}");
        assert!(!sandbox.path(".dbx/FORMAT.new").exists());
    }
    println!("{kills} kills");
    assert!(kills > 0, "none was killed");
}

#[test]
fn a_write_that_is_killed_anywhere_leaves_whole_commits_and_a_good_anchor() {
    let sandbox = Sandbox::workspace();
    sandbox.dbx(&["aggregate", "create", "thing", "t", "-e", "seen"]).ok();
    let (anchor, journal) = (sandbox.path(".dbx/ANCHOR"), sandbox.path(".dbx/store/0.jnl"));
    let lock = sandbox.path(".dbx/lock");
    let (mut kills, mut known) = (0, 1);
    for round in 0..30 {
        let field = format!("round={round}");
        let apply = ["aggregate", "apply", "thing", "t", "seen", "-f", &field];
        let was_killed = match round % 5 {
            0 => killed(&sandbox, &apply, changes(&lock, 1)),
            1 => killed(&sandbox, &apply, changes(&anchor, 1)),
            2 => killed(&sandbox, &apply, grows(&journal)),
            3 => killed(&sandbox, &apply, changes(&anchor, 2)),
            _ => killed(&sandbox, &apply, changes(&lock, 2)),
        };
        kills += usize::from(was_killed);
        let verdict = sandbox.dbx(&["verify", "--json"]).ok().json();
        let count = verdict["count"].as_u64().unwrap();
        let least = known + u64::from(!was_killed);
        assert!((least..=known + 1).contains(&count), "{least} {count} in round {round}");
        if count > known {
            let now = sandbox.dbx(&["aggregate", "get", "thing", "t", "--json"]).ok().json();
            assert_eq!(now["state"]["round"], round.to_string());
        }
        known = count;
    }
    println!("{kills} kills");
    assert!(kills > 0, "none was killed");
    sandbox.dbx(&["aggregate", "apply", "thing", "t", "seen"]).ok();
    assert_eq!(sandbox.dbx(&["verify", "--json"]).ok().json()["count"], known + 1);
}

/// How many tables the keyspaces have.
fn tables(store: &Path) -> usize {
    let Ok(keyspaces) = std::fs::read_dir(store.join("keyspaces")) else { return 0 };
    let tables = keyspaces.filter_map(|keyspace| {
        Some(std::fs::read_dir(keyspace.ok()?.path().join("tables")).ok()?.count())
    });
    tables.sum()
}

/// More than a close leaves in the journal: it writes tables, and empties the journal.
#[test]
fn an_import_that_is_killed_anywhere_goes_on_to_have_every_line_once() {
    const LINES: usize = 600;
    let line = |number: usize| {
        let noise = format!("{:x}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15)).repeat(200);
        format!(
            r#"{{"aggregate_type":"thing","aggregate_id":"t-{}","event_type":"seen","payload":{{"n":{number},"x":"{noise}"}}}}"#,
            number % 7
        )
    };
    let lines: String = (0..LINES).map(|number| line(number) + "\n").collect();
    let mut kills = 0;
    for stage in 0..5 {
        let sandbox = Sandbox::workspace();
        let (store, journal) = (sandbox.path(".dbx/store"), sandbox.path(".dbx/store/0.jnl"));
        sandbox.write("lines.ndjson", &lines);
        let length = || journal.metadata().map_or(0, |metadata| metadata.len());
        let (none, mut most) = (tables(&store), 0);
        let import = ["import", "lines.ndjson", "--quiet"];
        kills += usize::from(killed(&sandbox, &import, || {
            most = most.max(length());
            match stage {
                0 => most > 200 << 10,
                1 => most > 1 << 20,
                2 => tables(&store) > none,
                3 => tables(&store) > none + 3,
                _ => length() < most,
            }
        }));
        let found = sandbox.dbx(&["verify", "--json"]).ok().json()["count"].as_u64().unwrap();
        assert!(found <= LINES as u64);
        sandbox.dbx(&import).ok();
        let events = sandbox.dbx(&["events", "--json"]).ok().ndjson();
        let numbers = events.iter().map(|event| event["payload"]["n"].as_u64().unwrap());
        assert!(numbers.eq(0..LINES as u64), "each line once, in its order");
        sandbox.dbx(&["verify"]).ok();
    }
    println!("{kills} kills");
    assert!(kills > 0, "none was killed");
}

#[test]
fn a_schema_whose_coming_into_force_is_killed_is_there_or_not() {
    let sandbox = Sandbox::workspace();
    let (anchor, journal) = (sandbox.path(".dbx/ANCHOR"), sandbox.path(".dbx/store/0.jnl"));
    let versions = || {
        let history = sandbox.dbx(&["schema", "history", "--json"]).ok().json();
        history["versions"].as_array().unwrap().len()
    };
    let source = |round: usize| {
        sandbox.write(
            "schema.dbx",
            format!("aggregate thing {{ field f{round} {{ type = \"text\" }} event seen {{}} }}\n"),
        )
    };
    let (mut kills, mut known) = (0, versions());
    for round in 0..16 {
        source(round);
        let was_killed = match round % 4 {
            0 => killed(&sandbox, &["schema", "apply"], changes(&anchor, 1)),
            1 => killed(&sandbox, &["schema", "apply"], grows(&journal)),
            2 => killed(&sandbox, &["schema", "apply"], changes(&journal, 1)),
            _ => killed(&sandbox, &["schema", "apply"], changes(&anchor, 2)),
        };
        kills += usize::from(was_killed);
        let found = versions();
        assert!((known + usize::from(!was_killed)..=known + 1).contains(&found), "round {round}");
        // What is in force decides, whole: its one field is there, and no other is.
        if found > 0 {
            let at = format!("thing@{found}");
            let shown = sandbox.dbx(&["schema", "show", &at, "--json"]).ok().stdout;
            assert_eq!(shown.contains(&format!("\"f{round}\"")), found > known, "{shown}");
        }
        known = found;
    }
    println!("{kills} kills");
    assert!(kills > 0, "none was killed");
    source(99);
    sandbox.dbx(&["schema", "apply"]).ok();
    assert_eq!(versions(), known + 1);
    sandbox.dbx(&["aggregate", "create", "thing", "t", "-e", "seen", "-f", "f99=x"]).ok();
    sandbox.dbx(&["verify"]).ok();
}

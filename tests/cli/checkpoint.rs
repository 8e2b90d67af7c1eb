use super::shop;
use crate::common::{Output, Sandbox, copy, snap};
use regex::Regex;

const PAY: [&str; 7] = ["aggregate", "apply", "order", "o-1", "order_paid", "-f", "status=paid"];

/// The output without what hangs on the key and on the store.
fn tidy(output: Output) -> Output {
    // A hash may begin with `+` or `/` like with any other sign: what stands before it tells where it begins.
    let id = Regex::new(r"\+[0-9a-f]{8}\+").unwrap();
    let base64 = Regex::new(r"(?m)(^|[ \]]\+?)[A-Za-z0-9+/]{43,}=*").unwrap();
    let stdout = id.replace(&output.stdout, "+[id]+");
    let stdout = base64.replace_all(&stdout, "$1[base64]").into_owned();
    Output { stdout, ..output }
}

#[test]
fn a_note_that_others_can_keep() {
    let sandbox = shop();
    let note = sandbox.dbx(&["checkpoint"]).ok();
    snap("cli__checkpoint__note", &tidy(note.clone()));
    assert_eq!(sandbox.dbx(&["checkpoint"]).ok().stdout, note.stdout, "one key, one signature");
    snap("cli__checkpoint__key", &tidy(sandbox.dbx(&["checkpoint", "--public-key"]).ok()));
    let json = sandbox.dbx(&["checkpoint", "--json", "--origin", "example.com/shop"]).ok().json();
    assert_eq!((&json["origin"], &json["size"]), (&"example.com/shop".into(), &4.into()));
    assert!(json["note"].as_str().unwrap().starts_with("example.com/shop\n4\n"));
    let key =
        sandbox.dbx(&["checkpoint", "--public-key", "--origin", "example.com/shop", "--json"]);
    assert_eq!(key.json()["verifier_key"], json["verifier_key"]);
    snap("cli__checkpoint__origin", &sandbox.dbx(&["checkpoint", "--origin", "a b"]).exits(2));
}

#[cfg(unix)]
#[test]
fn its_key_is_private_and_not_that_of_the_tokens() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = shop();
    let key = sandbox.path(".dbx/keys/checkpoint_ed25519.pem");
    assert!(!key.exists(), "made on demand");
    sandbox.dbx(&["checkpoint", "--origin", "a b"]).exits(2);
    assert!(!key.exists(), "nothing is made for what is refused");
    sandbox.dbx(&["checkpoint"]).ok();
    assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let pem = |name: &str| sandbox.read(format!(".dbx/keys/{name}_ed25519.pem"));
    assert_ne!(pem("checkpoint"), pem("token"));
}

#[test]
fn the_log_is_held_against_an_earlier_one() {
    let sandbox = shop();
    sandbox.write("then.txt", sandbox.dbx(&["checkpoint"]).ok().stdout);
    let check = ["verify", "--checkpoint", "then.txt"];
    snap("cli__checkpoint__same", &sandbox.dbx(&[&check[..], &["-v"]].concat()).ok());
    sandbox.dbx(&PAY).ok();
    snap("cli__checkpoint__grown", &sandbox.dbx(&[&check[..], &["-v"]].concat()).ok());
    let json = sandbox.dbx(&[&check[..], &["--json"]].concat()).ok().json();
    assert_eq!((&json["size"], &json["log_size"]), (&4.into(), &5.into()));
    assert_eq!(json["recomputed"], json["root"]);
    let key = sandbox.dbx(&["checkpoint", "--public-key"]).ok().stdout;
    sandbox.dbx(&[&check[..], &["--key", key.trim()]].concat()).ok();
    sandbox.dbx(&[&check[..], &["--key", "x"]].concat()).exits(2);
    let foreign = Sandbox::workspace().dbx(&["checkpoint", "--public-key"]).ok().stdout;
    let refused = sandbox.dbx(&[&check[..], &["--key", foreign.trim()]].concat()).exits(5);
    assert!(refused.stdout.contains("no signature by this key"), "{refused:?}");
}

#[test]
fn a_store_that_was_replaced_by_an_older_copy_is_found() {
    let sandbox = shop();
    sandbox.dbx(&["checkpoint"]).ok();
    let (dot, aside) = (sandbox.path(".dbx"), sandbox.path("aside"));
    copy(&dot, &aside);
    sandbox.dbx(&PAY).ok();
    sandbox.write("then.txt", sandbox.dbx(&["checkpoint"]).ok().stdout);
    std::fs::remove_dir_all(sandbox.path(".dbx")).unwrap();
    copy(&aside, &dot);
    // ANCHOR went back with the store: nothing inside the workspace can tell.
    sandbox.dbx(&["verify"]).ok();
    let refused = sandbox.dbx(&["verify", "--checkpoint", "then.txt", "-v"]).exits(5);
    snap("cli__checkpoint__rolled_back", &refused);
    let json = sandbox.dbx(&["verify", "--checkpoint", "then.txt", "--json"]).exits(5).json();
    assert_eq!((&json["ok"], &json["recomputed"]), (&false.into(), &serde_json::Value::Null));
    // And if history then goes another way, the sizes agree and the roots do not.
    sandbox
        .dbx(&["aggregate", "apply", "order", "o-1", "order_paid", "-f", "status=cancelled"])
        .ok();
    let refused = sandbox.dbx(&["verify", "--checkpoint", "then.txt"]).exits(5);
    assert!(refused.stdout.contains("they were rewritten"), "{refused:?}");
}

#[test]
fn what_is_another_logs_or_no_checkpoint_is_said_so() {
    let sandbox = shop();
    sandbox.write("other.txt", shop().dbx(&["checkpoint"]).ok().stdout);
    let refused = sandbox.dbx(&["verify", "--checkpoint", "other.txt", "-v"]).exits(5);
    snap("cli__checkpoint__other_log", &refused);
    let note = sandbox.dbx(&["checkpoint"]).ok().stdout;
    sandbox.write("forged.txt", note.replacen("\n4\n", "\n3\n", 1));
    let refused = sandbox.dbx(&["verify", "--checkpoint", "forged.txt"]).exits(5);
    assert!(refused.stdout.contains("the signature does not fit the note"), "{refused:?}");
    sandbox.write("cut.txt", &note[..note.len() / 2]);
    snap(
        "cli__checkpoint__malformed",
        &sandbox.dbx(&["verify", "--checkpoint", "cut.txt"]).exits(2),
    );
    // A key that nobody here knows: the roots are compared all the same, and a warning is given.
    std::fs::remove_file(sandbox.path(".dbx/keys/checkpoint_ed25519.pem")).unwrap();
    sandbox.write("own.txt", note);
    let warned = sandbox.dbx(&["verify", "--checkpoint", "own.txt"]).ok();
    assert!(warned.stderr.contains("nobody known signed"), "{warned:?}");
}

#[test]
fn the_real_history_goes_on_behind_a_checkpoint() {
    let schema = include_str!("../fixtures/file_history.dbx");
    let history = include_str!("../fixtures/file_history.ndjson");
    let sandbox = Sandbox::with_schema(schema);
    let (first, rest) = history.split_at(history.match_indices('\n').nth(5_000).unwrap().0 + 1);
    sandbox.dbx_stdin(&["import", "-", "--quiet"], first).ok();
    sandbox.write("then.txt", sandbox.dbx(&["checkpoint"]).ok().stdout);
    sandbox.write("proof.json", sandbox.dbx(&["prove", "file/13ee4b2252c9e516@100"]).ok().stdout);
    sandbox.dbx(&["verify", "--proof", "proof.json", "--checkpoint", "then.txt"]).ok();
    sandbox.dbx_stdin(&["import", "-", "--quiet"], rest).ok();
    let verdict = sandbox.dbx(&["verify", "--checkpoint", "then.txt", "--json"]).ok().json();
    assert_eq!((&verdict["size"], &verdict["log_size"]), (&5_001.into(), &7_462.into()));
    sandbox.write("proof.json", sandbox.dbx(&["prove", "--consistency", "5001.."]).ok().stdout);
    sandbox.dbx(&["verify", "--proof", "proof.json", "--checkpoint", "then.txt"]).ok();
}

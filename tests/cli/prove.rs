use super::mutation::{Random, mutated};
use super::shop;
use crate::common::{Output, Sandbox, snap};
use dbx::service::{Trusted, check_proof};
use proptest::prelude::*;
use regex::Regex;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

const SCHEMA: &str = include_str!("../fixtures/file_history.dbx");
/// The aggregate with the most events, 844 of them.
const LONGEST: &str = "file/13ee4b2252c9e516";
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/proof_verifier.py");

/// The output without base64 and sizes in bytes: both hang on who runs the test.
fn tidy(output: Output) -> Output {
    let base64 = Regex::new(r#""(header|body)":"[A-Za-z0-9+/=]+""#).unwrap();
    let bytes = Regex::new(r"[0-9]+ bytes").unwrap();
    let stdout = base64.replace_all(&output.stdout, r#""$1":"[base64]""#);
    let stdout = bytes.replace_all(&stdout, "[n] bytes").into_owned();
    Output { stdout, ..output }
}

/// A workspace with the real history in it.
fn history() -> Sandbox {
    let sandbox = Sandbox::with_schema(SCHEMA);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/file_history.ndjson");
    sandbox.dbx(&["import", file.to_str().unwrap(), "--quiet"]).ok();
    sandbox
}

/// What the independent verifier says of each proof, and whether it is content with all of them.
fn python(sandbox: &Sandbox, proofs: &[String]) -> (bool, Vec<String>) {
    let mut command = Command::new("python3");
    command.arg(PYTHON).stdin(Stdio::piped());
    let output = sandbox.run(&mut command, proofs.join("\n").as_bytes());
    assert_eq!(output.stderr, "");
    (output.code == 0, output.stdout.lines().map(str::to_owned).collect())
}

fn holds(proof: &str) -> bool {
    check_proof(proof, &Trusted::default()).is_ok_and(|verdict| verdict.ok)
}

#[test]
fn an_event_of_an_order() {
    let sandbox = shop();
    let proof = sandbox.dbx(&["prove", "order/o-1@2", "--with-body"]).ok();
    snap("cli__prove__event", &tidy(proof.clone()));
    let file = sandbox.write("proof.json", &proof.stdout);
    let elsewhere = Sandbox::new();
    let file = file.to_str().unwrap();
    let verdict = elsewhere.dbx(&["verify", "--proof", file, "-v"]).ok();
    snap(
        "cli__prove__verified",
        &tidy(sandbox.dbx(&["verify", "--proof", "proof.json", "-v"]).ok()),
    );
    assert!(verdict.stdout.contains("✓ the proof holds"), "{verdict:?}");
    let json = tidy(elsewhere.dbx_stdin(&["verify", "--proof", "-", "--json"], &proof.stdout).ok());
    let json = json.json();
    assert_eq!((&json["ok"], &json["anchored"]), (&true.into(), &false.into()));
    assert_eq!(json["event"]["content"], serde_json::json!({"status": "paid"}));
    let short = elsewhere.dbx(&["verify", "--proof", file]).ok().stdout;
    let step =
        Regex::new(r"(?m)^ {4}SHA256\(0x01 \| [0-9a-f]{12} \| [0-9a-f]{12}\) = [0-9a-f]{12}$");
    assert_eq!(step.unwrap().find_iter(&short).count(), 4, "{short}");
}

#[test]
fn without_its_body_a_proof_shows_no_content() {
    let sandbox = shop();
    let proof = sandbox.dbx(&["prove", "order/o-1@1"]).ok();
    assert_eq!(proof.json()["inclusion"].get("body"), None);
    let verdict =
        sandbox.dbx_stdin(&["verify", "--proof", "-", "--json"], &proof.stdout).ok().json();
    assert_eq!(verdict["event"]["content"], Value::Null);
    assert_eq!(verdict["event"]["event_type"], "order_placed");
}

#[test]
fn the_log_only_grew() {
    let sandbox = shop();
    let proof = sandbox.dbx(&["prove", "--consistency", "3..4"]).ok();
    snap("cli__prove__consistency", &proof);
    sandbox.write("proof.json", &proof.stdout);
    snap(
        "cli__prove__consistency_verified",
        &sandbox.dbx(&["verify", "--proof", "proof.json", "-v"]).ok(),
    );
    assert_eq!(sandbox.dbx(&["prove", "--consistency", "3.."]).ok().stdout, proof.stdout);
}

#[test]
fn a_proof_is_held_against_what_is_known() {
    let sandbox = shop();
    let proof = sandbox.dbx(&["prove", "order/o-1@2"]).ok();
    sandbox.write("proof.json", &proof.stdout);
    let root = sandbox.dbx(&["status", "--json"]).json()["root"].as_str().unwrap().to_owned();
    let own = sandbox.dbx(&["aggregate", "get", "order/o-1", "--json"]).json();
    for root in [&root, own["merkle_root"].as_str().unwrap()] {
        let verdict = sandbox.dbx(&["verify", "--proof", "proof.json", "--root", root]).ok();
        assert_eq!(verdict.stderr, "", "no hint: {verdict:?}");
    }
    let other = "00".repeat(32);
    let refused =
        sandbox.dbx(&["verify", "--proof", "proof.json", "--root", &other, "-v"]).exits(5);
    snap("cli__prove__other_root", &tidy(refused));
    sandbox.dbx(&["verify", "--proof", "proof.json", "--root", "abc"]).exits(2);

    sandbox.write("then.txt", sandbox.dbx(&["checkpoint"]).ok().stdout);
    let key = sandbox.dbx(&["checkpoint", "--public-key"]).ok().stdout;
    let key = key.trim();
    let check = ["verify", "--proof", "proof.json", "--checkpoint", "then.txt"];
    sandbox.dbx(&[&check[..], &["--key", key]].concat()).ok();
    let foreign = Sandbox::workspace().dbx(&["checkpoint", "--public-key"]).ok().stdout;
    sandbox.dbx(&[&check[..], &["--key", foreign.trim()]].concat()).exits(5);
    sandbox.dbx(&[&check[..], &["--key", "nonsense"]].concat()).exits(2);

    // The log went on: a proof of today is about another size, unless it is asked for.
    let pay = ["aggregate", "apply", "order", "o-1", "order_paid", "-f", "status=paid"];
    sandbox.dbx(&pay).ok();
    sandbox.write("proof.json", sandbox.dbx(&["prove", "order/o-1@2"]).ok().stdout);
    let refused = sandbox.dbx(&check).exits(5);
    assert!(refused.stdout.contains("--size 4"), "{refused:?}");
    let then = sandbox.dbx(&["prove", "order/o-1@2", "--size", "4"]).ok();
    sandbox.write("proof.json", then.stdout);
    sandbox.dbx(&check).ok();
    sandbox.write("proof.json", sandbox.dbx(&["prove", "--consistency", "4..5"]).ok().stdout);
    sandbox.dbx(&check).ok();
}

#[test]
fn what_cannot_be_proven_and_what_is_no_proof() {
    let sandbox = shop();
    snap("cli__prove__missing", &sandbox.dbx(&["prove", "order/o-1@9"]).exits(1));
    sandbox.dbx(&["prove", "order/o-2"]).exits(1);
    sandbox.dbx(&["prove", "order/o-1@3", "--size", "3"]).exits(1);
    sandbox.dbx(&["prove", "order/o-1@3", "--size", "5"]).exits(1);
    sandbox.dbx(&["prove", "--consistency", "1..5"]).exits(1);
    snap("cli__prove__sizes", &sandbox.dbx(&["prove", "--consistency", "3..2"]).exits(2));
    for args in [
        &["prove"][..],
        &["prove", "c1"],
        &["prove", "order"],
        &["prove", "--consistency", "0..2"],
        &["prove", "--consistency", "2"],
        &["prove", "order/o-1", "--consistency", "1..2"],
        &["verify", "--root", "00"],
        &["verify", "--key", "x"],
        &["verify", "--proof", "nowhere.json"],
    ] {
        sandbox.dbx(args).exits(2);
    }
    sandbox.write("proof.json", "{\"inclusion\":{}}");
    snap("cli__prove__malformed", &sandbox.dbx(&["verify", "--proof", "proof.json"]).exits(2));
    let changed =
        sandbox.dbx(&["prove", "order/o-1@2"]).ok().stdout.replacen("\"to\":1,", "\"to\":2,", 1);
    sandbox.write("proof.json", changed);
    let refused = sandbox.dbx(&["verify", "--proof", "proof.json"]).exits(5);
    assert!(refused.stdout.contains("✗ the proof does not hold"), "{refused:?}");
}

#[test]
fn what_the_schema_hides_is_not_proven_by_its_content() {
    let schema = "aggregate account {\n  field pin { type = \"text\" hidden = true }\n  event opened {}\n}\n";
    let sandbox = Sandbox::with_schema(schema);
    sandbox.dbx(&["aggregate", "create", "account", "a", "-e", "opened", "-f", "pin=1234"]).ok();
    sandbox.dbx(&["prove", "account/a@1"]).ok();
    snap("cli__prove__hidden", &sandbox.dbx(&["prove", "account/a@1", "--with-body"]).exits(2));
}

#[test]
fn the_real_history_and_a_verifier_that_is_not_ours() {
    let sandbox = history();
    let proofs: Vec<String> = [
        &["prove", &format!("{LONGEST}@1")][..],
        &["prove", &format!("{LONGEST}@700"), "--with-body"],
        &["prove", LONGEST, "--size", "7462"],
        &["prove", "file/bc37d034bad56458@1", "--with-body", "--size", "1"],
        &["prove", "--consistency", "1.."],
        &["prove", "--consistency", "4096..7462"],
        &["prove", "--consistency", "3001..7001"],
        &["prove", "--consistency", "7462..7462"],
    ]
    .into_iter()
    .map(|args| sandbox.dbx(args).ok().stdout.trim_end().to_owned())
    .collect();
    let (content, verdicts) = python(&sandbox, &proofs);
    assert!(content && verdicts.iter().all(|verdict| verdict == "holds"), "{verdicts:?}");
    assert!(proofs.iter().all(|proof| holds(proof)));

    let documents: Vec<Value> = proofs.iter().map(|it| serde_json::from_str(it).unwrap()).collect();
    let mut random = Random::new(6962);
    let mutations: Vec<String> = documents
        .iter()
        .cycle()
        .take(1_000)
        .map(|document| mutated(document, &mut random))
        .collect();
    let (content, verdicts) = python(&sandbox, &mutations);
    assert!(!content && verdicts.len() == 1_000);
    for (mutation, verdict) in mutations.iter().zip(&verdicts) {
        assert!(verdict.starts_with("refused: "), "{verdict}: {mutation}");
        assert!(!holds(mutation), "{mutation}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_mutation_of_any_kind_is_refused(seed in any::<u64>()) {
        static PROOFS: std::sync::LazyLock<Vec<Value>> = std::sync::LazyLock::new(|| {
            let sandbox = shop();
            let proof = |args: &[&str]| sandbox.dbx(args).ok().json();
            vec![
                proof(&["prove", "order/o-1@3", "--with-body"]),
                proof(&["prove", "order/o-1@2", "--size", "3"]),
                proof(&["prove", "customer/c-1"]),
                proof(&["prove", "--consistency", "3..4"]),
                proof(&["prove", "--consistency", "2..3"]),
            ]
        });
        let mut random = Random::new(seed);
        for document in PROOFS.iter() {
            prop_assert!(holds(&document.to_string()));
            let changed = mutated(document, &mut random);
            prop_assert!(!holds(&changed), "{}", changed);
        }
    }
}

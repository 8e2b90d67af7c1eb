use super::shop;
use crate::common::snap;
use std::path::PathBuf;

#[test]
fn the_whole_log() {
    let sandbox = shop();
    snap("cli__verify__good", &sandbox.dbx(&["verify", "-v"]).ok());
    snap("cli__verify__json", &sandbox.dbx(&["verify", "--json"]).ok());
}

/// Changes one letter of a note wherever the store holds it in plain bytes.
fn damage(folder: PathBuf) -> usize {
    let mut changed = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            changed += damage(path);
            continue;
        }
        let mut bytes = std::fs::read(&path).unwrap();
        let note = b"called in by phone";
        let found: Vec<usize> =
            (0..bytes.len()).filter(|at| bytes[*at..].starts_with(note)).collect();
        for at in &found {
            bytes[*at] = b'C';
        }
        std::fs::write(&path, bytes).unwrap();
        changed += found.len();
    }
    changed
}

#[test]
fn damage_is_found_said_and_kept_from_growing() {
    let sandbox = shop();
    assert!(damage(sandbox.path(".dbx/store")) > 0, "the store holds the note in plain bytes");
    let verdict = sandbox.dbx(&["verify", "--json"]).exits(5).json();
    assert_eq!((&verdict["ok"], &verdict["fault_count"]), (&false.into(), &1.into()));
    let said = sandbox.dbx(&["verify"]).exits(5);
    assert!(said.stdout.starts_with("✗") && said.stdout.contains("damaged"), "{said:?}");
    sandbox.dbx(&["aggregate", "verify", "customer/c-1"]).exits(5);
    let pay = ["aggregate", "apply", "order", "o-1", "order_paid", "-f", "status=paid"];
    let refused = sandbox.dbx(&pay).exits(5);
    assert!(refused.stderr.contains("nothing was written"), "{refused:?}");
    sandbox.dbx(&["aggregate", "get", "customer/c-1"]).ok();
}

use crate::common::{Sandbox, snap};
use std::fmt::Write as _;

fn lines(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        let _ = writeln!(
            text,
            r#"{{"aggregate_type":"thing","aggregate_id":"t-{}","event_type":"seen","payload":{{"n":{number}}}}}"#,
            number % 7
        );
    }
    text
}

#[test]
fn a_file_once_and_again() {
    let sandbox = Sandbox::workspace();
    sandbox.write("in.ndjson", lines(30));
    snap("cli__import__dry_run", &sandbox.dbx(&["import", "in.ndjson", "--dry-run"]).ok());
    snap("cli__import__first", &sandbox.dbx(&["import", "in.ndjson", "--batch", "8"]).ok());
    snap("cli__import__again", &sandbox.dbx(&["import", "in.ndjson", "--json"]).ok());
    assert_eq!(sandbox.dbx(&["status", "--json"]).json()["position"], "30");
    sandbox.dbx(&["verify"]).ok();
}

#[test]
fn a_bad_line_is_named_and_what_was_before_stays() {
    let sandbox = Sandbox::workspace();
    let text = lines(10) + "{\"aggregate_type\":\"thing\",\n" + &lines(3);
    let output = sandbox.dbx_stdin(&["import", "-", "--batch", "4"], text).exits(2);
    snap("cli__import__bad_line", &output);
    assert_eq!(sandbox.dbx(&["status", "--json"]).json()["position"], "8");
}

#[test]
fn what_cannot_be_read_is_said_so() {
    let sandbox = Sandbox::workspace();
    snap("cli__import__missing", &sandbox.dbx(&["import", "nowhere.ndjson"]).exits(2));
    sandbox.dbx(&["import", "."]).exits(2);
    sandbox.dbx(&["import", "-", "--batch", "0"]).exits(2);
    sandbox.dbx(&["import", "-", "--batch", "1001"]).exits(2);
}

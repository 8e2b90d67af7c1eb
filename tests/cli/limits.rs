//! What is too large, too new, of another kind or in somebody else's hands: a clear error, the right exit code, nothing
//! written.

use crate::common::{Output, Sandbox};

/// Asserts the exit code, the error's code, and that the log has no event.
#[track_caller]
fn refused(sandbox: &Sandbox, output: Output, exit: i32, code: &str) -> Output {
    let output = output.exits(exit);
    assert!(output.stderr.starts_with(code), "{output:?}");
    assert!(output.stderr.contains("help: "), "{output:?}");
    let status = sandbox.dbx(&["--json", "status"]).ok();
    assert_eq!(status.json()["position"], "0");
    output
}

#[test]
fn payloads_beyond_the_limit_are_refused_wherever_they_come_from() {
    let sandbox = Sandbox::workspace();
    // The last one is longer than what a daemon reads of a request.
    for bytes in [300 << 10, 10 << 20, 20 << 20] {
        let payload = format!(r#"{{"text":"{}"}}"#, "x".repeat(bytes));
        sandbox.write("payload.json", &payload);
        let create = ["aggregate", "create", "note", "n", "-e", "written", "--payload"];
        let from_file = sandbox.dbx(&[&create[..], &["@payload.json"]].concat());
        refused(&sandbox, from_file, 2, "dbx::limit::payload");
        let from_pipe = sandbox.dbx_stdin(&[&create[..], &["-"]].concat(), &payload);
        refused(&sandbox, from_pipe, 2, "dbx::limit::payload");
        let staged = ["stage", "add", "note", "n", "written", "--create", "-p", "@payload.json"];
        refused(&sandbox, sandbox.dbx(&staged), 2, "dbx::limit::payload");
    }
}

#[test]
fn an_id_has_128_characters_at_most() {
    let sandbox = Sandbox::workspace();
    let create = |id: &str| sandbox.dbx(&["aggregate", "create", "note", id, "-e", "written"]);
    let output = create(&"a".repeat(129)).exits(2);
    assert!(output.stderr.starts_with("dbx::name::invalid"), "{output:?}");
    create(&"a".repeat(128)).ok();
}

#[test]
fn a_folder_is_no_schema() {
    let sandbox = Sandbox::workspace();
    std::fs::create_dir_all(sandbox.path("folder")).unwrap();
    let output = sandbox.dbx(&["schema", "validate", "folder"]).exits(2);
    assert!(output.stderr.contains("folder"), "{output:?}");
    let output = sandbox.dbx(&["schema", "validate", "nowhere.dbx"]).exits(2);
    assert!(output.stderr.contains("nowhere.dbx"), "{output:?}");
}

#[test]
fn a_store_of_a_later_version_is_left_alone_and_says_what_to_install() {
    let sandbox = Sandbox::workspace();
    let text = sandbox.read(".dbx/FORMAT");
    let newer = text
        .replace("dbx-format=1", "dbx-format=2")
        .replace("written-by=0.1.0", "written-by=7.3.0");
    sandbox.write(".dbx/FORMAT", &newer);
    for command in [&["status"][..], &["verify"], &["init"]] {
        let output = sandbox.dbx(command).exits(2);
        assert!(output.stderr.starts_with("dbx::store::newer_format"), "{output:?}");
        assert!(output.stderr.contains("dbx 7.3.0"), "{output:?}");
    }
    assert_eq!(sandbox.read(".dbx/FORMAT"), newer, "nothing was changed");
}

#[test]
fn the_mode_may_come_from_the_environment() {
    let sandbox = Sandbox::workspace();
    let create = ["aggregate", "create", "note", "n", "-e", "written"];
    let strict = sandbox.dbx_env(&[("DBX_RESTRICT", "strict")], &create);
    refused(&sandbox, strict, 2, "dbx::schema::undeclared");
    let wrong = sandbox.dbx_env(&[("DBX_RESTRICT", "maybe")], &create).exits(2);
    assert!(wrong.stderr.contains("maybe"), "{wrong:?}");
    let flag_wins = [&create[..], &["--restrict", "off"]].concat();
    sandbox.dbx_env(&[("DBX_RESTRICT", "strict")], &flag_wins).ok();
}

#[test]
fn who_has_the_store_is_named_when_the_wait_is_over() {
    let sandbox = Sandbox::workspace().unshared();
    let mut holder = super::holder(&sandbox);
    let output = sandbox.dbx(&["status"]).exits(4);
    assert!(output.stderr.starts_with("dbx::store::locked"), "{output:?}");
    let who = format!("process {}", holder.id());
    assert!(output.stderr.contains("dbx import") && output.stderr.contains(&who), "{output:?}");
    drop(holder.stdin.take());
    assert!(holder.wait().unwrap().success());
    sandbox.dbx(&["status"]).ok();
}

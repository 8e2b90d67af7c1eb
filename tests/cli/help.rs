use crate::common::{Sandbox, snap_text};
use std::fmt::Write as _;

/// The commands that a help text lists.
fn commands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    listed
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

fn collect(sandbox: &Sandbox, path: &[String], text: &mut String) {
    let mut args = path.to_vec();
    args.push("--help".to_owned());
    let help = sandbox.dbx(&args).ok();
    assert_eq!(help.stderr, "");
    let _ = write!(text, "$ dbx {}\n{}\n", args.join(" "), help.stdout);
    for name in commands(&help.stdout) {
        let path: Vec<String> = path.iter().cloned().chain([name]).collect();
        collect(sandbox, &path, text);
    }
}

#[test]
fn the_whole_tree() {
    let mut text = String::new();
    collect(&Sandbox::new(), &[], &mut text);
    assert!(text.contains("$ dbx schema validate --help"), "the tree was walked");
    snap_text("cli__help__tree", &text);
}

#[test]
fn the_version_is_that_of_the_crate() {
    let version = Sandbox::new().dbx(&["--version"]).ok();
    assert_eq!(version.stdout, format!("dbx {}\n", env!("CARGO_PKG_VERSION")));
}

use crate::common::Sandbox;

#[test]
fn every_shell_knows_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Sandbox::new().dbx(&["completions", shell]).ok().stdout;
        for word in ["aggregate", "referrers", "idempotency-key", "validate"] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
    Sandbox::new().dbx(&["completions", "tcsh"]).exits(2);
}

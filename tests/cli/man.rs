use crate::common::Sandbox;

#[test]
fn a_page_for_each_command() {
    let sandbox = Sandbox::new();
    assert!(sandbox.dbx(&["man"]).ok().stdout.contains(".TH dbx 1"));
    sandbox.dbx(&["man", "--dir", "pages"]).ok();
    for page in ["dbx.1", "dbx-log.1", "dbx-schema-validate.1", "dbx-aggregate-apply.1"] {
        assert!(sandbox.path("pages").join(page).is_file(), "{page}");
    }
}

//! Histories: lines that are imported under a schema. What is accepted verifies, is not taken twice, and goes out and in
//! again as the same; what is refused leaves nothing behind.

use super::parts;
use dbx::service::{
    Caller, ExportError, ExportQuery, ExportSink, ImportOptions, OpenOptions, Restrict, Service,
};
use dbx::wire::ListQuery;
use dbx::workspace::{Config, Paths};
use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;

/// The files of a workspace without a schema: making one waits for the disk many times.
static EMPTY: LazyLock<BTreeMap<PathBuf, Vec<u8>>> = LazyLock::new(|| {
    let folder = folder();
    let options = options(folder.path());
    std::fs::create_dir_all(&options.paths.dot).unwrap();
    assert!(Service::create(&options).unwrap());
    let mut files = BTreeMap::new();
    collect(folder.path(), folder.path(), &mut files);
    files
});

fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn options(root: &Path) -> OpenOptions {
    OpenOptions::new(Paths::at(root), Config::default(), "dbx fuzz")
}

fn collect(top: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(top, &path, files);
        } else {
            let mut bytes = std::fs::read(&path).unwrap();
            if path.extension().is_some_and(|extension| extension == "jnl") {
                // fjall makes room in advance.
                let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
                bytes.truncate(end);
            }
            files.insert(path.strip_prefix(top).unwrap().to_owned(), bytes);
        }
    }
}

fn caller() -> Caller {
    let mut caller = Caller::local("ada", Restrict::Default);
    caller.show_hidden = true;
    caller
}

fn workspace(schema: &str) -> Option<(TempDir, Service)> {
    let folder = folder();
    for (name, bytes) in EMPTY.iter() {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let service = Service::open(options(folder.path())).unwrap();
    if !schema.trim().is_empty() {
        service.schema_apply(&caller(), schema).ok()?;
    }
    Some((folder, service))
}

/// A schema and lines.
pub fn run(data: &[u8]) {
    let Some([schema, lines]) = parts(data) else { return };
    if lines.is_empty() {
        return;
    }
    let Some((_first_folder, first)) = workspace(schema) else { return };
    let imported = import(&first, lines);
    let verdict = first.verify_all(&caller(), &|_, _| {}, &|_, _| {}).unwrap();
    assert!(verdict.ok, "{:?}", verdict.faults);
    let again = import(&first, lines);
    match (&imported, again) {
        (Ok(_), Ok(again)) => assert_eq!(again, 0, "no line is taken twice"),
        (Err(first), Err(again)) => assert_eq!(first, &again, "it goes on where it stopped"),
        (imported, again) => panic!("{imported:?}, and then {again:?}"),
    }
    let out = exported(&first);
    assert_eq!(out.lines().count() as u64, verdict.count);
    let (_second_folder, second) = workspace(schema).expect("it was applied before");
    if !out.is_empty() {
        assert_eq!(import(&second, &out).expect("what goes out comes in"), verdict.count);
    }
    assert_eq!(kept(&second), kept(&first));
    assert_eq!(exported(&second), out);
}

/// How many events came in, or the code of what was wrong.
fn import(service: &Service, lines: &str) -> Result<u64, &'static str> {
    let options =
        ImportOptions { name: "it".into(), batch: 3, dry_run: false, skip_existing: false };
    match service.import(&caller(), &mut Cursor::new(lines), &options, &mut |_| true) {
        Ok(report) => Ok(report.events),
        Err(error) => {
            assert!(!error.message().is_empty());
            Err(error.code())
        }
    }
}

fn exported(service: &Service) -> String {
    let query = ExportQuery { aggregate_type: None, archived: true, raw: false };
    let mut file = File(Vec::new());
    service.export_events(&caller(), &query, &mut file, &mut |_| true).unwrap();
    String::from_utf8(file.0).unwrap()
}

/// Names, versions, states, and whether they are archived.
fn kept(service: &Service) -> Vec<(String, u64, String, bool)> {
    let page = service.list(&caller(), &ListQuery { archived: true, ..ListQuery::default() });
    let record = |record: dbx::wire::AggregateRecord| {
        let name = format!("{}/{}", record.aggregate_type, record.aggregate_id);
        (name, record.version, record.state.to_string(), record.archived)
    };
    page.unwrap().items.into_iter().map(record).collect()
}

struct File(Vec<u8>);

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ExportSink for File {
    fn begin(&mut self, _name: &str) -> Result<(), ExportError> {
        Ok(())
    }
}

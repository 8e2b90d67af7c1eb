//! Backups: any bytes are refused or make a store that verifies, and is what the backup says.

use dbx::proof::sha256;
use dbx::service::{BackupSource, Caller, Local, OpenOptions, Restrict, Service, check_backups};
use dbx::workspace::{Config, Paths};
use tempfile::TempDir;

/// What comes before the first frame, and what a frame has before and behind its payload.
const PREAMBLE_BYTES: usize = 8;
const FRAME_HEAD_BYTES: usize = 5;
const CRC_BYTES: usize = 4;
const TRAILER: u8 = 5;

/// A backup; as it is, and with checksums and hash made right, so that only its sense can be wrong.
pub fn run(data: &[u8]) {
    check(data);
    if let Some(sealed) = sealed(data) {
        check(&sealed);
    }
}

fn source(bytes: &[u8]) -> Vec<BackupSource<'_>> {
    vec![BackupSource { name: "it".to_owned(), bytes: Box::new(bytes) }]
}

fn check(bytes: &[u8]) {
    let reports = match check_backups(source(bytes), &mut |_| true) {
        Ok(reports) => reports,
        Err(error) => return assert!(!error.message().is_empty()),
    };
    assert_eq!(reports.len(), 1);
    let report = &reports[0];
    assert_eq!(report.bytes, bytes.len() as u64);
    let (folder, caller) = (folder(), Caller::local("ada", Restrict::Default));
    let options = OpenOptions::new(Paths::at(folder.path()), Config::default(), "dbx fuzz");
    std::fs::create_dir_all(&options.paths.dot).unwrap();
    match Local::restore_backups(&caller, &options, source(bytes), false, &[], &|_| {}) {
        Err(error) => assert!(!error.message().is_empty()),
        Ok(restored) => {
            assert_eq!((&restored.position, &restored.root), (&report.position, &report.root));
            assert_eq!(report.after, "0", "an increment alone is no store");
            let service = Service::open(options).unwrap();
            let verdict = service.verify_all(&caller, &|_, _| {}, &|_, _| {}).unwrap();
            assert!(verdict.ok || restored.damage.is_some(), "{:?}", verdict.faults);
            assert_eq!(
                (verdict.count.to_string(), verdict.root),
                (report.position.clone(), report.root.clone())
            );
        }
    }
}

fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// The same frames with the checksums that they ask for; `None` where there are none.
pub fn sealed(data: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut rest) = (data.get(..PREAMBLE_BYTES)?.to_vec(), data.get(PREAMBLE_BYTES..)?);
    while !rest.is_empty() {
        let (head, behind) = rest.split_first_chunk::<FRAME_HEAD_BYTES>()?;
        let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let (payload, behind) = behind.split_at_checked(length)?;
        rest = behind.get(CRC_BYTES..)?;
        let mut payload = payload.to_vec();
        if head[0] == TRAILER {
            // The hash of everything before it is the last entry.
            let at = payload.len().checked_sub(32)?;
            payload[at..].copy_from_slice(&sha256(&out).0);
        }
        let begin = out.len();
        out.extend_from_slice(head);
        out.extend_from_slice(&payload);
        let sum = crc32c::crc32c(&out[begin..]);
        out.extend_from_slice(&sum.to_le_bytes());
    }
    Some(out)
}

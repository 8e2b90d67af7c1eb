//! The bars that dbx sets itself, as ratios measured in one run on one machine.
//!
//! `cargo bench` measures everything; a word behind it (`cargo bench -- import`) only the sections whose name has it in
//! it; `cargo bench -- --quick` takes short looks at a small log, for machines that only want to know that it runs.
//! What competes runs interleaved; of several looks the median counts. Each row ends in `meets` or `falls short`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench that cannot go on fails, and says so by panicking; its report is what it prints"
)]

mod clients;
mod dashboard;
mod dbx;
mod disk;
mod footprint;
mod reads;
mod references;
mod served;
mod sqlite;
mod table;
mod workload;
mod writes;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use table::Table;

/// The allocator of the `dbx` program, so that the figures are those of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long and how large the looks are.
#[derive(Debug, Clone, Copy)]
struct Scale {
    /// One look at something short.
    look: Duration,
    /// One look at something that must keep its pace.
    sustained: Duration,
    /// How many looks the median is taken from.
    rounds: usize,
    /// The events of the log that reads are measured on.
    events: u64,
}

impl Scale {
    const FULL: Self = Self {
        look: Duration::from_millis(1500),
        sustained: Duration::from_secs(20),
        rounds: 3,
        events: 1_000_000,
    };

    const QUICK: Self = Self {
        look: Duration::from_millis(250),
        sustained: Duration::from_secs(2),
        rounds: 1,
        events: 20_000,
    };
}

/// What every section needs.
struct Bench {
    scale: Scale,
    filter: Option<String>,
    /// The folder for everything that is made; on a real disk, and removed at the end.
    folder: tempfile::TempDir,
    table: Table,
    started: Instant,
}

impl Bench {
    /// Whether the filter lets a section through.
    fn wants(&self, section: &str) -> bool {
        self.filter.as_ref().is_none_or(|filter| section.contains(filter.as_str()))
    }

    /// Says what is measured now.
    fn say(&self, what: &str) {
        eprintln!("[{:4} s] {what}", self.started.elapsed().as_secs());
    }

    /// A folder that is not there yet.
    fn fresh(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        folder
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|one| one != "--bench").collect();
    if let [child, what, folder, rest @ ..] = arguments.as_slice()
        && child == footprint::CHILD
    {
        footprint::child(what, Path::new(folder), rest);
        return ExitCode::SUCCESS;
    }
    let quick = arguments.iter().any(|one| one == "--quick");
    let filter = arguments.into_iter().find(|one| !one.starts_with('-'));
    let scale = if quick { Scale::QUICK } else { Scale::FULL };
    let mut bench = Bench {
        scale,
        filter,
        folder: disk::real_folder(),
        table: Table::default(),
        started: Instant::now(),
    };
    writes::run(&mut bench);
    reads::run(&mut bench);
    served::run(&mut bench);
    dashboard::run(&mut bench);
    println!("{}", bench.table);
    ExitCode::SUCCESS
}

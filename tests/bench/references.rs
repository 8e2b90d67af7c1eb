//! What the machine itself can do.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// A file that blocks of 4 KiB are appended to, each of them durable before the next.
pub(crate) struct Raw {
    file: File,
}

impl Raw {
    pub(crate) fn create(path: &Path) -> Self {
        Self { file: File::create(path).unwrap() }
    }

    pub(crate) fn append(&mut self) {
        self.file.write_all(&[0x5A; 4096]).unwrap();
        self.file.sync_data().unwrap();
    }
}

/// The bytes of a node of a tree.
const NODE: usize = 65;

/// How long it takes `cores` threads to hash `count` times pieces of these sizes, which lie one after the other, and
/// `nodes` nodes in between, evenly.
pub(crate) fn hash(cores: usize, count: u64, pieces: &[usize], nodes: u64) -> Duration {
    let share = count / cores as u64;
    let until = |number: u64| nodes * number / count;
    let stride = pieces.iter().sum::<usize>() + NODE * usize::try_from(nodes / count + 1).unwrap();
    // 64 MiB, read through again and again: the log is read from the page cache as well.
    let bytes = vec![0x5A_u8; 64 << 20];
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let mut at = 0;
                for number in 0..share {
                    if at + stride > bytes.len() {
                        at = 0;
                    }
                    let nodes = usize::try_from(until(number + 1) - until(number)).unwrap();
                    for piece in pieces.iter().chain(std::iter::repeat_n(&NODE, nodes)) {
                        let part = bytes.get(at..at + piece).unwrap();
                        std::hint::black_box(ring::digest::digest(&ring::digest::SHA256, part));
                        at += piece;
                    }
                }
            });
        }
    });
    start.elapsed()
}

//! Every target over its seeds, without a fuzzer.

use crate::common::sources::project;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A test for each target, named as it is.
macro_rules! targets {
    ($($name:ident)*) => {
        const TARGETS: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                holds(stringify!($name), super::$name::run);
            }
        )*
    };
}

targets! { access address backup files filter history journal json note patch payload proof record schema table token }

/// How many small changes of each seed are tried.
const CHANGES: u64 = 24;

fn folder() -> PathBuf {
    project().join("tests/fuzz")
}

fn names(folder: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(self::folder().join(folder)).unwrap();
    let stem = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    entries.map(|entry| stem(entry.unwrap().path())).collect()
}

/// The next number of a sequence that looks random (xorshift64*, Vigna 2016).
fn next(state: &mut u64) -> usize {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize
}

/// A few bytes changed, taken out, doubled or put in.
fn changed(seed: &[u8], number: u64) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15 ^ (number + 1);
    let mut bytes = seed.to_vec();
    for _ in 0..=next(&mut state) % 3 {
        let at = next(&mut state) % (bytes.len() + 1);
        let end = (at + next(&mut state) % 8).min(bytes.len());
        match next(&mut state) % 4 {
            0 if at < bytes.len() => bytes[at] ^= 1 << (next(&mut state) % 8),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let twice = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, twice));
            }
            _ => bytes.insert(at, b"\"{}[]#0e-\\\n \xc3\xff\x00"[next(&mut state) % 15]),
        }
    }
    bytes
}

/// Runs a target over its seeds, and over what is near them.
fn holds(name: &str, run: fn(&[u8])) {
    let seeds = std::fs::read_dir(folder().join("seeds").join(name)).unwrap();
    let seeds: Vec<PathBuf> = seeds.map(|entry| entry.unwrap().path()).collect();
    assert!(!seeds.is_empty(), "{name} has no seeds");
    for path in seeds {
        let seed = std::fs::read(&path).unwrap();
        run(&seed);
        for number in 0..CHANGES {
            let input = changed(&seed, number);
            let outcome = std::panic::catch_unwind(|| run(&input));
            assert!(outcome.is_ok(), "{name}: change {number} of {}", path.display());
        }
    }
}

#[test]
fn every_target_can_be_fuzzed_and_none_is_forgotten() {
    let known: BTreeSet<String> = TARGETS.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(names("targets"), known);
    assert_eq!(names("seeds"), known);
    let manifest = std::fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    for name in known {
        let call = format!("dbx_fuzz::{name}::run(data)");
        let target = folder().join("targets").join(&name).with_extension("rs");
        assert!(std::fs::read_to_string(target).unwrap().contains(&call), "{name}");
        let bin = format!("name = \"{name}\"\npath = \"targets/{name}.rs\"");
        assert!(manifest.contains(&bin), "{name} is not in Cargo.toml");
    }
}

#[test]
fn what_the_seeds_hold_as_records_are_some_unless_they_are_refused() {
    for entry in std::fs::read_dir(folder().join("seeds/record")).unwrap() {
        let path = entry.unwrap().path();
        let seed = std::fs::read(&path).unwrap();
        let record = dbx::store::Record::ALL[usize::from(seed[0])];
        let refused = path.file_name().unwrap().to_str().unwrap().starts_with("refused-");
        assert_eq!(record.again(&seed[1..]).is_err(), refused, "{}", path.display());
    }
}

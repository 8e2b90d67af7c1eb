//! Which tables a keyspace has, by its own list, and whether they are there as the list says.

use super::super::DiskError;
use super::archive::{Fault, Sections, take};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// How much of a table is hashed at a time, in bytes.
const HASHED_BYTES: usize = 256 << 10;

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// At what fjall trusts when it opens: lists, names, and how each file ends. A few reads for each table.
    Frame,
    /// At every byte.
    Bytes,
}

/// A file that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadFile {
    /// Which.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: Fault,
}

impl std::fmt::Display for BadFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // From the folder of the keyspace on: what stands before it is where the store is.
        let inside: Vec<_> = self.path.components().rev().take(4).collect();
        let name: PathBuf = match inside.iter().position(|part| part.as_os_str() == "keyspaces") {
            Some(at) => inside.iter().take(at + 1).rev().collect(),
            None => self.path.clone(),
        };
        write!(f, "`{}` {}", name.display(), self.fault)
    }
}

/// What a look at the folder of a keyspace found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folder {
    /// The tables that are in force; `None` where the list of them cannot be read.
    pub listed: Option<Vec<PathBuf>>,
    /// What is not as it should be.
    pub bad: Vec<BadFile>,
}

impl Folder {
    /// The tables to read from: those in force that are there, or every one in the folder where nobody knows which are.
    ///
    /// # Errors
    /// [`DiskError::Io`].
    pub fn readable(&self, folder: &Path) -> Result<Vec<PathBuf>, DiskError> {
        if let Some(listed) = &self.listed {
            return Ok(listed.iter().filter(|path| path.is_file()).cloned().collect());
        }
        let tables = folder.join("tables");
        let entries = match tables.read_dir() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(DiskError::io("read the folder", &tables))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.map_err(DiskError::io("read the folder", &tables))?.path();
            let number = path.file_name().and_then(|name| name.to_str()?.parse::<u64>().ok());
            found.extend(number.filter(|_| path.is_file()).map(|number| (number, path)));
        }
        found.sort();
        Ok(found.into_iter().map(|(_, path)| path).collect())
    }
}

/// A table as the list names it.
struct Listed {
    id: u64,
    checksum: u128,
}

/// Looks at the folder of a keyspace, and changes nothing.
pub fn inspect(folder: &Path, depth: Depth) -> Folder {
    let tables = match list(folder) {
        Ok(tables) => tables,
        Err(bad) => return Folder { listed: None, bad: vec![bad] },
    };
    let path = |table: &Listed| folder.join("tables").join(table.id.to_string());
    let bad = tables.iter().filter_map(|table| {
        let path = path(table);
        let fault = check(&path, table.checksum, depth).err()?;
        Some(BadFile { path, fault })
    });
    Folder { bad: bad.collect(), listed: Some(tables.iter().map(path).collect()) }
}

fn list(folder: &Path) -> Result<Vec<Listed>, BadFile> {
    let bad = |path: &Path| {
        let path = path.to_owned();
        move |fault: Fault| BadFile { path, fault }
    };
    let current = folder.join("current");
    let content = std::fs::read(&current).map_err(|error| bad(&current)(Fault::io(&error)))?;
    let Ok([id @ .., c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, ca, cb, cc, cd, ce, cf, kind]) =
        <[u8; 25]>::try_from(content)
    else {
        return Err(bad(&current)(Fault::End));
    };
    if kind != 0 {
        return Err(bad(&current)(Fault::Checksum));
    }
    let checksum =
        u128::from_le_bytes([c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, ca, cb, cc, cd, ce, cf]);
    let path = folder.join(format!("v{}", u64::from_le_bytes(id)));
    let fault = bad(&path);
    tables(&path, checksum).map_err(fault)
}

fn tables(path: &Path, checksum: u128) -> Result<Vec<Listed>, Fault> {
    let content = std::fs::read(path).map_err(|error| Fault::io(&error))?;
    if xxh3_128(&content) != checksum {
        return Err(Fault::Checksum);
    }
    let sections = Sections::read(path)?;
    parse(sections.of("tables", &content).ok_or(Fault::Unknown)?).ok_or(Fault::Unknown)
}

fn parse(section: &[u8]) -> Option<Vec<Listed>> {
    let mut rest = section;
    let mut found = Vec::new();
    let [levels] = take(&mut rest)?;
    for _ in 0..levels {
        let [runs] = take(&mut rest)?;
        for _ in 0..runs {
            for _ in 0..u32::from_le_bytes(take(&mut rest)?) {
                let id = u64::from_le_bytes(take(&mut rest)?);
                let [0] = take(&mut rest)? else { return None };
                let checksum = u128::from_le_bytes(take(&mut rest)?);
                take::<8>(&mut rest)?;
                found.push(Listed { id, checksum });
            }
        }
    }
    Some(found)
}

fn check(path: &Path, checksum: u128, depth: Depth) -> Result<(), Fault> {
    Sections::read(path)?;
    if depth == Depth::Frame {
        return Ok(());
    }
    let hash = || -> std::io::Result<u128> {
        let (mut file, mut hasher) = (File::open(path)?, Xxh3::new());
        let mut buffer = vec![0; HASHED_BYTES];
        loop {
            let read = file.read(&mut buffer)?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
                return Ok(hasher.digest128());
            };
            hasher.update(bytes);
        }
    };
    match hash() {
        Ok(found) if found == checksum => Ok(()),
        Ok(_) => Err(Fault::Checksum),
        Err(error) => Err(Fault::io(&error)),
    }
}

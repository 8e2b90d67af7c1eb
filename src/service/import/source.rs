//! The lines of a source, and how far it was imported before.

use super::line::Line;
use crate::error::{Error, Kind, Result};
use crate::proof::{Hasher, sha256};
use crate::store::{ImportPoint, StoreError, View};
use std::collections::VecDeque;
use std::io::{BufRead, Read};

/// The longest line of an import, in bytes: a payload of the largest kind, written with escapes.
const LINE_BYTES_MAX: usize = 8 << 20;

/// A source of lines.
pub(super) struct Source<'a> {
    input: &'a mut dyn BufRead,
    name: &'a str,
    /// Lines that were read and not yet taken.
    ahead: VecDeque<Line>,
    /// The number of the last line that was read.
    last_read: u64,
    /// What was taken.
    bytes: u64,
    lines: u64,
    hasher: Hasher,
    /// How the source begins.
    start: [u8; 8],
    /// The key of this source in the store.
    key: Option<[u8; 16]>,
}

impl<'a> Source<'a> {
    pub(super) fn new(input: &'a mut dyn BufRead, name: &'a str) -> Self {
        Self {
            input,
            name,
            ahead: VecDeque::new(),
            last_read: 0,
            bytes: 0,
            lines: 0,
            hasher: Hasher::new(),
            start: [0; 8],
            key: None,
        }
    }

    /// The bytes of the lines that were taken.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads the next line, unless one is there that was not taken yet.
    pub(super) fn fill(&mut self) -> Result<()> {
        if self.ahead.is_empty()
            && let Some(line) = self.read()?
        {
            self.ahead.push_back(line);
        }
        Ok(())
    }

    /// The next line, without taking it; `None` at the end.
    pub(super) fn front(&self) -> Option<&Line> {
        self.ahead.front()
    }

    /// Takes the line that was looked at.
    pub(super) fn take(&mut self) {
        if let Some(line) = self.ahead.pop_front() {
            self.bytes += line.text.len() as u64;
            self.lines += 1;
            self.hasher.update(&line.text);
        }
    }

    fn read(&mut self) -> Result<Option<Line>> {
        let mut text = Vec::new();
        let number = self.last_read + 1;
        let limit = LINE_BYTES_MAX as u64 + 1;
        (&mut *self.input).take(limit).read_until(b'\n', &mut text).map_err(|error| {
            let message = format!("cannot read `{}`: {error}", self.name);
            Error::new(Kind::Invalid, "dbx::import::unreadable", message)
        })?;
        if text.len() > LINE_BYTES_MAX {
            let message =
                format!("{}:{number}: the line has more than {LINE_BYTES_MAX} bytes", self.name);
            return Err(Error::new(Kind::TooLarge, "dbx::import::line_too_long", message));
        }
        if text.is_empty() {
            return Ok(None);
        }
        self.last_read = number;
        Ok(Some(Line { number, text }))
    }

    /// Takes everything that an earlier import of the same source committed, and says how many lines that is: up to
    /// the farthest point at which the bytes so far have the hash that was stored.
    ///
    /// Sources are told apart by their first line, so that only those that begin alike are compared.
    pub(super) fn resume(&mut self, view: &View) -> Result<u64> {
        self.fill()?;
        let Some(first) = self.front() else { return Ok(0) };
        let start = begins(&first.text);
        self.start = start;
        let points = view.imports(start)?;
        let farthest = points.iter().map(|(_, reached)| reached.bytes).max().unwrap_or(0);
        let (mut hasher, mut bytes, mut found) = (Hasher::new(), 0, None);
        let mut read = VecDeque::new();
        while bytes < farthest {
            self.fill()?;
            let Some(line) = self.front() else { break };
            bytes += line.text.len() as u64;
            hasher.update(&line.text);
            read.extend(self.ahead.pop_front());
            if points.iter().all(|(_, point)| point.bytes != bytes) {
                continue;
            }
            let hash = view.coded(hasher.clone().finish())?;
            let here =
                |point: &&([u8; 16], ImportPoint)| point.1.bytes == bytes && point.1.hash == hash;
            if let Some((key, _)) = points.iter().find(here) {
                found = Some((*key, read.len()));
            }
        }
        // What was read and not looked at stays behind what was looked at.
        read.append(&mut self.ahead);
        self.ahead = read;
        let Some((key, lines)) = found else { return Ok(0) };
        self.key = Some(key);
        for _ in 0..lines {
            self.take();
        }
        Ok(self.lines)
    }

    /// The key of this source and how far it was taken, for the commit to store.
    pub(super) fn reached(&mut self) -> Result<([u8; 16], ImportPoint)> {
        let progress = ImportPoint {
            bytes: self.bytes,
            lines: self.lines,
            hash: self.hasher.clone().finish(),
        };
        Ok((self.key()?, progress))
    }

    fn key(&mut self) -> Result<[u8; 16]> {
        if let Some(key) = self.key {
            return Ok(key);
        }
        // A new source: how it begins, and a number of its own, for another may begin alike.
        let mut key = [0; 16];
        let (start, own) = key.split_at_mut(8);
        start.copy_from_slice(&self.start);
        getrandom::fill(own).map_err(|error| StoreError::Random(error.to_string()))?;
        self.key = Some(key);
        Ok(key)
    }
}

/// The first bytes of the hash of a first line.
fn begins(line: &[u8]) -> [u8; 8] {
    sha256(line).0.first_chunk().copied().unwrap_or_default()
}

//! What is lost of the records beside the log and of the keys, by name as far as anything still names it.

use super::copy::Copy;
use super::exam::plural;
use super::staged::{Mended, mend};
use crate::domain::{AggregateKey, Kind, Position};
use crate::store::disk::journal::Claim;
use crate::store::disk::tables::Gap;
use crate::store::error::StoreError;
use crate::store::keys;
use crate::store::open::undone;
use crate::store::view::View;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use uuid::Uuid;

/// What becomes of tokens that cannot be trusted.
const REVOKED: &str =
    " is revoked by the repair: that it was revoked before may be among what is lost";

/// How many of a kind are named one by one.
const NAMED_MAX: usize = 20;

/// What a repair cannot bring back beside the log.
#[derive(Debug, Clone, Default)]
pub(super) struct Beside {
    /// One line for each thing that is lost, or for what can only be counted.
    pub(super) lines: Vec<String>,
    /// Tokens whose last change may be lost.
    pub(super) tokens: Tokens,
    /// Whether tokens that still hold are among them.
    pub(super) ends_tokens: bool,
    /// What becomes of the stage.
    pub(super) staged: Mended,
}

/// Tokens that cannot be trusted any more: that they were revoked may be what is lost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tokens {
    all: bool,
    some: BTreeSet<Uuid>,
}

impl Tokens {
    /// Whether a token is among them, by its key in `mt`.
    pub(super) fn has(&self, key: &[u8]) -> bool {
        self.all || token(key).is_some_and(|id| self.some.contains(&id))
    }
}

impl Beside {
    /// Looks at what was gathered, at what damaged batches say, and at what the log up to `good` names.
    pub(super) fn of(copy: &Copy, good: Position) -> Result<Self, StoreError> {
        let mut found = Self::default();
        let view = copy.view();
        for one in copy.gathered.iter().filter(|one| one.name != "ev") {
            let what = if one.name == "ky" { "keys" } else { "records beside the log" };
            for table in &one.gone {
                found.tokens.all |= one.name == "mt";
                found.lines.push(format!("{what}: nothing of the table {table} can be read"));
            }
            for gap in &one.gaps {
                found.tokens.all |= one.name == "mt" && holds_tokens(gap);
                found.lines.push(format!("{what}: {}", between(one.name, gap)));
            }
            if one.unlisted && one.tables > 0 {
                found.lines.push(format!(
                    "{what}: the list of tables cannot be read, so that some that were removed may be back"
                ));
            }
        }
        found.claims(copy, &view);
        let lossy = |one: &&super::gather::Gathered| !one.gone.is_empty() || !one.gaps.is_empty();
        let lost: Vec<&str> = copy.gathered.iter().filter(lossy).map(|one| one.name).collect();
        let torn = !copy.claimed.is_empty();
        if torn || lost.contains(&"mt") || lost.contains(&"ky") {
            found.named_by_the_log(&view, good, torn || lost.contains(&"ky"))?;
        }
        if copy.gathered.iter().any(|one| one.name == "mt") {
            found.staged = mend(&view)?;
            found.lines.append(&mut found.staged.lines);
        }
        found.revoked(&view);
        Ok(found)
    }

    /// What damaged batches of the journals did.
    fn claims(&mut self, copy: &Copy, view: &View) {
        for one in &copy.claimed {
            let journal = &one.journal;
            let mut named = Vec::new();
            for claim in &one.claims.entries {
                let of = copy.name_of(claim.keyspace);
                match of {
                    Some("mt" | "ky") => {}
                    // What is made anew from the log, unless it is a token that came to look like it.
                    Some(_) if !claim.key.starts_with(keys::TOKEN_PREFIX) => continue,
                    _ => {}
                }
                let name = of.and_then(|of| meaning(of, &claim.key));
                // What is lost of these the log says below.
                let told = [keys::TYPE_PREFIX, keys::COMMIT_PREFIX, keys::ERASURE_PREFIX];
                let told = told.iter().any(|prefix| claim.key.starts_with(prefix));
                if name.is_some() && (told || claim.key == keys::CHANGES) {
                    continue;
                }
                self.tokens.of(claim, name.is_some(), view);
                named.push(name.unwrap_or_else(|| "a record whose key makes no sense".into()));
            }
            let more = named.len().saturating_sub(NAMED_MAX);
            named.truncate(NAMED_MAX);
            self.lines.extend(
                named.into_iter().map(|name| format!("{name}: its last change, in `{journal}`")),
            );
            if more > 0 {
                self.lines.push(format!("… and {more} more records changed in `{journal}`"));
            }
            if !one.claims.all {
                self.tokens.all = true;
                let batches = plural(one.claims.batches, "batch", "batches");
                let at = one.claims.at;
                self.lines.push(format!(
                    "{batches} of `{journal}`, at byte {at}: what else they changed beside the log is not known"
                ));
            }
        }
    }

    /// What headers of events name, and is not there.
    fn named_by_the_log(
        &mut self,
        view: &View,
        good: Position,
        with_keys: bool,
    ) -> Result<(), StoreError> {
        let schemas: BTreeSet<u64> =
            view.schemas().unwrap_or_default().into_iter().map(|(version, _)| version).collect();
        let (mut messages, mut versions) = (Vec::new(), BTreeSet::new());
        let (mut names, mut erased) = (BTreeSet::new(), BTreeSet::new());
        view.scan(Position(1), good, false, |event| {
            let header = event.header()?;
            if header.schema_version > 0 && !schemas.contains(&header.schema_version) {
                versions.insert(header.schema_version);
            }
            if header.commit_index == 0
                && event.identity()?.message_hash.is_some()
                && !view.commit(header.commit).is_ok_and(|entry| entry.is_some())
            {
                messages.push(format!("commit c{}: its message", header.commit));
            }
            if with_keys {
                if header.kind == Kind::Erase {
                    erased.insert(header.aggregate.clone());
                }
                names.insert(header.aggregate);
            }
            Ok::<_, StoreError>(ControlFlow::Continue(()))
        })?;
        let sealed = view.key_record(keys::STORE_KEY)?.is_some();
        let unopened = |name: &&AggregateKey| {
            let key = view.key_record(&keys::data_key(name));
            sealed && !erased.contains(*name) && key.is_ok_and(|key| key.is_none())
        };
        let keys = names.iter().filter(unopened);
        let keys = keys.map(|name| format!("{name}: its key, and with it all that it says"));
        let schemas = versions.into_iter().map(|version| format!("schema @{version}"));
        for mut lines in [schemas.collect::<Vec<_>>(), keys.collect(), messages] {
            let more = lines.len().saturating_sub(NAMED_MAX);
            lines.truncate(NAMED_MAX);
            if more > 0 {
                lines.push(format!("… and {more} more of that kind"));
            }
            self.lines.extend(lines);
        }
        Ok(())
    }

    /// Takes in that the last changes are gone, which were of anything.
    pub(super) fn undone(&mut self, gone: u32, view: &View) {
        self.lines.retain(|line| !line.ends_with(REVOKED));
        self.lines.insert(0, undone(gone));
        self.tokens.all = true;
        self.revoked(view);
    }

    /// Says which tokens do not hold any more after a repair.
    fn revoked(&mut self, view: &View) {
        let tokens = view.tokens().unwrap_or_default();
        let hold = tokens.iter().filter(|token| token.entry.revoked.is_none());
        let ended: Vec<Uuid> =
            hold.map(|token| token.id).filter(|id| self.tokens.has(&keys::token(id))).collect();
        self.ends_tokens = !ended.is_empty();
        if ended.len() > NAMED_MAX {
            let line = format!("{} tokens, each of which{REVOKED}", ended.len());
            self.lines.push(line);
            return;
        }
        self.lines.extend(ended.iter().map(|id| format!("token {id}{REVOKED}")));
    }
}

impl Tokens {
    /// Takes in what a damaged batch claims to have changed. Its bytes may be wrong in the key as well as elsewhere.
    fn of(&mut self, claim: &Claim, makes_sense: bool, view: &View) {
        match token(&claim.key) {
            Some(id) if view.token(&id).is_ok_and(|token| token.is_some()) => {
                self.some.insert(id);
            }
            Some(_) => self.all = true,
            None => self.all |= !makes_sense,
        }
    }
}

/// The token that a key of `mt` is about.
fn token(key: &[u8]) -> Option<Uuid> {
    Uuid::from_slice(key.strip_prefix(keys::TOKEN_PREFIX)?).ok()
}

/// Whether tokens may be among the records that cannot be read.
fn holds_tokens(gap: &Gap) -> bool {
    let begins = |key: &Vec<u8>| key.starts_with(keys::TOKEN_PREFIX);
    let after =
        gap.after.as_ref().is_none_or(|key| key.as_slice() < keys::TOKEN_PREFIX || begins(key));
    after && gap.before.as_ref().is_none_or(|key| key.as_slice() >= keys::TOKEN_PREFIX)
}

fn between(name: &str, gap: &Gap) -> String {
    let of = |key: &Option<Vec<u8>>| {
        key.as_ref().map(|key| meaning(name, key).unwrap_or_else(|| hex(key)))
    };
    match (of(&gap.after), of(&gap.before)) {
        (None, None) => "a table cannot be read".to_owned(),
        (None, Some(before)) => format!("those before {before} in a table cannot be read"),
        (Some(after), None) => format!("those behind {after} in a table cannot be read"),
        (Some(after), Some(before)) => {
            format!("those between {after} and {before} in a table cannot be read")
        }
    }
}

/// What the record with this key is, where the key is one.
pub(super) fn meaning(name: &str, key: &[u8]) -> Option<String> {
    let number = |prefix: &[u8]| -> Option<u64> {
        Some(u64::from_be_bytes(key.strip_prefix(prefix)?.try_into().ok()?))
    };
    let text = |prefix: &[u8]| std::str::from_utf8(key.strip_prefix(prefix)?).ok();
    let aggregate = |prefix: &[u8]| {
        let (aggregate_type, id) = text(prefix)?.split_once('/')?;
        AggregateKey::new(aggregate_type, id).ok()
    };
    if name == "ky" {
        return match key {
            keys::STORE_KEY => Some("the key of the store".into()),
            keys::UNFINISHED => Some("the mark of an erasure that is not finished".into()),
            _ => aggregate(b"d").map(|name| format!("the key of {name}")),
        };
    }
    match key {
        keys::STAGE => return Some("the stage".into()),
        keys::CHANGES => return Some("the count of changes".into()),
        _ => {}
    }
    let short = |prefix: &[u8], bytes: usize| {
        let rest = key.strip_prefix(prefix).filter(|rest| rest.len() == bytes)?;
        Some(hex(rest.get(..4)?))
    };
    let uuid = |prefix: &[u8]| Uuid::from_slice(key.strip_prefix(prefix)?).ok();
    number(keys::COMMIT_PREFIX)
        .map(|number| format!("the record of commit c{number}"))
        .or_else(|| number(keys::SCHEMA_PREFIX).map(|version| format!("schema @{version}")))
        .or_else(|| number(keys::STAGED_PREFIX).map(|record| format!("staged operation {record}")))
        .or_else(|| uuid(keys::TOKEN_PREFIX).map(|id| format!("token {id}")))
        .or_else(|| uuid(keys::TOKEN_USE_PREFIX).map(|id| format!("the use of token {id}")))
        .or_else(|| {
            short(keys::IDEMPOTENCY_PREFIX, 32).map(|key| format!("idempotency key {key}…"))
        })
        .or_else(|| short(keys::IMPORT_PREFIX, 16).map(|key| format!("import {key}…")))
        .or_else(|| aggregate(keys::ERASURE_PREFIX).map(|name| format!("the erasure of {name}")))
        .or_else(|| {
            let name = text(keys::TYPE_PREFIX)?;
            crate::domain::AggregateType::new(name).ok().map(|name| format!("type {name}"))
        })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

//! Tokens as they are stored: what they allow and what became of them, never the tokens themselves.

use super::cbor::{MapReader, write_map};
use super::{FormatError, event};
use crate::domain::{Actor, Hash, Timestamp};
use minicbor::encode::{Encoder, Error};
use std::convert::Infallible;
use uuid::Uuid;

/// A token that was handed out: the value of `mt` "a/".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenEntry {
    /// The group of the events that its holder writes.
    pub group: String,
    /// The user of these events.
    pub user: String,
    /// What it allows, as [`ActionPattern`](crate::domain::access::ActionPattern) reads it.
    pub actions: Vec<String>,
    /// To what, as [`Resource`](crate::domain::access::Resource) reads it.
    pub resources: Vec<String>,
    /// When it was made.
    pub issued_at: Timestamp,
    /// Who made it.
    pub issued_by: Actor,
    /// SHA-256 of what is signed: no other token has the id.
    pub hash: Hash,
    /// From when on it is refused; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// How many events may be written with it; `None` for any number.
    pub limit: Option<u64>,
    /// For how many seconds it holds without being used; `None` for any time.
    pub keep_alive: Option<u64>,
    /// When and by whom it was revoked.
    pub revoked: Option<(Timestamp, Actor)>,
    /// The token that took its place when it was refreshed.
    pub replaced_by: Option<Uuid>,
}

type Out<'o> = Encoder<&'o mut Vec<u8>>;

fn texts(out: &mut Out<'_>, texts: &[String]) -> Result<(), Error<Infallible>> {
    out.array(texts.len() as u64)?;
    texts.iter().try_for_each(|text| out.str(text).map(drop))
}

fn actor(out: &mut Out<'_>, actor: &Actor) -> Result<(), Error<Infallible>> {
    out.array(if actor.uid.is_some() { 3 } else { 2 })?;
    out.str(&actor.group)?.str(&actor.user)?;
    if let Some(uid) = actor.uid {
        out.u32(uid)?;
    }
    Ok(())
}

fn read_texts(map: &mut MapReader<'_>) -> Result<Vec<String>, FormatError> {
    let count = map.array()?;
    (0..count).map(|_| map.text().map(str::to_owned)).collect()
}

fn read_uuid(map: &mut MapReader<'_>) -> Result<Uuid, FormatError> {
    let bytes = map.bytes()?;
    Uuid::from_slice(bytes).map_err(|_| map.bad("the id of a token has 16 bytes"))
}

impl TokenEntry {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let optional = [
            self.expires_at.is_some(),
            self.limit.is_some(),
            self.keep_alive.is_some(),
            self.revoked.is_some(),
            self.revoked.is_some(),
            self.replaced_by.is_some(),
        ];
        let optional = optional.into_iter().filter(|there| *there).count();
        write_map(7 + optional as u64, |out| {
            out.u8(1)?.str(&self.group)?.u8(2)?.str(&self.user)?;
            out.u8(3)?;
            texts(out, &self.actions)?;
            out.u8(4)?;
            texts(out, &self.resources)?;
            out.u8(5)?.i64(self.issued_at.as_micros())?.u8(6)?;
            actor(out, &self.issued_by)?;
            out.u8(7)?.bytes(self.hash.as_bytes())?;
            if let Some(time) = self.expires_at {
                out.u8(8)?.i64(time.as_micros())?;
            }
            if let Some(limit) = self.limit {
                out.u8(9)?.u64(limit)?;
            }
            if let Some(seconds) = self.keep_alive {
                out.u8(10)?.u64(seconds)?;
            }
            if let Some((time, by)) = &self.revoked {
                out.u8(11)?.i64(time.as_micros())?.u8(12)?;
                actor(out, by)?;
            }
            if let Some(id) = &self.replaced_by {
                out.u8(13)?.bytes(id.as_bytes())?;
            }
            Ok(())
        })
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut map = MapReader::new("token", bytes)?;
        let (mut group, mut user, mut actions, mut resources) = (None, None, None, None);
        let (mut issued_at, mut issued_by, mut hash, mut expires_at) = (None, None, None, None);
        let (mut limit, mut keep_alive, mut replaced_by) = (None, None, None);
        let (mut revoked_at, mut revoked_by) = (None, None);
        while let Some(key) = map.key()? {
            match key {
                1 => group = Some(map.text()?.to_owned()),
                2 => user = Some(map.text()?.to_owned()),
                3 => actions = Some(read_texts(&mut map)?),
                4 => resources = Some(read_texts(&mut map)?),
                5 => issued_at = Some(Timestamp::from_micros(map.i64()?)),
                6 => issued_by = Some(event::actor(&mut map)?),
                7 => hash = Some(map.hash()?),
                8 => expires_at = Some(Timestamp::from_micros(map.i64()?)),
                9 => limit = Some(map.u64()?),
                10 => keep_alive = Some(map.u64()?),
                11 => revoked_at = Some(Timestamp::from_micros(map.i64()?)),
                12 => revoked_by = Some(event::actor(&mut map)?),
                13 => replaced_by = Some(read_uuid(&mut map)?),
                other => return map.unknown(other),
            }
        }
        let revoked = match (revoked_at, revoked_by) {
            (Some(at), Some(by)) => Some((at, by)),
            (None, None) => None,
            _ => return Err(map.bad("a revocation has a time and a name")),
        };
        Ok(Self {
            group: map.need(group, 1)?,
            user: map.need(user, 2)?,
            actions: map.need(actions, 3)?,
            resources: map.need(resources, 4)?,
            issued_at: map.need(issued_at, 5)?,
            issued_by: map.need(issued_by, 6)?,
            hash: map.need(hash, 7)?,
            expires_at,
            limit,
            keep_alive,
            revoked,
            replaced_by,
        })
    }
}

/// What was done with a token: the value of `mt` "u/"; nothing yet where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenUse {
    /// How many events were written with it.
    pub written: u64,
    /// When it was used last, as far as that is kept: of a token with a keep-alive, and at every write.
    pub last: Option<Timestamp>,
}

impl TokenUse {
    pub(crate) fn encode(self) -> Vec<u8> {
        write_map(1 + u64::from(self.last.is_some()), |out| {
            out.u8(1)?.u64(self.written)?;
            if let Some(last) = self.last {
                out.u8(2)?.i64(last.as_micros())?;
            }
            Ok(())
        })
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut map = MapReader::new("use of a token", bytes)?;
        let (mut written, mut last) = (None, None);
        while let Some(key) = map.key()? {
            match key {
                1 => written = Some(map.u64()?),
                2 => last = Some(Timestamp::from_micros(map.i64()?)),
                other => return map.unknown(other),
            }
        }
        Ok(Self { written: map.need(written, 1)?, last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn time() -> impl Strategy<Value = Timestamp> {
        any::<i64>().prop_map(Timestamp::from_micros)
    }

    fn who() -> impl Strategy<Value = Actor> {
        (".{0,8}", ".{0,8}", any::<Option<u32>>()).prop_map(|(group, user, uid)| Actor {
            group,
            user,
            uid,
        })
    }

    prop_compose! {
        fn entry()(
            issued_by in who(),
            actions in prop::collection::vec(".{0,8}", 0..4),
            resources in prop::collection::vec(".{0,8}", 0..30),
            issued_at in time(),
            hash in any::<[u8; 32]>(),
            expires_at in prop::option::of(time()),
            numbers in any::<(Option<u64>, Option<u64>)>(),
            revoked in prop::option::of((time(), who())),
            replaced in any::<Option<[u8; 16]>>(),
        ) -> TokenEntry {
            TokenEntry {
                group: issued_by.user.clone(),
                user: issued_by.group.clone(),
                actions, resources, issued_at, issued_by,
                hash: hash.into(),
                expires_at,
                limit: numbers.0,
                keep_alive: numbers.1,
                revoked,
                replaced_by: replaced.map(Uuid::from_bytes),
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_token_reads_back(entry in entry(), written in any::<u64>(), last in prop::option::of(time())) {
            let bytes = entry.encode();
            prop_assert_eq!(TokenEntry::decode(&bytes).unwrap(), entry);
            prop_assert!(TokenEntry::decode(&bytes[..bytes.len() - 1]).is_err());
            let used = TokenUse { written, last };
            prop_assert_eq!(TokenUse::decode(&used.encode()).unwrap(), used);
        }
    }

    /// The bytes are those of format 1, for ever.
    #[test]
    fn the_bytes_are_pinned() {
        let used = TokenUse { written: 3, last: Some(Timestamp::from_micros(5)) };
        assert_eq!(used.encode(), [0xa3, 0, 1, 1, 3, 2, 5]);
        let entry = TokenEntry {
            group: "g".into(),
            user: "u".into(),
            actions: vec!["*.*".into()],
            resources: vec!["*".into()],
            issued_at: Timestamp::from_micros(1),
            issued_by: Actor { group: "a".into(), user: "b".into(), uid: None },
            hash: Hash([9; 32]),
            expires_at: Some(Timestamp::from_micros(2)),
            limit: Some(3),
            keep_alive: Some(4),
            revoked: Some((
                Timestamp::from_micros(5),
                Actor { group: "c".into(), user: "d".into(), uid: Some(6) },
            )),
            replaced_by: Some(Uuid::from_bytes([7; 16])),
        };
        let mut expected = vec![0xae, 0, 1, 1, 0x61, b'g', 2, 0x61, b'u', 3, 0x81, 0x63];
        expected.extend(b"*.*\x04\x81\x61*\x05\x01\x06\x82\x61a\x61b\x07\x58\x20");
        expected.extend([9; 32]);
        expected.extend(b"\x08\x02\x09\x03\x0a\x04\x0b\x05\x0c\x83\x61c\x61d\x06\x0d\x50");
        expected.extend([7; 16]);
        assert_eq!(entry.encode(), expected);
    }
}

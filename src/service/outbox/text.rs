//! Events as the text of their records, without building them: what is stored as JSON is passed on as it is.

use super::pull::Keep;
use crate::domain::{Header, Kind};
use crate::service::record::Eyes;
use crate::store::{BodyText, RawEvent, StoreError};
use serde::Serialize;
use std::io::Write as _;

/// Events from which on it is known well enough how long the others will be.
const SAMPLE: usize = 16;

/// Records of events as minified JSON, one a line.
#[derive(Debug)]
pub(crate) struct Texts {
    text: Vec<u8>,
    /// The position of each, and where its text ends, before the end of its line.
    ends: Vec<(u64, usize)>,
    /// How many there will be at most, and how many bytes they have about at most.
    most: (usize, usize),
}

impl Texts {
    /// None yet, of so many at most, which have about so many bytes at most.
    pub(super) fn new(most: usize, bytes: usize) -> Self {
        Self { text: Vec::new(), ends: Vec::new(), most: (most, bytes) }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// How many bytes they have, with the ends of their lines.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// All of them, one a line.
    pub(crate) fn into_lines(self) -> Vec<u8> {
        self.text
    }

    /// Takes the room of all that are still to come at once: to grow bit by bit copies a page several times over, into
    /// memory that has to be cleared for it.
    fn make_room(&mut self) {
        let (most, bytes) = self.most;
        if self.ends.len() == SAMPLE {
            let rest = self.text.len() / SAMPLE * most.saturating_sub(SAMPLE);
            self.text.reserve(rest.min(bytes.saturating_sub(self.text.len())));
        }
    }

    /// The position and the text of each, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(_, end)| *end + 1));
        let parts = starts.zip(&self.ends);
        parts.map(|(start, (position, end))| {
            (*position, self.text.get(start..*end).unwrap_or_default())
        })
    }
}

impl Keep for Texts {
    fn keep(
        &mut self,
        eyes: &Eyes<'_>,
        raw: RawEvent<'_>,
        header: Header,
    ) -> Result<usize, StoreError> {
        self.make_room();
        let before = self.text.len();
        let plain = !eyes.hides_of(header.aggregate.aggregate_type.as_str());
        match if plain { raw.body_text()? } else { None } {
            Some(body) => passed_on(&mut self.text, &raw, &header, &body),
            None => json(&mut self.text, &eyes.event(raw.decode()?)),
        }
        self.ends.push((raw.position().get(), self.text.len()));
        self.text.push(b'\n');
        Ok(self.text.len() - before)
    }
}

fn json(out: &mut Vec<u8>, value: &impl Serialize) {
    // Writing to memory cannot fail, and the keys of every object are texts.
    let written = serde_json::to_writer(out, value);
    debug_assert!(written.is_ok(), "JSON into memory");
}

fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// The text that [`EventRecord`](crate::wire::EventRecord) would give.
fn passed_on(out: &mut Vec<u8>, raw: &RawEvent<'_>, header: &Header, body: &BodyText<'_>) {
    let name = &header.aggregate;
    // Names of these kinds hold nothing that JSON escapes.
    push(out, "{\"aggregate_type\":\"");
    push(out, name.aggregate_type.as_str());
    push(out, "\",\"aggregate_id\":\"");
    push(out, name.id.as_str());
    push(out, "\",\"event_type\":\"");
    push(out, header.event_type.as_str());
    let numbers =
        write!(out, "\",\"version\":{},\"position\":\"{}\",", header.version, raw.position());
    debug_assert!(numbers.is_ok(), "numbers into memory");
    push(out, if header.kind == Kind::Patch { "\"patch\":" } else { "\"payload\":" });
    // Kinds without a content store none; their records have an empty payload.
    push(
        out,
        if body.content == "null" && header.kind != Kind::Patch { "{}" } else { body.content },
    );
    metadata(out, header, body);
    let ends =
        write!(out, ",\"hash\":\"{}\",\"merkle_root\":\"{}\"}}", raw.leaf(), raw.merkle_root());
    debug_assert!(ends.is_ok(), "hashes into memory");
}

fn metadata(out: &mut Vec<u8>, header: &Header, body: &BodyText<'_>) {
    let numbers = write!(
        out,
        ",\"metadata\":{{\"event_id\":\"{}\",\"created_at\":\"{}\",\"commit\":\"c{}\",\"schema_version\":{},",
        header.event_id, header.created_at, header.commit, header.schema_version
    );
    debug_assert!(numbers.is_ok(), "numbers into memory");
    push(out, "\"issued_by\":{\"group\":");
    json(out, &header.actor.group);
    push(out, ",\"user\":");
    json(out, &header.actor.user);
    if let Some(uid) = header.actor.uid {
        push(out, ",\"uid\":");
        json(out, &uid);
    }
    push(out, "},\"note\":");
    json(out, &body.note);
    // The members of the stored object stand beside dbx's own.
    let members = body.metadata.and_then(|text| text.strip_prefix('{')?.strip_suffix('}'));
    if let Some(members) = members.filter(|members| !members.is_empty()) {
        push(out, ",");
        push(out, members);
    }
    push(out, "}");
}

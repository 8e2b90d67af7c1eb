//! Single mutations of a JSON document, drawn from a seed: one value, member, item or byte is another one.

use serde_json::{Map, Value, json};

/// Numbers that look random and are the same each time (xorshift, Marsaglia 2003).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// `document` with one mutation in it. Leaving out the body is none: the rest is a proof of its own.
pub(super) fn mutated(document: &Value, random: &mut Random) -> String {
    let text = document.to_string();
    let mut bodiless = document.clone();
    if let Some(Value::Object(members)) = bodiless.get_mut("inclusion") {
        members.remove("body");
    }
    loop {
        let changed = if random.below(4) == 0 {
            byte(&text, random)
        } else {
            let mut copy = document.clone();
            let pointers = pointers(document, "");
            let pointer = &pointers[random.below(pointers.len())];
            change(copy.pointer_mut(pointer).unwrap(), random);
            copy.to_string()
        };
        let read: Option<Value> = serde_json::from_str(&changed).ok();
        if read.as_ref() != Some(document) && read.as_ref() != Some(&bodiless) {
            return changed;
        }
    }
}

/// The pointers (RFC 6901) of a value and of everything in it.
fn pointers(value: &Value, here: &str) -> Vec<String> {
    let below: Vec<String> = match value {
        Value::Object(members) => {
            members.iter().flat_map(|(key, one)| pointers(one, &format!("{here}/{key}"))).collect()
        }
        Value::Array(items) => {
            let of = |(at, one): (usize, &Value)| pointers(one, &format!("{here}/{at}"));
            items.iter().enumerate().flat_map(of).collect()
        }
        _ => Vec::new(),
    };
    std::iter::once(here.to_owned()).chain(below).collect()
}

/// One byte of the text is another one, gone, or there twice.
fn byte(text: &str, random: &mut Random) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = random.below(bytes.len());
    match random.below(3) {
        0 => drop(bytes.remove(at)),
        1 => bytes.insert(at, bytes[at]),
        _ => bytes[at] = b"09afAZ+/={}[]\",:xe.-"[random.below(20)],
    }
    String::from_utf8(bytes).unwrap()
}

fn change(value: &mut Value, random: &mut Random) {
    match value {
        Value::String(text) => *text = string(text, random),
        Value::Number(number) => *value = integer(number.as_u64().unwrap(), random),
        Value::Array(items) => array(items, random),
        Value::Object(members) => object(members, random),
        _ => *value = json!(1),
    }
}

fn string(text: &str, random: &mut Random) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = random.below(chars.len());
    match random.below(5) {
        0 => drop(chars.remove(at)),
        1 => chars.insert(at, chars[at]),
        2 => chars.swap(at, 0),
        3 => return text.to_uppercase(),
        _ => {
            let same_kind: Vec<char> =
                if text.len() == 64 { "0123456789abcdef" } else { "ABCabc019+/" }.chars().collect();
            chars[at] = same_kind[random.below(same_kind.len())];
        }
    }
    chars.into_iter().collect()
}

fn integer(number: u64, random: &mut Random) -> Value {
    match random.below(7) {
        0 => json!(number + 1),
        1 => json!(number.wrapping_sub(1)),
        2 => json!(number ^ (1 << random.below(20))),
        3 => json!(random.below(10_000)),
        4 => json!(number.to_string()),
        5 => json!(u64::MAX - number),
        _ => Value::Null,
    }
}

fn array(items: &mut Vec<Value>, random: &mut Random) {
    if items.is_empty() {
        items.push(json!({"from": 0, "to": 1, "hash": "ab".repeat(32)}));
        return;
    }
    let at = random.below(items.len());
    match random.below(4) {
        0 => drop(items.remove(at)),
        1 => items.insert(at, items[at].clone()),
        2 => items.swap(at, 0),
        _ => items.reverse(),
    }
}

fn object(members: &mut Map<String, Value>, random: &mut Random) {
    let keys: Vec<String> = members.keys().cloned().collect();
    let key = &keys[random.below(keys.len())];
    match random.below(4) {
        0 => drop(members.remove(key)),
        1 => drop(members.insert("more".into(), json!(1))),
        2 => {
            let value = members.remove(key).unwrap();
            members.insert(format!("{key}_"), value);
        }
        _ => drop(members.insert(key.clone(), Value::Null)),
    }
}

//! What is written: changes of accounts, about 200 bytes each.

/// The schema that every event is checked with.
pub(crate) const SCHEMA: &str = r#"aggregate account {
  field owner { type = "text" rules = {"required": true, "length": {"min": 1, "max": 100}} }
  field status { type = "text" rules = {"required": true, "regex": ["^(open|held|closed)$"]} }
  field balance { type = "decimal(12,2)" rules = {"range": {"min": "0.00"}} }
  field checked_at { type = "timestamp" }
  field remark { type = "text" }

  event account_changed { fields = ["owner", "status", "balance", "checked_at", "remark"] }
}
"#;

pub(crate) const TYPE: &str = "account";
pub(crate) const EVENT: &str = "account_changed";

/// Numbers that look like chance and are the same in every run (xorshift64*, Vigna 2016).
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % end
    }
}

const WORDS: [&str; 16] = [
    "opened",
    "branch",
    "review",
    "monthly",
    "statement",
    "transfer",
    "pending",
    "customer",
    "called",
    "limit",
    "raised",
    "address",
    "changed",
    "letter",
    "returned",
    "confirmed",
];

/// One payload, as JSON.
pub(crate) fn payload(chance: &mut Chance) -> String {
    let mut remark = String::new();
    while remark.len() < 72 {
        remark.push_str(WORDS[usize::try_from(chance.below(16)).unwrap()]);
        remark.push(' ');
    }
    format!(
        r#"{{"owner":"customer {:06}","status":"{}","balance":"{}.{:02}","checked_at":"2026-03-{:02}T{:02}:{:02}:00Z","remark":"{}"}}"#,
        chance.below(1_000_000),
        ["open", "held", "closed"][usize::try_from(chance.below(3)).unwrap()],
        chance.below(1_000_000),
        chance.below(100),
        1 + chance.below(28),
        chance.below(24),
        chance.below(60),
        remark.trim_end(),
    )
}

/// The id of an account.
pub(crate) fn id(number: u64) -> String {
    format!("a{number:07}")
}

/// One line of an import.
pub(crate) fn line(chance: &mut Chance, accounts: u64) -> String {
    format!(
        r#"{{"aggregate_type":"{TYPE}","aggregate_id":"{}","event_type":"{EVENT}","payload":{}}}"#,
        id(chance.below(accounts)),
        payload(chance),
    ) + "\n"
}

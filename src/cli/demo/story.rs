//! Two weeks at a wholesaler: the same every time, told so that it ends now.

use super::before;
use super::words::{CANCELLED, CARRIERS, CUSTOMERS, NOTES, PRODUCTS, RETURNED, STAFF};
use crate::domain::json::Object;
use crate::domain::{Json, Timestamp};
use crate::wire::Operation;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How long before now the story begins, in seconds.
const SPAN: i64 = 14 * DAY;

/// How long before now it ends: the last event is fresh, but not from the future of a clock that runs late.
const END: i64 = 4 * MINUTE;

const ORDERS: i64 = 84;

/// How long after its issue an invoice is due.
const DUE: i64 = 30 * DAY;

/// What happens at one moment.
#[derive(Debug)]
pub(super) struct Commit {
    pub(super) at: Timestamp,
    pub(super) user: &'static str,
    pub(super) message: Option<String>,
    pub(super) operations: Vec<Operation>,
}

/// The whole story, in order, ending shortly before `now`.
pub(super) fn tell(now: Timestamp) -> Vec<Commit> {
    let mut teller = Teller { now, dice: Dice(0x00C0_FFEE), moments: Vec::new() };
    teller.customers();
    for number in 0..ORDERS {
        teller.order(number);
    }
    // What would happen after the end has not happened yet.
    teller.moments.retain(|moment| moment.at < SPAN - END);
    teller.moments.sort_by_key(|moment| (moment.at, moment.micros));
    let commits = teller.moments.into_iter().map(|moment| Commit {
        at: Timestamp::from_micros(before(now, SPAN - moment.at).as_micros() + moment.micros),
        user: moment.user,
        message: moment.message,
        operations: moment.operations,
    });
    commits.collect()
}

/// What happens `at` seconds after the beginning.
struct Moment {
    at: i64,
    /// Nothing happens on the second.
    micros: i64,
    user: &'static str,
    message: Option<String>,
    operations: Vec<Operation>,
}

/// Numbers that look thrown and are always the same (`SplitMix64`, Steele et al. 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high - low + 1).unwrap_or(1).max(1);
        low + i64::try_from(self.next() % width).unwrap_or(0)
    }

    /// One of them.
    fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        let count = u64::try_from(from.len()).unwrap_or(1).max(1);
        let index = usize::try_from(self.next() % count).unwrap_or(0);
        from.get(index).copied().unwrap_or_default()
    }

    /// Whether it happens, `percent` times out of a hundred.
    fn chance(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }
}

struct Teller {
    now: Timestamp,
    dice: Dice,
    moments: Vec<Moment>,
}

impl Teller {
    fn happen(&mut self, at: i64, message: Option<String>, operations: Vec<Operation>) {
        let user = self.dice.pick(&STAFF);
        let micros = self.dice.between(0, 999_999);
        self.moments.push(Moment { at, micros, user, message, operations });
    }

    /// One event on its own.
    fn event(&mut self, at: i64, operation: Operation) {
        self.happen(at, None, vec![operation]);
    }

    fn customers(&mut self) {
        for (number, (name, country, city)) in (1..).zip(CUSTOMERS) {
            let id = format!("c-{number:02}");
            let email = format!("orders@{}.example", slug(name));
            let at = self.dice.between(MINUTE, 30 * MINUTE) * number;
            let fields = [
                ("name", name.into()),
                ("email", email.into()),
                ("country", country.into()),
                ("city", city.into()),
                ("tier", "standard".into()),
            ];
            self.event(at, operation("customer", &id, "customer_registered", &fields, "crm"));
            if number % 6 == 0 {
                let at = at + self.dice.between(2 * DAY, 10 * DAY);
                let email = format!("hello@{}.example", slug(name));
                let fields = [("email", email.into())];
                self.event(
                    at,
                    operation("customer", &id, "customer_email_changed", &fields, "crm"),
                );
            }
            if number % 9 == 0 {
                let at = at + self.dice.between(3 * DAY, 9 * DAY);
                let fields =
                    [("country", country.into()), ("city", format!("{city} North").into())];
                self.event(at, operation("customer", &id, "customer_moved", &fields, "crm"));
            }
            if number % 5 == 0 {
                let at = at + self.dice.between(6 * DAY, 12 * DAY);
                let fields = [("tier", "gold".into())];
                self.event(at, operation("customer", &id, "customer_promoted", &fields, "crm"));
            }
        }
    }

    fn order(&mut self, number: i64) {
        let id = format!("o-{}", 1001 + number);
        // Orders come all the time and a little more often towards the end; every customer is registered by then.
        let spread = (SPAN - 16 * HOUR - END) / ORDERS;
        let placed = 15 * HOUR + spread * number + self.dice.between(0, spread);
        let customer = format!("customer#c-{:02}", self.dice.between(1, 24));
        let (items, cents) = self.basket();
        let fields = [
            ("customer", customer.into()),
            ("status", "placed".into()),
            ("items", items),
            ("total", money(cents).into()),
            ("currency", "EUR".into()),
        ];
        let mut first = operation("order", &id, "order_placed", &fields, "web");
        if self.dice.chance(12) {
            first.note = Some(self.dice.pick(&NOTES).to_owned());
        }
        self.event(placed, first);
        let mut at = placed + self.dice.between(2 * MINUTE, HOUR);
        let mut cents = cents;
        if self.dice.chance(15) {
            let (items, changed) = self.basket();
            cents = changed;
            let fields = [("items", items), ("total", money(cents).into())];
            self.event(at, operation("order", &id, "order_changed", &fields, "phone"));
            at += self.dice.between(MINUTE, HOUR);
        }
        if self.dice.chance(8) {
            let reason = self.dice.pick(&CANCELLED);
            let fields = [("status", "cancelled".into()), ("reason", reason.into())];
            return self.event(at, operation("order", &id, "order_cancelled", &fields, "phone"));
        }
        self.invoice(number, &id, cents, at);
    }

    fn invoice(&mut self, number: i64, order: &str, cents: i64, issued: i64) {
        let id = format!("i-{}", 5001 + number);
        let due = before(self.now, SPAN - issued - DUE).to_string();
        let due = due.split('T').next().unwrap_or_default();
        let fields = [
            ("order", format!("order#{order}").into()),
            ("amount", money(cents).into()),
            ("status", "open".into()),
            ("due", due.into()),
        ];
        self.event(issued, operation("invoice", &id, "invoice_issued", &fields, "billing"));
        let mut at = issued + self.dice.between(2 * HOUR, 40 * HOUR);
        if self.dice.chance(18) {
            let fields = [("status", "reminded".into())];
            self.event(at, operation("invoice", &id, "invoice_reminded", &fields, "billing"));
            at += self.dice.between(3 * HOUR, 30 * HOUR);
        }
        let method = self.dice.pick(&["transfer", "card", "direct debit"]);
        let paid = [("status", "paid".into()), ("method", method.into())];
        // Payment of the invoice and of the order is one fact about two aggregates: one commit.
        let operations = vec![
            operation("invoice", &id, "invoice_paid", &paid, "billing"),
            operation("order", order, "order_paid", &[("status", "paid".into())], "billing"),
        ];
        let message = format!("payment of {} EUR by {method} for {order}", money(cents));
        self.happen(at, Some(message), operations);
        self.delivery(order, at);
    }

    fn delivery(&mut self, order: &str, paid: i64) {
        let mut at = paid + self.dice.between(20 * MINUTE, 9 * HOUR);
        let status = |status: &str| ("status", Json::from(status));
        let packed = operation("order", order, "order_packed", &[status("packed")], "warehouse");
        self.event(at, packed);
        at += self.dice.between(30 * MINUTE, 6 * HOUR);
        let (carrier, prefix) = self.dice.pick(&CARRIERS);
        let tracking = format!("{prefix}{}", self.dice.between(10_000_000, 99_999_999));
        let shipped =
            [status("shipped"), ("carrier", carrier.into()), ("tracking", tracking.into())];
        self.event(at, operation("order", order, "order_shipped", &shipped, "warehouse"));
        at += self.dice.between(14 * HOUR, 60 * HOUR);
        let mut delivered =
            operation("order", order, "order_delivered", &[status("delivered")], carrier);
        if self.dice.chance(10) {
            delivered.note = Some(self.dice.pick(&NOTES).to_owned());
        }
        self.event(at, delivered);
        if self.dice.chance(15) {
            at += self.dice.between(5 * HOUR, 30 * HOUR);
            let reason = self.dice.pick(&RETURNED);
            let fields = [status("returned"), ("reason", reason.into())];
            self.event(at, operation("order", order, "order_returned", &fields, "phone"));
        }
    }

    /// What is in an order, and what it costs in cents.
    fn basket(&mut self) -> (Json, i64) {
        let mut cents = 0;
        let mut items = Vec::new();
        let first = self.dice.between(0, 7);
        for step in 0..self.dice.between(1, 4) {
            let index = usize::try_from((first + 3 * step) % 8).unwrap_or(0);
            let Some((sku, price)) = PRODUCTS.get(index) else { continue };
            let count = self.dice.between(1, 12);
            cents += price * count;
            let members = [
                ("sku", (*sku).into()),
                ("quantity", count.into()),
                ("price", money(*price).into()),
            ];
            items.push(object(&members).into());
        }
        (Json::Array(items), cents)
    }
}

fn operation(
    aggregate_type: &str,
    id: &str,
    event: &str,
    fields: &[(&str, Json)],
    source: &str,
) -> Operation {
    Operation {
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: id.to_owned(),
        event_type: event.to_owned(),
        payload: Some(object(fields).into()),
        metadata: Some(object(&[("@source", source.into())]).into()),
        ..Operation::default()
    }
}

fn object(members: &[(&str, Json)]) -> Object {
    members.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}

fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// A name as it stands in an address on the net.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        match c {
            'a'..='z' => slug.push(c),
            'A'..='Z' => slug.push(c.to_ascii_lowercase()),
            'á' | 'ä' => slug.push('a'),
            'é' => slug.push('e'),
            'í' => slug.push('i'),
            'ó' | 'ö' => slug.push('o'),
            ' ' if !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn now() -> Timestamp {
        "2026-11-20T18:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_story_is_the_same_every_time_and_lies_in_the_two_weeks_before_now() {
        let (once, again) = (tell(now()), tell(now()));
        assert_eq!(format!("{once:?}"), format!("{again:?}"));
        let events: usize = once.iter().map(|commit| commit.operations.len()).sum();
        assert!((400..900).contains(&events), "{events}");
        assert!(once.windows(2).all(|pair| pair[0].at <= pair[1].at));
        let (first, last) = (once.first().unwrap().at, once.last().unwrap().at);
        assert!(first >= before(now(), SPAN) && last <= before(now(), END));
        assert!(last > before(now(), DAY), "the story ends lately");
    }

    #[test]
    fn every_commit_is_right_under_the_schema() {
        let compiled = crate::schema::compile(super::super::SCHEMA);
        let schema = compiled.schema.unwrap();
        assert!(compiled.diagnostics.is_empty(), "{:?}", compiled.diagnostics);
        let mut seen = BTreeSet::new();
        for operation in tell(now()).iter().flat_map(|commit| &commit.operations) {
            let aggregate = &schema.aggregates[&operation.aggregate_type];
            let rule = &aggregate.events[&operation.event_type];
            let payload = operation.payload.as_ref().and_then(Json::as_object).unwrap();
            let given: BTreeSet<&String> = payload.keys().collect();
            assert_eq!(given, rule.fields.iter().collect(), "{}", operation.event_type);
            seen.insert(operation.event_type.clone());
        }
        let declared = schema.aggregates.values().flat_map(|aggregate| aggregate.events.keys());
        let unused: Vec<&String> =
            declared.filter(|event| !seen.contains(event.as_str())).collect();
        assert_eq!(unused, ["invoice_voided"], "events that the story leaves out");
    }

    #[test]
    fn references_point_at_what_is_there_by_then() {
        let mut there = BTreeSet::new();
        for operation in tell(now()).iter().flat_map(|commit| &commit.operations) {
            for field in ["customer", "order"] {
                let target = operation.payload.as_ref().and_then(|payload| payload.get(field));
                if let Some(Json::String(target)) = target {
                    assert!(there.contains(target), "{target} before {operation:?}");
                }
            }
            there.insert(format!("{}#{}", operation.aggregate_type, operation.aggregate_id));
        }
    }
}

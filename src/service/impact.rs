//! What a change of the schema means for what is stored.

use super::Local;
use super::caller::Caller;
use super::record::Eyes;
use crate::domain::access::Action;
use crate::domain::json::{Json, Object, Patch, Pointer};
use crate::domain::{AggregateId, AggregateKey, AggregateType, Header, Kind, Position};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::schema::values::{normalise, references};
use crate::schema::{Aggregate, Break, Class, Schema, breaking, compile};
use crate::store::{StoreError, View};
use crate::wire::{Impact, ImpactRequest};
use indexmap::IndexMap;
use std::collections::HashSet;
use std::ops::ControlFlow;

/// The most examples that are named for one break.
const EXAMPLES_MAX: usize = 3;

impl Local {
    /// What each break between the old schema and the new one concerns among what is stored: one pass over the log
    /// and one over the states for all of them. Breaks of aggregates and fields that the caller may not see are left
    /// out: how many of them there are would tell of what they hold.
    ///
    /// Of a break of an event, its events count and the aggregates that have one; of a break of a field, the events
    /// that touch it and the aggregates whose state of now the new declaration does not admit; of other breaks,
    /// everything of the type.
    ///
    /// # Errors
    /// A schema with errors, or stored bytes that cannot be read.
    pub fn schema_impact(&self, caller: &Caller, request: &ImpactRequest) -> Result<Vec<Impact>> {
        self.schema_impact_while(caller, request, &|| true)
    }

    /// As [`Local::schema_impact`], for as long as the answer is wanted.
    ///
    /// # Errors
    /// As there, and that the answer is not wanted any more.
    pub(super) fn schema_impact_while(
        &self,
        caller: &Caller,
        request: &ImpactRequest,
        wanted: &dyn Fn() -> bool,
    ) -> Result<Vec<Impact>> {
        self.gate(caller)?.schema(Action::SchemaRead)?;
        let old = request.old.as_deref().map(compiled).transpose()?.unwrap_or_default();
        let new = compiled(&request.new)?;
        let breaks = &breaking(&old, &new);
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        let mut types: IndexMap<&str, Vec<Tally<'_>>> = IndexMap::new();
        for (index, found) in breaks.iter().enumerate() {
            let hidden = eyes.is_hidden(&found.aggregate)
                || !eyes.reads_type(&found.aggregate)
                // Whether a reference leads to nothing tells of aggregates of any type.
                || (found.code == "B310" && !eyes.reads_all())
                || found.field.as_ref().is_some_and(|f| eyes.is_hidden_field(&found.aggregate, f));
            if !hidden {
                types.entry(&found.aggregate).or_default().push(Tally::new(index, found, &new));
            }
        }
        let view = self.view()?;
        count_events(&view, &mut types, wanted)?;
        count_aggregates(&view, &mut types, wanted)?;
        if !wanted() {
            let message = "counting what a schema concerns was stopped";
            return Err(Error::new(ErrorKind::Interrupted, "dbx::schema::stopped", message));
        }
        let mut tallies: Vec<Tally<'_>> = types.into_values().flatten().collect();
        tallies.sort_by_key(|tally| tally.index);
        Ok(tallies.into_iter().map(Tally::impact).collect())
    }
}

fn compiled(source: &str) -> Result<Schema> {
    compile(source).schema.ok_or_else(|| {
        Error::new(ErrorKind::Violation, "dbx::schema::invalid", "the schema has errors")
            .help("`dbx schema validate` shows where")
    })
}

fn count_events(
    view: &View,
    types: &mut IndexMap<&str, Vec<Tally<'_>>>,
    wanted: &dyn Fn() -> bool,
) -> Result<(), StoreError> {
    if types.is_empty() {
        return Ok(());
    }
    view.scan(Position(1), view.last_position()?, false, |event| {
        let header = event.header()?;
        if let Some(tallies) = types.get_mut(header.aggregate.aggregate_type.as_str()) {
            let fields = tallies.iter().any(Tally::is_about_a_field);
            let touched =
                if fields { touched(header.kind, &event.body()?.content) } else { Vec::new() };
            for tally in tallies {
                tally.event(&header, &touched);
            }
        }
        Ok(further(wanted))
    })
}

fn count_aggregates(
    view: &View,
    types: &mut IndexMap<&str, Vec<Tally<'_>>>,
    wanted: &dyn Fn() -> bool,
) -> Result<(), StoreError> {
    for (name, tallies) in types {
        let Ok(name) = AggregateType::new(name) else { continue };
        if tallies.iter().all(|tally| matches!(tally.judge, Judge::Log)) {
            continue;
        }
        view.heads(Some(&name), None, |key, head| {
            for tally in tallies.iter_mut() {
                tally.aggregate(&key, &head.state, view)?;
            }
            Ok::<_, StoreError>(further(wanted))
        })?;
    }
    Ok(())
}

fn further(wanted: &dyn Fn() -> bool) -> ControlFlow<()> {
    if wanted() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

/// The fields that an event touches. What cannot be read as a patch touches nothing: finding damage is not the task.
fn touched(kind: Kind, content: &Json) -> Vec<String> {
    match (kind, content) {
        (Kind::Patch, patch) => {
            Patch::from_json(patch).map(|patch| patch.touched()).unwrap_or_default()
        }
        (_, Json::Object(payload)) => payload.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

/// How it is decided whether a break concerns an aggregate.
enum Judge<'a> {
    /// By its events alone.
    Log,
    /// Each of the type is concerned.
    All,
    /// By whether its state has a value for the field.
    Has(&'a str),
    /// By whether its state has none.
    Lacks(&'a str),
    /// By what the new declaration says of the value.
    Value(Place<'a>),
    /// By whether the reference leads to nothing.
    Dangling(Place<'a>),
    /// By whether there is a reference.
    Refers(Place<'a>),
}

/// A place in the states of a type.
struct Place<'a> {
    aggregate: &'a Aggregate,
    field: &'a str,
    /// The place in the field's value.
    below: Pointer,
    /// The code of the violations that count.
    code: String,
}

impl<'a> Judge<'a> {
    fn new(found: &'a Break, new: &'a Schema) -> Self {
        if found.event.is_some() {
            return Self::Log;
        }
        let (Some(field), Some(aggregate)) =
            (found.field.as_deref(), new.aggregates.get(&found.aggregate))
        else {
            return Self::All;
        };
        // Behind the aggregate, `fields` and the field: `rules`, `properties` and a name for each level down, then
        // `rules` and the name of a rule where the break is about one.
        let mut path = segments(&found.path).into_iter().skip(3);
        let (mut below, mut rule) = (Pointer::root(), String::new());
        while let Some(word) = path.next() {
            match (word.as_str(), path.next()) {
                ("rules", Some(list)) if list == "properties" => {
                    below = path.next().map_or(below.clone(), |name| below.child(name));
                }
                ("rules", Some(name)) => rule = name,
                _ => {}
            }
        }
        let nested = !below.is_root();
        let place = |code: &str| Place { aggregate, field, below, code: code.to_owned() };
        match found.code {
            "B201" | "B307" if !nested => Self::Lacks(field),
            "B201" | "B307" => Self::Value(place("required")),
            "B202" | "B308" => Self::Value(place(&rule)),
            "B203" | "B309" => Self::Value(place("reference")),
            "B305" => Self::Has(field),
            "B310" => Self::Dangling(place("")),
            "B311" => Self::Refers(place("")),
            _ => Self::Value(place("type")),
        }
    }

    fn concerns(&self, state: &Object, view: &View) -> Result<bool, StoreError> {
        Ok(match self {
            Self::Log => false,
            Self::All => true,
            Self::Has(field) => state.contains_key(*field),
            Self::Lacks(field) => state.get(*field).is_none_or(Json::is_null),
            Self::Value(place) => place.is_refused(state),
            Self::Dangling(place) => match place.target(state) {
                Some(target) => view.head(&target)?.is_none(),
                None => false,
            },
            Self::Refers(place) => place.target(state).is_some(),
        })
    }
}

impl Place<'_> {
    fn is_refused(&self, state: &Object) -> bool {
        let declared = self.aggregate.fields.get(self.field);
        let (Some(declared), Some(value)) = (declared, state.get(self.field)) else { return false };
        let (below, mut violations) = (self.below.to_string(), Vec::new());
        let normal = normalise(&declared.shape, &self.aggregate.name, value, "", &mut violations);
        // A writer may give the text `7` for a number. In a state it is a text.
        let reads_otherwise =
            self.code == "type" && self.below.get(&normal) != self.below.get(value);
        reads_otherwise
            || violations.iter().any(|one| one.code == self.code && one.pointer == below)
    }

    fn target(&self, state: &Object) -> Option<AggregateKey> {
        let place = Pointer::from_segments([self.field]).to_string() + &self.below.to_string();
        let all = references(self.aggregate, state);
        all.into_iter().find(|found| found.pointer == place).map(|found| found.target)
    }
}

/// The segments of the path of a break.
fn segments(path: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut quoted, mut escaped) = (false, false);
    for character in path.chars() {
        if character == '.' && !quoted {
            parts.push(std::mem::take(&mut part));
            continue;
        }
        if character == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = character == '\\' && !escaped;
        part.push(character);
    }
    parts.push(part);
    let plain = |part: String| match Json::parse(&part) {
        Ok(Json::String(text)) => text,
        _ => part,
    };
    parts.into_iter().map(plain).collect()
}

/// What was counted for one break.
struct Tally<'a> {
    index: usize,
    found: &'a Break,
    judge: Judge<'a>,
    events: u64,
    aggregates: u64,
    /// Aggregates that the log alone tells of.
    holders: HashSet<AggregateId>,
    event_examples: Vec<String>,
    aggregate_examples: Vec<String>,
}

impl<'a> Tally<'a> {
    fn new(index: usize, found: &'a Break, new: &'a Schema) -> Self {
        Self {
            index,
            found,
            judge: Judge::new(found, new),
            events: 0,
            aggregates: 0,
            holders: HashSet::new(),
            event_examples: Vec::new(),
            aggregate_examples: Vec::new(),
        }
    }

    fn is_about_a_field(&self) -> bool {
        self.found.event.is_none() && self.found.field.is_some()
    }

    fn event(&mut self, header: &Header, touched: &[String]) {
        let concerned = match (&self.found.event, &self.found.field) {
            (Some(event), _) => header.event_type.as_str() == event,
            (None, Some(field)) => touched.contains(field),
            (None, None) => true,
        };
        if !concerned {
            return;
        }
        self.events += 1;
        if self.event_examples.len() < EXAMPLES_MAX {
            self.event_examples.push(format!("{}@{}", header.aggregate, header.version));
        }
        if matches!(self.judge, Judge::Log) && !self.holders.contains(&header.aggregate.id) {
            self.holders.insert(header.aggregate.id.clone());
        }
    }

    fn aggregate(
        &mut self,
        key: &AggregateKey,
        state: &Object,
        view: &View,
    ) -> Result<(), StoreError> {
        if self.judge.concerns(state, view)? {
            self.aggregates += 1;
            if self.aggregate_examples.len() < EXAMPLES_MAX {
                self.aggregate_examples.push(key.to_string());
            }
        }
        Ok(())
    }

    /// Events are the examples where they are what breaks, and aggregates where states or their next events do.
    fn impact(self) -> Impact {
        let by_log = self.found.class == Class::Read || matches!(self.judge, Judge::Log);
        let (first, second) = (self.aggregate_examples, self.event_examples);
        let (first, second) = if by_log { (second, first) } else { (first, second) };
        Impact {
            code: self.found.code.to_owned(),
            path: self.found.path.clone(),
            events: self.events,
            aggregates: self.aggregates + self.holders.len() as u64,
            examples: if first.is_empty() { second } else { first },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::segments;

    #[test]
    fn paths_fall_apart_where_they_were_joined() {
        assert_eq!(segments("order.fields.total"), ["order", "fields", "total"]);
        assert_eq!(
            segments(r#"order.fields."a.b".rules.properties."say \"x.y\"\\".rules.range"#),
            ["order", "fields", "a.b", "rules", "properties", r#"say "x.y"\"#, "rules", "range"]
        );
        assert_eq!(segments(r#"order.fields."""#), ["order", "fields", ""]);
    }
}

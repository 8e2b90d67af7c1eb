//! Pages: names, properties and types.

use super::{Code, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        code: Code::NoAggregate,
        what: "The file holds no aggregate: it is empty, or holds comments only.",
        why: "Applying it would drop every schema that is in force.",
        wrong: "# nothing yet
",
        right: "aggregate order {
  event created {}
}
",
        fix: "declare an aggregate; to end the writes to one, keep it and set `locked = true`.",
    },
    Page {
        code: Code::UnknownProperty,
        what: "A block has a property that blocks of its kind do not know. Aggregates know \
            `snapshot_threshold`, `locked`, `hidden`, `hidden_fields`, `field_locks`; fields \
            `type`, `rules`, `hidden`, `locked`; events `fields`, `note`.",
        why: "A property that is silently ignored looks as if it worked.",
        wrong: "aggregate order {
  lockd = true
  event created {}
}
",
        right: "aggregate order {
  locked = true
  event created {}
}
",
        fix: "use the name that the help line suggests; rules such as `required` belong into `rules \
            = {…}`.",
    },
    Page {
        code: Code::DuplicateProperty,
        what: "A block has the same property twice.",
        why: "Only one of the two could count, and which one would be a guess.",
        wrong: "aggregate order {
  locked = true
  locked = false
  event created {}
}
",
        right: "aggregate order {
  locked = true
  event created {}
}
",
        fix: "keep one of the two.",
    },
    Page {
        code: Code::DuplicateAggregate,
        what: "Two aggregates have the same name.",
        why: "The name is the type under which aggregates are stored, so it must lead to one \
            declaration.",
        wrong: "aggregate order { event created {} }
aggregate order { event paid {} }
",
        right: "aggregate order {
  event created {}
  event paid {}
}
",
        fix: "rename one, or merge the two.",
    },
    Page {
        code: Code::DuplicateField,
        what: "Two fields of an aggregate have the same name.",
        why: "A payload has each key once, and one type for it.",
        wrong: r#"aggregate order {
  field total { type = "integer" }
  field total { type = "float" }
  event created {}
}
"#,
        right: r#"aggregate order {
  field total { type = "float" }
  event created {}
}
"#,
        fix: "rename one, or merge the two.",
    },
    Page {
        code: Code::DuplicateEvent,
        what: "Two events of an aggregate have the same name.",
        why: "The name of an event is stored with it, so it must lead to one declaration.",
        wrong: r#"aggregate order {
  event paid {}
  event paid { note = "paid" }
}
"#,
        right: r#"aggregate order {
  event paid { note = "paid" }
}
"#,
        fix: "rename one, or merge the two.",
    },
    Page {
        code: Code::AggregateName,
        what: "An aggregate has a name that no write could use. Names have a lower-case letter, then \
            lower-case letters, digits and `_`, at most 128 characters.",
        why: "The name is part of every key in the store and of every address (`order/42`).",
        wrong: r#"aggregate "Sales Order" { event created {} }
"#,
        right: "aggregate sales_order { event created {} }
",
        fix: "rename it in snake_case.",
    },
    Page {
        code: Code::EventName,
        what: "An event has a name that no write could use. Names have a lower-case letter, then \
            lower-case letters, digits and `_`, at most 128 characters. Dots of a writer become \
            underscores.",
        why: "An event that nobody can write is a mistake in the schema.",
        wrong: "aggregate order { event order.paid {} }
",
        right: "aggregate order { event order_paid {} }
",
        fix: "rename it in snake_case; writers may go on to send `order.paid`.",
    },
    Page {
        code: Code::ReservedEvent,
        what: "An event has a name that starts with `dbx_`.",
        why: "Such events are written by dbx itself: `dbx_archived`, `dbx_restored`, \
            `dbx_nullified`, `dbx_erased`. Nobody else may write them.",
        wrong: "aggregate order { event dbx_archived {} }
",
        right: "aggregate order { event archived {} }
",
        fix: "choose a name without the prefix.",
    },
    Page {
        code: Code::FieldName,
        what: "A field, or a property of an object, has a name that is blank, holds a control \
            character, or has white space around it.",
        why: "Such names look alike on every screen and cannot be typed.",
        wrong: r#"aggregate order {
  field " total" { type = "integer" }
  event created {}
}
"#,
        right: r#"aggregate order {
  field total { type = "integer" }
  event created {}
}
"#,
        fix: "use a name of visible characters, best in snake_case.",
    },
    Page {
        code: Code::NoEvent,
        what: "An aggregate declares no event.",
        why: "Only declared events are accepted, so nothing could ever be written to it.",
        wrong: r#"aggregate order {
  field total { type = "integer" }
}
"#,
        right: r#"aggregate order {
  field total { type = "integer" }
  event created {}
}
"#,
        fix: "declare at least one: `event created {}`.",
    },
    Page {
        code: Code::WrongValue,
        what: "A property has a value of the wrong kind: `locked` and `hidden` take a boolean, lists \
            of fields an array of strings, `note` a string or null, `rules` an object.",
        why: "`\"true\"` is a text, not a boolean: guessing would make one schema mean two things.",
        wrong: r#"aggregate order {
  locked = "true"
  event created {}
}
"#,
        right: "aggregate order {
  locked = true
  event created {}
}
",
        fix: "write a value of the kind that the label names.",
    },
    Page {
        code: Code::SnapshotThreshold,
        what: "`snapshot_threshold` is not an integer from 1, nor null.",
        why: "It is the number of events between two snapshots of a state: 50 means one every 50 \
            events, null means never, and nothing at all means every 100.",
        wrong: "aggregate order {
  snapshot_threshold = 0
  event created {}
}
",
        right: "aggregate order {
  snapshot_threshold = null
  event created {}
}
",
        fix: "write an integer from 1, or null for no snapshots.",
    },
    Page {
        code: Code::NoteTooLong,
        what: "The default note of an event has more than 128 characters.",
        why: "Notes are one line in a log. The limit holds for the notes of writers too.",
        wrong: r#"aggregate order {
  event created { note = "a very long note a very long note a very long note a very long note a very long note a very long note a very long note a very long note " }
}
"#,
        right: r#"aggregate order {
  event created { note = "a short note" }
}
"#,
        fix: "shorten it; details belong into the payload.",
    },
    Page {
        code: Code::MissingType,
        what: "A field, or a property of an object that is written as an object, has no `type`.",
        why: "The type decides which values are accepted and how they are stored.",
        wrong: "aggregate order {
  field total {}
  event created {}
}
",
        right: r#"aggregate order {
  field total { type = "integer" }
  event created {}
}
"#,
        fix: "add `type = \"…\"`; the type `json` takes any value.",
    },
    Page {
        code: Code::UnknownType,
        what: "A type does not exist. There are integer (int), float (double), decimal(p,s) \
            (numeric), boolean (bool), text (string), timestamp, date, json, binary (bytes), \
            object and reference (ref, aggregate_ref, aggregate-reference), in any case.",
        why: "Without a type nothing can be checked.",
        wrong: r#"aggregate order {
  field id { type = "uuid" }
  event created {}
}
"#,
        right: r#"aggregate order {
  field id { type = "text" }
  event created {}
}
"#,
        fix: "use one of the types; rules such as `regex` narrow them.",
    },
    Page {
        code: Code::DecimalDigits,
        what: "A decimal does not say its digits, or says digits that cannot be. `decimal(p,s)` has p \
            digits in all, 1 to 38, and s of them behind the point, at most p.",
        why: "Decimals are exact: how many digits they may have is part of the type.",
        wrong: r#"aggregate order {
  field total { type = "decimal" }
  event created {}
}
"#,
        right: r#"aggregate order {
  field total { type = "decimal(12,2)" }
  event created {}
}
"#,
        fix: "write both numbers, as in `decimal(12,2)`.",
    },
];

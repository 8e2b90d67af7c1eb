//! Pages: warnings.

use super::{Code, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        code: Code::UndeclaredField,
        what: "`fields`, `hidden_fields` or `field_locks` name a field that the aggregate does not \
            declare.",
        why: "Undeclared keys are legal and stored unchecked, but mostly this is a slip of the pen.",
        wrong: r#"aggregate order {
  field total { type = "integer" }
  event created { fields = ["totl"] }
}
"#,
        right: r#"aggregate order {
  field total { type = "integer" }
  event created { fields = ["total"] }
}
"#,
        fix: "correct the name, or declare the field.",
    },
    Page {
        code: Code::RequiredUnreachable,
        what: "Every event has a list of `fields` that leaves out some required field.",
        why: "The first event of an aggregate must set all required fields. Here none can, so that \
            nothing would ever be accepted.",
        wrong: r#"aggregate order {
  field total {
    type = "integer"
    rules = {"required": true}
  }
  field city { type = "text" }
  event created { fields = ["city"] }
}
"#,
        right: r#"aggregate order {
  field total {
    type = "integer"
    rules = {"required": true}
  }
  field city { type = "text" }
  event created { fields = ["city", "total"] }
}
"#,
        fix: "add the field to the list of the first event.",
    },
    Page {
        code: Code::UndeclaredTarget,
        what: "A strong reference leads to an aggregate that the file does not declare.",
        why: "Strong references need an existing target, and aggregates of undeclared types cannot \
            be created.",
        wrong: r#"aggregate order {
  field buyer {
    type = "reference"
    rules = {"reference": {"aggregate_type": "customer"}}
  }
  event created {}
}
"#,
        right: r#"aggregate order {
  field buyer {
    type = "reference"
    rules = {"reference": {"aggregate_type": "customer"}}
  }
  event created {}
}

aggregate customer {
  event created {}
}
"#,
        fix: "declare the aggregate, or use `\"integrity\": \"weak\"`.",
    },
    Page {
        code: Code::FieldNameStyle,
        what: "The name of a field is not snake_case.",
        why: "Any visible name works, but snake_case needs no quotes anywhere and reads the same in \
            every surface.",
        wrong: r#"aggregate order {
  field totalPrice { type = "integer" }
  event created {}
}
"#,
        right: r#"aggregate order {
  field total_price { type = "integer" }
  event created {}
}
"#,
        fix: "rename it while nothing is stored under it; later, leave it.",
    },
    Page {
        code: Code::LegacyTenant,
        what: "A reference has the legacy key `tenant` with the value `\"default\"`.",
        why: "It is accepted so that old schemas work, and has no effect.",
        wrong: r#"aggregate order {
  field total {
    type = "reference"
    rules = {"reference": {"tenant": "default"}}
  }
  event created {}
}
"#,
        right: r#"aggregate order {
  field total {
    type = "reference"
    rules = {"reference": {"integrity": "strong"}}
  }
  event created {}
}
"#,
        fix: "remove the key.",
    },
    Page {
        code: Code::ListedTwice,
        what: "A list of fields names the same field twice.",
        why: "The second one has no effect, and may stand for another name that was meant.",
        wrong: r#"aggregate order {
  field total { type = "integer" }
  event created { fields = ["total", "total"] }
}
"#,
        right: r#"aggregate order {
  field total { type = "integer" }
  event created { fields = ["total"] }
}
"#,
        fix: "remove one of the two.",
    },
];

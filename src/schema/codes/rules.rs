//! Pages: rules and references.

use super::{Code, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        code: Code::UnknownRule,
        what: "`rules`, or the options of a reference, have a key that does not exist. Rules are \
            `required`, `contains`, `does_not_contain`, `regex`, `length`, `range`, `format`, \
            `reference`, `properties`.",
        why: "A rule that is silently ignored looks as if it protected something.",
        wrong: r#"aggregate order {
  field total {
    type = "integer"
    rules = {"requird": true}
  }
  event created {}
}
"#,
        right: r#"aggregate order {
  field total {
    type = "integer"
    rules = {"required": true}
  }
  event created {}
}
"#,
        fix: "use the name that the help line suggests.",
    },
    Page {
        code: Code::RuleMismatch,
        what: "A rule, or a format, does not fit the type of the field. `length` counts characters or \
            bytes, `range` compares numbers, instants and days, `contains`, `regex` and most \
            formats are about text, `properties` about objects.",
        why: "The rule could never be carried out.",
        wrong: r#"aggregate order {
  field total {
    type = "text"
    rules = {"range": {"max": 64}}
  }
  event created {}
}
"#,
        right: r#"aggregate order {
  field total {
    type = "text"
    rules = {"length": {"max": 64}}
  }
  event created {}
}
"#,
        fix: "use a rule for this type, or another type.",
    },
    Page {
        code: Code::WrongRuleValue,
        what: "A rule has a value of the wrong kind: `required` takes a boolean, `contains`, \
            `does_not_contain` and `regex` an array of strings, `length` and `range` an object \
            with `min` or `max`, `format` a string, `reference` and `properties` an object.",
        why: "Guessing what was meant would make one schema mean two things.",
        wrong: r#"aggregate order {
  field total {
    type = "text"
    rules = {"regex": "^[a-z]+$"}
  }
  event created {}
}
"#,
        right: r#"aggregate order {
  field total {
    type = "text"
    rules = {"regex": ["^[a-z]+$"]}
  }
  event created {}
}
"#,
        fix: "write a value of the kind that the label names.",
    },
    Page {
        code: Code::InvalidRegex,
        what: "A regular expression does not compile. The syntax is that of the Rust crate `regex`, \
            which runs in linear time and hence has no look-around and no back-references.",
        why: "It is compiled before the first write, so that no write ever meets a broken rule.",
        wrong: r#"aggregate order {
  field total {
    type = "text"
    rules = {"regex": ["^[a-z"]}
  }
  event created {}
}
"#,
        right: r#"aggregate order {
  field total {
    type = "text"
    rules = {"regex": ["^[a-z]+$"]}
  }
  event created {}
}
"#,
        fix: "correct the expression; in JSON a backslash is written `\\\\`.",
    },
    Page {
        code: Code::InvalidLength,
        what: "A bound of `length` is not a whole number from 0.",
        why: "Lengths count characters of a text, or decoded bytes of a binary.",
        wrong: r#"aggregate order {
  field total {
    type = "text"
    rules = {"length": {"min": -1}}
  }
  event created {}
}
"#,
        right: r#"aggregate order {
  field total {
    type = "text"
    rules = {"length": {"min": 1}}
  }
  event created {}
}
"#,
        fix: "write a whole number without quotes, or leave the bound out.",
    },
    Page {
        code: Code::InvalidBound,
        what: "A bound of `range` is not a value of the field's type.",
        why: "Bounds are compared as values of that type: instants as instants, decimals digit by \
            digit.",
        wrong: r#"aggregate order {
  field total {
    type = "integer"
    rules = {"range": {"min": "abc"}}
  }
  event created {}
}
"#,
        right: r#"aggregate order {
  field total {
    type = "integer"
    rules = {"range": {"min": 0}}
  }
  event created {}
}
"#,
        fix: "write the bound as a payload would: a number or its text, `\"2026-11-20\"`, \
            `\"2026-11-20T14:00:00Z\"`.",
    },
    Page {
        code: Code::EmptyInterval,
        what: "The minimum of `range` or `length` is above the maximum.",
        why: "No value could ever pass.",
        wrong: r#"aggregate order {
  field total {
    type = "integer"
    rules = {"range": {"min": 10, "max": 1}}
  }
  event created {}
}
"#,
        right: r#"aggregate order {
  field total {
    type = "integer"
    rules = {"range": {"min": 1, "max": 10}}
  }
  event created {}
}
"#,
        fix: "exchange the two bounds.",
    },
    Page {
        code: Code::UnknownFormat,
        what: "A format does not exist. There are email, url, credit_card, country_code, iso8601, \
            wgs_84, camel_case, snake_case, kebab_case, pascal_case, upper_case_snake_case and \
            reference.",
        why: "A format that is silently ignored looks as if it protected something.",
        wrong: r#"aggregate order {
  field total {
    type = "text"
    rules = {"format": "e-mail"}
  }
  event created {}
}
"#,
        right: r#"aggregate order {
  field total {
    type = "text"
    rules = {"format": "email"}
  }
  event created {}
}
"#,
        fix: "use one of the formats, or `regex`.",
    },
    Page {
        code: Code::NotAReference,
        what: "The rule `reference` stands on a field that is no reference. References have the type \
            `reference`, or the type `text` with the format `reference`.",
        why: "The rule would never be looked at.",
        wrong: r#"aggregate order {
  field total {
    type = "text"
    rules = {"reference": {"integrity": "weak"}}
  }
  event created {}
}
"#,
        right: r#"aggregate order {
  field total {
    type = "reference"
    rules = {"reference": {"integrity": "weak"}}
  }
  event created {}
}
"#,
        fix: "use `type = \"reference\"`.",
    },
    Page {
        code: Code::ReferenceOption,
        what: "An option of `reference` has a value that does not exist: `integrity` is `strong` or \
            `weak`, `cascade` is `none`, `restrict` or `nullify`, `aggregate_type` is the name of \
            an aggregate.",
        why: "What happens to a reference must not be a guess.",
        wrong: r#"aggregate order {
  field total {
    type = "reference"
    rules = {"reference": {"integrity": "string"}}
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
        fix: "use one of the values.",
    },
    Page {
        code: Code::ForeignTenant,
        what: "A reference has the legacy key `tenant` with another value than `\"default\"`.",
        why: "A workspace is the only tenant: references cannot lead out of it.",
        wrong: r#"aggregate order {
  field total {
    type = "reference"
    rules = {"reference": {"tenant": "other"}}
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
        code: Code::NullifyConflict,
        what: "A reference with the cascade `nullify` is required or locked.",
        why: "When the target is archived, dbx would have to write null into the field, which its \
            own rules refuse.",
        wrong: r#"aggregate order {
  field total {
    type = "reference"
    rules = {"required": true, "reference": {"cascade": "nullify"}}
  }
  event created {}
}
"#,
        right: r#"aggregate order {
  field total {
    type = "reference"
    rules = {"required": true, "reference": {"cascade": "restrict"}}
  }
  event created {}
}
"#,
        fix: "use `restrict`, or do without `required` and the lock.",
    },
    Page {
        code: Code::NestedCascade,
        what: "A reference inside an object has a cascade.",
        why: "A cascade writes or guards whole fields; a part of an object has no history of its \
            own.",
        wrong: r#"aggregate order {
  field total {
    type = "object"
    rules = {"properties": {"owner": {"type": "reference", "reference": {"cascade": "restrict"}}}}
  }
  event created {}
}
"#,
        right: r#"aggregate order {
  field total {
    type = "object"
    rules = {"properties": {"owner": {"type": "reference"}}}
  }
  event created {}
}
"#,
        fix: "make the reference a field of its own.",
    },
];

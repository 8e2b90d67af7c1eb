//! Pages: what the parser says.

use super::{Code, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        code: Code::UnexpectedToken,
        what: "Something stands where the grammar has no place for it. An aggregate holds properties \
            (`key = value`), fields and events; a field or event holds properties only.",
        why: "A schema that is half understood would check half of your payloads.",
        wrong: r#"aggregate order {
  field total { type "text" }
  event created {}
}
"#,
        right: r#"aggregate order {
  field total { type = "text" }
  event created {}
}
"#,
        fix: "write what the label asks for; properties are `key = value`, blocks are `keyword NAME \
            { … }`.",
    },
    Page {
        code: Code::UnclosedBlock,
        what: "A block has no closing brace: the file ends, or the next block starts, before it does.",
        why: "Without the brace nobody can tell what belongs to the block.",
        wrong: "aggregate order {
  event created {}
",
        right: "aggregate order {
  event created {}
}
",
        fix: "add the `}` where the block ends; `dbx schema fmt` then shows the nesting by \
            indentation.",
    },
    Page {
        code: Code::InvalidValue,
        what: "What stands after `=` is not JSON. Strings have double quotes and end on their line; \
            numbers look like `1`, `-2.5` or `1e9`; keys of objects have quotes.",
        why: "Values are JSON so that every tool reads them the same way.",
        wrong: "aggregate order {
  field total { type = text }
  event created {}
}
",
        right: r#"aggregate order {
  field total { type = "text" }
  event created {}
}
"#,
        fix: "write the value as JSON: put strings and keys in double quotes, and a backslash as \
            `\\\\`.",
    },
    Page {
        code: Code::TrailingComma,
        what: "The last element of an array or object is followed by a comma.",
        why: "JSON has no trailing commas.",
        wrong: r#"aggregate order {
  field total { type = "text" }
  event created { fields = ["total",] }
}
"#,
        right: r#"aggregate order {
  field total { type = "text" }
  event created { fields = ["total"] }
}
"#,
        fix: "remove the comma.",
    },
    Page {
        code: Code::DuplicateKey,
        what: "An object in a value has the same key twice.",
        why: "JSON leaves open which of the two counts, so other programs might read another schema \
            than dbx does.",
        wrong: r#"aggregate order {
  field total {
    type = "integer"
    rules = {"required": true, "required": false}
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
        fix: "keep one of the two.",
    },
    Page {
        code: Code::NotAnAggregate,
        what: "The top level of a schema file holds `aggregate NAME { … }` blocks and comments, \
            nothing else.",
        why: "Every declaration belongs to one aggregate.",
        wrong: "entity order {
  event created {}
}
",
        right: "aggregate order {
  event created {}
}
",
        fix: "write `aggregate`, or move what stands there into an aggregate.",
    },
    Page {
        code: Code::TooDeep,
        what: "A value nests deeper than 64 arrays and objects.",
        why: "A limit on depth keeps every reader of the schema safe from running out of stack. No \
            payload may nest deeper either.",
        wrong: "aggregate order {
  locked = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
  event created {}
}
",
        right: "aggregate order {
  locked = true
  event created {}
}
",
        fix: "flatten the value.",
    },
    Page {
        code: Code::StrayBrace,
        what: "A `}` closes nothing: all blocks before it are closed.",
        why: "One brace too many mostly means that a block ends earlier than it looks.",
        wrong: "aggregate order {
  event created {}
}
}
",
        right: "aggregate order {
  event created {}
}
",
        fix: "remove the brace, or find the block that was closed too early.",
    },
    Page {
        code: Code::Separator,
        what: "A comma or semicolon stands between two items.",
        why: "Items need white space between them and nothing else; commas stand inside JSON values \
            only.",
        wrong: "aggregate order {
  locked = true;
  event created {}
}
",
        right: "aggregate order {
  locked = true
  event created {}
}
",
        fix: "remove it.",
    },
    Page {
        code: Code::MisplacedBlock,
        what: "A block stands where blocks of its kind cannot: a field or event outside of an \
            aggregate or inside another field or event.",
        why: "Fields and events belong to one aggregate each.",
        wrong: r#"aggregate order {
  event created { field total { type = "text" } }
}
"#,
        right: r#"aggregate order {
  field total { type = "text" }
  event created {}
}
"#,
        fix: "move it directly into the braces of its aggregate.",
    },
];

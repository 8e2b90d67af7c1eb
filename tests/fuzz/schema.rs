//! Schema sources: read, checked, formatted, compared.

use super::{assert_within, parts};
use dbx::schema::{Source, breaking, compile, diff, format};

/// Two sources: what is said of the first, and what differs in the second.
pub fn run(data: &[u8]) {
    let Some([source, other]) = parts(data) else { return };
    let compiled = compile(source);
    for found in &compiled.diagnostics {
        assert_within(source, &found.span);
        found.secondary.iter().for_each(|label| assert_within(source, &label.span));
        assert!(!found.message.is_empty() && !found.message.ends_with('.'), "{found:?}");
        let place = Source::new(source).place(found.span.start);
        assert!(place.line >= 1 && place.column >= 1);
        if let Some(fix) = &found.fix {
            assert!(fix.apply(source).is_some(), "{fix:?}");
        }
    }
    let formatted = format(source);
    if let Ok(formatted) = &formatted {
        assert_eq!(format(formatted).as_ref(), Ok(formatted), "from {source:?}");
    }
    let Some(schema) = compiled.schema else {
        let again = formatted.ok().and_then(|formatted| compile(&formatted).schema);
        assert!(again.is_none(), "{source:?} compiles once it is formatted");
        return;
    };
    let canonical = schema.to_canonical_json().to_string();
    let formatted = formatted.expect("what compiles can be formatted");
    let again = compile(&formatted).schema.expect("and compiles still");
    assert_eq!(again.to_canonical_json().to_string(), canonical, "{formatted}");
    assert!(diff(&schema, &again).is_empty() && breaking(&schema, &again).is_empty());
    if let Some(other) = compile(other).schema {
        let differs = other.to_canonical_json() != schema.to_canonical_json();
        let changes = diff(&schema, &other);
        assert!(changes.is_empty() || differs, "{changes:?}");
        assert_eq!(diff(&other, &schema).is_empty(), changes.is_empty());
        for one in breaking(&schema, &other) {
            assert!(!one.class.as_str().is_empty());
        }
        for change in changes {
            assert!(!change.path_text().is_empty());
        }
    }
}

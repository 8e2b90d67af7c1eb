//! Rights: what covers others allows all that they allow, and each reads back from how it is shown.

use super::parts;
use dbx::domain::AggregateKey;
use dbx::domain::access::{Action, Rights};

/// Two rights: the actions and the resources of each, one a line.
pub fn run(data: &[u8]) {
    let Some([actions, resources, fewer_actions, fewer_resources]) = parts(data) else { return };
    let read = |actions: &str, resources: &str| {
        let lists = [actions, resources].map(|list| list.lines().collect::<Vec<_>>());
        match Rights::parse(&lists[0], &lists[1]) {
            Ok(rights) => Some(rights),
            Err(error) => {
                assert!(!error.message.is_empty() && !error.message.ends_with('.'));
                None
            }
        }
    };
    let Some(rights) = read(actions, resources) else { return };
    let shown = |rights: &Rights| {
        let actions: Vec<String> = rights.actions().iter().map(ToString::to_string).collect();
        let resources: Vec<String> = rights.resources().iter().map(ToString::to_string).collect();
        Rights::parse(&actions, &resources)
    };
    assert_eq!(shown(&rights).as_ref(), Ok(&rights));
    assert!(rights.cover(&rights) && Rights::all().cover(&rights) && rights.cover(&Rights::none()));
    if let Some(fewer) = read(fewer_actions, fewer_resources) {
        compare(&rights, &fewer);
    }
    compare(&Rights::all(), &rights);
}

fn compare(rights: &Rights, fewer: &Rights) {
    let covered = rights.cover(fewer);
    for action in Action::ALL {
        let holds = |wider: bool, narrower: bool, what: &str| {
            assert!(wider || !narrower || !covered, "`{rights}` covers `{fewer}` but for {what}");
        };
        holds(rights.allow_all(action), fewer.allow_all(action), "all");
        holds(rights.allow_schema(action), fewer.allow_schema(action), "the schema");
        holds(rights.allow_everything(action), fewer.allow_everything(action), "everything");
        for key in keys(fewer) {
            let name = key.aggregate_type.as_str();
            holds(rights.allow(action, &key), fewer.allow(action, &key), "an aggregate");
            holds(rights.allow_type(action, name), fewer.allow_type(action, name), "a type");
            assert!(fewer.allow(action, &key) || !fewer.allow_type(action, name), "{key}");
            assert!(fewer.allow_some(action, Some(name)) || !fewer.allow(action, &key), "{key}");
            assert!(fewer.allow(action, &key) || !fewer.allow_all(action), "{key}");
        }
    }
}

/// Aggregates near the patterns of rights: each star nothing, and something.
fn keys(rights: &Rights) -> Vec<AggregateKey> {
    let mut keys = vec![AggregateKey::new("order", "42").unwrap()];
    for resource in rights.resources() {
        let text = resource.to_string();
        let Some((name, id)) = text.strip_prefix("aggregate:").and_then(|it| it.split_once(':'))
        else {
            continue;
        };
        for (some, more) in [("", ""), ("x", "7"), ("a", "")] {
            keys.extend(AggregateKey::new(&name.replace('*', some), &id.replace('*', more)));
        }
    }
    keys
}

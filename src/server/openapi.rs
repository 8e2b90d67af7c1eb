//! The description of all routes (`OpenAPI` 3.1): from the routes and the types themselves, and from what holds for all of
//! them.

use super::reply::PROBLEM;
use crate::wire::{Problem, ProblemDetail};
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, Info, License, OpenApi, Ref, RefOr, Response, Tag};
use utoipa::{PartialSchema, ToSchema};

/// The name of the scheme by which a caller shows who it is.
const TOKEN: &str = "token";

const ABOUT: &str = "An event-sourced database: everything that ever happened is in its log, and can be proven. Whoever \
comes over TCP needs a token, and so does this page; at the socket in `.dbx/` its user is known. Positions and ids of \
events are decimal strings, times are RFC 3339 in UTC, hashes are hex. Lists come in pages: give the `next` of a page \
back to go on behind it. Errors are problem details (RFC 9457) with a stable `code`.";

/// The nouns, in the order in which they are shown.
const TAGS: [(&str, &str); 11] = [
    ("aggregates", "What the events of a thing add up to, now or at any moment before."),
    ("events", "The log, event by event."),
    ("commits", "Events that became durable together, and writing them."),
    ("stage", "Operations that wait to be committed together."),
    ("outbox", "For consumers that must miss nothing."),
    ("schema", "What the writers are held to."),
    ("trust", "Recomputing, proving and signing what is stored, and erasing it."),
    ("transfer", "Everything at once: imports, exports, backups."),
    ("tokens", "Who may do what."),
    ("workspace", "The workspace at a glance."),
    ("server", "The server itself."),
];

/// What every route may answer, by the part of a request that it is about.
const REFUSALS: [(&str, &str, &str); 7] = [
    (
        "400",
        "Malformed",
        "The request cannot be read; `errors` points at the parameter or the member.",
    ),
    ("401", "Unauthenticated", "There is no token, or one that does not hold."),
    ("403", "Forbidden", "The token does not allow this."),
    ("404", "NotFound", "There is no such thing."),
    ("413", "TooLarge", "The body is beyond a limit."),
    ("415", "MediaType", "The body is not said to be `application/json`."),
    (
        "default",
        "Refused",
        "Whatever else is in the way: another method (405), too much at once (429), a fault (500), or \
a server that cannot do it now (503).",
    ),
];

/// Completes what the routes say of themselves.
pub(super) fn complete(mut api: OpenApi) -> OpenApi {
    api.info = Info::builder()
        .title("dbx")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(License::builder().name("MIT").identifier(Some("MIT")).build()))
        .build();
    api.security = Some(vec![SecurityRequirement::new(TOKEN, [""; 0])]);
    let components = api.components.get_or_insert_default();
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.bearer_format = Some("JWT".into());
    bearer.description = Some("A token of `dbx token generate`.".into());
    components.security_schemes.insert(TOKEN.into(), RefOr::T(SecurityScheme::Http(bearer)));
    components.schemas.insert(Problem::name().into(), Problem::schema());
    components.schemas.insert(ProblemDetail::name().into(), ProblemDetail::schema());
    for (_, name, description) in REFUSALS {
        components.responses.insert(name.into(), RefOr::T(problem(description)));
    }
    let mut used = Vec::new();
    for item in api.paths.paths.values_mut() {
        let operations =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            refusals(operation);
            used.extend(operation.tags.iter().flatten().cloned());
        }
    }
    let tag = |(name, description): (&str, &str)| {
        Tag::builder().name(name).description(Some(description)).build()
    };
    let tags = TAGS.into_iter().filter(|(name, _)| used.iter().any(|used| used == name));
    api.tags = Some(tags.map(tag).collect());
    api
}

/// Says of a route what it refuses, and of what it answers what that is.
fn refusals(operation: &mut Operation) {
    let within = |place: ParameterIn| {
        let parameters = operation.parameters.iter().flatten();
        parameters
            .filter_map(|one| match one {
                RefOr::T(parameter) => Some(parameter),
                RefOr::Ref(_) => None,
            })
            .any(|parameter| parameter.parameter_in == place)
    };
    let (path, query) = (within(ParameterIn::Path), within(ParameterIn::Query));
    let body = operation.request_body.is_some();
    let open = operation.security.is_some();
    let applies = |status: &str| match status {
        "400" => !open || path || query || body,
        "401" | "403" => !open,
        "404" => path,
        "413" | "415" => body,
        _ => true,
    };
    let answers = &mut operation.responses.responses;
    for (status, name, _) in REFUSALS {
        if !applies(status) {
            continue;
        }
        let common = RefOr::Ref(Ref::from_response_name(name));
        // Who says nothing but that it is a problem says what is said here.
        let said = answers.get(status).is_some_and(|known| match known {
            RefOr::T(known) => !known.description.is_empty(),
            RefOr::Ref(_) => true,
        });
        if !said {
            answers.insert(status.to_owned(), common);
        }
    }
    for (status, answer) in answers.iter_mut() {
        let RefOr::T(answer) = answer else { continue };
        let refused = status.starts_with(['4', '5']);
        if answer.description.is_empty() {
            answer.description = if refused { "Refused." } else { "Done." }.into();
        }
        if refused && answer.content.is_empty() {
            answer.content = problem("").content;
        }
    }
}

/// An answer that is a problem.
fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name(Problem::name());
    Response::builder()
        .description(description)
        .content(PROBLEM, Content::builder().schema(Some(schema)).build())
        .build()
}

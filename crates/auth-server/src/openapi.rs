//! The OpenAPI document (3.1), generated from handlers and types; `docs/openapi.json` is the same text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use actix_web::http::StatusCode;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, ResponseBuilder, Schema};
use utoipa::{Modify, OpenApi};

use crate::controllers::{
    account, admin, docs, forward_auth, health, introspection, revocation, sessions, settings, tokens, tutorial, users,
    well_known,
};
use crate::problem::{Code, Dialect, FieldError, ProblemDocument};
use crate::routes::{self, CHANGING, EVERYWHERE, ROUTES};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "auth-server",
        description = "Accounts, sign-in and tokens. Every error is a problem document (RFC 9457) whose `code` is stable.",
    ),
    paths(
        settings::show, users::register, tokens::issue, sessions::logout, users::me, account::delete,
        account::change_password, account::change_username, sessions::list, sessions::end, forward_auth::check,
        admin::users::list, admin::users::create, admin::user::show, admin::user::update, admin::user::delete,
        admin::user::set_password, admin::user::unlock, admin::sessions::list, admin::sessions::end_all, admin::sessions::end,
        admin::events::list, admin::keys::list, admin::keys::rotate, admin::stats::show,
        tutorial::register, tutorial::issue, revocation::revoke, introspection::introspect, well_known::jwks,
        well_known::metadata, health::live, health::ready, health::health,
        docs::openapi_json, docs::viewer, docs::problem_page,
    ),
    components(schemas(ProblemDocument<'static>, FieldError, Code)),
    tags(
        (name = "users", description = "Accounts, sign-in and sessions"),
        (name = "administration", description = "For whoever has the role `admin`"),
        (name = "tutorial", description = "The tutorial's two routes, frozen"),
        (name = "standards", description = "What other services read"),
        (name = "operations", description = "Probes"),
        (name = "documents", description = "About this API"),
    ),
    modifiers(&Problems, &Credentials, &Strict, &Grants),
)]
struct Api;

/// The document, pretty, with a line end after it.
pub fn document() -> String {
    // Serialising a document of our own cannot fail; the test that compares it with the committed one would show it.
    let mut text = Api::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Adds to each operation the problems that its row of the route table lists.
struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut Document) {
        for route in ROUTES {
            let Some(item) = document.paths.paths.get_mut(route.path) else { continue };
            for routes::Operation { method, codes } in route.operations {
                let operation = match *method {
                    "GET" => &mut item.get,
                    "POST" => &mut item.post,
                    "PUT" => &mut item.put,
                    "PATCH" => &mut item.patch,
                    "DELETE" => &mut item.delete,
                    _ => continue,
                };
                if let Some(operation) = operation {
                    let changing = if *method == "GET" { &[][..] } else { CHANGING };
                    add_problems(operation, route.dialect, &[codes, &[changing][..]].concat());
                }
            }
        }
    }
}

fn add_problems(operation: &mut Operation, dialect: Dialect, codes: &[&[Code]]) {
    for (status, codes) in by_status(dialect, codes) {
        let mut description = String::new();
        for code in codes {
            let separator = if description.is_empty() { "" } else { "; " };
            // Writing to a `String` cannot fail.
            let _ = write!(description, "{separator}`{}`: {}", code.as_str(), code.entry().title);
        }
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description(description).content("application/problem+json", content);
        operation.responses.responses.insert(status.as_str().to_owned(), response.build().into());
    }
}

fn by_status(dialect: Dialect, codes: &[&[Code]]) -> BTreeMap<StatusCode, Vec<Code>> {
    let mut statuses: BTreeMap<StatusCode, Vec<Code>> = BTreeMap::new();
    for code in codes.iter().copied().chain([EVERYWHERE]).flatten() {
        statuses.entry(dialect.status(*code)).or_default().push(*code);
    }
    statuses
}

/// How requests say who they are from.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let basic = HttpBuilder::new().scheme(HttpAuthScheme::Basic).build();
        components.add_security_scheme("basic", SecurityScheme::Http(basic));
    }
}

/// Says of the requests that refuse unknown members that they do.
struct Strict;

impl Modify for Strict {
    fn modify(&self, document: &mut Document) {
        let schemas = &mut document.components.get_or_insert_default().schemas;
        for name in [
            "RegisterRequest",
            "PasswordChange",
            "NameChange",
            "AccountDeletion",
            "UserCreation",
            "UserPatch",
            "PasswordSetting",
            "KeyRotation",
        ] {
            if let Some(RefOr::T(Schema::Object(object))) = schemas.get_mut(name) {
                object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
        }
    }
}

/// Says which grant each of the requests for tokens is by.
struct Grants;

impl Modify for Grants {
    fn modify(&self, document: &mut Document) {
        let schemas = &mut document.components.get_or_insert_default().schemas;
        for (name, grant) in [("PasswordGrant", "password"), ("RefreshGrant", "refresh_token")] {
            let Some(RefOr::T(Schema::Object(request))) = schemas.get_mut(name) else { continue };
            if let Some(RefOr::T(Schema::Object(member))) = request.properties.get_mut("grant_type") {
                member.enum_values = Some(vec![grant.into()]);
            }
        }
    }
}

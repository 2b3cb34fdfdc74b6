//! Documents that the server shows about itself: the API, a viewer for it, and a page for each problem.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY};
use actix_web::{HttpRequest, HttpResponse};
use utoipa_swagger_ui::Config;

use crate::openapi;
use crate::problem::{Code, Problem, page};

/// The viewer draws with styles and pictures of its own; everything comes from here.
const VIEWER_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A page with one style of its own and nothing else.
const PAGE_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Relative links, so that the viewer works behind a proxy that adds a prefix.
const VIEWER: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width\">\n<title>auth-server API</title>\n\
    <link rel=\"stylesheet\" href=\"docs/swagger-ui.css\">\n</head>\n<body>\n<div id=\"swagger-ui\"></div>\n\
    <script src=\"docs/swagger-ui-bundle.js\"></script>\n<script src=\"docs/start.js\"></script>\n</body>\n</html>\n";
const START: &str = "SwaggerUIBundle({ url: 'openapi.json', dom_id: '#swagger-ui', deepLinking: true, \
    validatorUrl: null, presets: [SwaggerUIBundle.presets.apis] });\n";

/// The API as an OpenAPI document.
#[utoipa::path(get, path = "/openapi.json", tag = "documents", operation_id = "get_openapi", responses(
    (status = 200, description = "This document", content_type = "application/json"),
))]
pub(crate) async fn openapi_json() -> HttpResponse {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    let document = DOCUMENT.get_or_init(openapi::document).as_str();
    HttpResponse::Ok().content_type("application/json").body(document)
}

/// The API, to read and to try.
#[utoipa::path(get, path = "/docs", tag = "documents", operation_id = "get_docs", responses(
    (status = 200, description = "A page", content_type = "text/html"),
))]
pub(crate) async fn viewer() -> HttpResponse {
    html(VIEWER_POLICY, VIEWER.to_owned())
}

/// The files of the viewer.
pub(crate) async fn viewer_file(request: HttpRequest) -> Result<HttpResponse, Problem> {
    match request.match_info().get("file") {
        Some("start.js") => Ok(HttpResponse::Ok().content_type("text/javascript").body(START)),
        Some(name @ ("swagger-ui.css" | "swagger-ui-bundle.js")) => vendored(name),
        _ => Err(Problem::new(Code::NotFound)),
    }
}

fn vendored(name: &str) -> Result<HttpResponse, Problem> {
    let file = utoipa_swagger_ui::serve(name, Arc::new(Config::default()));
    let file = file.map_err(|error| Problem::internal(error.to_string()))?.ok_or(Problem::new(Code::NotFound))?;
    let mut response = HttpResponse::Ok();
    if file.gzpipped {
        response.insert_header((CONTENT_ENCODING, "gzip"));
    }
    // Compiled in: not copied for each reader.
    let bytes = match file.bytes {
        Cow::Borrowed(bytes) => actix_web::web::Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Ok(response.content_type(file.content_type).body(bytes))
}

/// What a code means, and what to do.
#[utoipa::path(get, path = "/problems/{code}", tag = "documents", operation_id = "get_problem_page",
    params(("code" = Code, Path, description = "The code of a problem")),
    responses((status = 200, description = "A page", content_type = "text/html")),
)]
pub(crate) async fn problem_page(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let code = request.match_info().get("code").and_then(Code::parse).ok_or(Problem::new(Code::NotFound))?;
    Ok(html(PAGE_POLICY, page(code)))
}

fn html(policy: &'static str, page: String) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_SECURITY_POLICY, policy)).content_type("text/html; charset=utf-8").body(page)
}

//! `/docs` and its files.

use crate::helpers::{Database, spawn_app};

#[test]
fn the_viewer_and_all_that_it_loads_come_from_the_server() {
    let app = spawn_app(Database::Memory);
    let page = app.get("/docs");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("http"), "{policy}");
    for (file, kind) in [
        ("docs/swagger-ui.css", "text/css"),
        ("docs/swagger-ui-bundle.js", "text/javascript"),
        ("docs/start.js", "text/javascript"),
    ] {
        assert!(page.text().contains(&format!("\"{file}\"")), "{file} is linked, relative to the page");
        let reply = app.get(&format!("/{file}"));
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(kind)), "{file}");
        assert!(!reply.body.is_empty());
    }
    assert!(app.get("/docs/start.js").text().contains("'openapi.json'"));
}

#[test]
fn other_files_of_the_viewer_are_not_there() {
    let app = spawn_app(Database::Memory);
    for file in ["index.html", "swagger-initializer.js", "swagger-ui.css.map", "oauth2-redirect.html", "LICENSE"] {
        app.get(&format!("/docs/{file}")).problem(404, "not_found");
    }
}

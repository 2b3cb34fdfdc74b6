//! The document of the API.

use auth_server::openapi::document;
use auth_server::problem::Code;
use auth_server::routes::ROUTES;
use serde_json::Value;

use crate::helpers::{Database, spawn_app};

fn parsed() -> Value {
    serde_json::from_str(&document()).unwrap()
}

#[test]
fn the_committed_document_is_the_generated_one() {
    let committed = include_str!("../../../../docs/openapi.json");
    assert!(committed == document(), "run `cargo run -- openapi > docs/openapi.json`");
}

#[test]
fn the_server_serves_it() {
    let reply = spawn_app(Database::Memory).get("/openapi.json");
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.text(), document());
}

#[test]
fn it_is_of_version_3_1_and_lists_every_route() {
    let document = parsed();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."), "{}", document["openapi"]);
    let listed: Vec<&str> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    // Files of the viewer are no interface.
    let mut routes: Vec<&str> = ROUTES.iter().map(|route| route.path).filter(|path| *path != "/docs/{file}").collect();
    routes.sort_unstable();
    let mut sorted = listed;
    sorted.sort_unstable();
    assert_eq!(sorted, routes);
}

#[test]
fn every_operation_lists_its_errors_as_problems() {
    let document = parsed();
    for route in ROUTES.iter().filter(|route| route.path != "/docs/{file}") {
        let item = document["paths"][route.path].as_object().unwrap();
        let listed: Vec<String> = item.keys().map(|method| method.to_uppercase()).collect();
        let mut methods: Vec<&str> = route.allow.split(", ").filter(|method| *method != "HEAD").collect();
        methods.sort_unstable();
        assert_eq!(listed, methods, "{}", route.path);
        for (method, operation) in item {
            let responses = operation["responses"].as_object().unwrap();
            assert!(
                responses.contains_key("500") && responses.keys().any(|status| status.starts_with('2')),
                "{method} {}",
                route.path
            );
            for (status, response) in responses.iter().filter(|(status, _)| status.starts_with(['4', '5'])) {
                let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/Problem", "{method} {} {status}", route.path);
            }
        }
    }
}

#[test]
fn codes_are_an_enum_and_references_lead_somewhere() {
    let document = parsed();
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let listed: Vec<&str> = document["components"]["schemas"]["Code"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap())
        .collect();
    assert_eq!(listed, codes);
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let document = parsed();
    let mut names: Vec<&str> = Vec::new();
    for item in document["paths"].as_object().unwrap().values() {
        names.extend(item.as_object().unwrap().values().filter_map(|operation| operation["operationId"].as_str()));
    }
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    // Files of the viewer are no interface.
    let operations: usize = ROUTES.iter().map(|route| route.operations.len()).sum();
    assert_eq!((all, names.len()), (operations - 1, operations - 1));
}

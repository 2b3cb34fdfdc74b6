//! `GET /v1/settings`.

use auth_core::password::PasswordPolicy;
use auth_core::service::{RegistrationMode, ServiceSettings};
use auth_core::user::UsernamePolicy;
use serde_json::json;

use crate::helpers::{Database, Setup, spawn_app};

#[test]
fn a_client_learns_the_rules_before_it_shows_a_form() {
    let app = spawn_app(Database::Memory);
    assert_eq!(
        app.get("/v1/settings").json(),
        json!({
            "registration": {"mode": "open"},
            "username": {"min_length": 3, "max_length": 64},
            "password": {"min_length": 8, "max_length": 1024},
            "methods": ["password"],
        })
    );
}

#[test]
fn the_rules_are_those_that_are_configured() {
    let service = ServiceSettings {
        registration: RegistrationMode::Closed,
        username: UsernamePolicy::new::<&str>(5, 20, &[]),
        password: PasswordPolicy::new(15, 64, std::iter::empty::<&str>()),
        ..ServiceSettings::new("https://auth.test")
    };
    let settings = Setup { service, ..Setup::default() }.spawn().get("/v1/settings").json();
    assert_eq!(settings["registration"]["mode"], "closed");
    assert_eq!(settings["username"], json!({"min_length": 5, "max_length": 20}));
    assert_eq!(settings["password"], json!({"min_length": 15, "max_length": 64}));
}

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
            "username": {
                "min_length": 3,
                "max_length": 64,
                "refused_for": ["too_short", "too_long", "forbidden_character", "mixed_scripts", "reserved"],
            },
            "password": {
                "min_length": 8,
                "max_length": 1024,
                "refused_for": ["too_short", "too_long", "common", "is_name", "is_service", "unchanged"],
            },
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
    let lengths = |of: &str| (settings[of]["min_length"].clone(), settings[of]["max_length"].clone());
    assert_eq!(lengths("username"), (json!(5), json!(20)));
    assert_eq!(lengths("password"), (json!(15), json!(64)));
}

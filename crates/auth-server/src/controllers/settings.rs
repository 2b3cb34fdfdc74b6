//! `GET /v1/settings`: what a client must know before it shows a form.

use actix_web::web;
use auth_core::service::RegistrationMode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::AppState;

/// What this server allows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicSettings {
    registration: RegistrationRules,
    username: Lengths,
    password: Lengths,
    /// How one may sign in.
    #[schema(value_type = Vec<String>, example = json!(["password"]))]
    methods: [&'static str; 1],
}

/// Who may register.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RegistrationRules {
    mode: Registration,
}

/// `open`: anybody may register. `closed`: the operator makes accounts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Registration {
    /// Anybody may register.
    Open,
    /// The operator makes accounts.
    Closed,
}

/// Fewest and most characters, in code points.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Lengths {
    min_length: usize,
    max_length: usize,
}

/// The rules for registering and signing in.
#[utoipa::path(get, path = "/v1/settings", tag = "users", operation_id = "get_settings", responses(
    (status = 200, description = "The rules", body = PublicSettings),
))]
pub(crate) async fn show(state: web::Data<AppState>) -> web::Json<PublicSettings> {
    let settings = state.service.settings();
    let lengths = |(min_length, max_length)| Lengths { min_length, max_length };
    let mode = match settings.registration {
        RegistrationMode::Open => Registration::Open,
        RegistrationMode::Closed => Registration::Closed,
    };
    web::Json(PublicSettings {
        registration: RegistrationRules { mode },
        username: lengths(settings.username.lengths()),
        password: lengths(settings.password.lengths()),
        methods: ["password"],
    })
}

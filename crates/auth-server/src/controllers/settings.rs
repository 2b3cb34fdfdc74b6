//! `GET /v1/settings`: what a client must know before it shows a form.

use actix_web::web;
use auth_core::password::PasswordFault;
use auth_core::service::RegistrationMode;
use auth_core::user::UsernameFault;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::FieldCode;
use crate::state::AppState;

/// What this server allows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicSettings {
    registration: RegistrationRules,
    username: Rules,
    password: Rules,
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

/// What a new name or password must be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rules {
    /// Fewest characters, in code points, after normalisation.
    min_length: usize,
    /// Most characters.
    max_length: usize,
    /// For what it may be refused: the codes of `errors`.
    refused_for: Vec<FieldCode>,
}

impl Rules {
    fn new((min_length, max_length): (usize, usize), faults: impl IntoIterator<Item = impl Into<FieldCode>>) -> Self {
        Self { min_length, max_length, refused_for: faults.into_iter().map(Into::into).collect() }
    }
}

/// The rules for registering and signing in.
#[utoipa::path(get, path = "/v1/settings", tag = "users", operation_id = "get_settings", responses(
    (status = 200, description = "The rules", body = PublicSettings),
))]
pub(crate) async fn show(state: web::Data<AppState>) -> web::Json<PublicSettings> {
    let settings = state.service.settings();
    let mode = match settings.registration {
        RegistrationMode::Open => Registration::Open,
        RegistrationMode::Closed => Registration::Closed,
    };
    web::Json(PublicSettings {
        registration: RegistrationRules { mode },
        username: Rules::new(settings.username.lengths(), UsernameFault::ALL),
        password: Rules::new(settings.password.lengths(), PasswordFault::ALL),
        methods: ["password"],
    })
}

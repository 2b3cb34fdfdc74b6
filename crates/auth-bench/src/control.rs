//! The controls that are servers: what there is to beat, or to come close to. Each is a process of its own, as the
//! server is: this program started with `control`.

mod signature;

use std::collections::HashMap;
use std::io::Write as _;
use std::process::Command;
use std::sync::Arc;

use actix_web::http::header;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use argon2::Argon2;
use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use auth_core::entropy::SystemEntropy;
use auth_core::password::{Argon2Hasher, Argon2Params, Password, PasswordHasher as _};
use clap::Subcommand;
pub(crate) use signature::Signature;

use crate::Fallible;
use crate::process::Process;
use crate::request::{PASSWORD, member, username};

/// Which control.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Control {
    /// A bare handler that reads the header and answers 204.
    Bare,
    /// The same, which checks the raw signature of the token.
    Verify { algorithm: String, key: String },
    /// Sign-ins in the usual way: `web::block`, and memory mapped afresh for each hash.
    Usual { users: usize },
    /// A sign-in that is always refused, at once.
    Refuse { seconds: u64 },
}

impl Control {
    /// Starts it as a process.
    ///
    /// # Errors
    /// Where it does not start.
    pub(crate) fn start(&self) -> Fallible<Process> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("control");
        match self {
            Self::Bare => command.arg("bare"),
            Self::Verify { algorithm, key } => command.args(["verify", "--", algorithm, key]),
            Self::Usual { users } => command.args(["usual", &users.to_string()]),
            Self::Refuse { seconds } => command.args(["refuse", &seconds.to_string()]),
        };
        Process::start(command)
    }

    /// Serves, in this process, until it is killed. As many workers as cores, as the server has by default.
    ///
    /// # Errors
    /// Where the socket cannot be had, or an argument makes no sense.
    pub(crate) fn serve(self) -> Fallible<()> {
        let routes = Routes::of(self)?;
        let system = actix_web::rt::System::new();
        system.block_on(async move {
            let server = HttpServer::new(move || App::new().configure(|app| routes.configure(app)));
            // As many as the server takes for the memory of idle ones.
            let server = server.workers(crate::argon::cores()).max_connections(12_000).bind(("127.0.0.1", 0))?;
            let address = server.addrs().first().copied().ok_or("no address")?;
            writeln!(std::io::stdout(), "  address   http://{address}")?;
            Ok(server.run().await?)
        })
    }
}

/// What a control answers with.
#[derive(Debug, Clone)]
enum Routes {
    Bare,
    Verify(Arc<Signature>),
    Usual(Arc<HashMap<String, String>>),
    Refuse(u64),
}

impl Routes {
    fn of(control: Control) -> Fallible<Self> {
        Ok(match control {
            Control::Bare => Self::Bare,
            Control::Verify { algorithm, key } => Self::Verify(Arc::new(Signature::parse(&algorithm, &key)?)),
            Control::Usual { users } => {
                let hasher = Argon2Hasher::new(Argon2Params::default(), 1, Arc::new(SystemEntropy))?;
                let hash = hasher.hash(&Password::new(PASSWORD))?;
                let users = (1..=users).map(|number| (username(number), hash.expose().to_owned()));
                Self::Usual(Arc::new(users.collect()))
            }
            Control::Refuse { seconds } => Self::Refuse(seconds),
        })
    }

    /// Every control answers the probes' routes, so that what the load costs them is seen beside it.
    fn configure(&self, app: &mut web::ServiceConfig) {
        match self {
            Self::Bare | Self::Verify(_) => {}
            Self::Usual(users) => {
                let users = Arc::clone(users);
                let answer = move |body: web::Bytes| sign_in(Arc::clone(&users), body);
                app.route("/v1/users/token", web::post().to(answer));
            }
            Self::Refuse(seconds) => {
                let seconds = *seconds;
                let answer = move |_: web::Bytes| async move {
                    HttpResponse::ServiceUnavailable().insert_header((header::RETRY_AFTER, seconds)).finish()
                };
                app.route("/v1/users/token", web::post().to(answer));
            }
        }
        let signature = if let Self::Verify(signature) = self { Some(Arc::clone(signature)) } else { None };
        app.default_service(web::to(move |request: HttpRequest| {
            let answer = check(&request, signature.as_deref());
            async move { answer }
        }));
    }
}

fn check(request: &HttpRequest, signature: Option<&Signature>) -> HttpResponse {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|header| header.strip_prefix("Bearer "));
    match (token, signature) {
        (Some(token), Some(signature)) if !signature.is_right(token) => HttpResponse::Unauthorized().finish(),
        (None, Some(_)) => HttpResponse::Unauthorized().finish(),
        // Read, and so not optimised away.
        (token, _) => {
            std::hint::black_box(token);
            HttpResponse::NoContent().finish()
        }
    }
}

async fn sign_in(users: Arc<HashMap<String, String>>, body: web::Bytes) -> HttpResponse {
    let (Some(name), Some(password)) = (member(&body, "username"), member(&body, "password")) else {
        return HttpResponse::BadRequest().finish();
    };
    let Some(hash) = users.get(&name).cloned() else { return HttpResponse::Unauthorized().finish() };
    let matches = move || {
        PasswordHash::new(&hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    };
    #[expect(clippy::disallowed_methods, reason = "this is the way that is compared with")]
    match web::block(matches).await {
        Ok(true) => HttpResponse::Ok().body("{}"),
        Ok(false) => HttpResponse::Unauthorized().finish(),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

#[cfg(test)]
mod tests;

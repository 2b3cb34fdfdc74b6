//! `user sessions` and `user logout`.

use auth_core::id::SessionId;
use auth_core::service::Authority;
use auth_core::session::Session;
use clap::Args;
use serde_json::{Value, json};

use super::actor;
use super::which::{Which, open};
use crate::cli::output::{print, print_json, print_line, quoted};
use crate::cli::{Context, Failure, Output};

#[derive(Debug, Args)]
pub(in crate::cli) struct Logout {
    #[command(flatten)]
    which: Which,
    /// This session alone, by the id that `user sessions` shows.
    #[arg(long, value_name = "ID")]
    session: Option<String>,
}

pub(super) fn list(context: &Context, which: &Which) -> Result<(), Failure> {
    let (_, assembled) = open(context)?;
    let id = which.find(&assembled.service)?.user.id;
    let sessions = assembled.service.sessions_of(Authority::Operator, id).map_err(|error| Failure::of(&error))?;
    match context.output {
        Output::Json => {
            let sessions: Vec<Value> = sessions.iter().map(to_json).collect();
            print_json(&json!({"data": sessions, "next_cursor": null}))
        }
        Output::Table => {
            print_line(
                "BEGAN                 REFRESHED             ID                                    ADDRESS  CLIENT",
            )?;
            sessions.iter().try_for_each(|session| print_line(&to_line(session)))
        }
    }
}

pub(super) fn logout(context: &Context, logout: &Logout) -> Result<(), Failure> {
    let session = logout.session.as_deref().map(str::parse::<SessionId>).transpose();
    let session = session.map_err(|_| Failure::Usage("a session's id is a hyphenated lower-case UUID".to_owned()))?;
    let (_, assembled) = open(context)?;
    let (service, actor) = (&assembled.service, actor(&context.inputs.env));
    let id = logout.which.find(service)?.user.id;
    let ended = match session {
        Some(session) => service.end_session_of(Authority::Operator, id, session, &actor).map(|()| 1),
        None => service.end_sessions_of(Authority::Operator, id, &actor),
    };
    let ended = ended.map_err(|error| Failure::of(&error))?;
    match context.output {
        Output::Json => print_json(&json!({"ended": ended})),
        Output::Table => print(&format!("{ended} ended; servers hear of it within a poll\n")),
    }
}

fn to_json(session: &Session) -> Value {
    json!({
        "id": session.id.to_string(),
        "client": session.client,
        "ip": session.ip.map(|ip| ip.to_string()),
        "created_at": session.created_at.to_string(),
        "refreshed_at": session.rotated_at.to_string(),
        "expires_at": session.expires_at.to_string(),
    })
}

fn to_line(session: &Session) -> String {
    let [began, refreshed] = [session.created_at, session.rotated_at].map(|at| at.floor_to_second().to_string());
    let ip = session.ip.map_or_else(|| "-".to_owned(), |ip| ip.to_string());
    let client = session.client.as_deref().map_or_else(|| "-".to_owned(), quoted);
    format!("{began:<20}  {refreshed:<20}  {}  {ip}  {client}", session.id)
}

//! `auth-server audit`.

mod follow;

use std::time::Duration;

use auth_core::AuthService;
use auth_core::audit::{AuditRecord, EventKind, EventOrder};
use auth_core::id::UserId;
use auth_core::service::{Authority, EventFilter, PageRequest};
use auth_core::time::Timestamp;
use clap::{Args, Subcommand};

use super::output::{json_of, print_alive};
use super::{Context, Failure, Output, instant};
use crate::assemble;
use crate::controllers::admin::EventBody;
use follow::Follow;

/// Between two looks at the log.
const POLL: Duration = Duration::from_secs(1);

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show the latest events, the latest last.
    ///
    /// Example: auth-server audit tail --follow --lines 50
    Tail(Tail),
    /// Print events as lines of JSON, the earliest first.
    ///
    /// Example: auth-server audit export --from 2026-11-01T00:00:00Z > november.ndjson
    Export(Export),
}

#[derive(Debug, Args)]
struct Filter {
    /// About the account of this id.
    #[arg(long, value_name = "ID", value_parser = user)]
    user_id: Option<UserId>,
    /// Of this kind.
    #[arg(long, value_parser = kind)]
    kind: Option<EventKind>,
}

#[derive(Debug, Args)]
pub(super) struct Tail {
    #[command(flatten)]
    filter: Filter,
    /// So many, 1 to 100.
    #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=i64::from(PageRequest::MOST)))]
    lines: u32,
    /// Go on with what comes, until told to stop.
    #[arg(long, short)]
    follow: bool,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    filter: Filter,
    /// At this instant (RFC 3339) or later.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    from: Option<Timestamp>,
    /// Before this instant.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    until: Option<Timestamp>,
}

pub(super) fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    let settings = context.load()?.settings;
    let service = assemble::assemble(&settings)?.service;
    match command {
        Command::Tail(tail) => run_tail(context.output, &service, tail),
        Command::Export(export) => run_export(&service, export),
    }
}

fn run_tail(output: Output, service: &AuthService, tail: &Tail) -> Result<(), Failure> {
    let filter = EventFilter { user: tail.filter.user_id, kind: tail.filter.kind, ..EventFilter::default() };
    let mut follow = Follow::begin(service, &filter).map_err(|error| Failure::of(&error))?;
    let request = PageRequest { limit: tail.lines, ..PageRequest::default() };
    let page = service.list_events(Authority::Operator, &filter, request).map_err(|error| Failure::of(&error))?;
    let mut latest = page.items;
    latest.reverse();
    for record in &latest {
        follow.has_shown(record);
    }
    loop {
        for record in latest {
            let line = match output {
                Output::Table => to_line(&record),
                Output::Json => to_json(record)?,
            };
            if !print_alive(&line)? {
                return Ok(());
            }
        }
        if !tail.follow {
            return Ok(());
        }
        std::thread::sleep(POLL);
        latest = follow.news(service, &filter).map_err(|error| Failure::of(&error))?;
    }
}

fn run_export(service: &AuthService, export: &Export) -> Result<(), Failure> {
    let filter = EventFilter {
        user: export.filter.user_id,
        kind: export.filter.kind,
        from: export.from,
        until: export.until,
        order: EventOrder::EarliestFirst,
    };
    let mut cursor = None;
    loop {
        let request = PageRequest { cursor: cursor.as_deref(), limit: PageRequest::MOST };
        let page = service.list_events(Authority::Operator, &filter, request).map_err(|error| Failure::of(&error))?;
        for record in page.items {
            if !print_alive(&to_json(record)?)? {
                return Ok(());
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

fn to_json(record: AuditRecord) -> Result<String, Failure> {
    Ok(format!("{}\n", json_of(&EventBody::from(record))?))
}

fn to_line(record: &AuditRecord) -> String {
    let parts = record.event.to_parts();
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let user = text(parts.user.map(|id| id.to_string()));
    let ip = text(record.ip.map(|ip| ip.to_string()));
    let actor = record.actor.to_text();
    let actor = actor.escape_debug();
    format!("{}  {:<22}  {user:<36}  {actor}  {ip}  {}\n", record.at, parts.kind, text(parts.detail))
}

fn user(text: &str) -> Result<UserId, String> {
    text.parse().map_err(|_| "expected a hyphenated lower-case UUID".to_owned())
}

fn kind(text: &str) -> Result<EventKind, String> {
    EventKind::parse(text)
        .ok_or_else(|| format!("expected one of {}", EventKind::ALL.map(EventKind::as_str).join(", ")))
}

//! Whether data could leave the machine in clear text.
//!
//! A libpq that was built without TLS takes its default `sslmode=prefer` for "without a word, without TLS". So a build
//! without the feature `pg-tls` connects to this machine alone: every host that libpq could come by, from the URL, its
//! parameters or libpq's environment variables, has to be loopback or a socket.

use std::net::IpAddr;

use super::PostgresUrl;

/// libpq's view of the environment, or a test's.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Refuses, in a build without TLS, a URL whose connection could leave the machine; answers what leads away.
pub(crate) fn check_transport(url: &PostgresUrl, tls: bool, environment: Environment<'_>) -> Result<(), String> {
    if tls {
        return Ok(());
    }
    // A service file may set any parameter that the URL does not, and is read by libpq alone.
    for name in ["service", "servicefile"] {
        if url.parameter(name).is_some() {
            return Err(format!("the parameter `{name}` (a service file can name any host)"));
        }
    }
    if environment("PGSERVICE").is_some() {
        return Err("the environment variable PGSERVICE (a service file can name any host)".to_owned());
    }
    match reached_hosts(url, environment).into_iter().find(|host| !is_local(host)) {
        Some(host) => Err(format!("the host `{}`", url.scrub(&host))),
        None => Ok(()),
    }
}

/// In a build with TLS: says so once where nothing demands it on the way to another machine.
pub(crate) fn warn_of_clear_text(url: &PostgresUrl, environment: Environment<'_>) {
    let mode = url.parameter("sslmode").map(str::to_owned).or_else(|| environment("PGSSLMODE"));
    let mode = mode.as_deref().unwrap_or("prefer");
    let demanded = ["require", "verify-ca", "verify-full"].contains(&mode);
    if !demanded && reached_hosts(url, environment).iter().any(|host| !is_local(host)) {
        tracing::warn!(
            sslmode = mode,
            "the connection to PostgreSQL may be in clear text; `sslmode=verify-full` in the database URL demands TLS"
        );
    }
}

/// Every name that libpq could connect to; an empty one is its default, a socket.
fn reached_hosts(url: &PostgresUrl, environment: Environment<'_>) -> Vec<String> {
    let mut hosts = url.hosts.clone();
    for name in ["host", "hostaddr"] {
        let values = url.parameters.iter().filter(|(key, _)| key == name);
        hosts.extend(values.flat_map(|(_, value)| value.split(',').map(str::to_owned)));
    }
    // libpq asks the environment for what the URL leaves open.
    let mut open = Vec::new();
    if url.hosts.is_empty() && url.parameter("host").is_none() {
        open.push("PGHOST");
    }
    if url.parameter("hostaddr").is_none() {
        open.push("PGHOSTADDR");
    }
    for list in open.into_iter().filter_map(environment) {
        hosts.extend(list.split(',').map(str::to_owned));
    }
    hosts
}

/// Loopback, a socket (a path, or `@` for Linux's abstract ones), or libpq's default, which is a socket.
fn is_local(host: &str) -> bool {
    host.is_empty()
        || host.starts_with(['/', '@'])
        || host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

//! A PostgreSQL URL. libpq reads it again, and its complaints quote what it could not read; so everything that it would
//! complain of is refused here, and no URL passes whose parts libpq would cut elsewhere.

use std::fmt;

use auth_core::secret::Secret;

use super::UrlFault;

/// Parameters whose values must not be printed.
const SECRET_PARAMETERS: [&str; 3] = ["password", "sslpassword", "oauth_client_secret"];

/// A URL that libpq reads as it is read here.
pub(crate) struct PostgresUrl {
    url: Secret,
    /// Decoded, in order; an empty one stands for the default. Empty where the URL leaves the host to libpq.
    pub(super) hosts: Vec<String>,
    /// Names and values, decoded.
    pub(super) parameters: Vec<(String, String)>,
    secrets: Vec<Secret>,
}

impl PostgresUrl {
    pub(super) fn parse(url: &str, rest: &str) -> Result<Self, UrlFault> {
        decode(url)?;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        // libpq ends the user name at the first `@`, were it after a `?`. One `@` at most, and before that: no doubt.
        if rest.matches('@').count() != authority.matches('@').count() || authority.matches('@').count() > 1 {
            return Err(UrlFault::Separator);
        }
        let (user_info, host_list) = authority.split_once('@').unwrap_or(("", authority));
        let query = rest.split_once('?').map_or("", |(_, query)| query);
        let parameters = parameters(query)?;
        let mut secrets = Vec::new();
        if let Some((_, password)) = user_info.split_once(':') {
            secrets.extend([Secret::new(password), Secret::new(decode(password)?)]);
        }
        for (name, value) in &parameters {
            if SECRET_PARAMETERS.contains(&name.as_str()) {
                secrets.push(Secret::new(value.as_str()));
            }
        }
        secrets.retain(|secret| !secret.expose().is_empty());
        Ok(Self { url: Secret::new(url), hosts: hosts(host_list)?, parameters, secrets })
    }

    /// What libpq gets: the URL, and after it the parameters of `defaults` that it does not set itself.
    pub(crate) fn with_defaults(&self, defaults: &[(&str, String)]) -> Secret {
        let mut url = self.url.expose().to_owned();
        for (name, value) in defaults.iter().filter(|(name, _)| self.parameter(name).is_none()) {
            let separator = if url.contains('?') { "&" } else { "?" };
            url.extend([separator, name, "=", value]);
        }
        Secret::new(url)
    }

    /// The value that counts: libpq lets the last one win.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `text` without the secrets of this URL: what libpq or a server says is printed through this.
    pub(crate) fn scrub(&self, text: &str) -> String {
        self.secrets.iter().fold(text.trim().to_owned(), |text, secret| text.replace(secret.expose(), "…"))
    }
}

/// Without the URL, which may hold a password.
impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresUrl").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

/// `host[:port]`, separated by commas; `[v6]` in brackets. As in libpq, escapes are undone over the whole list.
fn hosts(list: &str) -> Result<Vec<String>, UrlFault> {
    let mut names = Vec::new();
    for entry in list.split(',') {
        let (host, port) = match entry.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']').ok_or(UrlFault::Host)?;
                if host.is_empty() || !(after.is_empty() || after.starts_with(':')) {
                    return Err(UrlFault::Host);
                }
                (host, after.strip_prefix(':'))
            }
            None => entry.split_once(':').map_or((entry, None), |(host, port)| (host, Some(port))),
        };
        if host.contains(['[', ']', '\\', '#', ' ']) {
            return Err(UrlFault::Host);
        }
        // No escapes in ports: libpq would undo them, and nobody writes them.
        if port.is_some_and(|port| {
            !port.is_empty() && (port.bytes().any(|b| !b.is_ascii_digit()) || port.parse::<u16>().is_err())
        }) {
            return Err(UrlFault::Port);
        }
        names.push(decode(host)?);
    }
    let joined = names.join(",");
    Ok(if joined.is_empty() { Vec::new() } else { joined.split(',').map(str::to_owned).collect() })
}

fn parameters(query: &str) -> Result<Vec<(String, String)>, UrlFault> {
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').ok_or(UrlFault::Parameter)?;
        if name.is_empty() || value.contains('=') {
            return Err(UrlFault::Parameter);
        }
        Ok((decode(name)?, decode(value)?))
    };
    query.split('&').map(pair).collect()
}

/// Undoes percent-encoding.
fn decode(text: &str) -> Result<String, UrlFault> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit =
                    || rest.next().and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
                let (high, low) = (digit().ok_or(UrlFault::Escape)?, digit().ok_or(UrlFault::Escape)?);
                high << 4 | low
            }
            other => other,
        });
    }
    if bytes.contains(&0) {
        return Err(UrlFault::Escape);
    }
    String::from_utf8(bytes).map_err(|_| UrlFault::Escape)
}

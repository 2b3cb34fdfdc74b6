//! The rules for keys that hold free text.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::Uri;
use auth_core::secret::Secret;
use auth_core::token::{KeyError, check_secret};
use tracing_subscriber::EnvFilter;

use super::parse::Reason;
use auth_core::attempts::{Network, NetworkError};

/// Longest text that a key takes, in bytes: a claim of this size still fits into a token of 8 KiB.
const TEXT_LIMIT: usize = 2048;

/// One line of text, perhaps none.
pub(super) fn line(text: &str) -> Result<(), Reason> {
    if text.len() > TEXT_LIMIT {
        Err("it is longer than 2048 bytes")
    } else if text.contains(char::is_control) {
        Err("it contains a control character")
    } else {
        Ok(())
    }
}

/// One line of any length: a ring of root keys may be long.
pub(super) fn key_ring(text: &str) -> Result<(), Reason> {
    if text.contains(char::is_control) { Err("it contains a control character") } else { Ok(()) }
}

/// Empty (no shared secret), or one line that the core takes for a secret.
pub(super) fn shared_secret(text: &str) -> Result<(), Reason> {
    if text.is_empty() {
        return Ok(());
    }
    if text.contains(char::is_control) {
        return Err("it contains a control character");
    }
    check_secret(&Secret::new(text)).map_err(|error| match error {
        KeyError::ShortSecret => "it has fewer than 32 bytes",
        KeyError::KnownSecret => "it is a known sample",
        _ => "it repeats itself or is a sequence",
    })
}

/// An IP address (IPv6 with or without brackets) or a host name.
pub(super) fn host(text: &str) -> Result<(), Reason> {
    // RFC 1123, section 2.1: letters, digits and hyphens; 255 characters.
    let name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if address(text).is_some() || (!text.is_empty() && text.len() <= 255 && text.chars().all(name)) {
        Ok(())
    } else {
        Err("it is neither an IP address nor a host name")
    }
}

/// Empty, or an address to listen on.
pub(super) fn bind(text: &str) -> Result<(), Reason> {
    if text.is_empty() || text.parse::<SocketAddr>().is_ok() {
        Ok(())
    } else {
        Err("it is not an IP address and a port")
    }
}

/// A network of proxies. One of all addresses would let every client choose its own.
pub(super) fn proxy(text: &str) -> Result<(), Reason> {
    if text.parse::<Network>().is_ok_and(|network| network.is_everything()) {
        return Err("an item is every address there is, so that every client could choose its own");
    }
    network(text)
}

/// A network, or one address.
pub(super) fn network(text: &str) -> Result<(), Reason> {
    match text.parse::<Network>() {
        Ok(_) => Ok(()),
        Err(NetworkError::HostBits) => Err("an item has an address with bits behind its prefix"),
        Err(NetworkError::Address | NetworkError::Prefix) => Err("an item is not an IP address or network"),
    }
}

/// Whether only this machine reaches the host.
pub(super) fn is_loopback(host: &str) -> bool {
    match address(host) {
        Some(address) => address.to_canonical().is_loopback(),
        // RFC 6761, section 6.3.
        None => host.eq_ignore_ascii_case("localhost"),
    }
}

/// An IPv6 address without the brackets that URLs put around it; other hosts as they are.
pub(super) fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host)
}

fn address(host: &str) -> Option<IpAddr> {
    without_brackets(host).parse().ok()
}

/// Empty, or an absolute HTTP URL to which a path can be appended.
pub(super) fn public_url(text: &str) -> Result<(), Reason> {
    if text.is_empty() {
        return Ok(());
    }
    line(text)?;
    if !(text.starts_with("http://") || text.starts_with("https://")) {
        return Err("it does not begin with http:// or https://");
    }
    if text.contains(['?', '#', '@']) {
        return Err("it has a query, a fragment or a user name");
    }
    if text.ends_with('/') {
        return Err("it ends with a slash");
    }
    let uri: Uri = text.parse().map_err(|_| "it is not a URL")?;
    let authority = uri.authority().ok_or("it has no host")?;
    let host = authority.host();
    if host.is_empty() || (authority.as_str() != host && authority.port_u16().is_none()) {
        return Err("its host or port is not valid");
    }
    Ok(())
}

/// A URL of one of the two databases; the rest of it is the store's to judge.
pub(super) fn database_url(text: &str) -> Result<(), Reason> {
    key_ring(text)?;
    let schemes = ["sqlite:", "postgres://", "postgresql://"];
    match schemes.into_iter().find_map(|scheme| text.strip_prefix(scheme)) {
        Some(rest) if !rest.is_empty() => Ok(()),
        Some(_) => Err("nothing follows its scheme"),
        None => Err("its scheme is unknown"),
    }
}

/// A level, or several directives `target=level`. Stricter than the filter's own parser, to which a mistyped level is a target.
pub(super) fn log_filter(text: &str) -> Result<(), Reason> {
    let levels = ["off", "error", "warn", "info", "debug", "trace"];
    let is_level = |word: &str| levels.contains(&word.to_ascii_lowercase().as_str());
    let plain = text.split(',').map(|directive| directive.rsplit('=').next().unwrap_or_default());
    if !plain.into_iter().all(is_level) {
        return Err("a directive does not end with a level");
    }
    EnvFilter::builder().with_regex(false).parse(text).map(|_| ()).map_err(|_| "it is not a log filter")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn public_urls_are_absolute_and_bare() {
        for text in
            ["", "http://localhost:8080", "https://auth.example.com", "https://example.com/auth", "http://[::1]:80"]
        {
            assert_eq!(public_url(text), Ok(()), "{text}");
        }
        for text in [
            "auth.example.com",
            "/auth",
            "ftp://example.com",
            "HTTPS://example.com",
            "https://",
            "https:///x",
            "https://example.com/",
            "https://example.com?x",
            "https://example.com#x",
            "https://user@example.com",
            "https://example.com:99999",
            "https://example.com:",
            "https://:80",
            "https://exa mple.com",
            "https://example.com/\n",
        ] {
            assert!(public_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn hosts_are_addresses_or_names() {
        for text in ["127.0.0.1", "0.0.0.0", "::1", "[::]", "localhost", "auth-1.example.com"] {
            assert_eq!(host(text), Ok(()), "{text}");
        }
        for text in ["", "http://x", "a b", "x:80", "[", "[]", "x/y", "ü"] {
            assert!(host(text).is_err(), "{text}");
        }
    }

    #[test]
    fn proxies_are_networks_and_never_everybody() {
        for text in ["10.0.0.1", "10.0.0.0/8", "0.0.0.0/1", "::1", "fd00::/8", "::ffff:10.0.0.0/104"] {
            assert_eq!(proxy(text), Ok(()), "{text}");
        }
        for text in ["", "proxy", "10.0.0.1/8", "10.0.0.0/33", "0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96", "*"] {
            assert!(proxy(text).is_err(), "{text}");
        }
    }

    #[test]
    fn loopback_is_told_from_the_rest() {
        for text in ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "::ffff:127.0.0.1", "localhost", "LOCALHOST"] {
            assert!(is_loopback(text), "{text}");
        }
        for text in ["0.0.0.0", "::", "192.0.2.1", "localhost.example.com", "example.com"] {
            assert!(!is_loopback(text), "{text}");
        }
    }

    #[test]
    fn databases_are_told_by_scheme() {
        for text in
            ["sqlite://auth.db", "sqlite:auth.db", "sqlite::memory:", "postgres://h/db", "postgresql://u:p@h/db"]
        {
            assert_eq!(database_url(text), Ok(()), "{text}");
        }
        for text in ["", "auth.db", "mysql://h/db", "sqlite:", "postgres://", "postgres:h", "sqlite:a\0b"] {
            assert!(database_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_mistyped_level_is_not_a_target() {
        for text in ["info", "WARN", "off", "info,auth_server=debug", "auth_server::http=trace"] {
            assert_eq!(log_filter(text), Ok(()), "{text}");
        }
        for text in ["", "verbose", "infos", "auth_server", "info,", "x=loud", "=,=", "warn, auth_core=info"] {
            assert!(log_filter(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_check_panic(text in any::<String>(), filter in "[a-z=,\\[\\]{}:\" ]{0,24}(=info)?") {
            let _ = (line(&text), host(&text), public_url(&text), database_url(&text), log_filter(&text));
            let _ = (log_filter(&filter), is_loopback(&text), public_url(&format!("http://{text}")));
        }
    }
}

//! Origins of pages, as browsers write them in `Origin` (RFC 6454, section 6.2): what is written otherwise is never met.

use std::net::Ipv6Addr;

use super::parse::Reason;

/// What is wrong with an origin, where something is.
pub(super) fn check(text: &str) -> Result<(), Reason> {
    if text == "*" || text == "null" {
        return Err("an item is every origin, or none in particular");
    }
    let (rest, default) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (rest, "443"),
        (None, Some(rest)) => (rest, "80"),
        (None, None) => return Err("an item does not begin with https:// or http://"),
    };
    let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':').or(port.is_empty().then_some("")).unwrap_or("no port")),
        None => rest.split_once(':').unwrap_or((rest, "")),
    };
    let is_bare = rest == host || rest == format!("[{host}]");
    let is_port =
        !port.starts_with('0') && port.parse::<u16>().is_ok() && port.bytes().all(|byte| byte.is_ascii_digit());
    if host.is_empty() || !(is_bare || is_port) {
        return Err("an item has no host, or something behind it that is no port");
    }
    if port == default {
        return Err("an item names the port that its scheme has anyway, which browsers leave out");
    }
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    let is_address = host.parse::<Ipv6Addr>().is_ok_and(|address| address.to_string() == host) && rest.starts_with('[');
    if is_address || host.bytes().all(is_name) {
        Ok(())
    } else {
        Err("an item has a host in other letters than browsers use: lower case, and xn-- for all but ASCII")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        for text in [
            "https://app.example.com",
            "https://app.example.com:8443",
            "http://localhost:5173",
            "http://127.0.0.1",
            "https://xn--mnchen-3ya.example",
            "http://[::1]:3000",
            "https://[2001:db8::1]",
            "https://example.com:80",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in [
            "",
            "*",
            "null",
            "https://*",
            "https://*.example.com",
            "app.example.com",
            "HTTPS://app.example.com",
            "https://App.example.com",
            "https://münchen.example",
            "https://app.example.com/",
            "https://app.example.com/x",
            "https://app.example.com?x",
            "https://user@app.example.com",
            "https://app.example.com:443",
            "http://app.example.com:80",
            "https://app.example.com:",
            "https://app.example.com:08443",
            "https://app.example.com:99999",
            "https://app.example.com:+1",
            "https://",
            "https://:8443",
            "https://[::1",
            "https://[::1]x",
            "https://[0:0:0:0:0:0:0:1]",
            "https://::1",
            "ftp://example.com",
            "file://",
            "https://a b",
        ] {
            assert!(check(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), near in "https?://[a-z0-9.:\\[\\]/]{0,16}") {
            let _ = (check(&text), check(&near));
        }
    }
}

//! One hop: an address, perhaps with a port (RFC 7239, section 6).

use std::net::{IpAddr, Ipv6Addr};

/// The address of a hop. None for `unknown`, for names that hide one, and for whatever is no address.
pub(super) fn address(node: &str) -> Option<IpAddr> {
    if let Some(inner) = node.strip_prefix('[') {
        let (address, port) = inner.split_once(']')?;
        let has_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return address.parse::<Ipv6Addr>().ok().filter(|_| has_port).map(IpAddr::V6);
    }
    match node.split_once(':') {
        // Without brackets there is no telling a port from the address: one that has two colons has none.
        Some((address, port)) if !port.contains(':') => {
            address.parse().ok().filter(|address: &IpAddr| address.is_ipv4() && is_port(port))
        }
        _ => node.parse().ok(),
    }
}

fn is_port(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_with_and_without_ports_and_nothing_else_is_one() {
        for (node, found) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:80", Some("192.0.2.1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:65535", Some("2001:db8::1")),
            ("::ffff:192.0.2.1", Some("::ffff:192.0.2.1")),
            ("::1", Some("::1")),
            ("", None),
            ("unknown", None),
            ("_gazonk", None),
            ("192.0.2", None),
            ("192.0.2.01", None),
            ("192.0.2.1:", None),
            ("192.0.2.1:x", None),
            ("192.0.2.1:123456", None),
            ("192.0.2.1 ", None),
            ("[192.0.2.1]", None),
            ("[2001:db8::1", None),
            ("[2001:db8::1]80", None),
            ("[2001:db8::1]:", None),
            ("fe80::1%eth0", None),
            ("[fe80::1%25eth0]", None),
            ("0x7f000001", None),
            ("2130706433", None),
            ("localhost", None),
        ] {
            assert_eq!(address(node).map(|address| address.to_string()).as_deref(), found, "{node}");
        }
    }
}

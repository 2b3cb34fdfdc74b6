//! Variables that a container platform injects into each container for the services beside it.
//!
//! Kubernetes documents them under "Accessing the Service: environment variables". For a service with the name
//! `auth-server` they begin with `AUTH_SERVER_`, and one of them is spelled like a key of ours.

use std::collections::BTreeMap;

use super::error::line;
use super::secret::Secret;

const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];

/// Takes such variables out; the answer is a warning that names them.
pub(super) fn take(variables: &mut BTreeMap<String, Secret>) -> Option<String> {
    let mut names = Vec::new();
    variables.retain(|name, value| {
        let injected = is_injected(name, value.expose());
        if injected {
            names.push(line(name));
        }
        !injected
    });
    let text = || {
        format!(
            "ignored {}: a container platform sets such variables for services, they configure nothing",
            names.join(", ")
        )
    };
    (!names.is_empty()).then(text)
}

fn is_injected(name: &str, value: &str) -> bool {
    if name.ends_with("_SERVICE_HOST") {
        return true;
    }
    if let Some((_, port)) = name.rsplit_once("_SERVICE_PORT") {
        return port.is_empty() || port.starts_with('_');
    }
    if name.ends_with("_PORT") && is_address(value) {
        return true;
    }
    name.rsplit_once("_PORT_").is_some_and(|(_, port)| is_port(port))
}

/// `tcp://10.0.0.1:8080`
fn is_address(value: &str) -> bool {
    value.split_once("://").is_some_and(|(scheme, _)| PROTOCOLS.iter().any(|name| name.eq_ignore_ascii_case(scheme)))
}

/// `8080_TCP`, perhaps with `_ADDR`, `_PORT` or `_PROTO` behind.
fn is_port(text: &str) -> bool {
    let mut parts = text.split('_');
    let number = parts.next().is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let protocol = parts.next().is_some_and(|part| PROTOCOLS.contains(&part));
    let detail = parts.next().is_none_or(|part| ["ADDR", "PORT", "PROTO"].contains(&part));
    number && protocol && detail && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn injected_variables_are_told_from_ours() {
        for (name, value) in [
            ("AUTH_SERVER_SERVICE_HOST", "10.0.0.1"),
            ("AUTH_SERVER_SERVICE_PORT", "8080"),
            ("AUTH_SERVER_SERVICE_PORT_HTTP", "8080"),
            ("AUTH_SERVER_PORT", "tcp://10.0.0.1:8080"),
            ("AUTH_SERVER_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
            ("AUTH_SERVER_PORT_8080_TCP_ADDR", "10.0.0.1"),
            ("AUTH_SERVER_PORT_8080_TCP_PORT", "8080"),
            ("AUTH_SERVER_PORT_8080_TCP_PROTO", "tcp"),
            ("AUTH_DB_PORT", "udp://10.0.0.1:53"),
            ("AUTH_SERVICE_HOST", "10.0.0.1"),
            ("AUTH_PORT_80_UDP", "udp://10.0.0.1:80"),
        ] {
            assert!(is_injected(name, value), "{name}");
        }
        for (name, value) in [
            ("AUTH_SERVER_PORT", "8080"),
            ("AUTH_SERVER_PORT", "http://x"),
            ("AUTH_SERVER_SERVICE_PORTS", "1"),
            ("AUTH_SERVER_PORT_X_TCP", "1"),
            ("AUTH_SERVER_PORT_80_TCP_ADDRESS", "1"),
            ("AUTH_SERVER_PORT_80_TCP_ADDR_X", "1"),
            ("AUTH_SERVER_PORT_80", "1"),
            ("AUTH_SERVER_HOST", "tcp://x"),
        ] {
            assert!(!is_injected(name, value), "{name}");
        }
    }
}

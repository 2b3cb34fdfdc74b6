//! The name that somebody probably meant.

use strsim::osa_distance;

use super::keys::KEYS;

/// Names are compared up to here, in characters; none of ours is longer.
const COMPARED: usize = 64;

/// The known key that looks most like `name`.
pub(super) fn nearest_key(name: &str) -> String {
    let in_section = KEYS.iter().find(|key| key.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')));
    let candidates = KEYS.iter().map(|key| (key.name.to_owned(), last(key.name)));
    in_section.map_or_else(|| nearest(name, last(name), candidates), |key| key.name.to_owned())
}

/// The known environment variable that looks most like `name`, which begins with `AUTH_`.
pub(super) fn nearest_variable(name: &str) -> String {
    let candidates = KEYS.iter().flat_map(|key| {
        let twin = key.secret.then(|| (key.variable() + "_FILE", last(key.name)));
        [Some((key.variable(), last(key.name))), twin].into_iter().flatten()
    });
    let rest = name.strip_prefix("AUTH_").unwrap_or(name).to_ascii_lowercase();
    nearest(name, &rest, candidates)
}

/// A name is near when it is spelled alike, or when only its section is missing or another one.
fn nearest<'a>(name: &str, last: &str, candidates: impl Iterator<Item = (String, &'a str)>) -> String {
    let (name, last): (String, String) = (name.chars().take(COMPARED).collect(), last.chars().take(COMPARED).collect());
    let distance = |(known, end): &(String, &str)| osa_distance(&name, known).min(1 + osa_distance(&last, end));
    candidates.min_by_key(distance).map(|(known, _)| known).unwrap_or_default()
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_keys_find_their_neighbour() {
        for (name, meant) in [
            ("server.prot", "server.port"),
            ("port", "server.port"),
            ("databse.url", "database.url"),
            ("jwt.issuer", "token.issuer"),
            ("token.access_ttl_seconds", "token.access_ttl"),
            ("server.port.x", "server.port"),
            ("server", "server.host"),
        ] {
            assert_eq!(nearest_key(name), meant);
        }
    }

    #[test]
    fn misspelt_variables_find_their_neighbour() {
        for (name, meant) in [
            ("AUTH_SERVER__PORT", "AUTH_SERVER_PORT"),
            ("AUTH_PORT", "AUTH_SERVER_PORT"),
            ("AUTH_TOKEN_ACCESSTTL", "AUTH_TOKEN_ACCESS_TTL"),
            ("AUTH_SECRETS_KEY_FILE", "AUTH_SECRETS_KEYS_FILE"),
            ("AUTH_SERVER_PORT_FILE", "AUTH_SERVER_PORT"),
            ("AUTH_DB_URL", "AUTH_DATABASE_URL"),
        ] {
            assert_eq!(nearest_variable(name), meant);
        }
        assert!(!nearest_variable(&"AUTH_Ü".repeat(10_000)).is_empty());
    }
}

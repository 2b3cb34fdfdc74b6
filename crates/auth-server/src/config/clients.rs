//! Services that introspect tokens: `ID:SECRET,ID:SECRET,…`.

use super::checks;
use super::parse::Reason;
use super::secret::Secret;

/// The longest id and the longest secret, in bytes: both fit into a header.
const MAX_ID: usize = 64;
const MAX_SECRET: usize = 256;

/// What is wrong with the list, where something is. Never says what it holds.
pub(super) fn check(text: &str) -> Result<(), Reason> {
    let mut ids = Vec::new();
    for entry in entries(text) {
        let (id, secret) = entry.split_once(':').ok_or("an entry is not `ID:SECRET`")?;
        let is_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if id.is_empty() || id.len() > MAX_ID || !id.bytes().all(is_id) {
            return Err("an id is not 1 to 64 of `a-z`, `0-9`, `-`");
        }
        // What a form would have to escape (RFC 6749, section 2.3.1) some clients send escaped and some do not.
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if secret.len() > MAX_SECRET || !secret.bytes().all(is_letter) {
            return Err("a secret is not 32 to 256 of `A-Z`, `a-z`, `0-9`, `-`, `_`");
        }
        if secret.is_empty() {
            return Err("a secret is empty");
        }
        checks::shared_secret(secret)?;
        if ids.contains(&id) {
            return Err("two entries have one id");
        }
        ids.push(id);
    }
    Ok(())
}

/// The entries of a list that was checked.
pub(super) fn read(text: &str) -> Vec<(String, Secret)> {
    let pairs = entries(text).filter_map(|entry| entry.split_once(':'));
    pairs.map(|(id, secret)| (id.to_owned(), Secret::new(secret))).collect()
}

fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU";

    #[test]
    fn lists_are_read_and_faults_are_named_without_the_secret() {
        assert_eq!(check(""), Ok(()));
        let list = format!("api:{SECRET}, gate-way2:{SECRET}x ,");
        assert_eq!(check(&list), Ok(()));
        let ids: Vec<_> = read(&list).into_iter().map(|(id, secret)| (id, secret.expose().len())).collect();
        assert_eq!(ids, [("api".to_owned(), 32), ("gate-way2".to_owned(), 33)]);
        for (list, reason) in [
            (SECRET.to_owned(), "an entry is not"),
            (format!("Api:{SECRET}"), "an id is not"),
            (format!(":{SECRET}"), "an id is not"),
            (format!("{}:{SECRET}", "a".repeat(65)), "an id is not"),
            ("api:".to_owned(), "a secret is empty"),
            ("api:short".to_owned(), "fewer than 32"),
            (format!("api:{SECRET}%20"), "a secret is not"),
            (format!("api:{}", "aB3-".repeat(65)), "a secret is not"),
            ("api:changemechangemechangemechangeme".to_owned(), "repeats"),
            (format!("api:{SECRET},api:{SECRET}y"), "two entries"),
        ] {
            assert!(check(&list).is_err_and(|found| found.contains(reason)), "{reason}: {:?}", check(&list));
        }
    }
}

//! Instants as tables write them.

use auth_core::time::Timestamp;

/// RFC 3339, and what comes out of a table as text: a blank before the time, from SQLite another before the offset,
/// from PostgreSQL an offset of whole hours or none, which is taken for UTC, as Sequelize and Django do.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim().replacen(' ', "T", 1).replace(' ', "");
    ["", ":00", "Z"].into_iter().find_map(|rest| Timestamp::parse_rfc3339(&format!("{text}{rest}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_as_tables_write_them() {
        let expected = Timestamp::parse_rfc3339("2024-05-01T12:34:56.789Z");
        for text in [
            "2024-05-01T12:34:56.789Z",
            "2024-05-01 12:34:56.789 +00:00",
            "2024-05-01 12:34:56.789+00",
            "2024-05-01 14:34:56.789+02",
            "2024-05-01 18:04:56.789+05:30",
            "2024-05-01 12:34:56.789",
        ] {
            assert_eq!(instant(text), expected, "{text}");
        }
        for text in ["", "never", "infinity", "2024-05-01", "2024-05-01 12:34", "1714566896789"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}

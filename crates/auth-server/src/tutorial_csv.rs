//! The tutorial's `users` table as a CSV file: a header with `id`, `username`, `password`, other columns as they come.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use auth_core::password::PasswordHash;
use auth_core::time::Timestamp;
use auth_storage::tutorial::{TutorialRow, TutorialUser};

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CsvError {
    /// The file cannot be opened or read on.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// The first line is not a header with the three names.
    #[error("the first line has no column `{0}` (expected at least `id`, `username`, `password`)")]
    NoColumn(&'static str),
}

/// Where the columns are.
#[derive(Debug, Clone, Copy)]
struct Columns {
    id: usize,
    username: usize,
    password: usize,
    created_at: Option<usize>,
}

/// Reads a file row by row. A row that is none is an [`TutorialRow::Unreadable`] with its line number; the others are
/// read on.
///
/// # Errors
/// [`CsvError`].
pub(crate) fn open(path: &Path) -> Result<impl Iterator<Item = Result<TutorialRow, CsvError>> + use<>, CsvError> {
    read(BufReader::new(File::open(path)?))
}

/// As [`open`], from anything.
///
/// # Errors
/// [`CsvError`].
pub(crate) fn read<R: Read>(source: R) -> Result<impl Iterator<Item = Result<TutorialRow, CsvError>>, CsvError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(source);
    let header = reader.byte_headers().map_err(io_error)?.clone();
    let position =
        |names: &[&str]| header.iter().position(|name| names.iter().any(|one| one.as_bytes() == strip_bom(name)));
    let columns = Columns {
        id: position(&["id"]).ok_or(CsvError::NoColumn("id"))?,
        username: position(&["username"]).ok_or(CsvError::NoColumn("username"))?,
        password: position(&["password"]).ok_or(CsvError::NoColumn("password"))?,
        created_at: position(&["createdAt", "created_at"]),
    };
    let width = header.len();
    Ok(reader.into_byte_records().map(move |record| {
        let record = record.map_err(io_error)?;
        let line = record.position().map_or(0, csv::Position::line);
        let unreadable = |fault| TutorialRow::Unreadable { row: format!("line {line}"), fault };
        if record.len() != width {
            return Ok(unreadable("it has more or fewer fields than the first line"));
        }
        Ok(row(&record, columns).map_or_else(unreadable, TutorialRow::User))
    }))
}

fn row(record: &csv::ByteRecord, columns: Columns) -> Result<TutorialUser, &'static str> {
    let text = |column, fault| record.get(column).and_then(|field| std::str::from_utf8(field).ok()).ok_or(fault);
    let id = text(columns.id, "the id is not UTF-8")?.trim();
    let created_at =
        columns.created_at.and_then(|column| record.get(column)).and_then(|field| std::str::from_utf8(field).ok());
    Ok(TutorialUser {
        id: id.parse().map_err(|_| "the id is not a whole number")?,
        username: text(columns.username, "the name is not UTF-8")?.to_owned(),
        password: PasswordHash::new(text(columns.password, "the hash is not UTF-8")?.trim()),
        created_at: created_at.and_then(instant),
    })
}

/// RFC 3339, and what comes out of a table as text: a blank before the time, from SQLite another before the offset,
/// from PostgreSQL an offset of whole hours or none, which is taken for UTC, as Sequelize does.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim().replacen(' ', "T", 1).replace(' ', "");
    ["", ":00", "Z"].into_iter().find_map(|rest| Timestamp::parse_rfc3339(&format!("{text}{rest}")))
}

fn strip_bom(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"\xef\xbb\xbf").unwrap_or(name)
}

fn io_error(error: csv::Error) -> CsvError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        // Byte records of flexible length have no other way to fail.
        _ => io::Error::from(io::ErrorKind::InvalidData).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Vec<TutorialRow> {
        read(text).unwrap().map(|row| row.unwrap()).collect()
    }

    #[test]
    fn rows_are_read_and_bad_ones_are_named_by_line() {
        let text = b"\xef\xbb\xbfid,username,password,createdAt\n\
            1,alice,$2b$10$x,2020-01-02T03:04:05Z\n\
            two,bob,$2b$10$x,\n\
            3,\"carol, \"\"the\"\"\nsecond\",$2b$10$x,never\n\
            4,\xff,$2b$10$x,\n\
            5,short\n\
            -6,,,\n";
        let user = |id, name: &str, hash: &str, created_at| {
            TutorialRow::User(TutorialUser {
                id,
                username: name.to_owned(),
                password: PasswordHash::new(hash),
                created_at,
            })
        };
        let unreadable = |line, fault| TutorialRow::Unreadable { row: format!("line {line}"), fault };
        assert_eq!(
            rows(text),
            [
                user(1, "alice", "$2b$10$x", Timestamp::parse_rfc3339("2020-01-02T03:04:05Z")),
                unreadable(3, "the id is not a whole number"),
                user(3, "carol, \"the\"\nsecond", "$2b$10$x", None),
                unreadable(6, "the name is not UTF-8"),
                unreadable(7, "it has more or fewer fields than the first line"),
                user(-6, "", "", None),
            ]
        );
    }

    #[test]
    fn a_file_without_the_header_is_refused() {
        for (text, column) in
            [("", "id"), ("1,alice,hash\n", "id"), ("id,username\n", "password"), ("id,password\n", "username")]
        {
            match read(text.as_bytes()).map(|_| ()) {
                Err(CsvError::NoColumn(missing)) => assert_eq!(missing, column, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

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

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_to_their_end(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let text = [b"id,username,password\n", &bytes[..]].concat();
            let _ = rows(&text);
        }
    }
}

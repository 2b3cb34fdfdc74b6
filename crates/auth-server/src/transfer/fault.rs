//! What is wrong with a line, and what is wrong with a whole source. Neither ever holds what was read: it may be a password in the
//! wrong place.

use std::io;

use auth_core::json::JsonFault;

/// What is wrong with a line. The others are read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LineFault {
    /// Longer than any account.
    #[error("it is longer than 1 MiB (is a quote or a bracket left open?)")]
    TooLong,
    /// Bytes that are no text.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// No JSON object.
    #[error("{0}")]
    Json(JsonFault),
    /// A table's row of another width.
    #[error("it has more or fewer fields than the first line")]
    Width,
    /// Something that every account has.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Something of another kind.
    #[error("`{0}` is not {1}")]
    Wrong(&'static str, &'static str),
    /// Something else.
    #[error("{0}")]
    Other(&'static str),
}

impl LineFault {
    /// The parser says of both that the syntax is wrong.
    pub(super) fn json(bytes: &[u8], fault: JsonFault) -> Self {
        if fault == JsonFault::Syntax && std::str::from_utf8(bytes).is_err() {
            Self::NotUtf8
        } else {
            Self::Json(fault)
        }
    }
}

/// Why a source cannot be read, or not further.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// It cannot be opened or read on.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It begins as text of another encoding does.
    #[error("is not UTF-8; where it is UTF-16, convert it: iconv -f UTF-16 -t UTF-8")]
    Encoding,
    /// Its JSON is broken between two elements.
    #[error("line {0}: the JSON is broken there, or ends too early; nothing behind it was read")]
    Syntax(u64),
    /// It is of another form.
    #[error("is not of this format: expected {0}")]
    Shape(&'static str),
    /// A table without a column.
    #[error("the first line has no column `{0}`")]
    NoColumn(&'static str),
    /// A table with a column that means nothing.
    #[error("the column {0} of the first line is none of {1}")]
    Column(usize, String),
    /// A table with a column twice.
    #[error("the column {0} of the first line is there already")]
    Twice(usize),
}

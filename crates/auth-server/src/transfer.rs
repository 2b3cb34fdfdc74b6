//! Moving accounts in and out: the forms in which systems write their users down, read one by one in memory that does not grow.

mod elements;
mod fault;
mod fields;
mod formats;
mod input;
mod instant;
mod lines;
mod table;
mod write;

use std::io::BufRead;

use auth_core::json::parse_object;
use auth_core::service::ImportRecord;
use auth_core::time::Timestamp;

use elements::{Elements, Wanted};
pub(crate) use fault::{LineFault, SourceError};
use fields::Fields;
pub(crate) use formats::Format;
pub(crate) use formats::firebase::HashConfig;
use input::Input;
use lines::Lines;
use table::Table;
pub(crate) use write::to_line;

/// The longest line or element that is read, in bytes. The longest account of any of these systems is a few kilobytes; a picture in
/// its profile may be more.
const LONGEST: usize = 1 << 20;

/// How deep an account may be nested. Keycloak's, the deepest, are six deep; what people keep of their own in a profile may be more.
const DEEPEST: usize = 64;

/// An account as another system wrote it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Incoming {
    pub(crate) record: ImportRecord,
    /// Its id there, where it is none that can be kept.
    pub(crate) source_id: Option<String>,
}

/// The line that an account begins in, counted from one, and the account, or what is wrong there.
pub(crate) type Line = Numbered<Incoming>;

/// The lines of a source. After an error there are no more.
pub(crate) type LinesOf = Box<dyn Iterator<Item = Result<Line, SourceError>>>;

/// What some formats need to know beside the source.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The present instant: bans end.
    pub(crate) now: Timestamp,
    /// The parameters of a Firebase project.
    pub(crate) firebase: Option<HashConfig>,
}

/// Opens a source.
///
/// # Errors
/// [`SourceError`] where it is not of this format.
pub(crate) fn read(format: Format, source: Box<dyn BufRead>, known: Known) -> Result<LinesOf, SourceError> {
    let mut input = Input::new(source)?;
    let raw: RawLines = match (format.shape(), input.first()?) {
        (formats::Shape::Lines, _) | (formats::Shape::LinesOrArray | formats::Shape::Any, Some(b'{')) => {
            Box::new(Lines::new(input))
        }
        (formats::Shape::LinesOrArray | formats::Shape::Any, Some(b'[')) => {
            Box::new(Elements::new(input, Wanted::Root))
        }
        (formats::Shape::LinesOrArray, None) => Box::new(Lines::new(input)),
        (formats::Shape::Users, Some(b'{' | b'[')) => Box::new(Elements::new(input, Wanted::Users)),
        (formats::Shape::Table | formats::Shape::Any, _) => Box::new(
            Table::new(input, &format.columns())?.map(|line| line.map(|(number, row)| (number, row.map(Raw::Row)))),
        ),
        (formats::Shape::LinesOrArray | formats::Shape::Users, _) => return Err(SourceError::Shape(format.expected())),
    };
    let read = move |line: RawLine| {
        let (number, raw) = match line {
            Ok(line) => line,
            Err(error) => return Some(Err(error)),
        };
        let account = raw.and_then(|raw| {
            let map = match raw {
                Raw::Row(map) => map,
                Raw::Json(bytes) => parse_object(&bytes, DEEPEST).map_err(|fault| LineFault::json(&bytes, fault))?,
            };
            format.account(Fields::of(&map), &known)
        });
        // What is in the source beside accounts is passed over.
        account.transpose().map(|account| Ok((number, account)))
    };
    Ok(Box::new(raw.filter_map(read)))
}

/// A line before anybody asked what it means.
enum Raw {
    Json(Vec<u8>),
    Row(serde_json::Map<String, serde_json::Value>),
}

/// A line with its number.
type Numbered<T> = (u64, Result<T, LineFault>);
type RawLine = Result<Numbered<Raw>, SourceError>;
type RawLines = Box<dyn Iterator<Item = RawLine>>;

#[cfg(test)]
mod tests;

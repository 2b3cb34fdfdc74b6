//! A table as CSV (RFC 4180): the first line names the columns.

use csv_core::{ReadRecordResult, Reader};
use serde_json::{Map, Value};

use super::input::Input;
use super::{LONGEST, LineFault, Numbered, SourceError};

/// More columns than any table of users has.
const MOST_COLUMNS: usize = 512;

/// Which columns a table must have, and which it may have; `None` for any.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) needed: &'static [&'static str],
    pub(super) allowed: Option<&'static [&'static str]>,
}

/// The rows of a table.
pub(super) struct Table {
    input: Input,
    core: Reader,
    /// The fields of a row, one behind the other, and where each ends.
    fields: Vec<u8>,
    ends: Vec<usize>,
    names: Vec<String>,
    ended: bool,
}

/// A row: the line that it begins in, and its fields by name, those that are not empty.
type Row = Numbered<Map<String, Value>>;

impl Table {
    pub(super) fn new(input: Input, columns: &Columns) -> Result<Self, SourceError> {
        let (fields, ends) = (vec![0; LONGEST], vec![0; MOST_COLUMNS]);
        let mut table = Self { input, core: Reader::new(), fields, ends, names: Vec::new(), ended: false };
        let header = match table.read()? {
            Some((_, Ok(header))) => header,
            Some((_, Err(_))) => return Err(SourceError::Shape("a table whose first line names the columns")),
            None => Vec::new(),
        };
        for (place, name) in header.iter().enumerate() {
            if let Some(allowed) = columns.allowed.filter(|allowed| !allowed.contains(&name.as_str())) {
                return Err(SourceError::Column(place + 1, allowed.join(", ")));
            }
            if header.iter().take(place).any(|other| other == name) {
                return Err(SourceError::Twice(place + 1));
            }
        }
        if let Some(missing) = columns.needed.iter().find(|needed| !header.iter().any(|name| name == *needed)) {
            return Err(SourceError::NoColumn(missing));
        }
        table.names = header;
        Ok(table)
    }

    /// The texts of the next row.
    fn read(&mut self) -> Result<Option<Numbered<Vec<String>>>, SourceError> {
        while matches!(self.input.peek()?, Some(b'\r' | b'\n')) {
            self.input.skip(1);
        }
        let number = self.input.line();
        let (mut written, mut ended, mut is_whole) = (0, 0, true);
        loop {
            let (fields, ends) = (self.fields.get_mut(written..), self.ends.get_mut(ended..));
            let (fields, ends) = (fields.unwrap_or_default(), ends.unwrap_or_default());
            let (result, taken, more, more_ends) = self.core.read_record(self.input.chunk()?, fields, ends);
            self.input.skip(taken);
            (written, ended) = (written + more, ended + more_ends);
            match result {
                ReadRecordResult::InputEmpty => {}
                // What follows of it is read over what there is.
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    (written, ended, is_whole) = (0, 0, false);
                }
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::Record if is_whole => {
                    let ends = self.ends.get(..ended).unwrap_or_default();
                    let fields = self.fields.get(..written).unwrap_or_default();
                    return Ok(Some((number, texts(fields, ends).ok_or(LineFault::NotUtf8))));
                }
                ReadRecordResult::Record => return Ok(Some((number, Err(LineFault::TooLong)))),
            }
        }
    }

    fn row(&mut self) -> Result<Option<Row>, SourceError> {
        let Some((number, texts)) = self.read()? else { return Ok(None) };
        let row = texts.and_then(|texts| {
            if texts.len() != self.names.len() {
                return Err(LineFault::Width);
            }
            let named = self.names.iter().cloned().zip(texts).filter(|(_, text)| !text.is_empty());
            Ok(named.map(|(name, text)| (name, Value::String(text))).collect())
        });
        Ok(Some((number, row)))
    }
}

fn texts(fields: &[u8], ends: &[usize]) -> Option<Vec<String>> {
    let mut start = 0;
    let field = |end: &usize| {
        let field = fields.get(start..*end)?;
        start = *end;
        std::str::from_utf8(field).ok().map(str::to_owned)
    };
    ends.iter().map(field).collect()
}

impl Iterator for Table {
    type Item = Result<Row, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = self.row().transpose();
        self.ended = matches!(row, None | Some(Err(_)));
        row
    }
}

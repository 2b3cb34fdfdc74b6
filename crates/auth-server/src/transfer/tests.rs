//! Sources as their makers write them, broken ones, and any bytes at all.

mod broken;
mod forms;
mod properties;

use std::io::{self, BufRead, Read};

use super::*;

/// Hands out so many bytes at a time, as a pipe may.
struct Dribble {
    bytes: Vec<u8>,
    at: usize,
    step: usize,
}

impl Read for Dribble {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Dribble {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let end = (self.at + self.step).min(self.bytes.len());
        Ok(&self.bytes[self.at..end])
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}

fn known() -> Known {
    let config = include_str!("../../tests/fixtures/import/firebase.hash-config");
    Known {
        now: Timestamp::parse_rfc3339("2026-11-23T10:00:00Z").unwrap(),
        firebase: Some(HashConfig::parse(config).unwrap()),
    }
}

/// All lines, and how it ended.
fn lines_by(format: Format, bytes: &[u8], step: usize) -> (Vec<Line>, Option<String>) {
    let source = Box::new(Dribble { bytes: bytes.to_vec(), at: 0, step });
    let (mut lines, mut ended) = (Vec::new(), None);
    match read(format, source, known()) {
        Ok(read) => {
            for line in read {
                match line {
                    Ok(line) => lines.push(line),
                    Err(error) => ended = Some(error.to_string()),
                }
            }
        }
        Err(error) => ended = Some(error.to_string()),
    }
    (lines, ended)
}

fn lines(format: Format, text: &str) -> Vec<Line> {
    let (lines, ended) = lines_by(format, text.as_bytes(), 1 << 16);
    assert_eq!(ended, None);
    assert_eq!(lines_by(format, text.as_bytes(), 1).0, lines, "byte by byte");
    lines
}

/// The lines that faults are on, and what they are.
fn faults(lines: &[Line]) -> Vec<(u64, LineFault)> {
    lines.iter().filter_map(|(number, account)| Some((*number, *account.as_ref().err()?))).collect()
}

fn names(lines: &[Line]) -> Vec<(u64, &str)> {
    let sound = lines.iter().filter(|(_, account)| account.is_ok());
    sound.map(|(number, account)| (*number, account.as_ref().unwrap().record.username.as_str())).collect()
}

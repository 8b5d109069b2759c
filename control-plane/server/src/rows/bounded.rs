//! A bound for one row, whatever the format: a file without an end of line, with a quote that is never closed, or that
//! unpacks to terabytes of nothing is told as such instead of filling the memory.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use super::{Error, Rows};

/// Bytes from one row to the next, and of an array that is read whole.
pub(super) const ROW_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The rows that `read` finds in an input, of which none is larger than the bound.
pub(super) fn rows<I: BufRead + 'static>(
    input: I,
    read: impl FnOnce(Bounded<I>) -> Result<Rows, Error>,
) -> Result<Rows, Error> {
    let since_row = Rc::new(Cell::new(0));
    let rows = read(Bounded { input, since_row: Rc::clone(&since_row) })?;
    Ok(Box::new(rows.inspect(move |_| since_row.set(0))))
}

/// An input that ends with an error when too much is read without a row.
pub(super) struct Bounded<I> {
    input: I,
    since_row: Rc<Cell<usize>>,
}

impl<I> Bounded<I> {
    fn check(&self) -> io::Result<()> {
        match self.since_row.get() > ROW_BYTES_MAX {
            true => Err(io::Error::other(format!("{ROW_BYTES_MAX} bytes without the end of a row"))),
            false => Ok(()),
        }
    }

    fn count(&self, bytes: usize) {
        self.since_row.set(self.since_row.get().saturating_add(bytes));
    }
}

impl<I: Read> Read for Bounded<I> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        let read = self.input.read(into)?;
        self.count(read);
        Ok(read)
    }
}

impl<I: BufRead> BufRead for Bounded<I> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.check()?;
        self.input.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.count(bytes);
        self.input.consume(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Text, text as rows_of};
    use super::*;

    fn check(of: Text, start: &'static str, endless: u8, rows: usize) {
        let input = start.as_bytes().chain(io::repeat(endless).take(64 * 1024 * 1024));
        let mut found = 0;
        let error = match rows_of(of, false, input) {
            Err(error) => error,
            Ok(mut all) => loop {
                match all.next() {
                    Some(Ok(_)) => found += 1,
                    Some(Err(error)) => break error,
                    None => panic!("{of:?} came to its end"),
                }
            },
        };
        assert!(error.to_string().contains("without the end of a row"), "{of:?}: {error}");
        assert_eq!(found, rows, "{of:?}");
    }

    #[test]
    fn a_row_without_an_end_is_told_after_the_rows_before_it() {
        check(Text::Csv, "a,b\n1,2\n3,\"", b'x', 1);
        check(Text::Lines, "{\"a\":1}\n{\"a\":2}\n", b'x', 2);
        check(Text::Json, "{\"a\":1}{\"a\":\"", b'x', 1);
        check(Text::Json, "[", b' ', 0);
    }

    #[test]
    fn a_file_of_any_length_passes() {
        let row = format!("{}\n", "x".repeat(1_000));
        let text = format!("a\n{}", row.repeat(20_000));
        let rows = rows_of(Text::Csv, false, io::Cursor::new(text)).unwrap();
        let sound = rows.filter(|found| found.as_ref().is_ok_and(|found| found.row.is_ok())).count();
        assert_eq!(sound, 20_000);
    }
}

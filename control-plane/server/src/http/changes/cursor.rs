//! How far a client has been told, in both logs.

use acquaint_core::id::Position;

/// The last record and the last change that were looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Of the log of records.
    pub(super) record: Position,
    /// Of the log of changes.
    pub(super) change: Position,
}

impl Cursor {
    /// Reads what [`Self::text`] writes.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (record, change) = text.split_once('-')?;
        Some(Self { record: record.parse().ok()?, change: change.parse().ok()? })
    }

    /// As the id of an event.
    pub(super) fn text(self) -> String {
        format!("{}-{}", self.record, self.change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_is_written() {
        let cursor = Cursor { record: 7, change: u64::MAX };
        assert_eq!(Cursor::read(&cursor.text()), Some(cursor));
        for text in ["", "7", "7-", "-7", "7-8-9", "a-b", "7--8"] {
            assert_eq!(Cursor::read(text), None, "{text}");
        }
    }
}

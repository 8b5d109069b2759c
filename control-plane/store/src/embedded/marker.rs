//! A note of how many batches are durable, in a file of its own.
//!
//! It is written after every flush and never flushed itself: a power cut may lose the newest note, never make it run
//! ahead of the journal. Its purpose is to notice a journal that recovers less than was acknowledged.
//!
//! There is room for two notes, which are written by turns: when the power goes while one is being written, the one
//! before it is still whole.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

const MAGIC: [u8; 8] = *b"acquaint";
/// Of one note.
const BYTES: usize = 24;
const NOTES: usize = 2;

/// The note.
#[derive(Debug)]
pub(super) struct Marker {
    file: File,
    /// How many batches are durable.
    pub(super) count: u64,
    /// Where the next note goes: not where the newest is.
    next: usize,
}

impl Marker {
    /// Makes the note of an empty store. It is durable itself, with its name.
    pub(super) fn create(path: &Path) -> std::io::Result<()> {
        let mut marker = Self { file: File::create_new(path)?, count: 0, next: 0 };
        for _ in 0..NOTES {
            marker.write(0)?;
        }
        marker.file.sync_all()?;
        match path.parent() {
            Some(directory) => File::open(directory)?.sync_all(),
            None => Ok(()),
        }
    }

    /// Reads the note of a store; none if it is damaged beyond one torn write.
    pub(super) fn open(path: &Path) -> std::io::Result<Option<Self>> {
        let mut file = File::options().read(true).write(true).open(path)?;
        let mut bytes = Vec::with_capacity(NOTES * BYTES);
        Read::by_ref(&mut file).take((NOTES * BYTES) as u64 + 1).read_to_end(&mut bytes)?;
        Ok(newest(&bytes).map(|(count, place)| Self { file, count, next: (place + 1) % NOTES }))
    }

    /// Notes that `count` batches are durable.
    pub(super) fn write(&mut self, count: u64) -> std::io::Result<()> {
        self.file.seek(SeekFrom::Start((self.next * BYTES) as u64))?;
        self.file.write_all(&encode(count))?;
        self.next = (self.next + 1) % NOTES;
        self.count = count;
        Ok(())
    }

    /// Makes later notes fail: nothing can be written to `file`.
    #[cfg(test)]
    pub(super) fn break_for_test(&mut self, file: File) {
        self.file = file;
    }
}

fn encode(count: u64) -> Vec<u8> {
    [MAGIC, count.to_le_bytes(), (!count).to_le_bytes()].concat()
}

/// The highest count of the notes that are whole, and its place.
fn newest(bytes: &[u8]) -> Option<(u64, usize)> {
    if bytes.len() != NOTES * BYTES {
        return None;
    }
    let notes = bytes.chunks_exact(BYTES).zip(0..);
    notes.filter_map(|(note, place)| Some((decode(note)?, place))).max()
}

fn decode(bytes: &[u8]) -> Option<u64> {
    let (magic, rest) = bytes.split_first_chunk::<8>()?;
    let (count, rest) = rest.split_first_chunk::<8>()?;
    let check: [u8; 8] = rest.try_into().ok()?;
    let count = u64::from_le_bytes(*count);
    (*magic == MAGIC && u64::from_le_bytes(check) == !count).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_comes_back_and_every_flipped_bit_is_noticed() {
        let bytes = encode(0x0102_0304);
        assert_eq!(decode(&bytes), Some(0x0102_0304));
        for bit in 0..BYTES * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&flipped), None, "bit {bit}");
        }
        assert_eq!(decode(&bytes[..BYTES - 1]), None);
        assert_eq!(newest(&bytes), None, "one note alone is of another version");
        assert_eq!(newest(&[encode(1), encode(2), vec![0]].concat()), None);
    }

    #[test]
    fn a_note_that_was_torn_leaves_the_one_before_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("durable");
        Marker::create(&path).unwrap();
        for count in 1..=5 {
            let mut marker = Marker::open(&path).unwrap().unwrap();
            assert_eq!(marker.count, count - 1);
            let before = std::fs::read(&path).unwrap();
            marker.write(count).unwrap();
            let after = std::fs::read(&path).unwrap();
            let start = before.iter().zip(&after).position(|(before, after)| before != after).unwrap();
            for torn in start..start - start % BYTES + BYTES {
                let mixed = [&after[..torn], &before[torn..]].concat();
                let expected = if mixed == after { count } else { count - 1 };
                std::fs::write(&path, mixed).unwrap();
                let found = Marker::open(&path).unwrap().unwrap().count;
                assert_eq!(found, expected, "{torn} bytes of note {count} were written");
            }
            std::fs::write(&path, after).unwrap();
        }
    }
}

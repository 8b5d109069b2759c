//! A note of how many batches are durable, in a file of its own.
//!
//! It is written after every flush and never flushed itself: a power cut may lose the newest note, never make it run
//! ahead of the journal. Its purpose is to notice a journal that recovers less than was acknowledged.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

const MAGIC: [u8; 8] = *b"acquaint";
const BYTES: usize = 24;

/// The note.
#[derive(Debug)]
pub(super) struct Marker {
    file: File,
    /// How many batches are durable.
    pub(super) count: u64,
}

impl Marker {
    /// Makes the note of an empty store. It is durable itself, with its name.
    pub(super) fn create(path: &Path) -> std::io::Result<()> {
        let mut marker = Self { file: File::create_new(path)?, count: 0 };
        marker.write(0)?;
        marker.file.sync_all()?;
        match path.parent() {
            Some(directory) => File::open(directory)?.sync_all(),
            None => Ok(()),
        }
    }

    /// Reads the note of a store.
    pub(super) fn open(path: &Path) -> std::io::Result<Option<Self>> {
        let mut file = File::options().read(true).write(true).open(path)?;
        let mut bytes = Vec::with_capacity(BYTES);
        Read::by_ref(&mut file).take(BYTES as u64 + 1).read_to_end(&mut bytes)?;
        Ok(decode(&bytes).map(|count| Self { file, count }))
    }

    /// Notes that `count` batches are durable.
    pub(super) fn write(&mut self, count: u64) -> std::io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&encode(count))?;
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
        assert_eq!(decode(&[bytes, vec![0]].concat()), None);
    }
}

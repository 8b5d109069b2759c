//! The files of the storage engine, looked at before it reads them, for what it believes without a check: one damaged byte
//! can say that there are billions of something, and a process that asks for more memory than there is ends.
//!
//! - The file `v<number>` of a table says which files it consists of. `current` beside it has its number (8 bytes, little
//!   endian) and its XXH3-128 (16 bytes).
//! - Table files are flat archives (crate `sfa`): sections; `TOC!`, how many sections there are (4 bytes, little endian) and for
//!   each its place, its length (8 bytes each) and its name, with 2 bytes for how long that is; a trailer of 38 bytes that
//!   begins with `SFA!` and has the place of the former in its bytes 22 to 29.
//!
//! All else that may be wrong the storage engine finds.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use xxhash_rust::xxh3::xxh3_128;

const CURRENT: &str = "current";
const TRAILER: [u8; 4] = *b"SFA!";
const TRAILER_BYTES: usize = 38;
const CONTENTS_AT: usize = 22;
const CONTENTS: [u8; 4] = *b"TOC!";
/// Of a section without a name.
const SECTION_BYTES_MIN: u64 = 18;

/// Whether what is not checked otherwise is as it was written, in a folder and below it.
pub(super) fn are_sound(folder: &Path) -> io::Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let sound = if entry.file_type()?.is_dir() {
            are_sound(&path)?
        } else if entry.file_name() == CURRENT {
            is_version_sound(folder, &path)?
        } else {
            is_archive_sound(&path)?
        };
        if !sound {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the version that `current` names is the one that was written.
fn is_version_sound(folder: &Path, current: &Path) -> io::Result<bool> {
    let bytes = std::fs::read(current)?;
    let Some((number, rest)) = bytes.split_first_chunk() else { return Ok(false) };
    let Some(checksum) = rest.first_chunk() else { return Ok(false) };
    match std::fs::read(folder.join(format!("v{}", u64::from_le_bytes(*number)))) {
        Ok(version) => Ok(xxh3_128(&version) == u128::from_le_bytes(*checksum)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether an archive has room for as many sections as it says it has; whatever is no archive is sound.
fn is_archive_sound(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let Some(trailer_at) = length.checked_sub(TRAILER_BYTES as u64) else { return Ok(true) };
    let mut trailer = [0; TRAILER_BYTES];
    file.seek(SeekFrom::Start(trailer_at))?;
    file.read_exact(&mut trailer)?;
    let Some(contents_at) = trailer.get(CONTENTS_AT..).and_then(|rest| rest.first_chunk()) else {
        return Ok(true);
    };
    let contents_at = u64::from_le_bytes(*contents_at);
    let sections_at = contents_at.saturating_add(8);
    if !trailer.starts_with(&TRAILER) || sections_at > trailer_at {
        return Ok(true);
    }
    let (mut magic, mut sections) = ([0; 4], [0; 4]);
    file.seek(SeekFrom::Start(contents_at))?;
    file.read_exact(&mut magic)?;
    file.read_exact(&mut sections)?;
    let needed = u64::from(u32::from_le_bytes(sections)).saturating_mul(SECTION_BYTES_MIN);
    Ok(magic != CONTENTS || needed <= trailer_at.saturating_sub(sections_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One section, the name of which is empty, and as many said to be there.
    fn archive(sections: u32) -> Vec<u8> {
        let mut bytes = b"content".to_vec();
        bytes.extend(CONTENTS);
        bytes.extend(sections.to_le_bytes());
        bytes.extend([0; SECTION_BYTES_MIN as usize]);
        bytes.extend(TRAILER);
        bytes.extend([0; CONTENTS_AT - 4]);
        bytes.extend(7_u64.to_le_bytes());
        bytes.extend([0; 8]);
        bytes
    }

    fn check(bytes: &[u8], expected: bool) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("tables")).unwrap();
        std::fs::write(folder.path().join("tables/1"), bytes).unwrap();
        assert_eq!(are_sound(folder.path()).unwrap(), expected);
    }

    #[test]
    fn an_archive_of_more_sections_than_it_has_room_for_is_damaged() {
        check(&archive(1), true);
        check(&archive(2), false);
        check(&archive(1 | 1 << 31), false);
    }

    #[test]
    fn a_version_that_is_not_the_one_that_was_written_is_damaged() {
        let check = |version: &[u8], named: &[u8], expected: bool| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("v7"), version).unwrap();
            std::fs::write(folder.path().join(CURRENT), named).unwrap();
            assert_eq!(are_sound(folder.path()).unwrap(), expected);
        };
        let named =
            |number: u64| [&number.to_le_bytes()[..], &xxh3_128(b"tables").to_le_bytes(), &[0]].concat();
        check(b"tables", &named(7), true);
        check(b"tablet", &named(7), false);
        check(b"tables", &named(8), false);
        check(b"tables", &named(7)[..20], false);
    }

    #[test]
    fn what_is_no_archive_is_left_to_whoever_reads_it() {
        check(b"", true);
        check(&[0; 200], true);
        let mut far = archive(1);
        let place = far.len() - 16;
        far[place..place + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        check(&far, true);
    }
}

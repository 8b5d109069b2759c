//! Content made smaller for the way: its length (4 bytes, little endian), then the content as one deflate stream
//! (RFC 1951). The same content always has the same bytes, as long as the packer is the same.

use alloc::vec;
use alloc::vec::Vec;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use super::Error;
use crate::limits::{SEALED_BYTES_MAX, SEALED_GROWTH_MAX};

/// How hard to look for repetitions, of 10: packed once, read by every isolate.
const LEVEL: u8 = 9;

/// Packs content.
pub(super) fn pack(content: &[u8]) -> Result<Vec<u8>, Error> {
    let too_long = Error::TooLong { found: content.len(), max: SEALED_BYTES_MAX };
    let length = u32::try_from(content.len()).map_err(|_| too_long)?;
    let mut packed = Vec::from(length.to_le_bytes());
    packed.extend(compress_to_vec(content, LEVEL));
    Ok(packed)
}

/// Unpacks content. The length that it states is checked before anything is allocated: against what may be, and against
/// what so many bytes can be packed from. The content is written into that length, and never beyond.
pub(super) fn unpack(packed: &[u8]) -> Result<Vec<u8>, Error> {
    let (length, stream) = packed.split_first_chunk::<4>().ok_or(Error::Packing)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| Error::Packing)?;
    if length > SEALED_BYTES_MAX {
        return Err(Error::TooLong { found: length, max: SEALED_BYTES_MAX });
    }
    if length > stream.len().saturating_mul(SEALED_GROWTH_MAX) {
        return Err(Error::Packing);
    }
    let mut content = vec![0; length];
    let mut reader = alloc::boxed::Box::<DecompressorOxide>::default();
    let (status, read, written) =
        decompress(&mut reader, stream, &mut content, 0, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF);
    if status == TINFLStatus::Done && read == stream.len() && written == length {
        Ok(content)
    } else {
        Err(Error::Packing)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec as bytes;
    use proptest::prelude::{any, prop_oneof, proptest};

    use super::*;

    fn stated(length: usize, stream: &[u8]) -> Vec<u8> {
        [&u32::try_from(length).unwrap().to_le_bytes(), stream].concat()
    }

    proptest! {
        #[test]
        fn what_is_packed_unpacks_to_the_same(
            content in prop_oneof![bytes(any::<u8>(), 0..3_000), bytes(0_u8..3, 0..20_000)]
        ) {
            let packed = pack(&content).unwrap();
            assert_eq!(unpack(&packed).as_ref(), Ok(&content));
            assert_eq!(pack(&content), Ok(packed));
        }

        #[test]
        fn any_bytes_unpack_to_the_length_they_state_or_are_refused(packed in bytes(any::<u8>(), 0..300)) {
            match unpack(&packed) {
                Ok(content) => assert_eq!(stated(content.len(), &[]), packed[..4]),
                Err(error) => assert!(matches!(error, Error::Packing | Error::TooLong { .. }), "{error}"),
            }
        }

        #[test]
        fn one_changed_byte_is_refused_or_gives_no_more_than_is_stated(at in 4_usize..200, by in 1_u8..) {
            let content = b"the same words, and the same words again, and others".repeat(40);
            let mut packed = pack(&content).unwrap();
            let at = at % packed.len();
            packed[at] ^= by;
            match unpack(&packed) {
                Ok(other) => assert!(other.len() == content.len() || at < 4),
                Err(error) => assert!(matches!(error, Error::Packing | Error::TooLong { .. }), "{error}"),
            }
        }
    }

    #[test]
    fn repetitions_become_small() {
        let packed = pack(&b"homeAddress.countryCode".repeat(1_000)).unwrap();
        assert!(packed.len() < 200, "{}", packed.len());
    }

    #[test]
    fn a_bomb_is_refused_by_what_it_states() {
        let bomb = pack(&vec![0; SEALED_BYTES_MAX + 1]).unwrap();
        assert!(bomb.len() < SEALED_BYTES_MAX / 900);
        let too_long = Error::TooLong { found: SEALED_BYTES_MAX + 1, max: SEALED_BYTES_MAX };
        assert_eq!(unpack(&bomb), Err(too_long));
        // That states less than it is, or by far more than so few bytes can be.
        assert_eq!(unpack(&stated(1_000, &bomb[4..])), Err(Error::Packing));
        assert_eq!(unpack(&stated(SEALED_BYTES_MAX, &bomb[4..100])), Err(Error::Packing));
    }

    #[test]
    fn the_most_that_may_be_unpacks() {
        let content = vec![0; SEALED_BYTES_MAX];
        assert!(unpack(&pack(&content).unwrap()) == Ok(content));
    }

    #[test]
    fn another_length_than_the_stated_one_is_refused() {
        let packed = pack(b"abcabcabcabc").unwrap();
        for length in (0..30).filter(|length| *length != 12) {
            assert_eq!(unpack(&stated(length, &packed[4..])), Err(Error::Packing), "{length}");
        }
    }

    #[test]
    fn a_prefix_or_a_suffix_is_refused() {
        let mut packed = pack(b"abcabcabcabc").unwrap();
        for length in 0..packed.len() {
            assert_eq!(unpack(&packed[..length]), Err(Error::Packing), "{length}");
        }
        packed.push(0);
        assert_eq!(unpack(&packed), Err(Error::Packing));
    }
}

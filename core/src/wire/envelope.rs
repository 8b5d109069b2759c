//! The envelope: magic, kind, format version, length, checksum, then the content: postcard, packed if the kind says so.
//! Length and checksum are of the content as it travels, so that nothing damaged is unpacked.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `ACQ1` |
//! | 2 | kind, little endian |
//! | 2 | format version |
//! | 4 | length of the content |
//! | 8 | XXH3-64 of kind, version and content |

use alloc::vec::Vec;

use xxhash_rust::xxh3::Xxh3;

use super::{Error, Sealed, depth, packing};
use crate::limits::{SEALED_BYTES_MAX, SEALED_DEPTH_MAX};

const MAGIC: [u8; 4] = *b"ACQ1";
const HEADER_BYTES: usize = 20;

/// Seals a value into bytes.
pub fn seal<T: Sealed>(value: &T) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::with_capacity(T::EXPECTED_BYTES);
    bytes.extend_from_slice(&[0; HEADER_BYTES]);
    let mut bytes = postcard::to_extend(value, bytes).map_err(|_| Error::Content)?;
    let content = bytes.get(HEADER_BYTES..).unwrap_or(&[]);
    if content.len() > SEALED_BYTES_MAX {
        return Err(Error::TooLong { found: content.len(), max: SEALED_BYTES_MAX });
    }
    if T::PACKED {
        let packed = packing::pack(content)?;
        bytes.truncate(HEADER_BYTES);
        bytes.extend_from_slice(&packed);
    }
    let (header, content) = bytes
        .split_first_chunk_mut::<HEADER_BYTES>()
        .ok_or(Error::Truncated { found: 0, needed: HEADER_BYTES })?;
    *header = head::<T>(content)?;
    Ok(bytes)
}

fn head<T: Sealed>(content: &[u8]) -> Result<[u8; HEADER_BYTES], Error> {
    let length = u32::try_from(content.len())
        .map_err(|_| Error::TooLong { found: content.len(), max: SEALED_BYTES_MAX })?;
    let mut header = [0; HEADER_BYTES];
    let parts: [&[u8]; 5] = [
        &MAGIC,
        &T::KIND.to_le_bytes(),
        &T::VERSION.to_le_bytes(),
        &length.to_le_bytes(),
        &checksum(T::KIND, T::VERSION, content).to_le_bytes(),
    ];
    for (place, byte) in header.iter_mut().zip(parts.into_iter().flatten()) {
        *place = *byte;
    }
    Ok(header)
}

/// Opens sealed bytes. Nothing is allocated before length and checksum are right, and never more than may be sealed.
pub fn open<T: Sealed>(bytes: &[u8]) -> Result<T, Error> {
    let header = Header::read(bytes).ok_or(Error::Truncated { found: bytes.len(), needed: HEADER_BYTES })?;
    if header.magic != MAGIC || header.kind != T::KIND {
        return Err(Error::Kind { expected: T::KIND });
    }
    if header.version != T::VERSION {
        return Err(Error::Version { found: header.version, known: T::VERSION });
    }
    if header.length > SEALED_BYTES_MAX {
        return Err(Error::TooLong { found: header.length, max: SEALED_BYTES_MAX });
    }
    if header.content.len() < header.length {
        return Err(Error::Truncated {
            found: bytes.len(),
            needed: HEADER_BYTES.saturating_add(header.length),
        });
    }
    if header.content.len() > header.length {
        return Err(Error::TooLong { found: bytes.len(), max: HEADER_BYTES.saturating_add(header.length) });
    }
    if header.checksum != checksum(T::KIND, T::VERSION, header.content) {
        return Err(Error::Checksum);
    }
    if T::PACKED { decode(&packing::unpack(header.content)?) } else { decode(header.content) }
}

fn decode<T: Sealed>(content: &[u8]) -> Result<T, Error> {
    let mut reader = postcard::Deserializer::from_bytes(content);
    let value = depth::deserialize(&mut reader, SEALED_DEPTH_MAX).map_err(|_| Error::Content)?;
    match reader.finalize() {
        Ok([]) => Ok(value),
        Ok(_) | Err(_) => Err(Error::Content),
    }
}

struct Header<'a> {
    magic: [u8; 4],
    kind: u16,
    version: u16,
    length: usize,
    checksum: u64,
    content: &'a [u8],
}

impl<'a> Header<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (magic, rest) = bytes.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first_chunk::<2>()?;
        let (version, rest) = rest.split_first_chunk::<2>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (checksum, content) = rest.split_first_chunk::<8>()?;
        Some(Self {
            magic: *magic,
            kind: u16::from_le_bytes(*kind),
            version: u16::from_le_bytes(*version),
            length: usize::try_from(u32::from_le_bytes(*length)).ok()?,
            checksum: u64::from_le_bytes(*checksum),
            content,
        })
    }
}

fn checksum(kind: u16, version: u16, content: &[u8]) -> u64 {
    let mut hasher = Xxh3::new();
    hasher.update(&kind.to_le_bytes());
    hasher.update(&version.to_le_bytes());
    hasher.update(content);
    hasher.digest()
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec;

    use super::*;
    use crate::id::LeafId;
    use crate::lang::diagnostic::Span;
    use crate::lang::typed::{Expr, Node};
    use crate::limits::EXPRESSION_DEPTH_MAX;
    use crate::plan::Program;
    use crate::plan::leaf::{Leaf, LeafKind};
    use crate::wire::{Bundle, Forward, Receipt};

    fn sample() -> Receipt {
        Receipt { accepted: vec![(String::from("a"), 7)], refused: vec![] }
    }

    #[test]
    fn what_is_sealed_opens_to_the_same_value() {
        assert_eq!(open::<Receipt>(&seal(&sample()).unwrap()), Ok(sample()));
    }

    #[test]
    fn any_flipped_bit_is_an_error() {
        let sealed = seal(&sample()).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut broken = sealed.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert!(open::<Receipt>(&broken).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn any_prefix_is_truncated_and_a_suffix_is_refused() {
        let mut sealed = seal(&sample()).unwrap();
        for length in 0..sealed.len() {
            assert!(matches!(open::<Receipt>(&sealed[..length]), Err(Error::Truncated { .. })), "{length}");
        }
        sealed.push(0);
        assert!(matches!(open::<Receipt>(&sealed), Err(Error::TooLong { .. })));
    }

    #[test]
    fn one_kind_is_not_read_as_another() {
        assert_eq!(open::<Forward>(&seal(&sample()).unwrap()), Err(Error::Kind { expected: 4 }));
    }

    /// What a faulty or hostile writer seals.
    fn sealed_content<T: Sealed>(content: &[u8]) -> Vec<u8> {
        if T::PACKED { enveloped::<T>(&packing::pack(content).unwrap()) } else { enveloped::<T>(content) }
    }

    fn enveloped<T: Sealed>(content: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::from(MAGIC);
        bytes.extend(T::KIND.to_le_bytes());
        bytes.extend(T::VERSION.to_le_bytes());
        bytes.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
        bytes.extend(checksum(T::KIND, T::VERSION, content).to_le_bytes());
        bytes.extend(content);
        bytes
    }

    fn empty() -> Bundle {
        let program = Program { leaves: vec![], audiences: vec![], scores: vec![] };
        Bundle { version: 0, published_ms: 0, program, datastreams: vec![], offers: vec![] }
    }

    #[test]
    fn a_bundle_is_packed_and_any_flipped_bit_of_it_is_an_error() {
        let sealed = seal(&empty()).unwrap();
        assert_eq!(open::<Bundle>(&sealed), Ok(empty()));
        for bit in 0..sealed.len() * 8 {
            let mut broken = sealed.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert!(open::<Bundle>(&broken).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_bundle_that_is_not_packed_or_packed_wrongly_is_refused() {
        let content = postcard::to_allocvec(&empty()).unwrap();
        assert_eq!(open::<Bundle>(&sealed_content::<Bundle>(&content)), Ok(empty()));
        assert_eq!(open::<Bundle>(&enveloped::<Bundle>(&content)), Err(Error::Packing));
        assert_eq!(open::<Bundle>(&enveloped::<Bundle>(&[])), Err(Error::Packing));
        let bomb = packing::pack(&vec![0; SEALED_BYTES_MAX + 1]).unwrap();
        let too_long = Error::TooLong { found: SEALED_BYTES_MAX + 1, max: SEALED_BYTES_MAX };
        assert_eq!(open::<Bundle>(&enveloped::<Bundle>(&bomb)), Err(too_long));
    }

    #[test]
    fn a_bundle_from_before_it_was_packed_is_of_an_unknown_version() {
        let mut old = enveloped::<Bundle>(&postcard::to_allocvec(&empty()).unwrap());
        old[6..8].copy_from_slice(&2_u16.to_le_bytes());
        assert_eq!(open::<Bundle>(&old), Err(Error::Version { found: 2, known: Bundle::VERSION }));
    }

    #[test]
    fn content_that_claims_more_than_it_holds_is_refused() {
        let bytes = sealed_content::<Receipt>(&[0xff, 0xff, 0xff, 0xff, 0x0f]);
        assert_eq!(open::<Receipt>(&bytes), Err(Error::Content));
    }

    #[test]
    fn expressions_and_formulas_nested_without_end_are_refused() {
        let deep = |start: &[u8], level: &[u8]| {
            let content = [start, &level.repeat(100_000)].concat();
            assert_eq!(open::<Bundle>(&sealed_content::<Bundle>(&content)), Err(Error::Content));
        };
        // Version, instant, one leaf: its id, its kind, then `not (not (...`, or lists of lists.
        deep(&[0, 0, 1, 0, 0], &[7]);
        deep(&[0, 0, 1, 0, 0], &[5, 1]);
        // Version, instant, no leaf, one audience: its id, its mode, then `not (not (...`.
        deep(&[0, 0, 0, 1, 0, 0], &[4]);
    }

    #[test]
    fn expressions_as_deep_as_they_may_be_are_read() {
        let expr = |node| Expr { node, span: Span::default() };
        let deep = (0..EXPRESSION_DEPTH_MAX).fold(expr(Node::Profile), |deep, _| expr(Node::And(vec![deep])));
        let leaf = Leaf { id: LeafId(0), kind: LeafKind::Attribute(deep) };
        let program = Program { leaves: vec![leaf], audiences: vec![], scores: vec![] };
        let bundle = Bundle { version: 0, published_ms: 0, program, datastreams: vec![], offers: vec![] };
        assert_eq!(open::<Bundle>(&seal(&bundle).unwrap()).as_ref(), Ok(&bundle));
    }
}

//! The core segment of an IAB TCF v2 consent string: purpose 1 and the vendors, nothing more.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Bits before the purposes: version 6, created 36, updated 36, CMP 12 + 12, screen 6, language 12, vendor list 12,
/// policy 6, flags 2, special features 12.
const PURPOSES_AT: usize = 152;
/// Bits of purposes by consent 24, by legitimate interest 24, purpose one treatment 1, publisher country 12.
const VENDORS_AT: usize = PURPOSES_AT + 24 + 24 + 1 + 12;
const RANGES_MAX: u64 = 4_096;

const READER: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Why a text is not a consent string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing there.
    #[error("the consent string is empty")]
    Empty,
    /// Not base64url.
    #[error("the consent string is not base64url")]
    Encoding,
    /// Another version.
    #[error("the consent string is of version {0}; version 2 is read")]
    Version(u64),
    /// It ends too early.
    #[error("the consent string is cut off")]
    Truncated,
}

/// What was consented to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tcf {
    /// Store and access information on a device.
    pub purpose_1: bool,
    vendors: Vec<(u64, u64)>,
}

impl Tcf {
    /// Whether the vendor has consent.
    pub fn has_vendor(&self, vendor: u16) -> bool {
        self.vendors.iter().any(|(first, last)| (*first..=*last).contains(&u64::from(vendor)))
    }
}

/// Reads a consent string.
pub fn parse(text: &str) -> Result<Tcf, Error> {
    let core = text.split('.').next().unwrap_or_default();
    if core.is_empty() {
        return Err(Error::Empty);
    }
    let bytes = READER.decode(core).map_err(|_| Error::Encoding)?;
    let mut bits = Bits { bytes: &bytes, at: 0 };
    let version = bits.take(6)?;
    if version != 2 {
        return Err(Error::Version(version));
    }
    bits.at = PURPOSES_AT;
    let purpose_1 = bits.take(1)? == 1;
    bits.at = VENDORS_AT;
    let vendor_max = bits.take(16)?;
    let vendors = if bits.take(1)? == 1 { ranges(&mut bits)? } else { field(&mut bits, vendor_max)? };
    Ok(Tcf { purpose_1, vendors })
}

fn field(bits: &mut Bits<'_>, vendor_max: u64) -> Result<Vec<(u64, u64)>, Error> {
    let mut vendors = Vec::new();
    for vendor in 1..=vendor_max {
        if bits.take(1)? == 1 {
            vendors.push((vendor, vendor));
        }
    }
    Ok(vendors)
}

fn ranges(bits: &mut Bits<'_>) -> Result<Vec<(u64, u64)>, Error> {
    let count = bits.take(12)?.min(RANGES_MAX);
    (0..count)
        .map(|_| {
            let is_range = bits.take(1)? == 1;
            let first = bits.take(16)?;
            let last = if is_range { bits.take(16)? } else { first };
            Ok((first, last))
        })
        .collect()
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Result<u64, Error> {
        let mut number = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8).ok_or(Error::Truncated)?;
            number = (number << 1) | u64::from((byte >> (7 - self.at % 8)) & 1);
            self.at += 1;
        }
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(bool, bool), Error>) {
        assert_eq!(parse(text).map(|tcf| (tcf.purpose_1, tcf.has_vendor(565))), expected, "{text}");
    }

    #[test]
    fn recorded_strings_are_read() {
        check("CO052l-O052l-DGAMBFRACBgAIBAAAAAAIYgEawAQEagAAAA", Ok((true, true)));
        check("CO052oTO052oTDGAMBFRACBgAABAAAAAAIYgEawAQEagAAAA", Ok((false, true)));
    }

    #[test]
    fn what_is_not_a_consent_string_has_a_reason() {
        check("", Err(Error::Empty));
        check(".abc", Err(Error::Empty));
        check("C%", Err(Error::Encoding));
        check("CO05", Err(Error::Truncated));
        check("BO052l-O052l-DGAMBFRACBgAIBAAAAAAIYgEawAQEagAAAA", Err(Error::Version(1)));
    }
}

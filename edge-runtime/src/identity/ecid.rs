//! ECIDs: 38 decimal digits, two unsigned 63-bit numbers of 19 digits each.

use sha2::{Digest, Sha256};

/// Makes an ECID of 16 bytes of randomness.
pub fn from_bytes(bytes: [u8; 16]) -> String {
    let number = u128::from_be_bytes(bytes);
    let mask = u128::from(u64::MAX >> 1);
    let (high, low) = ((number >> 64) & mask, number & mask);
    format!("{high:019}{low:019}")
}

/// The ECID of a first-party device id: always the same within one organisation.
pub fn from_fpid(org: &str, fpid: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(org.as_bytes());
    hash.update([0]);
    hash.update(fpid.to_ascii_lowercase().as_bytes());
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes.iter_mut().zip(hash.finalize()) {
        *byte = hashed;
    }
    from_bytes(bytes)
}

/// Whether it looks like one.
pub fn is_ecid(text: &str) -> bool {
    text.len() == 38 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether it is a UUID of version 4, as an FPID must be.
pub fn is_uuid_v4(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, second, third, fourth, fifth] = parts.as_slice() else { return false };
    let hex =
        |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex(first, 8)
        && hex(second, 4)
        && hex(third, 4)
        && hex(fourth, 4)
        && hex(fifth, 12)
        && third.starts_with('4')
        && fourth.starts_with(['8', '9', 'a', 'b', 'A', 'B'])
}

/// A UUID of version 4 of 16 bytes of randomness.
pub fn uuid_v4(bytes: [u8; 16]) -> String {
    let number = u128::from_be_bytes(bytes);
    let number = (number & !(0xF << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        number >> 96,
        (number >> 80) & 0xFFFF,
        (number >> 64) & 0xFFFF,
        (number >> 48) & 0xFFFF,
        number & 0xFFFF_FFFF_FFFF
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_make_38_digits() {
        assert_eq!(from_bytes([0; 16]), "0".repeat(38));
        assert_eq!(from_bytes([0xFF; 16]), "92233720368547758079223372036854775807");
        assert!(is_ecid(&from_bytes([7; 16])));
        assert!(!is_ecid("1"));
        assert!(!is_ecid(&"x".repeat(38)));
    }

    #[test]
    fn the_same_device_is_always_the_same_visitor_of_one_organisation() {
        let fpid = "79bf8e83-f708-414b-b1ed-5789ff33bf0b";
        assert_eq!(from_fpid("A@AdobeOrg", fpid), from_fpid("A@AdobeOrg", &fpid.to_uppercase()));
        assert_ne!(from_fpid("A@AdobeOrg", fpid), from_fpid("B@AdobeOrg", fpid));
    }

    #[test]
    fn made_uuids_are_of_version_4() {
        for byte in [0, 0x5A, 0xFF] {
            assert!(is_uuid_v4(&uuid_v4([byte; 16])), "{}", uuid_v4([byte; 16]));
        }
        assert!(!is_uuid_v4("79bf8e83-f708-114b-b1ed-5789ff33bf0b"));
        assert!(!is_uuid_v4("79bf8e83f708414bb1ed5789ff33bf0b"));
    }
}

//! Addresses with placeholders. What is put in comes from visitors, so it is percent-encoded.

const AUDIENCE: &str = "{audience}";
const ECID: &str = "{ecid}";

/// Whether it is another address for another audience.
pub(super) fn names_the_audience(template: &str) -> bool {
    template.contains(AUDIENCE)
}

/// Fills the placeholders.
pub(super) fn fill(template: &str, audience: &str, ecid: &str) -> String {
    // One after the other is safe: neither encoded text has a brace.
    template.replace(AUDIENCE, &encode(audience)).replace(ECID, &encode(ecid))
}

fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, audience: &str, expected: &str) {
        assert_eq!(fill(template, audience, "7"), expected);
    }

    #[test]
    fn what_is_put_in_cannot_change_the_address() {
        check(
            "https://p.example/{ecid}?a={audience}",
            "big spender&x=/",
            "https://p.example/7?a=big%20spender%26x%3D%2F",
        );
        check("https://p.example/{audience}", "{ecid}", "https://p.example/%7Becid%7D");
        check("https://p.example/", "a", "https://p.example/");
    }
}

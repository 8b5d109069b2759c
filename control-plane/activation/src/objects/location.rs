//! `s3://bucket/key`: where an object or a folder of objects is.

/// Characters that a bucket's name may have.
const BUCKET_CHARACTERS: std::ops::RangeInclusive<usize> = 3..=63;

/// A place in object storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The bucket.
    pub bucket: String,
    /// The key of an object, or what the keys of a folder begin with; empty: the whole bucket.
    pub key: String,
}

impl Location {
    /// Reads `s3://bucket/key`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest = text
            .strip_prefix("s3://")
            .ok_or_else(|| format!("`{text}` does not begin with `s3://`: it is `s3://bucket/key`"))?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        // The name may become a part of the host.
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let whole = BUCKET_CHARACTERS.contains(&bucket.len()) && bucket.chars().all(fits);
        if !whole || !ends(bucket.chars().next()) || !ends(bucket.chars().last()) || bucket.contains("..") {
            return Err(format!("`{bucket}` is no name of a bucket"));
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(&str, &str)>) {
        let read = Location::parse(text).ok();
        assert_eq!(read.as_ref().map(|at| (at.bucket.as_str(), at.key.as_str())), expected, "{text}");
    }

    #[test]
    fn a_location_has_a_bucket_and_perhaps_a_key() {
        check("s3://lake/in/2026/a.csv", Some(("lake", "in/2026/a.csv")));
        check("s3://lake/in/", Some(("lake", "in/")));
        check("s3://lake", Some(("lake", "")));
        check("s3://lake/", Some(("lake", "")));
    }

    #[test]
    fn what_could_become_another_host_is_no_bucket() {
        for text in
            ["lake/a", "http://lake/a", "s3://", "s3://a", "s3://La/k", "s3://a..b", "s3://.ab", "s3://a@b/c"]
        {
            check(text, None);
        }
    }
}

//! Who may call a datastream: from which pages, and with which credentials.

use acquaint_core::wire::{Access, Datastream};

use crate::http::{Config, Request, same_secret};
use crate::problem::Problem;
use crate::route::Version;

/// Whether the caller may see attributes. Only version 2 has callers that can be known; a token that is not ours, or no
/// bearer token at all, is refused rather than ignored.
pub(crate) fn authenticate(config: &Config, version: Version, request: &Request) -> Result<bool, Problem> {
    let presented = request.header("authorization").map(|_| request.bearer().unwrap_or_default());
    match (version, presented, &config.api_token) {
        (Version::V1, _, _) | (Version::V2, None, _) => Ok(false),
        (Version::V2, Some(token), Some(expected)) if same_secret(token, expected) => Ok(true),
        (Version::V2, Some(_), _) => Err(Problem::Unauthorized),
    }
}

/// Whether this datastream may be called so: from a page of an allowed origin, or by a server, which has none; with a
/// token if it wants one; and not for another organisation.
pub(crate) fn check(
    datastream: &Datastream,
    version: Version,
    request: &Request,
    authenticated: bool,
) -> Result<(), Problem> {
    if let Some(origin) = request.header("origin")
        && !datastream.allowed_origins.is_empty()
        && !datastream.allowed_origins.iter().any(|allowed| allows(allowed, origin))
    {
        return Err(Problem::Origin(origin.chars().take(200).collect()));
    }
    match datastream.access {
        Access::Authenticated if !authenticated => return Err(Problem::Unauthorized),
        Access::Authenticated | Access::Mixed => {}
    }
    let org = request.header("x-gw-ims-org-id").filter(|_| version == Version::V2);
    match org {
        Some(org) if org != datastream.org => Err(Problem::Organisation),
        Some(_) | None => Ok(()),
    }
}

/// `https://shop.example` allows itself, `https://*.shop.example` every host below `shop.example`.
fn allows(allowed: &str, origin: &str) -> bool {
    let Some((scheme, domain)) = allowed.split_once("://*.") else {
        return allowed.eq_ignore_ascii_case(origin);
    };
    let Some((found_scheme, host)) = origin.split_once("://") else { return false };
    let (host, domain) = (host.to_ascii_lowercase(), domain.to_ascii_lowercase());
    let below = host.strip_suffix(&domain).and_then(|rest| rest.strip_suffix('.'));
    let is_host = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
    };
    found_scheme.eq_ignore_ascii_case(scheme) && below.is_some_and(is_host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_origin(allowed: &str, origin: &str, expected: bool) {
        assert_eq!(allows(allowed, origin), expected, "{allowed} {origin}");
    }

    #[test]
    fn an_origin_is_allowed_by_name_or_below_a_domain() {
        check_origin("https://shop.example", "https://SHOP.example", true);
        check_origin("https://shop.example", "http://shop.example", false);
        check_origin("https://shop.example", "https://shop.example:8443", false);
        check_origin("https://*.shop.example", "https://www.shop.example", true);
        check_origin("https://*.shop.example", "https://a.b.shop.example", true);
        check_origin("https://*.shop.example:8443", "https://www.shop.example:8443", true);
        for other in [
            "https://shop.example",
            "https://.shop.example",
            "https://evilshop.example",
            "http://www.shop.example",
            "https://www.shop.example.evil",
            "https://evil/.shop.example",
            "https://evil:1.shop.example",
            "null",
            "",
        ] {
            check_origin("https://*.shop.example", other, false);
        }
    }
}

//! Surfaces in their one form, `web://host/path#fragment`: as the Web SDK sends them, whoever wrote them
//! (`edge-api.md` section 2).

const SCHEMES: [&str; 2] = ["web://", "webapp://"];

/// A decision scope, or a surface in full: the host in lower case, no slash at the end, but one for the root. A scope that
/// is no surface stays as it is.
pub fn normal(scope: &str) -> String {
    for scheme in SCHEMES {
        if let Some((start, rest)) = scope.split_at_checked(scheme.len())
            && start.eq_ignore_ascii_case(scheme)
        {
            return format!("{scheme}{}", place(rest));
        }
    }
    scope.to_owned()
}

/// As [`normal`]; `#fragment` alone is a part of the page with this address.
pub fn of_page(surface: &str, page: Option<&str>) -> String {
    let page = page.filter(|_| surface.starts_with('#')).and_then(|page| {
        let (scheme, rest) = page.split_once("://")?;
        let address = rest.split(['?', '#']).next()?;
        (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")).then_some(address)
    });
    match page {
        Some(address) => format!("web://{}{surface}", place(address)),
        None => normal(surface),
    }
}

/// `host/path#fragment`
fn place(text: &str) -> String {
    let (address, fragment) = match text.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (text, None),
    };
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let path = path.trim_end_matches('/');
    let mut place = format!("{}/{path}", host.to_ascii_lowercase());
    if let Some(fragment) = fragment {
        place.push('#');
        place.push_str(fragment);
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(surface: &str, expected: &str) {
        assert_eq!(of_page(surface, Some("https://Shop.test:8080/a/b/?q=1#top")), expected);
    }

    #[test]
    fn surfaces_have_one_form() {
        check("web://Shop.Test/Path/", "web://shop.test/Path");
        check("WEB://shop.test", "web://shop.test/");
        check("web://shop.test/#Hero", "web://shop.test/#Hero");
        check("web://shop.test/a/#hero", "web://shop.test/a#hero");
        check("webapp://App.test/a", "webapp://app.test/a");
        check("#hero", "web://shop.test:8080/a/b#hero");
        check("__view__", "__view__");
        check("web://", "web:///");
        check("wéb://x", "wéb://x");
    }

    #[test]
    fn a_fragment_without_a_page_stays_as_it_is() {
        assert_eq!(of_page("#hero", None), "#hero");
        assert_eq!(of_page("#hero", Some("about:blank")), "#hero");
    }
}

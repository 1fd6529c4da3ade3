//! Requests that a page of another site makes in a user's browser.

use axum::http::{
    HeaderMap, StatusCode, Uri,
    header::{HOST, ORIGIN},
    uri::Authority,
};

use crate::reply::Refusal;

/// Refuses a request that a page of another origin has made.
///
/// A browser says so in `Sec-Fetch-Site`, which no page can set. Older ones send the page's
/// `Origin`, which must be that of this server.
pub(crate) fn refuse(headers: &HeaderMap, uri: &Uri) -> Result<(), Refusal> {
    if is_own(headers, uri) {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::FORBIDDEN,
        "this request was made by a page of another site, which may not change anything",
    ))
}

fn is_own(headers: &HeaderMap, uri: &Uri) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| uri.authority().map(Authority::as_str));
    authority.is_some() && authority == host
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn is_own_of(pairs: &[(&'static str, &'static str)]) -> bool {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_own(&pairs.collect(), &Uri::from_static("/"))
    }

    #[test]
    fn a_program_and_the_own_page_may_and_other_sites_may_not() {
        assert!(is_own_of(&[("host", "a:1")]));
        assert!(is_own_of(&[("host", "a:1"), ("origin", "http://a:1")]));
        assert!(is_own_of(&[("sec-fetch-site", "same-origin"), ("origin", "https://public")]));
        assert!(is_own_of(&[("sec-fetch-site", "none")]));
        for site in ["cross-site", "same-site", "odd", ""] {
            assert!(!is_own_of(&[("sec-fetch-site", site), ("host", "a")]), "{site}");
        }
        for origin in ["http://b", "http://a:2", "null", "", "a"] {
            assert!(!is_own_of(&[("host", "a"), ("origin", origin)]), "{origin}");
        }
        assert!(!is_own_of(&[("origin", "http://a")]));
    }
}

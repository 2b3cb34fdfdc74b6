//! Whose page sent a request, as far as browsers tell: what may be read, what is refused, and who gets a cookie, follow from it.
//!
//! Browsers say it by `Sec-Fetch-Site` (Fetch Metadata, section 2.4), by `Origin` (Fetch Standard, section 3.1), or both, and no
//! page can change either. Programs and apps say neither, and nobody steers them from another site.

use actix_web::http::header::{HOST, HeaderMap, HeaderValue, ORIGIN};

use crate::state::HttpSettings;

/// Whose page it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sender {
    /// No page, one of ours, or whoever sits before the browser.
    Own,
    /// A page of an origin in `cors.allowed_origins`: this one.
    Allowed(HeaderValue),
    /// A page of another site, or one whose browser hides whose it is.
    Stranger,
}

impl Sender {
    /// By the headers of a request.
    pub(crate) fn of(headers: &HeaderMap, http: &HttpSettings) -> Self {
        let mut origins = headers.get_all(ORIGIN);
        let origin = match (origins.next(), origins.next()) {
            (Some(_), Some(_)) => return Self::Stranger,
            (origin, _) => origin,
        };
        if let Some(allowed) = origin.filter(|origin| http.allowed_origins.iter().any(|known| *origin == known)) {
            return Self::Allowed(allowed.clone());
        }
        let mut sites = headers.get_all("sec-fetch-site").peekable();
        // What the browser itself says of the two is surer than a comparison of names: it knows by which it came here.
        let is_own = match (sites.peek(), origin) {
            (Some(_), _) => sites.all(|site| matches!(site.as_bytes(), b"same-origin" | b"none")),
            (None, Some(origin)) => is_own(origin, headers, http),
            (None, None) => true,
        };
        if is_own { Self::Own } else { Self::Stranger }
    }
}

/// Whether it is the origin of `public_url`, or of the host that the request is for. A browser names the host that it came
/// to, so that another site's page cannot make the two agree.
fn is_own(origin: &HeaderValue, headers: &HeaderMap, http: &HttpSettings) -> bool {
    let Some((scheme, authority)) = http.public_url.split_once("://") else { return false };
    let authority = authority.split('/').next().unwrap_or_default();
    let is_of = |authority: &str| {
        let port = if scheme == "https" { ":443" } else { ":80" };
        let authority = authority.strip_suffix(port).unwrap_or(authority).to_ascii_lowercase();
        origin.as_bytes() == format!("{scheme}://{authority}").as_bytes()
    };
    is_of(authority) || headers.get(HOST).and_then(|host| host.to_str().ok()).is_some_and(is_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "https://app.example.com";

    fn of(lines: &[(&str, &str)]) -> Sender {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(
                name.parse().unwrap(),
                HeaderValue::from_static(Box::leak((*value).to_owned().into_boxed_str())),
            );
        }
        let http =
            HttpSettings { allowed_origins: vec![APP.to_owned()], ..HttpSettings::new("https://Auth.example.com/in") };
        Sender::of(&headers, &http)
    }

    const SITE: &str = "sec-fetch-site";

    #[test]
    fn who_says_nothing_and_our_own_pages_are_no_strangers() {
        for lines in [
            &[][..],
            &[("host", "auth.example.com")],
            &[(SITE, "same-origin")],
            &[(SITE, "none")],
            // By another name, or through a proxy that changes it: the browser knows.
            &[(SITE, "same-origin"), ("origin", "http://127.0.0.1:8080")],
            &[("origin", "https://auth.example.com")],
            &[("origin", "https://auth.internal"), ("host", "auth.internal:443")],
            &[("origin", "https://auth.internal:8443"), ("host", "auth.internal:8443")],
        ] {
            assert_eq!(of(lines), Sender::Own, "{lines:?}");
        }
    }

    #[test]
    fn a_page_of_an_allowed_origin_may_be_of_another_site() {
        for site in [None, Some("cross-site"), Some("same-site"), Some("same-origin")] {
            let site = site.map(|site| (SITE, site));
            let lines: Vec<_> = site.into_iter().chain([("origin", APP)]).collect();
            assert_eq!(of(&lines), Sender::Allowed(HeaderValue::from_static(APP)), "{lines:?}");
        }
    }

    #[test]
    fn everybody_else_is_a_stranger() {
        for lines in [
            &[(SITE, "cross-site")][..],
            &[(SITE, "same-site")],
            &[(SITE, "")],
            &[(SITE, "Same-Origin")],
            &[(SITE, "same-origin"), (SITE, "cross-site")],
            &[(SITE, "cross-site"), ("origin", "https://auth.example.com")],
            &[("origin", "https://evil.example")],
            &[("origin", "https://evil.example"), ("host", "auth.example.com")],
            &[("origin", "http://auth.example.com")],
            &[("origin", "https://auth.example.com:8443")],
            &[("origin", "https://auth.example.com.evil.example")],
            &[("origin", "https://auth.example.com/")],
            &[("origin", "null")],
            &[("origin", "")],
            &[("origin", APP), ("origin", APP)],
            &[("origin", APP), ("origin", "https://evil.example")],
        ] {
            assert_eq!(of(lines), Sender::Stranger, "{lines:?}");
        }
    }
}

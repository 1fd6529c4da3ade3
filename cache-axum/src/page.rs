//! The live page: one document without data, whose script reads the stream.

mod frame;
mod nonce;
mod row;
mod stream;

pub(crate) use stream::stream;

use std::sync::{Arc, LazyLock};

use axum::{
    extract::State,
    http::{
        HeaderName, HeaderValue,
        header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS},
        request::Parts,
    },
    response::{IntoResponse, Response},
};

use crate::{
    access::{Right, Verdict},
    admin::Admin,
    reply::Refusal,
    sampling,
};

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// The document, with its style and its script, but without a nonce.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let script = [
        include_str!("page/format.js"),
        include_str!("page/element.js"),
        include_str!("page/chart.js"),
        include_str!("page/overview.js"),
        include_str!("page/details.js"),
        include_str!("page/caches.js"),
        include_str!("page/changes.js"),
        include_str!("page/main.js"),
    ];
    include_str!("page/page.html")
        .replace("{style}", include_str!("page/page.css"))
        .replace("{script}", &script.concat())
});

/// Returns the page. It has no data in it, so it needs no token: its script asks for one, unless
/// this caller may read without.
pub(crate) async fn show(
    State(admin): State<Arc<Admin>>,
    request: Parts,
) -> Result<Response, Refusal> {
    sampling::begin(&admin);
    let may_read = may(&admin, &request, Right::Read);
    let nonce = nonce::draw()?;
    let document = DOCUMENT
        .replace("{nonce}", &nonce)
        .replace("{reads}", if may_read { "open" } else { "token" });
    Ok((headers(&nonce), document).into_response())
}

/// Tells whether the caller of `request` has this right.
fn may(admin: &Admin, request: &Parts, wants: Right) -> bool {
    matches!(admin.access.verdict(request, wants), Verdict::Granted(_))
}

/// Returns headers by which a browser runs nothing but our script, sends nothing elsewhere, and
/// shows the page within no other.
fn headers(nonce: &str) -> [(HeaderName, HeaderValue); 4] {
    let policy = format!(
        "default-src 'self'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
         img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         object-src 'none'; require-trusted-types-for 'script'"
    );
    [
        (CONTENT_TYPE, HTML),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy).expect("visible ASCII")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        // For browsers that do not know `frame-ancestors`.
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ]
}

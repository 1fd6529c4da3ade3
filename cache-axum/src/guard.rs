//! The check of every request, before its handler sees it.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{StatusCode, request::Parts},
    middleware::Next,
    response::Response,
};

use crate::{
    access::{Right, Verdict},
    admin::Admin,
    body, cross_site,
    reply::Refusal,
    sampling,
};

/// The name of the caller of a request, for audit lines.
#[derive(Clone)]
pub(crate) struct Caller(pub(crate) String);

/// Lets a request of a caller with the right to it pass on to its handler. One that changes
/// something must be JSON of moderate size, and not sent by another site's page.
pub(crate) async fn check(
    State(admin): State<Arc<Admin>>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    sampling::begin(&admin);
    let (mut parts, mut body) = request.into_parts();
    let wants = Right::of(&parts.method);
    let caller = admit(&admin, &parts, wants)?;
    if wants == Right::Change {
        cross_site::refuse(&parts.headers, &parts.uri)?;
        body = body::whole(&parts.headers, body).await?;
    }
    parts.extensions.insert(Caller(caller));
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// Returns the name of the caller, if the request may do what it `wants`.
fn admit(admin: &Admin, request: &Parts, wants: Right) -> Result<String, Refusal> {
    match admin.access.verdict(request, wants) {
        Verdict::Granted(name) => Ok(name),
        Verdict::Missing => Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "a token is needed: send `Authorization: Bearer` with it",
        )),
        Verdict::Wrong => Err(wrong(admin, request)),
        Verdict::ReadOnly => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "this token may read only: changes need one of `Access::token`",
        )),
    }
}

fn wrong(admin: &Admin, request: &Parts) -> Refusal {
    match admin.attempts.failed(request) {
        Ok(()) => {
            tracing::warn!(target: "cachery::audit", "a request with a wrong token was refused");
            Refusal::new(StatusCode::UNAUTHORIZED, "the token is wrong")
        }
        Err(wait) => Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too many wrong tokens came from here: a right one is still accepted",
        )
        .after(wait.as_secs() + 1),
    }
}

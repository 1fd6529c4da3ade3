//! The stream of the live page: a line of JSON every two seconds.

use std::{
    convert::Infallible,
    sync::{Arc, Weak},
    time::Duration,
};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE, request::Parts},
    response::{IntoResponse, Response},
};
use futures_util::stream::unfold;
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::{Instant, timeout},
};

use super::{frame::Frames, may};
use crate::{access::Right, admin::Admin, reply::Refusal};

/// The time between two lines.
const EVERY: Duration = Duration::from_secs(2);
/// The life of a stream. A server that shuts down waits for open requests, so it is short: the page
/// asks for the next one.
const LIFE: Duration = Duration::from_secs(15);
/// The time that a page may take to read a line.
const PATIENCE: Duration = Duration::from_secs(5);

const LINES: HeaderValue = HeaderValue::from_static("application/x-ndjson");

/// Returns a stream, unless there are too many. With `?after=` the points are left out that the
/// page has already.
pub(crate) async fn stream(
    State(admin): State<Arc<Admin>>,
    request: Parts,
) -> Result<Response, Refusal> {
    let permit = Arc::clone(&admin.streams).try_acquire_owned().map_err(|_| {
        let message = "too many pages are open: one that is closed makes room";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message).after(LIFE.as_secs())
    })?;
    let frames = Frames::new(may(&admin, &request, Right::Change), after(&request));
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(send(Arc::downgrade(&admin), frames, sender, permit));
    let lines = unfold(receiver, async |mut receiver: mpsc::Receiver<String>| {
        let line = receiver.recv().await?;
        Some((Ok::<_, Infallible>(line), receiver))
    });
    Ok(([(CONTENT_TYPE, LINES)], Body::from_stream(lines)).into_response())
}

/// Sends lines until the life of the stream is over, or its page is gone or too slow. The permit
/// comes back then, also while a connection that nobody reads stays open.
async fn send(
    admin: Weak<Admin>,
    mut frames: Frames,
    lines: mpsc::Sender<String>,
    permit: OwnedSemaphorePermit,
) {
    let end = Instant::now() + LIFE;
    while Instant::now() < end {
        let Some(admin) = admin.upgrade() else { break };
        let line = frames.next(&admin).await;
        drop(admin);
        if !matches!(timeout(PATIENCE, lines.send(line)).await, Ok(Ok(()))) {
            break;
        }
        if timeout(EVERY, lines.closed()).await.is_ok() {
            break;
        }
    }
    drop(permit);
}

/// Returns the moment in `?after=`.
fn after(request: &Parts) -> u64 {
    let query = request.uri.query().unwrap_or_default();
    let after = query.split('&').find_map(|pair| pair.strip_prefix("after="));
    after.and_then(|seconds| seconds.parse().ok()).unwrap_or_default()
}

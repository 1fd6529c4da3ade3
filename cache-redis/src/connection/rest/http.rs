//! Requests by HTTP, over streams that are kept alive.

use std::{
    error::Error,
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, StatusCode, Uri,
    body::Bytes,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
    rt::{Executor, Read, ReadBufCursor, Write},
};
use hyper_util::{
    client::legacy::{
        self,
        connect::{Connected, Connection},
    },
    rt::TokioIo,
};
use parking_lot::Mutex;
use tokio::{runtime::Handle, sync::Semaphore};
use tower_service::Service;

use crate::connection::{
    stream::{Address, Stream},
    sync_token::SyncToken,
};

/// The most requests that are on their way, each over a stream of its own.
const MOST_STREAMS: usize = 64;
/// The pause before a request is sent again for which no stream could be made.
const PAUSE: Duration = Duration::from_millis(20);

/// A client of one server. Its streams are on the runtime on which it was made.
pub(super) struct Http {
    client: legacy::Client<Connector, Full<Bytes>>,
    pipeline: Uri,
    authorization: Option<HeaderValue>,
    sync: SyncToken,
    turns: Semaphore,
}

impl Http {
    /// Returns a client for the server at `address`, to which `opened` is the first stream. `None`
    /// where the token has characters that no header holds.
    pub(super) fn new(
        address: &Address,
        opened: Stream,
        token: Option<&str>,
        sync: SyncToken,
    ) -> Option<Self> {
        let pipeline = address.uri("/pipeline")?;
        let authorization = match token {
            Some(token) => {
                let mut value = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
                value.set_sensitive(true);
                Some(value)
            }
            None => None,
        };
        let opened = Arc::new(Mutex::new(Some(opened)));
        let connector = Connector { address: address.clone(), opened };
        let client = legacy::Client::builder(On(Handle::current())).build(connector);
        let turns = Semaphore::new(MOST_STREAMS);
        Some(Self { client, pipeline, authorization, sync, turns })
    }

    /// Sends a body and returns the status and the body of the reply. A request for which no stream
    /// can be made was not sent, and is tried once more.
    pub(super) async fn post(&self, body: Vec<u8>) -> io::Result<(StatusCode, Bytes)> {
        let _turn = self.turns.acquire().await.map_err(io::Error::other)?;
        let body = Bytes::from(body);
        let mut response = self.client.request(self.request(body.clone())?).await;
        if response.as_ref().is_err_and(legacy::Error::is_connect) {
            crate::manager::timer(PAUSE).await;
            response = self.client.request(self.request(body)?).await;
        }
        let response = response.map_err(|error| of_transport(&error))?;
        let token = response.headers().get(SYNC).and_then(|token| token.to_str().ok());
        if let Some(token) = token {
            self.sync.received(token);
        }
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| of_transport(&error))?;
        Ok((status, body.to_bytes()))
    }

    fn request(&self, body: Bytes) -> io::Result<Request<Full<Bytes>>> {
        let mut request = Request::post(&self.pipeline)
            .header(CONTENT_TYPE, "application/json")
            .header(ENCODING, "base64");
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if let Some(token) = self.sync.last() {
            request = request.header(SYNC, token);
        }
        request.body(Full::new(body)).map_err(io::Error::other)
    }
}

const SYNC: &str = "upstash-sync-token";
const ENCODING: &str = "upstash-encoding";

/// Returns the error of the stream below an error of HTTP.
fn of_transport(error: &(dyn Error + 'static)) -> io::Error {
    let mut cause = Some(error);
    let mut last = error;
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return io::Error::new(io.kind(), io.to_string());
        }
        last = error;
        cause = error.source();
    }
    io::Error::other(last.to_string())
}

/// Runs the tasks of streams on one runtime.
#[derive(Clone)]
struct On(Handle);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for On {
    fn execute(&self, task: F) {
        self.0.spawn(task);
    }
}

/// Makes streams to one server, whatever the URI.
#[derive(Clone)]
struct Connector {
    address: Address,
    /// The stream that was made before there was a client.
    opened: Arc<Mutex<Option<Stream>>>,
}

impl Service<Uri> for Connector {
    type Response = Wire;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Wire>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let Self { address, opened } = self.clone();
        Box::pin(async move {
            let known = opened.lock().take();
            let stream = match known {
                Some(stream) => stream,
                None => address.connect().await?,
            };
            Ok(Wire(TokioIo::new(stream)))
        })
    }
}

/// A stream as hyper takes it.
struct Wire(TokioIo<Stream>);

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

//! One server by the REST API of Upstash, over HTTPS: commands go to `/pipeline` as JSON.

mod http;
mod reply;
mod request;
mod text;

use std::{io, pin::pin, sync::Arc, time::Duration};

use hyper::StatusCode;
use redis::{Pipeline, RedisError, Value};
use tokio::runtime::Handle;

use self::{
    http::Http,
    reply::Encoding,
    request::{Form, Part},
};
use super::{
    connect_error::ConnectError,
    credentials::Peer,
    request_error::RequestError,
    script::{self, Dialect, Script, ScriptCall},
    sync_token::SyncToken,
};
use crate::manager;

/// The time that a request may take, also when its caller has gone: a request that is cut off costs
/// its stream.
const LIMIT: Duration = Duration::from_secs(5);

/// Returns its argument, to find out whether scripts run and how bytes come back.
static PROBE: Script = Script::new("", "return ARGV[1]");

/// A server that was reached.
pub(super) struct Rest {
    http: Arc<Http>,
    encoding: Encoding,
    /// The runtime on which the streams are. A caller may be on none.
    runtime: Handle,
}

impl Rest {
    /// Reaches a server that must do for a cache, on the current runtime.
    pub(super) async fn connect(peer: &Peer, sync: &SyncToken) -> Result<Self, ConnectError> {
        let of_stream = ConnectError::of_rest_stream;
        let opened = peer.address.connect().await.map_err(of_stream)?;
        let token = peer.login.password();
        let http = Http::new(&peer.address, opened, token, sync.clone());
        let http = Arc::new(
            http.ok_or_else(|| ConnectError::of_rest_reply(RequestError::WRONG_PASSWORD))?,
        );
        let (status, body) = http.post(probe()).await.map_err(of_stream)?;
        let encoding = encoding(status, &body)?;
        Ok(Self { http, encoding, runtime: Handle::current() })
    }

    /// Sends `pipeline` and returns its replies, of which some may be errors.
    pub(super) async fn send(&self, pipeline: &Pipeline) -> Result<Vec<Value>, RedisError> {
        let parts = request::parts(pipeline, self.encoding == Encoding::Plain);
        let task = self.runtime.spawn(send_all(Arc::clone(&self.http), parts, self.encoding));
        let ended = |_| io::Error::from(io::ErrorKind::ConnectionAborted);
        Ok(task.await.map_err(ended)??)
    }
}

async fn send_all(http: Arc<Http>, parts: Vec<Part>, encoding: Encoding) -> io::Result<Vec<Value>> {
    let limit = pin!(manager::timer(LIMIT));
    let all = async {
        let mut replies = Vec::new();
        for part in parts {
            match part {
                Part::Refused(reply) => replies.push(reply::error_reply(reply)),
                Part::Sent { body, forms } => {
                    let (status, body) = http.post(body).await?;
                    replies.extend(reply::read(status, &body, &forms, encoding)?);
                }
            }
        }
        Ok(replies)
    };
    let ended = manager::until(limit, pin!(all)).await;
    ended.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into()))
}

/// Returns the bytes of the probe: all that there are.
fn all_bytes() -> Vec<u8> {
    (0..=255).collect()
}

fn probe() -> Vec<u8> {
    let bytes = all_bytes();
    let call = ScriptCall { script: &PROBE, keys: &[], args: &[&bytes] };
    let pipeline = script::by_source(&[call], Dialect::Text);
    match request::parts(&pipeline, false).pop() {
        Some(Part::Sent { body, .. }) => body,
        _ => Vec::new(),
    }
}

/// Returns the form in which the server sends strings, by its reply to the probe.
fn encoding(status: StatusCode, body: &[u8]) -> Result<Encoding, ConnectError> {
    let came_as = |encoding: &Encoding| {
        let bytes = reply::only(body).and_then(|text| reply::bytes(text, Form::Text, *encoding));
        bytes.is_some_and(|bytes| bytes == all_bytes())
    };
    if let Some(encoding) = [Encoding::Base64, Encoding::Plain].into_iter().find(came_as) {
        return Ok(encoding);
    }
    let replies = reply::read(status, body, &[Form::Text], Encoding::Plain);
    let replies = replies.map_err(ConnectError::of_rest_stream)?;
    Err(match replies.first() {
        Some(Value::ServerError(error)) => {
            ConnectError::of_rest_reply(RequestError::of_script_check(error))
        }
        _ => ConnectError::new(
            &RequestError::UNEXPECTED_REPLY,
            "it is not a server with Upstash's REST API, or something between changes its replies: \
             copy `UPSTASH_REDIS_REST_URL` from the provider's page",
        ),
    })
}

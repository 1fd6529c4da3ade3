//! The error of an attempt to connect, with a message that people can act on.

use std::{error::Error, fmt, io, sync::Arc};

use cachery_core::remote::Reason;
use redis::{ErrorKind, RedisError, ServerErrorKind};

use super::{error_text, request_error::RequestError};

/// The reason for which a connection was not made.
#[derive(Clone, Debug)]
pub(crate) struct ConnectError {
    pub(crate) reason: Reason,
    /// True when the breaker counts it.
    pub(crate) counts_against_server: bool,
    /// True when only a person can help, so that waiting is in vain.
    pub(crate) is_final: bool,
    /// The event and the way out, without any secret.
    message: String,
}

impl ConnectError {
    pub(crate) fn new(error: &RequestError, message: impl Into<String>) -> Self {
        let RequestError { reason, counts_against_server, .. } = *error;
        let is_final = is_final(reason);
        Self { reason, counts_against_server, is_final, message: message.into() }
    }

    /// The server did not answer the handshake in time.
    pub(crate) fn timeout() -> Self {
        Self::new(
            &RequestError::TIMEOUT,
            "it does not answer: see that the address is right, that no firewall stands between, \
             and that the URL begins with `rediss://` exactly if the server speaks TLS",
        )
    }

    /// The same for a REST API.
    pub(crate) fn timeout_by_rest() -> Self {
        Self::new(
            &RequestError::TIMEOUT,
            "it does not answer: see that the address is right, that no firewall stands between, \
             and that the URL begins with `https://` exactly if the server speaks TLS",
        )
    }

    /// Returns the error of a stream to a REST API.
    #[cfg(feature = "upstash")]
    pub(super) fn of_rest_stream(error: io::Error) -> Self {
        let error = RedisError::from(error);
        let advice = known_advice(&error).unwrap_or(
            "the connection failed; the URL begins with `https://` exactly if the server speaks TLS",
        );
        match Self::of(&error) {
            io if io.reason == Reason::Io => io.saying(format!("{advice}: {error}")),
            other => other,
        }
    }

    /// Returns the error of a REST API that replied with `error`.
    #[cfg(feature = "upstash")]
    pub(super) fn of_rest_reply(error: RequestError) -> Self {
        match error.reason {
            Reason::NoAuth | Reason::WrongPassword => Self::new(
                &error,
                "it refuses the token: copy `UPSTASH_REDIS_REST_TOKEN` from the provider's page, or \
                 correct the one in the URL, `https://:token@host`",
            ),
            _ => error.into(),
        }
    }

    /// Returns the same error with another message.
    pub(super) fn saying(&self, message: impl Into<String>) -> Self {
        Self { message: message.into(), ..self.clone() }
    }

    /// Returns the error that requests get until the next attempt. It keeps the reason where only
    /// a person can help.
    pub(crate) fn for_requests(&self) -> RequestError {
        match self.reason {
            Reason::Io | Reason::Timeout => RequestError::CONNECTING,
            reason => RequestError { reason, ..RequestError::CONNECTING },
        }
    }

    /// Returns the error for an error of redis-rs. The server's own text is left out, because it
    /// may hold anything.
    pub(crate) fn of(error: &RedisError) -> Self {
        let request_error = RequestError::from(error);
        let mut is_final = is_final(request_error.reason) || is_certificate_error(error);
        let message = match (request_error.reason, error.kind()) {
            (Reason::Io, ErrorKind::Io) => {
                let advice = known_advice(error).unwrap_or(
                    "the connection failed; if the server speaks TLS, its URL begins with \
                     `rediss://`",
                );
                format!("{advice}: {error}")
            }
            // While it connects, redis-rs makes an error of this kind of a `SELECT` that failed.
            (Reason::Io, ErrorKind::Server(ServerErrorKind::ResponseError))
                if error.clone().into_server_errors().is_none() =>
            {
                is_final = true;
                "it has no database of that number: correct the end of the URL, or raise \
                 `databases` in its configuration"
                    .to_owned()
            }
            (Reason::Io, _) => format!("the handshake failed ({})", error.category()),
            (reason, _) => reason.hint().to_owned(),
        };
        Self { is_final, ..Self::new(&request_error, message) }
    }
}

/// The message is the reason's hint.
impl From<RequestError> for ConnectError {
    fn from(error: RequestError) -> Self {
        Self::new(&error, error.reason.hint())
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Returns true for a reason that only a person can remove.
fn is_final(reason: Reason) -> bool {
    matches!(reason, Reason::NoAuth | Reason::WrongPassword | Reason::NoPermission | Reason::NoEval)
}

/// Returns the way out for a connection that was not made, where the error tells it.
fn known_advice(error: &RedisError) -> Option<&'static str> {
    Some(if error.is_connection_refusal() {
        "nothing listens there, so start it or correct the address in its URL"
    } else if error_text::is_unknown_host(error) {
        "its name has no address, so correct the host in its URL"
    } else if is_certificate_error(error) {
        "TLS does not trust one of the two, so see the files of `CACHE_REDIS_CA`, \
         `CACHE_REDIS_CERT` and `CACHE_REDIS_KEY`"
    } else {
        return None;
    })
}

/// Returns true when TLS refused a certificate, here or there. redis-rs wraps the error of the
/// stream, which wraps that of TLS.
fn is_certificate_error(error: &RedisError) -> bool {
    let source =
        error.source().and_then(|source| source.downcast_ref::<Arc<dyn Error + Send + Sync>>());
    let io = source.and_then(|source| source.downcast_ref::<io::Error>());
    let tls = io.and_then(io::Error::get_ref).and_then(|inner| inner.downcast_ref());
    matches!(tls, Some(rustls::Error::InvalidCertificate(_) | rustls::Error::AlertReceived(_)))
}

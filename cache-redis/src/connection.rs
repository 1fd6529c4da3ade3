//! Connections to single servers: the target's URL and files, the ways to a server, and a session
//! with one.

mod address_map;
mod any_certificate;
mod backoff;
mod connect_error;
mod credentials;
mod endpoint;
mod error_text;
mod handshake;
mod host;
mod info;
mod master_epoch;
mod own_roots;
mod password_command;
mod reads;
mod request;
mod request_error;
#[cfg(feature = "upstash")]
mod rest;
pub(crate) mod script;
mod sentinels;
mod session;
mod stream;
#[cfg(feature = "upstash")]
mod sync_token;
mod tls;
mod topology;
mod url;

pub(crate) use self::{
    backoff::{Backoff, Gate},
    connect_error::ConnectError,
    credentials::Credentials,
    endpoint::Endpoint,
    handshake::Role,
    host::Host,
    info::{ask_for, field, text_of},
    master_epoch::MasterEpoch,
    request::{KeyRead, Request, add_read},
    request_error::{Redirect, RequestError},
    script::{Dialect, MAX_IN_PIPELINE, Script, ScriptCall},
    session::{OnPush, Session},
    topology::{Topology, Way, way_to},
    url::Location,
};

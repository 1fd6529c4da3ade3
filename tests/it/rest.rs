//! Redis by the REST API of Upstash.

mod server;

pub(crate) use self::server::RestServer;

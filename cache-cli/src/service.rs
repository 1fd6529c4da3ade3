//! The admin routes of a service: requests, and what goes wrong with them.

mod tls;
mod token;

use std::time::Duration;

use serde_json::Value;
use ureq::{
    Agent,
    http::{StatusCode, Uri},
};

pub(crate) use self::token::Token;

/// The longest time of a request.
const LIMIT: Duration = Duration::from_secs(10);
/// The most bytes of a response.
const MOST_BYTES: u64 = 64 << 20;

/// The admin routes of one service.
pub(crate) struct Service {
    agent: Agent,
    /// Without a slash at its end.
    url: String,
    token: Option<Token>,
}

/// A response, with its body as JSON.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Service {
    /// Returns the service whose routes are below `url`.
    pub(crate) fn at(url: &str, token: Option<Token>) -> Result<Self, String> {
        let url = url.trim().trim_end_matches('/');
        let uri: Uri = url.parse().map_err(|_| invalid(url))?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(invalid(url)),
        };
        if uri.authority().is_none_or(|authority| authority.as_str().contains('@')) {
            return Err(invalid(url));
        }
        let config =
            Agent::config_builder().timeout_global(Some(LIMIT)).http_status_as_error(false);
        // A token never follows to another place.
        let config = config.max_redirects(0).max_redirects_will_error(false);
        let config = if is_tls { config.tls_config(tls::config()?) } else { config };
        Ok(Self { agent: config.build().into(), url: url.to_owned(), token })
    }

    /// Returns the address of the routes.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns the body of the route `path`, which must succeed.
    pub(crate) fn get(&self, path: &str) -> Result<Value, String> {
        let reply = self.ask(path)?;
        if reply.status.is_success() { Ok(reply.body) } else { Err(self.refused(path, &reply)) }
    }

    /// Returns the response of the route `path`, also where its status is that of a failure.
    pub(crate) fn ask(&self, path: &str) -> Result<Reply, String> {
        let request = self.agent.get(self.address(path)).header("Accept", "application/json");
        let request = match &self.token {
            Some(token) => request.header("Authorization", token.header()),
            None => request,
        };
        self.read(request.call())
    }

    /// Posts `body` to the route `path`.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Reply, String> {
        let request =
            self.agent.post(self.address(path)).header("Content-Type", "application/json");
        let request = match &self.token {
            Some(token) => request.header("Authorization", token.header()),
            None => request,
        };
        self.read(request.send(body.to_string()))
    }

    /// Explains a response that is not a success.
    pub(crate) fn refused(&self, path: &str, reply: &Reply) -> String {
        let Self { url, .. } = self;
        let said = reply.body["error"].as_str().map(|error| format!(": {error}"));
        let said = said.unwrap_or_default();
        match reply.status {
            StatusCode::UNAUTHORIZED if self.token.is_none() => {
                format!("{url} asks for a token: set CACHERY_TOKEN, or give --token-file")
            }
            StatusCode::UNAUTHORIZED => {
                format!("{url} refuses the token: compare it with that of the service's `Access`")
            }
            StatusCode::FORBIDDEN => format!(
                "{url} lets this token read only{said}: use a token with the right to change"
            ),
            StatusCode::TOO_MANY_REQUESTS => {
                format!("{url} was asked with wrong tokens too often{said}: wait a minute")
            }
            StatusCode::NOT_FOUND if said.is_empty() => format!(
                "{url} has no route {path}: give the address below which the service mounts its \
                 admin routes, with an access (docs/routes.md)"
            ),
            status if status.is_redirection() => {
                format!("{url} leads elsewhere ({status}): give the final address")
            }
            status => format!("{url}{path}: {status}{said}"),
        }
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn read(
        &self,
        response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Reply, String> {
        let mut response = response.map_err(|error| self.unreached(&error))?;
        let status = response.status();
        let body = response.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
        let body = body.map_err(|error| self.unreached(&error))?;
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        if status.is_success() && body.is_null() {
            return Err(format!(
                "{} does not return JSON: is this the address of the admin routes?",
                self.url
            ));
        }
        Ok(Reply { status, body })
    }

    /// Explains a request without a response.
    fn unreached(&self, error: &ureq::Error) -> String {
        let todo = match error {
            ureq::Error::HostNotFound => "its name has no address: correct the host".to_owned(),
            ureq::Error::Timeout(_) => {
                format!("it did not answer within {} s", LIMIT.as_secs())
            }
            ureq::Error::ConnectionFailed => {
                "nothing listens there: start the service, or correct the port".to_owned()
            }
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                "nothing listens there: start the service, or correct the port".to_owned()
            }
            other => other.to_string(),
        };
        format!("{} cannot be reached: {todo}", self.url)
    }
}

fn invalid(url: &str) -> String {
    // Before an `@` there may be a password.
    let shown = if url.contains('@') { "the address of the service" } else { url };
    format!(
        "{shown}: write an address such as http://localhost:3000/ops, without a user or a password"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_no_password() {
        assert!(
            Service::at("http://localhost:3000/ops/", None).is_ok_and(|s| !s.url.ends_with('/'))
        );
        for wrong in ["localhost:3000", "ftp://h", "", "http://user:hunter2@h"] {
            let error = Service::at(wrong, None).err().expect(wrong);
            assert!(!error.contains("hunter2") && error.contains("http://"), "{error}");
        }
    }

    #[test]
    fn a_service_that_is_not_there_is_named_with_what_to_do() {
        let service = Service::at("http://127.0.0.1:1/ops", None).expect("it is an address");
        let error = service.get("/health").expect_err("nothing listens at this port");
        assert!(error.contains("127.0.0.1:1") && error.contains("start the service"), "{error}");
    }
}

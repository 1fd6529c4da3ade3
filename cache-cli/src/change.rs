//! `cachery invalidate`, `clear`, `expire` and `tag`: changes from outside.

use cachery_syntax::check_name;
use serde_json::{Value, json};
use ureq::http::StatusCode;

use crate::{
    outcome::{Code, Outcome},
    service::{Reply, Service},
};

/// Ends the value of one key.
pub(crate) fn invalidate(
    service: &Service,
    name: &str,
    parts: &[String],
) -> Result<Outcome, String> {
    change(service, name, "invalidate", &key(parts))
}

/// Ends all values of a cache.
pub(crate) fn clear(service: &Service, name: &str) -> Result<Outcome, String> {
    change(service, name, "clear", &json!({}))
}

/// Makes the next call of one key, or of each key, load.
pub(crate) fn expire(service: &Service, name: &str, parts: &[String]) -> Result<Outcome, String> {
    let body = if parts.is_empty() { json!({}) } else { key(parts) };
    change(service, name, "expire", &body)
}

/// Ends all values that have one value of a tag, or lets them expire.
pub(crate) fn tag(
    service: &Service,
    name: &str,
    value: &[String],
    expire: bool,
) -> Result<Outcome, String> {
    check_name(name).map_err(|error| format!("{error}"))?;
    let action = if expire { "expire" } else { "invalidate" };
    let path = format!("/api/cache/tags/{name}/{action}");
    post(service, &path, &format!("{action} tag {name}"), &key(value))
}

/// Returns the parts of a key. What is not JSON is a text.
pub(crate) fn key(parts: &[String]) -> Value {
    let part = |text: &String| serde_json::from_str(text).unwrap_or_else(|_| json!(text));
    Value::Array(parts.iter().map(part).collect())
}

/// Returns the path of the route of a cache.
pub(crate) fn path(name: &str, action: &str) -> Result<String, String> {
    check_name(name).map_err(|error| format!("{error}"))?;
    Ok(format!("/api/cache/{name}{action}"))
}

fn change(service: &Service, name: &str, action: &str, body: &Value) -> Result<Outcome, String> {
    post(service, &path(name, &format!("/{action}"))?, &format!("{action} {name}"), body)
}

/// Makes the change `what` by the route `path`.
fn post(service: &Service, path: &str, what: &str, body: &Value) -> Result<Outcome, String> {
    let reply = send(service, path, body)?;
    let reach = reply.body["reach"].as_str().unwrap_or("unknown");
    let (code, told) = match reach {
        "everywhere" => (Code::Well, "on every node"),
        "local" => (Code::Well, "in this process, where this cache is kept"),
        "queued" => (
            Code::Unwell,
            "in this process; Redis cannot be reached, and other nodes follow when it is back",
        ),
        _ => (Code::Unwell, "as far as the service says"),
    };
    Ok(Outcome::new(format!("{what}: done {told}"), reply.body, code))
}

/// Posts `body` to the route `path`, which must succeed.
pub(crate) fn send(service: &Service, path: &str, body: &Value) -> Result<Reply, String> {
    let reply = service.post(path, body)?;
    if reply.status.is_success() { Ok(reply) } else { Err(refusal(service, path, &reply)) }
}

/// Explains a request that was refused, with the parts of the key that was meant.
fn refusal(service: &Service, path: &str, reply: &Reply) -> String {
    let parts = reply.body["parts"].as_array();
    let parts: Vec<_> = parts.into_iter().flatten().filter_map(Value::as_str).collect();
    let said = reply.body["error"].as_str().unwrap_or_default();
    match reply.status {
        StatusCode::NOT_FOUND if said.contains("change") => {
            format!("this service is of an older release: {said}")
        }
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST if !parts.is_empty() => {
            format!("{said}; the parts of the key are: {}", parts.join(", "))
        }
        _ => service.refused(path, reply),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_json_or_a_text() {
        let parts = ["7", "great", r#""7""#, "null", "-1", "[1,2]", "true"].map(str::to_owned);
        assert_eq!(key(&parts), json!([7, "great", "7", null, -1, [1, 2], true]));
    }

    #[test]
    fn a_name_that_no_cache_can_have_is_not_asked_for() {
        assert!(path("../health", "").is_err() && path("a/b", "").is_err());
        assert_eq!(path("users", "/clear").as_deref(), Ok("/api/cache/users/clear"));
    }
}

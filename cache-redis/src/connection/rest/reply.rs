//! The replies of the REST API.

use std::io;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::StatusCode;
use redis::Value;
use serde::Deserialize;
use serde_json::Value as Json;

use super::{request::Form, text};
use crate::connection::error_text;

/// The form in which a server sends strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// In base64, as it was asked to.
    Base64,
    /// As JSON has them, so that only text comes as it is.
    Plain,
}

/// The reply to one command. An error takes the place of the result.
#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    result: Json,
    error: Option<String>,
}

/// The body of a reply.
#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    OfEach(Vec<Item>),
    OfAll(Item),
}

/// Returns the replies to commands with these `forms`. An error that concerns the whole request is
/// the reply to each of them.
pub(super) fn read(
    status: StatusCode,
    body: &[u8],
    forms: &[Form],
    encoding: Encoding,
) -> io::Result<Vec<Value>> {
    match serde_json::from_slice(body) {
        Ok(Body::OfEach(items)) if items.len() == forms.len() => Ok(items
            .into_iter()
            .zip(forms)
            .map(|(item, form)| of_item(item, *form, encoding))
            .collect()),
        Ok(Body::OfAll(Item { error, .. })) if !status.is_success() => {
            all(status, &error.unwrap_or_default(), forms)
        }
        _ => all(status, "", forms),
    }
}

/// Returns the one result of a reply as it came.
pub(super) fn only(body: &[u8]) -> Option<String> {
    let items: Vec<Item> = serde_json::from_slice(body).ok()?;
    match items.into_iter().next()?.result {
        Json::String(text) => Some(text),
        _ => None,
    }
}

/// Returns the bytes that a string of a reply stands for.
pub(super) fn bytes(string: String, form: Form, encoding: Encoding) -> Option<Vec<u8>> {
    let raw = match encoding {
        // It alone is never encoded.
        Encoding::Base64 if string != "OK" => STANDARD.decode(string).ok()?,
        _ => string.into_bytes(),
    };
    match form {
        Form::Bytes => Some(raw),
        Form::Text => text::to_bytes(std::str::from_utf8(&raw).ok()?),
    }
}

fn of_item(item: Item, form: Form, encoding: Encoding) -> Value {
    match item {
        Item { error: Some(error), .. } => error_reply(&error),
        Item { result, .. } => value(result, form, encoding),
    }
}

/// Returns a result as the protocol of Redis has it; `Nil` for what it has not.
fn value(result: Json, form: Form, encoding: Encoding) -> Value {
    match result {
        Json::String(string) => bytes(string, form, encoding).map_or(Value::Nil, Value::BulkString),
        Json::Number(number) => number.as_i64().map_or(Value::Nil, Value::Int),
        Json::Array(items) => {
            Value::Array(items.into_iter().map(|item| value(item, form, encoding)).collect())
        }
        Json::Bool(bool) => Value::Int(i64::from(bool)),
        Json::Null | Json::Object(_) => Value::Nil,
    }
}

fn all(status: StatusCode, error: &str, forms: &[Form]) -> io::Result<Vec<Value>> {
    let reply = match status {
        _ if error_text::has_code(error) => error_reply(error),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => error_reply("WRONGPASS"),
        StatusCode::TOO_MANY_REQUESTS => error_reply("RATELIMIT"),
        StatusCode::PAYLOAD_TOO_LARGE => error_reply("TOOLARGE"),
        _ if status.is_client_error() => error_reply("ERR"),
        // A proxy before the server failed, or it is another kind of server.
        _ => return Err(io::Error::other(format!("the reply is one of HTTP status {status}"))),
    };
    Ok(vec![reply; forms.len()])
}

/// Returns an error reply. Errors of limits get a code of their own.
pub(super) fn error_reply(error: &str) -> Value {
    let code = error_text::code_of_limit(error);
    let line = error.lines().next().unwrap_or_default();
    let reply = match code {
        Some(code) => format!("-{code} {line}\r\n"),
        None if error_text::has_code(line) => format!("-{line}\r\n"),
        None => format!("-ERR {line}\r\n"),
    };
    redis::parse_redis_value(reply.as_bytes()).unwrap_or(Value::Nil)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(value: &Value) -> &str {
        match value {
            Value::ServerError(error) => error.code(),
            other => panic!("{other:?}"),
        }
    }

    fn replies(body: &str, forms: &[Form], encoding: Encoding) -> Vec<Value> {
        read(StatusCode::OK, body.as_bytes(), forms, encoding).unwrap()
    }

    fn bulk(bytes: &[u8]) -> Value {
        Value::BulkString(bytes.to_vec())
    }

    #[test]
    fn strings_are_bytes_in_base64_and_ok_is_not() {
        let body = r#"[{"result":"/wA="},{"result":["YQ==",null,3]},{"result":"OK"}]"#;
        assert_eq!(
            replies(body, &[Form::Bytes; 3], Encoding::Base64),
            [
                bulk(&[0xff, 0]),
                Value::Array(vec![bulk(b"a"), Value::Nil, Value::Int(3)]),
                bulk(b"OK")
            ]
        );
    }

    #[test]
    fn what_a_script_returns_stands_for_bytes_with_base64_and_without() {
        let expected = [Value::Array(vec![bulk(&[0xff, 0, b'a']), Value::Int(-1)])];
        let plain = r#"[{"result":["ÿĀa",-1]}]"#;
        assert_eq!(replies(plain, &[Form::Text], Encoding::Plain), expected);
        let encoded = format!(r#"[{{"result":["{}",-1]}}]"#, STANDARD.encode("ÿĀa"));
        assert_eq!(replies(&encoded, &[Form::Text], Encoding::Base64), expected);
    }

    #[test]
    fn an_error_of_a_command_keeps_its_code() {
        let body = r#"[{"error":"NOSCRIPT No matching script."},{"error":"something\nelse"}]"#;
        let replies = replies(body, &[Form::Text; 2], Encoding::Plain);
        assert_eq!([code(&replies[0]), code(&replies[1])], ["NOSCRIPT", "ERR"]);
    }

    #[test]
    fn an_error_of_the_whole_request_is_the_reply_to_each_command() {
        let of = |status: u16, body: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            let replies = read(status, body.as_bytes(), &[Form::Bytes; 2], Encoding::Base64);
            replies.ok().map(|replies| {
                assert_eq!((replies.len(), code(&replies[0])), (2, code(&replies[1])));
                code(&replies[0]).to_owned()
            })
        };
        for (status, body, expected) in [
            (401, r#"{"error":"WRONGPASS invalid or missing auth token"}"#, "WRONGPASS"),
            (401, r#"{"error":"Unauthorized"}"#, "WRONGPASS"),
            (401, "Unauthorized", "WRONGPASS"),
            (429, "", "RATELIMIT"),
            (413, "", "TOOLARGE"),
            (400, r#"{"error":"ERR max daily request limit exceeded. Limit: 1"}"#, "RATELIMIT"),
            (400, r#"{"error":"ERR max requests limit exceeded."}"#, "RATELIMIT"),
            (400, r#"{"error":"ERR max concurrent connections exceeded"}"#, "RATELIMIT"),
            (400, r#"{"error":"ERR max request size exceeded. Limit: 1"}"#, "TOOLARGE"),
            (400, r#"{"error":"ERR max single record size exceeded"}"#, "TOOLARGE"),
            (400, r#"{"error":"ERR DB capacity quota exceeded"}"#, "OOM"),
            (400, r#"{"error":"the pipeline is empty"}"#, "ERR"),
        ] {
            assert_eq!(of(status, body).as_deref(), Some(expected), "{status} {body}");
        }
        for (status, body) in [(502, "Bad Gateway"), (500, r#"{"error":"x"}"#), (200, "<html>")] {
            assert_eq!(of(status, body), None, "{status} {body}");
        }
    }
}

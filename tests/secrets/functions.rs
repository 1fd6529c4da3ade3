//! Cached functions with planted arguments and values. They fail in each way in which a function
//! can.

use cachery::{Caches, cached};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use crate::shown::Shown;

const ARGUMENT: &str = "planted-argument";

#[cached(name = "echo", ttl = 3600)]
async fn echo(text: &str) -> String {
    format!("planted-value of {text}")
}

/// Returns a value that is too large for the remote tier.
#[cached(name = "large", ttl = 3600)]
async fn large(text: &str) -> String {
    text.repeat(100)
}

#[cached(name = "failing", ttl = 3600)]
async fn failing(text: &str) -> Result<u64, String> {
    Err(format!("planted-error of {text}"))
}

#[cached(name = "panicking", ttl = 3600)]
async fn panicking(text: &str) -> u64 {
    std::panic::panic_any(format!("planted-panic of {text}"))
}

/// A value that cannot be decoded.
#[derive(Clone, Debug, Serialize)]
struct Undecodable(String);

impl<'de> Deserialize<'de> for Undecodable {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Err(de::Error::custom(String::deserialize(from)?))
    }
}

#[cached(name = "undecodable", ttl = 3600)]
async fn undecodable(text: &str) -> Undecodable {
    Undecodable(format!("planted-value of {text}"))
}

/// A value that cannot be encoded.
#[derive(Clone, Debug, Deserialize)]
struct Unencodable(String);

impl Serialize for Unencodable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(ser::Error::custom(&self.0))
    }
}

#[cached(name = "unencodable", ttl = 3600)]
async fn unencodable(text: &str) -> Unencodable {
    Unencodable(format!("planted-value of {text}"))
}

/// Makes enough calls to open a breaker.
pub(crate) async fn use_some() {
    for _ in 0..5 {
        echo(ARGUMENT).await;
        undecodable(ARGUMENT).await;
        // The next call is not answered from memory.
        Caches::current().clock().advance(std::time::Duration::from_secs(3600));
    }
}

/// Calls all functions and all their companions, and then shows all that can be seen.
pub(crate) async fn use_all(shown: &mut Shown) {
    use_some().await;
    large(ARGUMENT).await;
    unencodable(ARGUMENT).await;
    let _ = failing(ARGUMENT).await;
    let _ = failing::refresh(ARGUMENT).await;
    let panicked = tokio::spawn(Caches::current().scope(panicking(ARGUMENT))).await;
    assert!(panicked.is_err());
    echo::peek(ARGUMENT).await;
    echo::refresh(ARGUMENT).await;
    echo::put(ARGUMENT, "planted-value".to_owned()).await;
    shown.debug(&echo::invalidate(ARGUMENT).await);
    shown.debug(&echo::cache().clear().await);
    shown.debug(&(echo::cache(), echo::cache().stats(), echo::cache().policy()));
    show_registry(shown).await;
}

async fn show_registry(shown: &mut Shown) {
    let (report, health) = (Caches::current().report(), Caches::current().health().await);
    shown.debug(&(&report, &health, Caches::current()));
    shown.json(&report);
    shown.json(&health);
    Caches::current().flush_metrics();
}

//! Cached functions of planted arguments and values, which fail in each way that a function can.

use cachery::{Caches, cached};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use crate::shown::Shown;

const ARGUMENT: &str = "planted-argument";

#[cached(name = "echo", ttl = 3600)]
async fn echo(text: &str) -> String {
    format!("planted-value of {text}")
}

/// Larger than a value may be.
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

/// What comes back wrong from a store.
#[derive(Clone, Debug, Serialize)]
struct Unreadable(String);

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Err(de::Error::custom(String::deserialize(from)?))
    }
}

#[cached(name = "unreadable", ttl = 3600)]
async fn unreadable(text: &str) -> Unreadable {
    Unreadable(format!("planted-value of {text}"))
}

/// What no store takes.
#[derive(Clone, Debug, Deserialize)]
struct Unwritable(String);

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(ser::Error::custom(&self.0))
    }
}

#[cached(name = "unwritable", ttl = 3600)]
async fn unwritable(text: &str) -> Unwritable {
    Unwritable(format!("planted-value of {text}"))
}

/// Enough of them that a breaker takes notice.
pub(crate) async fn use_some() {
    for _ in 0..5 {
        echo(ARGUMENT).await;
        unreadable(ARGUMENT).await;
        // Memory is out of the way for the next one.
        Caches::current().clock().advance(std::time::Duration::from_secs(3600));
    }
}

/// All of them, by all their companions, and then all that there is to see.
pub(crate) async fn use_all(shown: &mut Shown) {
    use_some().await;
    large(ARGUMENT).await;
    unwritable(ARGUMENT).await;
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

//! The part that all releases have in common: a program that calls its cached function as it is
//! told, line by line.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

/// The runs of the function so far.
static LOADS: AtomicU64 = AtomicU64::new(0);

/// Counts a run of the function, and returns a value that tells of it: `new.2` is the second of
/// the release `new`.
pub fn load(release: &str) -> String {
    format!("{release}.{}", LOADS.fetch_add(1, SeqCst) + 1)
}

/// Returns the number of runs so far.
pub fn loads() -> u64 {
    LOADS.load(SeqCst)
}

/// Defines `main`: it does what each line says with the cached function `$profile`, whose value
/// `$value` makes of a text, and prints one line for each.
#[macro_export]
macro_rules! release {
    ($profile:ident, $value:expr) => {
        #[tokio::main]
        async fn main() {
            for line in std::io::stdin().lines() {
                let line = line.expect("the test writes text");
                let said = match line.as_str() {
                    "get" => $profile(1, 2).await.expect("there is one").text,
                    "peek" => {
                        $profile::peek(1, 2).await.flatten().map_or("none".into(), |v| v.text)
                    }
                    "refresh" => $profile::refresh(1, 2).await.expect("there is one").text,
                    "invalidate" => format!("{:?}", $profile::invalidate(1, 2).await),
                    "clear" => format!("{:?}", $profile::cache().clear().await),
                    "loads" => $crate::loads().to_string(),
                    "identities" => cachery::Caches::current().identities().to_string(),
                    put => {
                        $profile::put(1, 2, Some($value(put.to_owned()))).await;
                        "done".to_owned()
                    }
                };
                println!("{}", said.trim_end());
            }
        }
    };
}

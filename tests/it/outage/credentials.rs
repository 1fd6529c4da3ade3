//! Passwords that end while nodes use them: a token that expires, and one that is rotated.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use cachery::{
    Backend, Caches,
    config::{CacheSettings, Fallback},
    health::Status,
};
use cachery_test_support::{Probe, Server};

use super::{
    functions::number,
    place::{AMPLE, becomes, builder, returns},
};

/// So often the password changes.
const CHANGES: usize = 8;
const CALLS: usize = 20;

async fn guarded() -> Server {
    Server::with(|config| config.user("app", "token-0", "~* &* +@all")).await
}

/// Gives the user another password, and ends what came in with the old one.
async fn change(redis: &Server, password: &str) {
    redis.tell(&["ACL", "SETUSER", "app", "resetpass", &format!(">{password}")]).await;
    redis.tell(&["CLIENT", "KILL", "USER", "app"]).await;
}

/// Calls again and again, and checks that no more than one call did without Redis: the one that was
/// on the connection that ended. The next one waits for the new connection, within its budget.
async fn falls_back_once(node: &Caches, probe: &Probe) {
    let before = probe.runs();
    for _ in 0..CALLS {
        assert!(returns(node.scope(number(1, probe))).await > 0);
    }
    assert!(probe.runs() <= before + 1, "{} calls did without Redis", probe.runs() - before);
    assert_eq!(returns(node.scope(number(1, probe))).await, 1, "it is read from Redis");
}

#[tokio::test]
async fn an_expired_token_costs_at_most_one_call_and_no_restart() {
    let redis = guarded().await;
    let token = Arc::new(Mutex::new("token-0".to_owned()));
    let present = Arc::clone(&token);
    let provider = move || {
        let token = present.lock().unwrap().clone();
        async { Some(token) }
    };
    let url = format!("redis://app@{}", redis.address());
    let node = builder(&url, Backend::Redis).redis_password(provider).remote_deadline(AMPLE);
    let node = returns(node.fallback(Fallback::Off).build()).await.expect("a right URL");
    let probe = Probe::opened();
    becomes(&node, "it is up", |health| health.status == Status::Up).await;
    returns(node.scope(number(1, &probe))).await;
    for number in 1..=CHANGES {
        let next = format!("token-{number}");
        token.lock().unwrap().clone_from(&next);
        change(&redis, &next).await;
        falls_back_once(&node, &probe).await;
        becomes(&node, "it is up", |health| health.status == Status::Up).await;
    }
}

#[tokio::test]
async fn a_rotated_password_costs_at_most_one_call_once_it_was_reloaded() {
    let redis = guarded().await;
    let file = tempfile::NamedTempFile::new().expect("a file");
    let text = |password: &str| format!("redis.url = 'redis://app:{password}@{}'", redis.address());
    fs::write(file.path(), text("token-0")).expect("written");
    let settings = CacheSettings::new().backend(Backend::Redis).jitter(0.0);
    let node = Caches::builder().isolated().all(settings).file(file.path().display().to_string());
    let node = node.fallback(Fallback::Off).remote_deadline(AMPLE);
    let node = returns(node.build()).await.expect("right settings");
    let probe = Probe::opened();
    becomes(&node, "it is up", |health| health.status == Status::Up).await;
    returns(node.scope(number(1, &probe))).await;
    for number in 1..=CHANGES {
        let next = format!("token-{number}");
        fs::write(file.path(), text(&next)).expect("written");
        // Connections that stand are left alone.
        returns(node.reload()).await.expect("right settings");
        change(&redis, &next).await;
        falls_back_once(&node, &probe).await;
        becomes(&node, "it is up", |health| health.status == Status::Up).await;
    }
}

//! Evictions: one, all, before and on error.

use cachery::{cached, invalidate};

use super::alone;

#[cached(name = "standards-book", ttl = 60)]
async fn book(id: u64) -> u64 {
    id
}

#[cached(name = "standards-author", ttl = 60)]
async fn author(id: u64) -> u64 {
    id
}

type SeenResult = Result<bool, String>;

/// The outcome of a body: whether it saw the entry.
async fn outcome(id: u64, fail: bool) -> SeenResult {
    let seen = book::peek(id).await.is_some();
    if fail { Err(seen.to_string()) } else { Ok(seen) }
}

#[invalidate(book(id))]
async fn evict(id: u64, fail: bool) -> SeenResult {
    outcome(id, fail).await
}

#[invalidate(before, book(id))]
async fn evict_before(id: u64, fail: bool) -> SeenResult {
    outcome(id, fail).await
}

#[invalidate(all(book))]
async fn evict_all(id: u64, fail: bool) -> SeenResult {
    outcome(id, fail).await
}

#[invalidate(before, all(book))]
async fn evict_all_before(id: u64, fail: bool) -> SeenResult {
    outcome(id, fail).await
}

#[invalidate(book(id))]
async fn evict_and_ask(id: u64) -> u64 {
    book(id).await
}

#[invalidate(before, book(id))]
async fn evict_before_and_ask(id: u64) -> u64 {
    book(id).await
}

/// Runs a test where two books and an author of equal keys are stored.
async fn stored(test: impl Future<Output = ()>) {
    alone(async {
        book(1).await;
        book(2).await;
        author(1).await;
        test.await;
        assert_eq!(author::peek(1).await, Some(1), "another cache is left alone");
    })
    .await;
}

async fn books() -> (bool, bool) {
    (book::peek(1).await.is_some(), book::peek(2).await.is_some())
}

#[tokio::test]
async fn to_evict_one_leaves_the_others() {
    stored(async {
        assert_eq!(evict(1, false).await, Ok(true), "after the body, which still sees it");
        assert_eq!(books().await, (false, true));
    })
    .await;
}

#[tokio::test]
async fn to_evict_what_is_absent_is_not_an_error() {
    stored(async {
        assert_eq!(evict(3, false).await, Ok(false));
        assert_eq!(books().await, (true, true));
    })
    .await;
}

#[tokio::test]
async fn to_evict_all_leaves_none() {
    stored(async {
        assert_eq!(evict_all(1, false).await, Ok(true));
        assert_eq!(books().await, (false, false));
    })
    .await;
}

#[tokio::test]
async fn before_means_that_the_body_finds_nothing() {
    stored(async {
        assert_eq!(evict_before(1, false).await, Ok(false));
        assert_eq!(books().await, (false, true));
        assert_eq!(evict_all_before(2, false).await, Ok(false));
        assert_eq!(books().await, (false, false));
    })
    .await;
}

#[tokio::test]
async fn an_error_evicts_nothing() {
    stored(async {
        assert_eq!(evict(1, true).await, Err("true".into()));
        assert_eq!(evict_all(1, true).await, Err("true".into()));
        assert_eq!(books().await, (true, true));
    })
    .await;
}

#[tokio::test]
async fn an_error_after_an_eviction_before_does_not_bring_back_what_is_gone() {
    stored(async {
        assert_eq!(evict_before(1, true).await, Err("false".into()));
        assert_eq!(books().await, (false, true));
        assert_eq!(evict_all_before(2, true).await, Err("false".into()));
        assert_eq!(books().await, (false, false));
    })
    .await;
}

#[tokio::test]
async fn what_the_body_stores_goes_with_an_eviction_after_it_and_stays_with_one_before() {
    stored(async {
        evict_and_ask(1).await;
        assert_eq!(books().await, (false, true));
        evict_before_and_ask(1).await;
        assert_eq!(books().await, (true, true));
    })
    .await;
}

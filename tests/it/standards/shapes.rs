//! Effects on functions of every shape, and on calls that do not end.

use std::{
    fmt::Display,
    future::{pending, poll_fn},
    pin::pin,
    task::Poll,
};

use cachery::{CacheKey, cache_put, cached, invalidate};

use super::alone;

#[cached(name = "standards-page", ttl = 60)]
async fn page(id: u64) -> String {
    id.to_string()
}

#[cached(name = "standards-typed", ttl = 60)]
async fn typed<T: CacheKey + Clone + Send + Sync>(id: T) -> Vec<u64> {
    _ = id;
    vec![]
}

trait Editor {
    async fn edit(&self, id: u64) -> Result<u64, String>;
    async fn write(&self, id: u64) -> String;
}

struct Desk;

impl Editor for Desk {
    #[invalidate(page(id))]
    async fn edit(&self, id: u64) -> Result<u64, String> {
        if id == 0 { Err("no".into()) } else { Ok(id) }
    }

    #[cache_put(page(id))]
    async fn write(&self, id: u64) -> String {
        format!("{id}, written")
    }
}

#[invalidate(typed(id), page(1))]
async fn change<T, const N: usize>(id: T, more: [u64; N]) -> usize
where
    T: CacheKey + Clone + Send + Sync,
{
    more.len()
}

#[invalidate(page(id))]
async fn parse(id: u64, text: &str) -> Result<u64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let number: u64 = text.parse().map_err(|_| "no number")?;
    Ok(number)
}

#[invalidate(page(id))]
async fn shown(id: u64) -> impl Display {
    if id == 0 {
        return "nothing".to_owned();
    }
    id.to_string()
}

#[invalidate(page(id))]
async fn shown_or_not(id: u64, text: &str) -> Result<impl Display + use<>, String> {
    let number: u64 = text.parse().map_err(|_| "no number")?;
    if number == 0 {
        return Err("zero".into());
    }
    Ok(number)
}

#[invalidate(page(id))]
async fn never(id: u64) {
    pending::<()>().await;
}

#[invalidate(before, page(id))]
async fn never_after(id: u64) {
    pending::<()>().await;
}

#[invalidate(page(id))]
async fn breaks(id: u64) {
    panic!("as it should");
}

#[invalidate(before, page(id))]
async fn breaks_after(id: u64) {
    panic!("as it should");
}

#[cache_put(page(id))]
async fn breaks_instead(id: u64) -> String {
    panic!("as it should");
}

/// Runs a test where a page is stored.
fn stored(test: impl Future<Output = ()>) -> impl Future<Output = ()> {
    alone(async {
        page(1).await;
        test.await;
    })
}

async fn is_there() -> bool {
    page::peek(1).await.is_some()
}

/// Polls `call` three times, and drops it.
async fn dropped_half_way(call: impl Future) {
    let mut call = pin!(call);
    for _ in 0..3 {
        assert!(poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx).is_pending())).await);
    }
}

/// Runs `call` in a task of its own, where it panics.
async fn panics(call: impl Future<Output: Send> + Send + 'static) {
    let task = tokio::spawn(cachery::Caches::current().scope(call));
    assert!(task.await.is_err_and(|error| error.is_panic()));
}

#[tokio::test]
async fn an_effect_may_stand_on_a_method_of_a_traits_impl() {
    stored(async {
        assert!(Desk.edit(0).await.is_err());
        assert!(is_there().await);
        Desk.edit(1).await.unwrap();
        assert!(!is_there().await);
        Desk.write(1).await;
        assert_eq!(page::peek(1).await, Some("1, written".into()));
    })
    .await;
}

#[tokio::test]
async fn an_effect_may_stand_on_a_generic_function_and_finds_a_generic_target() {
    stored(async {
        typed(7_u64).await;
        typed(7_u32).await;
        assert_eq!(change(7_u64, [0; 3]).await, 3);
        assert!(!is_there().await);
        assert!(typed::peek(7_u64).await.is_none());
        assert!(typed::peek(7_u32).await.is_some(), "of another type");
    })
    .await;
}

#[tokio::test]
async fn an_early_return_is_a_success_and_a_question_mark_is_not() {
    stored(async {
        assert_eq!(parse(1, "x").await, Err("no number".into()));
        assert!(is_there().await);
        assert_eq!(parse(1, "").await, Ok(0));
        assert!(!is_there().await);
        page(1).await;
        assert_eq!(parse(1, "7").await, Ok(7));
        assert!(!is_there().await);
    })
    .await;
}

#[tokio::test]
async fn a_value_of_a_nameless_type_is_a_success() {
    stored(async {
        assert_eq!(shown(1).await.to_string(), "1");
        assert!(!is_there().await);
    })
    .await;
}

#[tokio::test]
async fn an_error_beside_a_nameless_type_is_an_error() {
    stored(async {
        assert!(shown_or_not(1, "x").await.is_err());
        assert!(shown_or_not(1, "0").await.is_err());
        assert!(is_there().await);
        assert_eq!(shown_or_not(1, "7").await.map(|shown| shown.to_string()), Ok("7".into()));
        assert!(!is_there().await);
    })
    .await;
}

#[tokio::test]
async fn a_call_that_is_dropped_has_no_effect_except_one_before_the_body() {
    stored(async {
        dropped_half_way(never(1)).await;
        assert!(is_there().await);
        dropped_half_way(never_after(1)).await;
        assert!(!is_there().await);
    })
    .await;
}

#[tokio::test]
async fn a_panic_has_no_effect_except_one_before_the_body() {
    stored(async {
        panics(breaks(1)).await;
        panics(breaks_instead(1)).await;
        assert_eq!(page::peek(1).await, Some("1".into()));
        panics(breaks_after(1)).await;
        assert!(!is_there().await);
    })
    .await;
}

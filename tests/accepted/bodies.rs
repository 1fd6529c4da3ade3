use cachery::cached;

type AppResult<T> = Result<T, String>;

#[cached(ttl = 60)]
pub async fn early(text: &str) -> AppResult<u64> {
    if text.is_empty() {
        return Ok(0);
    }
    let text: u64 = text.parse().map_err(|error: std::num::ParseIntError| error.to_string())?;
    Ok(text)
}

#[cached(ttl = 60)]
pub async fn fib(n: u64) -> u64 {
    if n < 2 { n } else { Box::pin(fib(n - 1)).await + Box::pin(fib(n - 2)).await }
}

#[cached(ttl = 60)]
pub async fn shadowed(mut n: u64) -> u64 {
    #![allow(unused_variables)]
    n += 1;
    let key = 2;
    let n = n.to_string();
    n.len() as u64
}

pub async fn outer() -> u64 {
    #[cached(name = "inner-of-outer", ttl = 60)]
    async fn inner(n: u64) -> u64 {
        n
    }
    inner::put(1, 2).await;
    inner(1).await
}

#[cached(ttl = 60, key(user.0, if deep { 1 } else { 0 }, user.1.iter().map(|n| n + 1).sum::<u64>()))]
pub async fn expressions(user: &(u64, Vec<u64>), deep: bool) -> u64 {
    user.0 + u64::from(deep)
}

#[test]
fn compiles() {
    fn is_send(_: impl Send) {}
    is_send(fib(3));
    is_send(outer());
    is_send(early::refresh("1"));
    is_send(early::peek("1"));
}

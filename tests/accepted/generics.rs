use std::fmt::Display;

use cachery::{CacheKey, cached, value::CacheValue};

#[cached(ttl = 60)]
async fn repeat<'a, T, const N: usize>(value: &'a T, by: &'a str, mark: impl CacheKey) -> Vec<T>
where
    T: CacheKey + CacheValue,
{
    _ = (by, mark);
    vec![value.clone(); N]
}

#[cached(ttl = 60, skip(shown))]
async fn make_default<T: Default + CacheValue>(shown: &(impl Display + ?Sized)) -> Option<T> {
    _ = shown.to_string();
    Some(T::default())
}

struct Repo<T>(T);

impl<T: CacheValue + CacheKey> Repo<T> {
    #[cached(ttl = 60, key(self.0, id.into()))]
    async fn get<I: Into<u64> + Copy>(&self, id: I) -> Result<T, String> {
        _ = id.into();
        Ok(self.0.clone())
    }
}

async fn used() {
    repeat::<_, 3>(&1_u8, "x", 'm').await;
    repeat::peek::<u8, 3>(&1, "x", 'm').await;
    make_default::<u8>("x").await;
    make_default::peek::<u8>().await;
    Repo(1_u8).get_refresh(2_u8).await.ok();
}

#[test]
fn compiles() {
    drop(used());
}

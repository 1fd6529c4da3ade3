//! Functions that are not async, wherever an async one may stand.

use std::collections::BTreeMap;

use cachery::{cache_put, cached, caches, invalidate};

caches! {
    pub static NAMES: Cache<(u64, String), String> = { name: "sync-names", ttl: 60 };
}

#[cached(ttl = 60)]
#[must_use]
pub fn doubled(n: u64) -> u64 {
    n * 2
}

#[cached(ttl = 60, skip(buffer, by_value, rest), companions = filled_cache)]
pub fn filled(
    buffer: &mut Vec<u8>,
    mut by_value: Vec<u8>,
    id: u8,
    rest: impl Iterator<Item = u8>,
) -> usize {
    by_value.extend(rest);
    buffer.append(&mut by_value);
    buffer.push(id);
    buffer.len()
}

#[cached(ttl = 60, key(path.as_ref()))]
pub fn sized<P: AsRef<str>>(path: P) -> Result<BTreeMap<String, usize>, std::num::ParseIntError> {
    let size = path.as_ref().parse()?;
    if size == 0 {
        return Ok(BTreeMap::new());
    }
    Ok(BTreeMap::from([(path.as_ref().to_owned(), size)]))
}

#[cached(cache = NAMES)]
pub fn named(tenant: u64, name: String) -> String {
    name
}

#[invalidate(named(tenant, name), all(doubled))]
#[cache_put(named(tenant, name))]
pub fn renamed(tenant: u64, name: String) -> String {
    if tenant == 0 {
        return String::new();
    }
    name
}

#[invalidate(filled_cache(_, _, id, _), before)]
pub fn removed(id: u8) {}

pub struct Repo<'a>(&'a str);

impl Repo<'_> {
    #[cached(ttl = 60, key(self.0, id), companions = none)]
    pub fn order(&self, id: u64) -> Option<String> {
        (id > 0).then(|| self.0.to_owned())
    }

    #[cached(name = "sync-accepted-words", ttl = 60, skip(self), local)]
    fn words(self) -> Vec<String> {
        self.0.split(' ').map(str::to_owned).collect()
    }

    #[cached(name = "sync-accepted-new", ttl = 60)]
    fn new(id: u64) -> u64 {
        let Self(text) = Repo("1");
        id + text.len() as u64
    }
}

#[test]
fn compiles() {
    assert_eq!((doubled(1), doubled::peek(1)), (2, Some(2)));
    let mut buffer = vec![];
    assert_eq!(filled(&mut buffer, vec![1], 2, [3].into_iter()), 3);
    assert_eq!(filled_cache::peek(2), Some(3));
    removed(2);
    assert_eq!(filled_cache::peek(2), None);
    assert!(sized("7").is_ok() && sized("x").is_err());
    assert_eq!(sized::peek("7"), sized(String::from("7")).ok());
    assert_eq!(renamed(1, "Ada".to_owned()), "Ada");
    assert_eq!(doubled::peek(1), None);
    assert_eq!(Repo("a").order(1).as_deref(), Some("a"));
    assert!(Repo("a").words() == ["a"] && Repo::words_peek().is_some());
    assert_eq!((Repo::new(1), Repo::new_peek(1)), (2, Some(2)));
}

use std::collections::HashMap;

use cachery::{CacheKey, cached};

#[derive(PartialEq, Eq, Hash, CacheKey)]
struct Id(u64);

#[cached(ttl = 60, batch = ids)]
async fn by_position(ids: &[Id]) -> Result<Vec<u64>, String> {
    Ok(ids.iter().map(|id| id.0).collect())
}

#[cached(ttl = 60, batch = ids)]
async fn by_key(ids: Vec<Id>) -> HashMap<Id, u64> {
    ids.into_iter().map(|id| (Id(id.0), id.0)).collect()
}

#[cached(ttl = 60, batch = ids, detach)]
async fn in_a_task(ids: &[Id]) -> Result<HashMap<Id, u64>, String> {
    Ok(ids.iter().map(|id| (Id(id.0), id.0)).collect())
}

fn main() {}

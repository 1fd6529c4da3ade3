use std::collections::{BTreeMap, HashMap};

use cachery::cached;

#[cached(ttl = 60, batch = ids)]
async fn by_text(ids: &[u64]) -> HashMap<String, u64> {
    ids.iter().map(|id| (id.to_string(), *id)).collect()
}

#[cached(ttl = 60, batch = words)]
async fn in_a_result(words: &[&str]) -> Result<BTreeMap<usize, usize>, String> {
    Ok(words.iter().map(|word| (word.len(), word.len())).collect())
}

#[cached(ttl = 60, batch = ids, detach)]
async fn in_a_task(ids: Vec<u64>) -> HashMap<u32, u64> {
    ids.iter().map(|id| (0, *id)).collect()
}

fn main() {}

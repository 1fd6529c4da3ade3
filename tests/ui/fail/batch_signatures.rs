use std::collections::BTreeMap;

use cachery::cached;

#[cached(ttl = 60, batch = ids)]
fn without_async(ids: &[u64]) -> Result<Vec<String>, String> {
    Ok(ids.iter().map(u64::to_string).collect())
}

#[cached(ttl = 60, batch = ids, skip(db))]
async fn beside_a_mut_reference(db: &mut u64, ids: &[u64]) -> Result<Vec<String>, String> {
    *db += 1;
    Ok(ids.iter().map(u64::to_string).collect())
}

#[cached(ttl = 60, batch = id)]
async fn no_list(id: u64) -> Result<Vec<String>, String> {
    Ok(vec![id.to_string()])
}

#[cached(ttl = 60, batch = ids)]
async fn list_of_another_kind(ids: BTreeMap<u64, u64>) -> Result<Vec<String>, String> {
    Ok(ids.keys().map(u64::to_string).collect())
}

#[cached(ttl = 60, batch = ids)]
async fn plain_vec(ids: &[u64]) -> Vec<String> {
    ids.iter().map(u64::to_string).collect()
}

#[cached(ttl = 60, batch = ids)]
async fn one_value(ids: &[u64]) -> u64 {
    ids.iter().sum()
}

#[cached(ttl = 60, batch = ids)]
async fn two_errors(ids: &[u64]) -> Result<Vec<Result<String, String>>, String> {
    Ok(ids.iter().map(|id| Ok(id.to_string())).collect())
}

#[cached(ttl = 60, batch = ids)]
async fn nothing(ids: &[u64]) {
    drop(ids.to_vec());
}

fn main() {}

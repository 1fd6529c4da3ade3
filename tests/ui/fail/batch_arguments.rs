use cachery::cached;

#[cached(ttl = 60, batch = ids, max = 0)]
async fn max_of_zero(ids: &[u64]) -> Result<Vec<String>, String> {
    Ok(ids.iter().map(u64::to_string).collect())
}

#[cached(ttl = 60, batch = ids, parallel = "2")]
async fn parallel_by_text(ids: &[u64]) -> Result<Vec<String>, String> {
    Ok(ids.iter().map(u64::to_string).collect())
}

#[cached(ttl = 60, max = 10)]
async fn max_without_batch(id: u64) -> String {
    id.to_string()
}

#[cached(ttl = 60, batch = id)]
async fn another_name(ids: &[u64]) -> Result<Vec<String>, String> {
    Ok(ids.iter().map(u64::to_string).collect())
}

#[cached(ttl = 60, batch = "ids")]
async fn name_by_text(ids: &[u64]) -> Result<Vec<String>, String> {
    Ok(ids.iter().map(u64::to_string).collect())
}

#[cached(ttl = 60, batch = ids, skip(ids))]
async fn skipped(ids: &[u64]) -> Result<Vec<String>, String> {
    Ok(ids.iter().map(u64::to_string).collect())
}

#[cached(ttl = 60, batch = ids, soft_timeout = 1, detach)]
async fn soft(ids: Vec<u64>) -> Result<Vec<String>, String> {
    Ok(ids.iter().map(u64::to_string).collect())
}

fn main() {}

use cachery::cached;

use std::collections::HashMap;

#[cached(ttl = 60)]
async fn count(words: &HashMap<String, u64>) -> usize {
    words.len()
}

fn main() {}

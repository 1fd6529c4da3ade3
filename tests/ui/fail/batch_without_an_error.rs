use std::num::ParseIntError;

use cachery::cached;

#[cached(ttl = 60, batch = texts)]
async fn one_for_all(texts: &[String]) -> Result<Vec<u64>, ParseIntError> {
    texts.iter().map(|text| text.parse()).collect()
}

#[cached(ttl = 60, batch = texts)]
async fn one_for_each(texts: &[String]) -> Vec<Result<u64, ParseIntError>> {
    texts.iter().map(|text| text.parse()).collect()
}

fn main() {}

use cachery::cached;

#[cached(ttl = 60, weigh = |text| text.len() as u64)]
async fn double(n: u64) -> String {
    (n * 2).to_string()
}

fn main() {}

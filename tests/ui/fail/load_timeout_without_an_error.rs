use cachery::cached;

#[cached(ttl = 60, load_timeout = "5s")]
async fn plain(id: u64) -> u64 {
    id
}

#[cached(ttl = 60, load_timeout = "5s")]
fn thread(id: u64) -> Result<u64, String> {
    Ok(id)
}

#[cached(ttl = 60, load_timeout = "5s")]
async fn of_another_crate(id: u64) -> Result<u64, std::num::ParseIntError> {
    Ok(id)
}

fn main() {}

use cachery::cached;

#[cached(ttl = 60)]
async fn first(names: &[String]) -> Result<&str, u8> {
    names.first().map(String::as_str).ok_or(0)
}

fn main() {}

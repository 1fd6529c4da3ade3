use cachery::cached;

#[cached(ttl = 60)]
async fn all(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

fn main() {}

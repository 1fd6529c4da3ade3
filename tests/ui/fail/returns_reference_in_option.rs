use cachery::cached;

#[cached(ttl = 60)]
async fn first(names: &[String]) -> Option<&String> {
    names.first()
}

fn main() {}

use cachery::cached;

#[cached(ttl = 60, detach)]
async fn length(text: Option<&str>) -> usize {
    text.map_or(0, str::len)
}

fn main() {}

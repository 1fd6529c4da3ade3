use cachery::cached;

#[cached(ttl = 60)]
struct User;

fn main() {}

use cachery::cached;

struct User;

#[cached(ttl = 60, local)]
async fn user(id: u64) -> User {
    _ = id;
    User
}

fn main() {}

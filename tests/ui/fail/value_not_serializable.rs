use cachery::cached;

#[derive(Clone)]
struct User;

#[cached(ttl = 60)]
async fn user(id: u64) -> Result<User, String> {
    _ = id;
    Ok(User)
}

fn main() {}

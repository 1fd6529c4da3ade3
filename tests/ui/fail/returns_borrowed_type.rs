use cachery::cached;

#[cached(ttl = 60)]
async fn lower<'a>(name: &'a str) -> std::borrow::Cow<'a, str> {
    name.into()
}

fn main() {}

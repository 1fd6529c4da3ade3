use std::rc::Rc;

use cachery::cached;

#[cached(ttl = 60, share_err = |error| Rc::clone(error))]
async fn double(n: u64) -> Result<u64, Rc<String>> {
    Ok(n * 2)
}

fn main() {}

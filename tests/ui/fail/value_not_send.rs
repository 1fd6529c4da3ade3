use cachery::cached;

use std::rc::Rc;

#[cached(ttl = 60, local)]
async fn user(id: u64) -> Rc<u64> {
    Rc::new(id)
}

fn main() {}

use cachery::{cached, invalidate};

struct Repo;

impl Repo {
    #[cached(ttl = 60, skip(self))]
    async fn order(&self, tenant: &str, id: u64) -> u64 {
        _ = tenant;
        id
    }

    #[invalidate(self.order(id, tenant))]
    async fn cancel(&self, tenant: &str, id: u64) {
        _ = (tenant, id);
    }
}

fn main() {}

use std::sync::Arc;

use cachery::cached;

struct Repo {
    tenant: u64,
}

impl Repo {
    const START: u64 = 1;

    #[cached(ttl = 60, key(self.tenant, id))]
    async fn by_reference(&self, id: u64) -> u64 {
        self.tenant + id
    }

    #[cached(ttl = 60, skip(self))]
    async fn shared(self: Arc<Self>, id: u64) -> u64 {
        self.tenant + id
    }

    #[cached(ttl = 60, key(id + 1), skip(self, log, pair, _mode))]
    async fn by_value(mut self, id: u64, log: &mut Vec<u64>, pair: (u64, u64), _mode: u8) -> u64 {
        self.tenant += id + pair.0;
        log.push(id);
        self.tenant
    }

    #[cached(ttl = 60)]
    async fn without_self(id: u64) -> u64 {
        Self::START + id
    }
}

async fn used(repo: Arc<Repo>) {
    repo.by_reference_invalidate(1).await;
    Repo::shared_put(1, 2).await;
    repo.shared_refresh(1).await;
    Repo::by_value_peek(1).await;
    Repo { tenant: 1 }.by_value(1, &mut vec![], (1, 2), 3).await;
    Repo::without_self_peek(Repo::without_self(1).await).await;
    Repo::without_self_cache();
}

#[test]
fn compiles() {
    drop(used(Arc::new(Repo { tenant: 1 })));
}

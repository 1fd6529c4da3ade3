use cachery::cached;

trait Backend {
    type Row: cachery::value::CacheValue;
    fn row(&self) -> Self::Row;
}

struct Repo<Db>(Db);

impl<Db: Backend> Repo<Db> {
    #[cached(ttl = 60, skip(self))]
    async fn get(&self, id: u64) -> Db::Row {
        _ = id;
        self.0.row()
    }
}

fn main() {}

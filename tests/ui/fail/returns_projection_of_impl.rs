use cachery::cached;

trait Backend {
    type Row;
    fn row(&self) -> Self::Row;
}

struct Repo<B>(B);

impl<B: Backend> Repo<B> {
    #[cached(ttl = 60, skip(self))]
    async fn get(&self, id: u64) -> B::Row {
        _ = id;
        self.0.row()
    }
}

fn main() {}

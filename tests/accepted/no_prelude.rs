#![no_implicit_prelude]
#![forbid(unsafe_code)]

mod core {}
mod std {}
mod cachery {}

#[::cachery::cached(ttl = 60)]
pub async fn double(n: u64) -> ::std::result::Result<u64, u8> {
    ::std::result::Result::Ok(n * 2)
}

#[derive(::cachery::CacheKey)]
pub struct Id<T>(T);

pub struct Repo;

impl Repo {
    #[::cachery::cached(ttl = 60, skip(self), local)]
    pub async fn order(&self, id: Id<u64>) -> ::std::option::Option<u64> {
        ::std::option::Option::Some(id.0)
    }
}

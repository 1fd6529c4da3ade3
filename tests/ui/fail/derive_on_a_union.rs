use cachery::CacheKey;

#[derive(CacheKey)]
union Bits {
    int: u32,
    bytes: [u8; 4],
}

fn main() {}

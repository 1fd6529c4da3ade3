//! A program in which two functions have one written name. Its registry is built by the first call,
//! and keeps them apart.

use cachery_releases::{load, loads};

mod first {
    #[cachery::cached(name = "alike", ttl = "1h")]
    pub(crate) async fn value(_number: u64) -> String {
        super::load("first")
    }
}

mod second {
    #[cachery::cached(name = "alike", ttl = "1h")]
    pub(crate) async fn value(_number: u64) -> String {
        super::load("second")
    }
}

#[tokio::main]
async fn main() {
    for line in std::io::stdin().lines() {
        let line = line.expect("the test writes text");
        let said = match line.as_str() {
            "get" => format!("{} {}", first::value(1).await, second::value(1).await),
            "peek" => {
                let of = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
                format!("{} {}", of(first::value::peek(1).await), of(second::value::peek(1).await))
            }
            "invalidate first" => format!("{:?}", first::value::invalidate(1).await),
            "invalidate second" => format!("{:?}", second::value::invalidate(1).await),
            "loads" => loads().to_string(),
            order => panic!("an unknown order: {order}"),
        };
        println!("{said}");
    }
}

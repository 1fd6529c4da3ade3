use cachery::cached;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct TestResult;

#[cached(ttl = 60)]
async fn test(n: u64) -> TestResult {
    _ = n;
    TestResult
}

fn main() {}

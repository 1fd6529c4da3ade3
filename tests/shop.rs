//! A program of forty cached functions in three crates, with a dozen mistakes in its settings. It
//! prints a line with its place for each of them, and fails; without the mistakes it prints none.
//! The test starts itself again as that program, in a directory and an environment of its own.

use std::{
    env,
    process::{Command, ExitCode, Output},
};

use cachery::{Caches, cached};

/// Caches functions of an id.
macro_rules! cached_functions {
    ($($function:ident: $name:literal,)*) => {
        $(#[cached(name = $name, ttl = "1h")]
        async fn $function(id: u64) -> u64 {
            id
        })*

        /// Calls each function, so that none counts as unused.
        async fn call_all() -> u64 {
            let mut sum = 0;
            $(sum += $function(1).await;)*
            sum
        }
    };
}

cached_functions! {
    basket: "shop-basket",
    banner: "shop-banner",
    search: "shop-search",
    suggestions: "shop-suggestions",
    price: "shop-price",
    stock: "shop-stock",
    reviews: "shop-reviews",
    rating: "shop-rating",
    related: "shop-related",
    offers: "shop-offers",
    menu: "shop-menu",
    footer: "shop-footer",
}

/// Calls all functions of this crate and one of each other crate. The rest of theirs is checked
/// although it is not called.
async fn serve() -> u64 {
    call_all().await + shop_orders::order(1).await + shop_users::profile(1).await
}

const IN_CHILD: &str = "SHOP_TEST_CHILD";

const WRONG_FILE: &str = r#"[defualt]
[default]
jitter = 2
[cache.orders-totl]
ttl = 1
[cache.users-by-id]
ttl = "10 minutes"
capcity = 5
[cache.shop-basket]
backend = "reddis"
[profile.staging]
"#;

const WRONG_VARIABLES: [(&str, &str); 6] = [
    ("CACHE_USERS_PROFILE_TLL", "1h"),
    ("CACHE_ORDERS_LINES_CAPACITY", "0"),
    ("CACHE_ORDERS_SESSION_BACKEND", "redis"),
    ("CACHE_USERS_COUNT_TTL", "-1"),
    ("CACHE_ENV", "stagign"),
    ("CACHE_KEY_SECRET", "hunter2"),
];

/// The beginning of each line.
const MISTAKES: [&str; 12] = [
    "CACHE_KEY_SECRET: the secret has 7 bytes",
    "CACHE_ORDERS_LINES_CAPACITY: a capacity of zero",
    "CACHE_USERS_COUNT_TTL: \"-1\" is negative",
    "CACHE_USERS_PROFILE_TLL: unknown setting: did you mean CACHE_USERS_PROFILE_TTL?",
    "CACHE_ORDERS_SESSION_BACKEND: the cache `orders-session` cannot be `redis`, because its function is `local` (tests/shop/orders/src/lib.rs:33)",
    "CACHE_ENV: cache.toml has no profile `stagign`: did you mean `staging`?",
    "cache.toml:1: unknown name `defualt`: did you mean `default`?",
    "cache.toml:3 [default] jitter: \"2\" is not a share",
    "cache.toml:4 [cache.orders-totl]: unknown cache `orders-totl`: did you mean `orders-total`?",
    "cache.toml:7 [cache.users-by-id] ttl: unknown unit `minutes`",
    "cache.toml:8 [cache.users-by-id]: unknown name `capcity`: did you mean `capacity`?",
    "cache.toml:10 [cache.shop-basket] backend: \"reddis\" is not a backend: did you mean \"redis\"?",
];

const RIGHT_FILE: &str = r#"[default]
jitter = 0.2
[cache.orders-total]
ttl = 1
[cache.users-by-id]
ttl = "10m"
capacity = 5
[cache.shop-basket]
backend = "memory"
[profile.staging]
"#;

const RIGHT_VARIABLES: [(&str, &str); 6] = [
    ("CACHE_USERS_PROFILE_TTL", "1h"),
    ("CACHE_ORDERS_LINES_CAPACITY", "1"),
    ("CACHE_ORDERS_SESSION_BACKEND", "memory"),
    ("CACHE_USERS_COUNT_TTL", "1"),
    ("CACHE_ENV", "staging"),
    ("CACHE_KEY_SECRET", "correct horse battery staple, and more"),
];

fn main() -> ExitCode {
    if env::var_os(IN_CHILD).is_some() {
        return child();
    }
    a_dozen_mistakes_are_a_dozen_lines_and_a_failure();
    the_corrected_program_prints_nothing_and_succeeds();
    println!("2 passed, 0 failed");
    ExitCode::SUCCESS
}

fn a_dozen_mistakes_are_a_dozen_lines_and_a_failure() {
    let output = run(WRONG_FILE, &WRONG_VARIABLES);
    let printed = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    let lines: Vec<_> = printed.lines().map(str::trim).collect();
    assert_eq!(lines[0], "12 faults in the configuration of the caches:", "{printed}");
    for mistake in MISTAKES {
        assert!(lines.iter().any(|line| line.starts_with(mistake)), "{mistake}\n{printed}");
    }
    assert_eq!(lines.len(), 13, "{printed}");
    assert!(!printed.contains("hunter2"), "{printed}");
}

fn the_corrected_program_prints_nothing_and_succeeds() {
    let output = run(RIGHT_FILE, &RIGHT_VARIABLES);
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && printed.is_empty(), "{printed}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "40 caches, 14\n");
}

/// Returns the output of the program with this `cache.toml` and only these variables.
fn run(file: &str, variables: &[(&str, &str)]) -> Output {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("cache.toml"), file).expect("written");
    let mut program = Command::new(env::current_exe().expect("this test"));
    program.current_dir(directory.path()).env_clear().env(IN_CHILD, "1");
    program.envs(variables.iter().copied()).output().expect("the program starts")
}

/// The program. It builds its registry at start-up, as a program should.
#[tokio::main(flavor = "current_thread")]
async fn child() -> ExitCode {
    let caches = match Caches::from_env().await {
        Ok(caches) => caches,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let count = caches.names().len();
    println!("{count} caches, {}", caches.scope(serve()).await);
    ExitCode::SUCCESS
}

//! `docs/mistakes.md` shows mistakes with the message of the compiler or of the start-up, word for
//! word. `CACHERY_WRITE_DOCS=1 cargo test --test mistakes` writes it.

use std::{env, fmt::Write as _, fs};

use cachery::{Caches, cached, caches};

const DOCS: &str = "docs/mistakes.md";

const HEAD: &str = "# Mistakes and their messages\n\n\
    Each mistake is a compile error, or an error of `Caches::from_env` and `Caches::check`, which\n\
    report all mistakes at once. The tests compare every message on this page.\n";

/// Cases of `tests/ui/fail`: the mistake, and the way out where the message does not say it.
const BY_THE_COMPILER: [(&str, &str, &str); 16] = [
    ("No ttl", "ttl_missing", ""),
    ("A text that is not a duration", "ttl_word", ""),
    ("A misspelt argument", "unknown_argument", ""),
    ("A method that says nothing about `self`", "self_undecided", ""),
    ("A float in the key", "key_of_float", ""),
    ("A value that cannot be stored", "value_not_serializable", ""),
    ("A `Result` under another name", "returns_hidden_result", ""),
    ("A word in `skip(..)` that is not a parameter", "skip_names_no_parameter", ""),
    ("A cached function behind `#[async_trait]`", "async_trait", ""),
    ("A cached method of a trait", "trait_impl", ""),
    (
        "A target that is not cached",
        "invalidate_target_not_cached",
        "The function has no `#[cached]`, so there is nothing to invalidate: cache it, or name the function that is cached.",
    ),
    (
        "A method that is not cached as a target",
        "invalidate_method_not_cached",
        "`order` has no `#[cached]`: cache it, or name the method that is cached.",
    ),
    (
        "The arguments of a target swapped",
        "invalidate_arguments_swapped",
        "A target takes the arguments in the order of the function's parameters: write `profile(_, id, name)`.",
    ),
    (
        "`_` for a parameter that forms the key",
        "invalidate_underscore_for_a_key",
        "`_` stands for parameters that `#[cached]` skips. To invalidate all entries, write `all(profile)`.",
    ),
    (
        "A function that returns another type than its declared cache keeps",
        "declared_value_of_another_type",
        "",
    ),
    ("A policy beside a declared cache", "declared_with_a_policy", ""),
];

/// Names and values.
type Variables = &'static [(&'static str, &'static str)];

/// Mistakes at start-up: the mistake, the variables, and the content of `cache.toml`.
const AT_START_UP: [(&str, Variables, &str); 7] = [
    ("A misspelt variable", &[("CACHE_SENTIMENT_TLL", "30m")], ""),
    ("A misspelt cache", &[], "[cache.sentimnt]\nttl = \"30m\"\n"),
    ("A misspelt field", &[], "[cache.users]\ncapcity = 5\n"),
    ("A duration without a unit it knows", &[("CACHE_USERS_TTL", "10 minutes")], ""),
    ("A capacity of zero", &[("CACHE_USERS_CAPACITY", "0")], ""),
    (
        "A profile that is not there",
        &[("CACHE_ENV", "stagign")],
        "[profile.staging.default]\njitter = 0.1\n",
    ),
    (
        "Redis for a function that keeps its values in memory",
        &[("CACHE_EMBEDDING_BACKEND", "redis")],
        "",
    ),
];

#[cached(name = "sentiment", ttl = "1h")]
async fn sentiment(n: u64) -> u64 {
    n
}

#[cached(name = "embedding", ttl = "24h", local)]
async fn embedding(n: u64) -> u64 {
    n
}

caches! {
    static USERS: Cache<u64, String> = { name: "users", ttl: "10m" };
}

fn by_the_compiler((title, case, remark): (&str, &str, &str)) -> String {
    let read =
        |end: &str| fs::read_to_string(format!("tests/ui/fail/{case}.{end}")).expect("a case");
    let (code, said) = (read("rs"), read("stderr"));
    let code = code.trim_start_matches("#![allow(unused)]\n").replace("fn main() {}\n", "");
    // The compiler's notes about our own sources help nobody.
    let first = said.split("\n\n").next().unwrap_or_default();
    let first = first.split("\nnote: required by a bound").next().unwrap_or_default();
    let lines: Vec<_> =
        first.lines().filter(|line| !line.contains("this error originates")).collect();
    let (code, said) = (code.trim(), lines.join("\n"));
    let remark = if remark.is_empty() { String::new() } else { format!("\n{remark}\n") };
    format!("## {title}\n\n```rust\n{code}\n```\n\n```text\n{said}\n```\n{remark}")
}

fn at_start_up((title, variables, file): (&str, Variables, &str)) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cache.toml");
    fs::write(&path, file).expect("written");
    let builder = Caches::builder()
        .file(path.display().to_string())
        .variables(variables.iter().map(|(name, value)| (*name, *value)));
    let said = builder.check().expect_err(title).to_string();
    let said = said.replace(&path.display().to_string(), "cache.toml");
    let mut given = String::new();
    for (name, value) in variables {
        let _ = writeln!(given, "```sh\nexport {name}=\"{value}\"\n```\n");
    }
    if !file.is_empty() {
        let _ = writeln!(given, "```toml\n{file}```\n");
    }
    format!("## {title}\n\n{given}```text\n{said}\n```\n")
}

#[test]
fn the_docs_show_the_messages() {
    let mut right = HEAD.to_owned();
    let chapters = BY_THE_COMPILER
        .into_iter()
        .map(by_the_compiler)
        .chain(AT_START_UP.into_iter().map(at_start_up));
    for chapter in chapters {
        right.push('\n');
        right.push_str(&chapter);
    }
    if env::var_os("CACHERY_WRITE_DOCS").is_some() {
        fs::write(DOCS, right).expect("written");
        return;
    }
    let found = fs::read_to_string(DOCS).unwrap_or_default();
    assert!(
        found == right,
        "{DOCS} does not show the messages: run CACHERY_WRITE_DOCS=1 cargo test --test mistakes"
    );
}

#[tokio::test]
async fn without_the_mistakes_nothing_is_said() {
    Caches::builder().variables([("CACHE_USERS_TTL", "5m")]).check().expect("all is right");
    let caches = Caches::isolated();
    let used = async { (sentiment(1).await, embedding(2).await, USERS.get(&1).await) };
    assert_eq!(caches.scope(used).await, (1, 2, None));
}

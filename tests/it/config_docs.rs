//! `docs/configuration.md`, `docs/metrics.md`, `docs/resources.md` and `cache.example.toml` agree with
//! the code.
//! `CACHERY_WRITE_DOCS=1 cargo test --test it config_docs` writes them.

use std::{env, fs};

use cachery::{Caches, cached};
use cachery_core::{metric_list, reference, resources};

const EXAMPLE: &str = "cache.example.toml";
const BEGIN: &str = "<!-- table -->\n";
const END: &str = "<!-- end of table -->\n";

/// It can follow every setting.
#[cached(
    name = "sentiment",
    ttl = "1h",
    err_ttl = 5,
    load_timeout = "off",
    cost = 0.03,
    budget = "off",
    detach
)]
async fn sentiment(n: u64) -> Result<Option<u64>, String> {
    Ok(Some(n))
}

/// Compares the file at `path` with what it should be, or writes it.
fn compare(path: &str, found: &str, right: &str) {
    if env::var_os("CACHERY_WRITE_DOCS").is_some() {
        fs::write(path, right).expect("written");
    } else {
        assert!(
            found == right,
            "{path} differs from the code: run CACHERY_WRITE_DOCS=1 cargo test --test it config_docs"
        );
    }
}

/// Compares the table in the page at `path` with the one of the code.
pub(crate) fn compare_table(path: &str, table: &str) {
    let page = fs::read_to_string(path).expect("the page");
    let (before, rest) = page.split_once(BEGIN).expect("where the table begins");
    let (_, after) = rest.split_once(END).expect("where it ends");
    compare(path, &page, &format!("{before}{BEGIN}{table}{END}{after}"));
}

#[test]
fn the_tables_of_the_docs_are_those_of_the_code() {
    compare_table("docs/configuration.md", &reference::table());
    compare_table("docs/metrics.md", &metric_list::table());
    compare_table("docs/resources.md", &resources::table());
}

#[test]
fn the_example_shows_every_field() {
    let found = fs::read_to_string(EXAMPLE).unwrap_or_default();
    compare(EXAMPLE, &found, &reference::example("sentiment"));
}

#[tokio::test]
async fn the_example_is_a_right_file_in_every_profile() {
    let example = || Caches::builder().file(EXAMPLE).variables([("CACHE_TYPE", "memory")]);
    for profile in ["local", "staging", "production"] {
        example().profile(profile).check().expect("a right file");
    }
    let caches = example().profile("production").isolated().build().await.expect("a right file");
    caches.scope(async { assert_eq!(sentiment::cache().policy().capacity, 10_000) }).await;
    let local = example().profile("local").isolated().build().await.expect("a right file");
    local.scope(async { assert!(!sentiment::cache().policy().enabled) }).await;
}

#[test]
fn the_readme_points_to_the_docs() {
    assert!(include_str!("../../README.md").contains("docs/configuration.md"));
}

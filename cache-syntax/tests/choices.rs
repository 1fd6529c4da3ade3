//! Settings that are one word of a few.

use cachery_syntax::{Backend, choose};

fn refusal(text: &str) -> String {
    text.parse::<Backend>().expect_err(text).to_string()
}

#[test]
fn a_backend_reads_as_it_is_written() {
    for backend in [Backend::Memory, Backend::Redis, Backend::Tiered] {
        assert_eq!(backend.to_string().parse(), Ok(backend));
    }
}

#[test]
fn another_word_is_told_the_nearest_or_all() {
    assert_eq!(refusal("redsi"), r#""redsi" is not a backend: did you mean "redis"?"#);
    assert_eq!(refusal("Redis"), r#""Redis" is not a backend: did you mean "redis"?"#);
    assert_eq!(refusal("disk"), r#""disk" is not a backend: write "memory", "redis" or "tiered""#);
    assert_eq!(refusal(""), r#""" is not a backend: write "memory", "redis" or "tiered""#);
    let two = [("memory", ()), ("off", ())];
    assert_eq!(
        choose("none", "fallback", &two).unwrap_err().to_string(),
        r#""none" is not a fallback: write "memory" or "off""#
    );
}

#[test]
fn a_url_in_the_wrong_place_is_shown_no_further_than_its_scheme() {
    let said = refusal("redis://user:hunter2@host:6379");
    assert_eq!(said, r#""redis…" is not a backend: write "memory", "redis" or "tiered""#);
}

#[test]
fn a_long_text_is_cut() {
    assert!(refusal(&"x".repeat(1_000_000)).len() < 200);
}

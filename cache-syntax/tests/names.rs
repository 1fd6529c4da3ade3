//! Cache names: one message per rule.

use cachery_syntax::{Field, Global, Support, check_name, nearest, variable_of, variable_stem};

fn refusal(name: &str) -> String {
    check_name(name).expect_err(name).to_string()
}

#[test]
fn good_names_pass() {
    for name in [
        "a",
        "user-orders",
        "Users.v2",
        "a_b",
        "x".repeat(64).as_str(),
        "redis-items",
        "typed",
        "defaults",
    ] {
        assert_eq!(check_name(name), Ok(()), "{name}");
    }
}

#[test]
fn each_rule_has_its_message() {
    assert_eq!(refusal(""), "the name is empty: say what is cached, as in `user-orders`");
    assert_eq!(
        refusal("2fast"),
        "the name \"2fast\" starts with `2`: start with a letter from a to z or A to Z"
    );
    assert_eq!(
        refusal("été"),
        r#"the name "été" starts with `é`: start with a letter from a to z or A to Z"#
    );
    assert_eq!(
        refusal("user orders"),
        "the name \"user orders\" has ` ` as its character 5: \
         use letters from a to z or A to Z, digits, `_`, `-` and `.`"
    );
    assert_eq!(refusal(&"x".repeat(65)), "the name is 65 characters long: use at most 64");
    assert_eq!(
        refusal("Redis"),
        "the name `Redis` is reserved: its variables, `CACHE_REDIS_…`, could be read as \
         `CACHE_REDIS_URL`, which is for the whole program; put another word first, as in `my-Redis`"
    );
}

#[test]
fn names_that_read_as_globals_are_reserved_in_any_case() {
    for name in [
        "default",
        "TYPE",
        "redis",
        "prefix",
        "key",
        "required",
        "fallback",
        "remote",
        "env",
        "config",
        "enabled",
        "outage",
        "journal",
        "max",
        "max_bytes",
        "Max-Bytes",
        "cost",
        "cost.unit",
        "key-secret",
        "redis_url",
    ] {
        assert!(refusal(name).contains("reserved"), "{name}");
        assert_eq!(check_name(&format!("my-{name}")), Ok(()), "the way out is open");
    }
}

#[test]
fn no_name_hides_in_the_defaults_of_a_field_of_two_words() {
    assert!(refusal("default-none").contains("`CACHE_DEFAULT_NONE_…`"));
}

#[test]
fn no_variable_of_a_good_name_is_one_of_the_program() {
    let stems = Global::ALL.iter().filter_map(|global| global.variable.strip_prefix("CACHE_"));
    for stem in stems {
        for (end, _) in stem.match_indices('_').chain([(stem.len(), "")]) {
            assert!(check_name(&stem[..end]).is_err(), "{}", &stem[..end]);
        }
    }
    for field in Field::ALL.iter().filter(|field| field.variable != Support::Never) {
        for name in ["a", "redis-items", "maximum", "my-key", "costs"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
            let variable = variable_of(name, field.name);
            assert!(!Global::ALL.iter().any(|global| global.variable == variable), "{variable}");
        }
    }
}

#[test]
fn a_field_stands_once_in_the_list_and_is_spelled_as_an_attribute_spells_it() {
    for (place, field) in Field::ALL.iter().enumerate() {
        assert_eq!(Field::named(field.name), Some(*field));
        assert!(field.name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{}", field.name);
        assert!(
            !Field::ALL[..place].iter().any(|other| other.name == field.name),
            "{}",
            field.name
        );
    }
}

#[test]
fn control_characters_are_shown_escaped() {
    assert!(refusal("a\nb").contains(r"`\n` as its character 2"));
}

#[test]
fn a_stem_is_upper_case_with_underscores() {
    assert_eq!(variable_stem("user-orders.v2_x"), "USER_ORDERS_V2_X");
}

#[test]
fn the_nearest_spelling_is_a_slip_or_an_abbreviation() {
    let known = ["name", "cache", "ttl", "capacity", "key", "skip", "version", "err_ttl"];
    for (word, meant) in [
        ("tll", Some("ttl")),
        ("tl", Some("ttl")),
        ("TTL", Some("ttl")),
        ("capasity", Some("capacity")),
        ("cap", Some("capacity")),
        ("keys", Some("key")),
        ("verison", Some("version")),
        ("skpi", Some("skip")),
        ("timeout", None),
        ("ca", None),
        ("", None),
        ("x", None),
    ] {
        assert_eq!(nearest(word, known), meant, "{word}");
    }
    assert_eq!(nearest(&"x".repeat(1_000_000), known), None, "long words cost nothing");
}

//! Settings that need something of a function's types.

use std::time::Duration;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn plain() -> Site {
    Site::new("plain", "shop::plain", "", "").at("src/shop.rs", 3)
}

fn able() -> Site {
    Site::new("able", "shop::able", "", "").optional().err_ttl_millis(5_000)
}

#[test]
fn a_value_for_all_caches_passes_over_functions_that_cannot_follow_it() {
    let pairs = [("CACHE_DEFAULT_NONE_TTL", "1s"), ("CACHE_DEFAULT_ERR_TTL", "2s")];
    let (config, faults) =
        resolve_with(&[], &[plain(), able()], &pairs, BuilderSettings::default());
    assert_eq!(faults, [""; 0]);
    let times = |index| (config.policy(index).none_ttl, config.policy(index).err_ttl);
    assert_eq!(times(0), (None, None));
    assert_eq!(times(1), (Some(SECOND), Some(5 * SECOND)), "the attribute wins over all");
}

#[test]
fn a_setting_of_a_function_that_cannot_follow_it_is_a_fault_with_its_line() {
    let pairs = [("CACHE_PLAIN_NONE_TTL", "1s"), ("CACHE_PLAIN_ERR_TTL", "2s")];
    let (_, faults) = resolve_with(&[], &[plain(), able()], &pairs, BuilderSettings::default());
    let expected = [
        "CACHE_PLAIN_NONE_TTL: the values of `shop::plain` (src/shop.rs:3) are not an `Option`, so none \
         of them is `None`",
        "CACHE_PLAIN_ERR_TTL: the values of `shop::plain` (src/shop.rs:3) come without errors that are \
         kept: write `err_ttl` in the attribute there, too",
    ];
    assert_eq!(faults, expected);
}

//! Tests of timeouts and budgets that a function cannot follow.

use cachery_syntax::{Budget, Window};

use super::*;

const UNABLE: Site = Site::new("users", "shop::f", "()", "u8").at("src/shop.rs", 7);

#[test]
fn a_timeout_of_a_cache_whose_function_cannot_follow_it_is_a_fault_with_the_functions_line() {
    for (variable, way_out) in [
        ("CACHE_USERS_LOAD_TIMEOUT", "`load_timeout = \"off\"`"),
        ("CACHE_USERS_SOFT_TIMEOUT", "`detach`"),
    ] {
        let (_, faults) = resolve(&[UNABLE], &[(variable, "5s")]);
        assert_eq!(faults.len(), 1, "{faults:?}");
        for part in [variable, "src/shop.rs:7", way_out] {
            assert!(faults[0].contains(part), "{part}: {}", faults[0]);
        }
        assert_eq!(resolve(&[site("users")], &[(variable, "5s")]).1, [""; 0]);
    }
}

#[test]
fn a_timeout_for_all_caches_passes_over_functions_that_cannot_follow_it() {
    let off = site("off").load_timeout_millis(0);
    let both = [("CACHE_DEFAULT_LOAD_TIMEOUT", "5s"), ("CACHE_DEFAULT_SOFT_TIMEOUT", "1s")];
    let (config, faults) = resolve(&[UNABLE, site("orders"), off], &both);
    assert_eq!(faults, [""; 0]);
    let times = |index: usize| {
        let policy = config.policy(index);
        [policy.load_timeout, policy.soft_timeout].map(|time| time.map(|time| time.as_secs()))
    };
    assert_eq!((times(0), times(1)), ([None, None], [Some(5), Some(1)]));
    assert_eq!(times(2), [None, Some(1)], "the attribute's own `off` is stronger");
}

#[test]
fn a_budget_is_followed_where_the_attribute_names_one() {
    let set = [("CACHE_USERS_BUDGET", "50/day")];
    let (_, faults) = resolve(&[UNABLE], &set);
    assert_eq!(faults.len(), 1, "{faults:?}");
    for part in ["CACHE_USERS_BUDGET", "src/shop.rs:7", "`budget = \"off\"`"] {
        assert!(faults[0].contains(part), "{part}: {}", faults[0]);
    }
    let (config, faults) = resolve(&[site("users").no_budget().cost(0.03)], &set);
    assert_eq!((faults, config.policy(0).budget.to_string()), (vec![], "50/day".to_owned()));
    let for_all = [("CACHE_DEFAULT_BUDGET", "50/day")];
    let own = site("own").budget(7_000_000_000, Window::Month);
    let (config, faults) = resolve(&[UNABLE, own], &for_all);
    assert_eq!(faults, [""; 0]);
    assert_eq!(config.policy(0).budget, Budget::Off, "it is passed over");
    assert_eq!(config.policy(1).budget.to_string(), "7/month", "the attribute is stronger");
}

#[test]
fn a_wrong_cost_is_a_fault() {
    for wrong in ["-1", "NaN", "free", ""] {
        let (_, faults) = resolve(&[site("users")], &[("CACHE_USERS_COST", wrong)]);
        assert_eq!(faults.is_empty(), wrong.is_empty(), "{wrong}: {faults:?}");
    }
}

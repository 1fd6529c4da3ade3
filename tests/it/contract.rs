//! The contract: the rules that hold for a cached function wherever its values are kept, and
//! however Redis is reached. Each rule is stated once and tested in each place.

mod budget;
mod budget_of_nodes;
mod calls;
mod connections;
mod deciding;
mod detached;
mod expire;
mod failures;
mod freshness;
mod functions;
mod mechanism;
mod money;
mod money_of_nodes;
mod nodes;
pub(crate) mod place;
mod refresh;
mod results_of_nodes;
mod served;
mod stored;
mod table;
mod tags;
mod tags_of_nodes;
mod tags_of_results;
mod targets;
mod timeouts;
mod values;

/// Makes a test of each rule.
macro_rules! rules {
    ($place:ident, $backend:ident; $($about:ident: $($rule:ident)*;)*) => {
        $(mod $about {
            $(#[tokio::test]
            async fn $rule() {
                let place = crate::contract::place::Place::$place(cachery::Backend::$backend).await;
                crate::contract::$about::$rule(place).await;
            })*
        })*
    };
}

/// Makes tests of the rules of one node, and of the given ones.
macro_rules! with_rules_of_one_node {
    ($place:ident, $backend:ident; $($more:tt)*) => {
        rules! {
            $place, $backend;
            calls:
                a_cleared_cache_is_empty_and_other_caches_are_not
                a_disabled_cache_runs_its_function_each_time_and_stores_nothing
                a_miss_is_followed_by_hits
                a_peek_shows_what_is_stored_and_runs_nothing
                a_refresh_replaces_what_is_stored
                a_value_ends_with_its_ttl_by_the_clock_of_its_node
                a_value_for_ever_does_not_end
                an_error_is_returned_and_not_cached
                an_error_of_a_refresh_leaves_what_is_stored
                fifty_callers_of_a_cold_key_share_one_load
                functions_of_one_name_in_two_modules_have_values_of_their_own
                none_is_a_value_and_is_cached
                what_is_invalidated_while_it_loads_is_not_stored
                what_was_invalidated_is_loaded_again
                what_was_put_is_read
                without_leases_neither;
            tags:
                a_refresh_and_a_put_have_the_tags_and_are_fenced_by_them
                a_tag_ends_all_its_entries_and_no_others
                a_tag_is_invalidated_by_its_name
                an_attribute_invalidates_tags_after_success
                an_entry_with_several_tags_ends_with_each_of_them
                what_is_tagged_and_invalidated_while_it_loads_is_not_stored;
            tags_of_results:
                a_none_has_no_tag_of_the_result
                a_refresh_and_a_put_have_the_tags_of_their_value
                a_renewal_by_a_task_is_fenced_by_the_tags_of_its_value
                a_result_with_several_tags_ends_with_each_of_them
                a_tag_ends_all_whose_result_has_it_and_no_others
                what_expires_by_its_result_is_loaded_and_serves_when_that_fails
                what_is_invalidated_by_its_result_while_it_loads_is_not_stored;
            values:
                a_shared_value_comes_back_as_it_was
                a_value_of_a_megabyte_is_cached
                as_json_too;
            deciding:
                a_value_decides_in_a_declared_cache
                a_value_decides_in_a_function_that_is_not_async
                a_value_that_is_not_to_be_stored_takes_the_old_one_with_it
                a_value_that_was_stored_ends_the_loads_side_by_side
                a_value_with_a_ttl_of_zero_is_returned_and_not_stored
                a_waiter_of_a_declined_value_that_is_invalidated_stores_nothing
                an_own_ttl_ends_a_value_although_stale_ones_are_returned
                an_own_ttl_only_shortens_and_none_is_for_the_ttl_of_the_cache
                callers_behind_a_value_that_is_not_stored_load_side_by_side;
            money:
                a_bill_is_that_of_the_loads_and_of_what_the_calls_would_have_cost
                callers_who_wait_save_the_cost_of_a_load
                each_kind_of_function_has_a_bill;
            budget:
                a_batch_reserves_the_cost_of_each_item_that_it_loads
                a_load_reserves_what_loads_have_cost
                a_load_that_is_dropped_stays_spent
                a_refused_renewal_leaves_the_stale_value
                a_spent_budget_refuses_loads_and_no_hits
                a_usable_value_serves_where_the_budget_is_spent
                callers_at_once_never_spend_more_than_the_budget
                callers_who_wait_get_the_error_of_a_refused_load
                each_kind_of_function_has_a_budget
                settings_from_outside_limit_what_can_be_refused;
            $($more)*
        }
    };
}

/// Makes tests of all rules, in each of these places.
macro_rules! with_redis_at {
    ($($place:ident)*) => {
        $(mod $place {
            mod redis {
                with_redis_at!(@ $place, Redis);
            }

            mod tiered {
                with_redis_at!(@ $place, Tiered);
            }
        })*
    };
    (@ $place:ident, $backend:ident) => {
        with_rules_of_one_node! {
            $place, $backend;
            nodes:
                a_clear_is_seen_by_the_other_node
                a_load_from_before_the_other_nodes_invalidation_stores_nothing
                a_put_and_a_refresh_are_seen_by_the_other_node
                a_value_ends_on_the_other_node_when_it_ends_on_its_own
                a_value_from_redis_is_of_its_type
                a_value_lives_in_memory_as_long_as_it_has_left_in_redis
                an_invalidation_is_seen_by_the_other_node
                two_nodes_of_a_cold_key_share_one_load
                values_that_are_put_together_end_older_ones_and_their_loads
                what_a_caller_in_a_task_of_its_own_loads_is_shared
                what_one_node_loaded_the_other_reads
                without_leases_each_node_loads_for_itself
                without_leases_neither;
            money_of_nodes:
                a_hit_on_another_nodes_value_saves_what_its_load_has_cost;
            budget_of_nodes:
                ten_nodes_share_a_budget;
            stored:
                a_damaged_value_is_a_miss_and_is_overwritten
                a_key_of_another_type_is_a_miss_and_is_overwritten
                an_oversized_value_skips_redis
                another_key_secret_means_other_keys
                another_prefix_means_other_values
                garbage_is_a_miss_and_is_overwritten;
            tags_of_nodes:
                a_tagged_load_from_before_the_other_nodes_invalidation_is_never_read
                the_end_of_a_tag_is_seen_by_the_other_node;
            results_of_nodes:
                a_load_from_before_the_other_nodes_end_of_its_result_is_never_read
                the_end_of_a_tag_of_the_result_is_seen_by_the_other_node;
        }
    };
}

mod memory {
    with_rules_of_one_node! { none, Memory; }
}

/// With the engine moka in the place of the default one.
mod on_moka {
    mod memory {
        with_rules_of_one_node! { moka, Memory; }
    }

    mod tiered {
        with_rules_of_one_node! { standalone_moka, Tiered; }
    }
}

with_redis_at! { standalone unix tls acl sentinel cluster }

/// By the REST API of Upstash, where nothing is pushed: a node with memory of its own sees what others
/// invalidate after the outage ttl.
#[cfg(feature = "upstash")]
mod rest {
    mod redis {
        with_redis_at!(@ rest, Redis);
    }

    mod tiered {
        with_rules_of_one_node! { rest, Tiered; }
    }
}

mod mechanism_of_invalidations {
    rules! { standalone, Tiered; mechanism: health_names_it; }
}

mod databases {
    rules! { standalone, Redis; stored: another_database_means_other_values; }
}

/// Makes tests of the rules about values past their ttl, and about loads in tasks.
macro_rules! with_rules_of_freshness {
    ($module:ident, $place:ident, $backend:ident) => {
        mod $module {
            rules! {
                $place, $backend;
                deciding:
                    a_none_has_a_ttl_of_its_own
                    a_setting_shortens_the_life_of_a_none_where_no_attribute_does
                    memory_keeps_a_value_for_less_time_than_redis;
                failures:
                    a_kept_error_ends_when_the_key_is_invalidated_or_has_a_value
                    a_setting_can_keep_errors_longer_or_not_at_all
                    a_value_that_is_usable_on_error_is_better_than_a_kept_error
                    an_error_is_kept_for_its_own_time
                    an_error_is_kept_for_threads_too
                    an_error_of_a_load_that_was_invalidated_is_not_kept
                    an_error_that_is_made_for_others_is_kept_as_well
                    two_hundred_waiters_share_an_error_that_cannot_be_cloned;
                served:
                    a_call_tells_the_tier_and_the_age_of_its_value
                    a_call_that_waits_for_another_is_coalesced
                    a_value_that_was_put_has_the_age_of_the_put
                    functions_of_every_kind_have_it;
                table:
                    every_row_with_every_course_of_its_load;
                targets:
                    a_load_from_before_the_targets_were_applied_stores_nothing
                    targets_of_every_kind_are_invalidated_together_and_not_before
                    without_targets_nothing_is_done;
                detached:
                    a_load_whose_callers_have_all_given_up_is_finished_and_stored
                    a_refresh_that_panics_or_is_dropped_or_outlives_a_shutdown_leaves_nothing
                    a_renewal_that_fails_in_its_task_keeps_the_value
                    a_runtime_that_ends_during_a_renewal_leaves_it_to_the_next_call
                    a_shutdown_ends_the_loads_that_nobody_waits_for
                    a_shutdown_leaves_the_loads_whose_callers_wait
                    a_shutdown_waits_for_the_loads_in_tasks
                    nobody_waits_for_the_renewal_of_a_stale_value
                    renewals_are_bounded_and_a_later_call_renews_what_was_shed
                    the_panic_and_the_error_of_a_load_reach_their_caller
                    what_is_invalidated_while_it_is_renewed_stays_invalid;
                expire:
                    a_load_from_before_it_expired_makes_no_fresh_value
                    a_value_that_is_put_is_fresh_again
                    an_expiry_reaches_as_far_as_an_invalidation
                    an_invalidation_wins_over_it
                    it_holds_nobody_off_that_a_load_has_failed_before
                    it_serves_when_its_load_outlasts_the_soft_timeout
                    it_serves_while_its_load_fails_until_the_end_that_it_had
                    what_expires_while_its_load_runs_is_served
                    what_has_expired_is_loaded_by_the_next_call
                    what_a_failed_refresh_was_to_replace_serves_after_an_expiry
                    what_is_invalidated_while_its_load_runs_is_not_served
                    what_was_to_be_replaced_does_not_serve_after_an_expiry;
                freshness:
                    a_fresh_value_needs_no_load
                    a_panic_without_a_value_is_the_callers
                    a_peek_shows_stale_values_and_none_that_are_usable_on_error
                    a_renewal_that_fails_serves_the_stale_value_and_waits_for_the_next
                    a_renewal_whose_caller_goes_away_passes_to_the_next_call
                    a_value_that_is_usable_on_error_waits_for_its_load
                    an_error_that_nobody_shares_is_served_by_one_load_too
                    failures_never_move_the_end_of_a_value
                    health_and_the_report_tell_who_lives_on_old_values_and_since_when
                    it_serves_all_who_wait_when_their_load_fails
                    nor_what_is_invalidated_while_it_runs
                    of_the_callers_of_a_stale_value_one_renews_it_and_no_other_waits
                    settings_switch_it_off_and_on
                    what_was_invalidated_is_not_served_when_a_load_fails;
                refresh:
                    a_refresh_that_fails_keeps_the_value_until_its_end
                    a_refresh_whose_caller_goes_away_is_left_to_the_next
                    a_value_before_its_window_needs_no_load
                    nobody_waits_for_a_refresh_by_a_task
                    of_its_callers_in_the_window_one_refreshes_it_and_no_other_waits
                    settings_set_it_for_any_function
                    the_window_is_twenty_load_times_where_that_is_less
                    what_is_invalidated_while_it_is_refreshed_stays_invalid;
                timeouts:
                    a_load_in_a_task_is_ended_too
                    a_load_of_a_declared_cache_is_ended_where_a_value_is_usable
                    a_load_that_takes_too_long_is_ended_and_its_key_is_free
                    a_setting_ends_the_loads_of_a_function_that_says_it_can
                    a_usable_value_serves_in_place_of_a_load_that_takes_too_long
                    after_the_soft_timeout_the_usable_value_serves_and_the_load_goes_on
                    an_error_of_any_kind_says_that_the_load_took_too_long
                    what_is_invalidated_does_not_serve_after_the_soft_timeout
                    what_is_invalidated_does_not_serve_in_its_place;
            }
        }
    };
}

mod freshness_of_nodes_in_redis {
    rules! {
        standalone, Redis;
        expire:
            it_expires_on_every_node
            what_a_refresh_replaces_does_not_serve_after_an_expiry;
        freshness:
            a_load_that_has_failed_holds_off_the_other_node
            a_new_value_of_another_node_ends_the_note
            to_read_a_value_from_redis_moves_no_end_of_it;
        refresh: nodes_share_one_refresh;
        timeouts: a_load_of_another_node_is_waited_for_until_the_soft_timeout;
    }
}

mod freshness_of_nodes_in_tiers {
    rules! {
        standalone, Tiered;
        expire:
            it_expires_on_every_node
            what_a_refresh_replaces_does_not_serve_after_an_expiry;
        freshness:
            a_load_that_has_failed_holds_off_the_other_node
            a_new_value_of_another_node_ends_the_note
            to_read_a_value_from_redis_moves_no_end_of_it;
        refresh: nodes_share_one_refresh;
        timeouts: a_load_of_another_node_is_waited_for_until_the_soft_timeout;
    }
}

mod freshness_of_nodes_in_a_cluster {
    rules! { cluster, Tiered; expire: it_expires_on_every_node; }
}

mod between_nodes {
    mod redis {
        rules! { standalone, Redis; failures: a_value_of_another_node_is_better_than_a_kept_error; }
        rules! { standalone, Redis; served: another_node_tells_the_age_since_the_write; }
    }

    mod tiered {
        rules! { standalone, Tiered; failures: a_value_of_another_node_is_better_than_a_kept_error; }
    }
}

with_rules_of_freshness! { freshness_in_memory, none, Memory }
with_rules_of_freshness! { freshness_on_moka, moka, Memory }
with_rules_of_freshness! { freshness_in_redis, standalone, Redis }
with_rules_of_freshness! { freshness_in_tiers, standalone, Tiered }

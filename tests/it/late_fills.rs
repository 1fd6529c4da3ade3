//! Fills that arrive late: a value that was loaded or put before an invalidation on another node is
//! not stored after it, whatever happened to its token, its lease or its connection.

mod two_nodes;

use cachery::Invalidation;
use cachery_test_support::ended;

use two_nodes::{TwoNodes, number};

/// Ends a load of node `a`, whose fill is held back on the way to Redis.
async fn fill_on_its_way(nodes: &TwoNodes) -> two_nodes::Call {
    let load = nodes.begin_on_a(1).await;
    nodes.hold_requests();
    load.let_out();
    nodes.until_held().await;
    load
}

#[tokio::test]
async fn a_fill_that_comes_late_is_stored_where_nothing_came_between() {
    for nodes in TwoNodes::of_each_backend().await {
        let load = fill_on_its_way(&nodes).await;
        nodes.let_pass();
        assert_eq!(load.end().await, 1);
        nodes.assert_kept(1).await;
    }
}

#[tokio::test]
async fn a_fill_that_comes_after_an_invalidation_is_not_stored() {
    for nodes in TwoNodes::of_each_backend().await {
        let load = fill_on_its_way(&nodes).await;
        nodes.invalidate_on_b().await;
        nodes.let_pass();
        assert_eq!(load.end().await, 1);
        nodes.assert_dropped().await;
    }
}

#[tokio::test]
async fn a_fill_that_outlives_its_call_is_not_stored_after_an_invalidation() {
    for nodes in TwoNodes::of_each_backend_with_a_short_budget().await {
        let load = fill_on_its_way(&nodes).await;
        assert_eq!(load.end().await, 1, "it does not wait for a fill that gets stuck");
        nodes.invalidate_on_b().await;
        let before = nodes.scripts_run().await;
        nodes.let_pass();
        nodes.until_more_scripts_ran_than(before).await;
        // The heartbeat of the push connection may have been held back, too: then memory follows
        // when that is back.
        nodes.until_absent_on_a().await;
        nodes.assert_absent().await;
    }
}

#[tokio::test]
async fn a_fill_that_outlives_its_call_is_stored_where_nothing_came_between() {
    for nodes in TwoNodes::of_each_backend_with_a_short_budget().await {
        let load = fill_on_its_way(&nodes).await;
        assert_eq!(load.end().await, 1);
        let before = nodes.scripts_run().await;
        nodes.let_pass();
        nodes.until_more_scripts_ran_than(before).await;
        nodes.assert_kept(1).await;
    }
}

#[tokio::test]
async fn a_fill_that_comes_after_a_clear_is_never_read() {
    for nodes in TwoNodes::of_each_backend().await {
        let load = fill_on_its_way(&nodes).await;
        nodes.clear_on_b().await;
        nodes.let_pass();
        assert_eq!(load.end().await, 1);
        nodes.until_absent_on_a().await;
        nodes.assert_absent().await;
    }
}

#[tokio::test]
async fn a_load_that_runs_while_another_node_clears_is_never_read() {
    for nodes in TwoNodes::of_each_backend().await {
        let load = nodes.begin_on_a(1).await;
        nodes.clear_on_b().await;
        load.let_out();
        assert_eq!(load.end().await, 1);
        nodes.until_absent_on_a().await;
        nodes.assert_absent().await;
    }
}

#[tokio::test]
async fn a_fill_without_leases_is_fenced_as_well() {
    for nodes in TwoNodes::of_each_backend_without_leases().await {
        let load = fill_on_its_way(&nodes).await;
        nodes.invalidate_on_b().await;
        nodes.let_pass();
        assert_eq!(load.end().await, 1);
        nodes.assert_dropped().await;
    }
}

#[tokio::test]
async fn a_fill_whose_token_was_evicted_is_not_stored() {
    for nodes in TwoNodes::of_each_backend().await {
        let load = nodes.begin_on_a(1).await;
        nodes.lose("token").await;
        load.let_out();
        assert_eq!(load.end().await, 1);
        nodes.assert_dropped().await;
    }
}

#[tokio::test]
async fn a_fill_whose_token_was_evicted_does_not_replace_what_was_loaded_since() {
    for nodes in TwoNodes::of_each_backend().await {
        let old = nodes.begin_on_a(1).await;
        nodes.lose("token").await;
        nodes.lose("lease").await;
        assert_eq!(nodes.load_on_b(2).await, 2);
        old.let_out();
        assert_eq!(old.end().await, 1);
        assert_eq!(nodes.fenced_on_a(), 1);
        nodes.assert_kept(2).await;
    }
}

#[tokio::test]
async fn a_token_that_expires_while_its_load_runs_costs_the_fill() {
    for nodes in TwoNodes::of_each_backend().await {
        let load = nodes.begin_on_a(1).await;
        nodes.expire("token").await;
        load.let_out();
        assert_eq!(load.end().await, 1);
        nodes.assert_dropped().await;
    }
}

#[tokio::test]
async fn a_load_whose_lease_expired_is_not_stored_after_an_invalidation() {
    for nodes in TwoNodes::of_each_backend().await {
        let old = nodes.begin_on_a(1).await;
        nodes.expire("lease").await;
        nodes.invalidate_on_b().await;
        let new = nodes.begin_on_b(2).await;
        old.let_out();
        assert_eq!(old.end().await, 1);
        assert_eq!(nodes.fenced_on_a(), 1);
        new.let_out();
        assert_eq!(new.end().await, 2);
        nodes.assert_kept(2).await;
    }
}

#[tokio::test]
async fn a_load_whose_lease_expired_does_not_replace_what_was_loaded_after_an_invalidation() {
    for nodes in TwoNodes::of_each_backend().await {
        let old = nodes.begin_on_a(1).await;
        nodes.expire("lease").await;
        nodes.invalidate_on_b().await;
        assert_eq!(nodes.load_on_b(2).await, 2);
        old.let_out();
        assert_eq!(old.end().await, 1);
        assert_eq!(nodes.fenced_on_a(), 1);
        nodes.assert_kept(2).await;
    }
}

#[tokio::test]
async fn a_load_whose_lease_expired_is_stored_where_nothing_came_between() {
    for nodes in TwoNodes::of_each_backend().await {
        let first = nodes.begin_on_a(1).await;
        nodes.expire("lease").await;
        let second = nodes.begin_on_b(2).await;
        first.let_out();
        assert_eq!(first.end().await, 1);
        nodes.assert_kept(1).await;
        second.let_out();
        assert_eq!(second.end().await, 2);
        nodes.assert_kept(1).await;
    }
}

#[tokio::test]
async fn a_put_that_comes_after_an_invalidation_is_not_stored() {
    for nodes in TwoNodes::of_each_backend().await {
        let put = nodes.put_on_its_way(7).await;
        nodes.invalidate_on_b().await;
        nodes.let_pass();
        ended(put).await.expect("a put does not panic");
        nodes.assert_dropped().await;
    }
}

#[tokio::test]
async fn a_put_that_comes_late_is_stored_where_nothing_came_between() {
    for nodes in TwoNodes::of_each_backend().await {
        let put = nodes.put_on_its_way(7).await;
        nodes.let_pass();
        ended(put).await.expect("a put does not panic");
        nodes.assert_kept(7).await;
    }
}

#[tokio::test]
async fn of_two_puts_the_one_that_began_last_stays() {
    for nodes in TwoNodes::of_each_backend().await {
        let put = nodes.put_on_its_way(7).await;
        nodes.b.scope(number::put(1, 8)).await;
        nodes.let_pass();
        ended(put).await.expect("a put does not panic");
        assert_eq!(nodes.fenced_on_a(), 1);
        nodes.assert_kept(8).await;
    }
}

#[tokio::test]
async fn a_load_from_before_another_nodes_refresh_is_not_stored() {
    for nodes in TwoNodes::of_each_backend().await {
        let old = nodes.begin_on_a(1).await;
        assert_eq!(nodes.refresh_on_b(2).await, 2);
        old.let_out();
        assert_eq!(old.end().await, 1);
        assert_eq!(nodes.fenced_on_a(), 1);
        nodes.assert_kept(2).await;
    }
}

#[tokio::test]
async fn a_load_from_before_another_nodes_put_is_not_stored() {
    for nodes in TwoNodes::of_each_backend().await {
        let load = fill_on_its_way(&nodes).await;
        nodes.b.scope(number::put(1, 8)).await;
        nodes.let_pass();
        assert_eq!(load.end().await, 1);
        assert_eq!(nodes.fenced_on_a(), 1);
        nodes.assert_kept(8).await;
    }
}

#[tokio::test]
async fn a_load_from_before_the_server_was_emptied_is_not_stored() {
    for nodes in TwoNodes::of_each_backend().await {
        let load = nodes.begin_on_a(1).await;
        nodes.server.tell(&["FLUSHALL"]).await;
        load.let_out();
        assert_eq!(load.end().await, 1);
        assert_eq!(nodes.fenced_on_a(), 1);
        nodes.until_absent_on_a().await;
        nodes.assert_absent().await;
        assert_eq!(nodes.load_on_b(2).await, 2);
        nodes.assert_kept(2).await;
    }
}

#[tokio::test]
async fn a_server_that_forgets_its_scripts_during_a_load_gets_them_again() {
    for nodes in TwoNodes::of_each_backend().await {
        let load = nodes.begin_on_a(1).await;
        nodes.server.tell(&["SCRIPT", "FLUSH"]).await;
        load.let_out();
        assert_eq!(load.end().await, 1);
        nodes.assert_kept(1).await;
    }
}

#[tokio::test]
async fn a_server_that_forgets_its_scripts_during_a_load_fences_it_as_before() {
    for nodes in TwoNodes::of_each_backend().await {
        let load = nodes.begin_on_a(1).await;
        nodes.server.tell(&["SCRIPT", "FLUSH"]).await;
        assert_eq!(nodes.b.scope(number::invalidate(1)).await, Invalidation::Everywhere);
        nodes.server.tell(&["SCRIPT", "FLUSH"]).await;
        load.let_out();
        assert_eq!(load.end().await, 1);
        nodes.assert_dropped().await;
    }
}

#[tokio::test]
async fn a_value_from_before_a_clear_that_a_leader_finds_is_not_returned_to_later_callers() {
    for nodes in TwoNodes::of_each_backend().await {
        let old = nodes.begin_on_b(1).await;
        nodes.hold_replies();
        let leader = nodes.call_on_a(2).await;
        nodes.clear_on_b().await;
        old.let_out();
        assert_eq!(old.end().await, 1);
        let follower = nodes.call_on_a(3).await;
        nodes.let_pass();
        assert_eq!(
            leader.end().await,
            1,
            "the cache's generation from before the clear was shown to it"
        );
        assert_eq!(follower.end().await, 3);
        nodes.assert_kept(3).await;
    }
}

#[tokio::test]
async fn a_lease_that_was_granted_to_a_cancelled_caller_is_given_back() {
    for nodes in TwoNodes::of_each_backend().await {
        let call = nodes.call_that_is_cancelled_before_its_grant().await;
        nodes.until_there_is("lease").await;
        // So that it does not end by itself.
        nodes.keep("lease").await;
        call.cancel(|| nodes.let_pass()).await;
        nodes.until_there_is_no("lease").await;
    }
}

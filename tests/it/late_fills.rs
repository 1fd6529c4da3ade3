//! Fills that arrive late: what was loaded or put before an invalidation on another node is not stored after it, whatever became of its
//! token, its lease or its connection meanwhile.

mod scene;

use cachery::Invalidation;
use cachery_test_support::ended;

use scene::{Scene, answer};

/// A load of node `a` ends, but its fill waits on the way to Redis.
async fn fill_on_its_way(scene: &Scene) -> scene::Call {
    let load = scene.begin_on_a(1).await;
    scene.hold_requests();
    load.let_out();
    scene.until_held().await;
    load
}

#[tokio::test]
async fn a_fill_that_comes_late_is_stored_where_nothing_came_between() {
    for scene in Scene::of_each_backend().await {
        let load = fill_on_its_way(&scene).await;
        scene.let_pass();
        assert_eq!(load.end().await, 1);
        scene.assert_kept(1).await;
    }
}

#[tokio::test]
async fn a_fill_that_comes_after_an_invalidation_is_not_stored() {
    for scene in Scene::of_each_backend().await {
        let load = fill_on_its_way(&scene).await;
        scene.invalidate_on_b().await;
        scene.let_pass();
        assert_eq!(load.end().await, 1);
        scene.assert_dropped().await;
    }
}

#[tokio::test]
async fn a_fill_that_outlives_its_call_is_not_stored_after_an_invalidation() {
    for scene in Scene::of_each_backend_in_a_hurry().await {
        let load = fill_on_its_way(&scene).await;
        assert_eq!(load.end().await, 1, "it does not wait for a fill that gets stuck");
        scene.invalidate_on_b().await;
        let before = scene.scripts_run().await;
        scene.let_pass();
        scene.until_more_scripts_ran_than(before).await;
        // What was held up may have been the link's heartbeat too: then memory follows when the link is back.
        scene.until_absent_on_a().await;
        scene.assert_absent().await;
    }
}

#[tokio::test]
async fn a_fill_that_outlives_its_call_is_stored_where_nothing_came_between() {
    for scene in Scene::of_each_backend_in_a_hurry().await {
        let load = fill_on_its_way(&scene).await;
        assert_eq!(load.end().await, 1);
        let before = scene.scripts_run().await;
        scene.let_pass();
        scene.until_more_scripts_ran_than(before).await;
        scene.assert_kept(1).await;
    }
}

#[tokio::test]
async fn a_fill_that_comes_after_a_clear_is_never_read() {
    for scene in Scene::of_each_backend().await {
        let load = fill_on_its_way(&scene).await;
        scene.clear_on_b().await;
        scene.let_pass();
        assert_eq!(load.end().await, 1);
        scene.until_absent_on_a().await;
        scene.assert_absent().await;
    }
}

#[tokio::test]
async fn a_load_that_runs_while_another_node_clears_is_never_read() {
    for scene in Scene::of_each_backend().await {
        let load = scene.begin_on_a(1).await;
        scene.clear_on_b().await;
        load.let_out();
        assert_eq!(load.end().await, 1);
        scene.until_absent_on_a().await;
        scene.assert_absent().await;
    }
}

#[tokio::test]
async fn a_fill_without_leases_is_fenced_as_well() {
    for scene in Scene::of_each_backend_without_leases().await {
        let load = fill_on_its_way(&scene).await;
        scene.invalidate_on_b().await;
        scene.let_pass();
        assert_eq!(load.end().await, 1);
        scene.assert_dropped().await;
    }
}

#[tokio::test]
async fn a_fill_whose_token_was_evicted_is_not_stored() {
    for scene in Scene::of_each_backend().await {
        let load = scene.begin_on_a(1).await;
        scene.lose("token").await;
        load.let_out();
        assert_eq!(load.end().await, 1);
        scene.assert_dropped().await;
    }
}

#[tokio::test]
async fn a_fill_whose_token_was_evicted_does_not_replace_what_was_loaded_since() {
    for scene in Scene::of_each_backend().await {
        let old = scene.begin_on_a(1).await;
        scene.lose("token").await;
        scene.lose("lease").await;
        assert_eq!(scene.load_on_b(2).await, 2);
        old.let_out();
        assert_eq!(old.end().await, 1);
        assert_eq!(scene.fenced_on_a(), 1);
        scene.assert_kept(2).await;
    }
}

#[tokio::test]
async fn a_token_that_expires_while_its_load_runs_costs_the_fill() {
    for scene in Scene::of_each_backend().await {
        let load = scene.begin_on_a(1).await;
        scene.expire("token").await;
        load.let_out();
        assert_eq!(load.end().await, 1);
        scene.assert_dropped().await;
    }
}

#[tokio::test]
async fn a_load_whose_lease_expired_is_not_stored_after_an_invalidation() {
    for scene in Scene::of_each_backend().await {
        let old = scene.begin_on_a(1).await;
        scene.expire("lease").await;
        scene.invalidate_on_b().await;
        let new = scene.begin_on_b(2).await;
        old.let_out();
        assert_eq!(old.end().await, 1);
        assert_eq!(scene.fenced_on_a(), 1);
        new.let_out();
        assert_eq!(new.end().await, 2);
        scene.assert_kept(2).await;
    }
}

#[tokio::test]
async fn a_load_whose_lease_expired_does_not_replace_what_was_loaded_after_an_invalidation() {
    for scene in Scene::of_each_backend().await {
        let old = scene.begin_on_a(1).await;
        scene.expire("lease").await;
        scene.invalidate_on_b().await;
        assert_eq!(scene.load_on_b(2).await, 2);
        old.let_out();
        assert_eq!(old.end().await, 1);
        assert_eq!(scene.fenced_on_a(), 1);
        scene.assert_kept(2).await;
    }
}

#[tokio::test]
async fn a_load_whose_lease_expired_is_stored_where_nothing_came_between() {
    for scene in Scene::of_each_backend().await {
        let first = scene.begin_on_a(1).await;
        scene.expire("lease").await;
        let second = scene.begin_on_b(2).await;
        first.let_out();
        assert_eq!(first.end().await, 1);
        scene.assert_kept(1).await;
        second.let_out();
        assert_eq!(second.end().await, 2);
        scene.assert_kept(1).await;
    }
}

#[tokio::test]
async fn a_put_that_comes_after_an_invalidation_is_not_stored() {
    for scene in Scene::of_each_backend().await {
        let put = scene.put_on_its_way(7).await;
        scene.invalidate_on_b().await;
        scene.let_pass();
        ended(put).await.expect("a put does not panic");
        scene.assert_dropped().await;
    }
}

#[tokio::test]
async fn a_put_that_comes_late_is_stored_where_nothing_came_between() {
    for scene in Scene::of_each_backend().await {
        let put = scene.put_on_its_way(7).await;
        scene.let_pass();
        ended(put).await.expect("a put does not panic");
        scene.assert_kept(7).await;
    }
}

#[tokio::test]
async fn of_two_puts_the_one_that_began_last_stays() {
    for scene in Scene::of_each_backend().await {
        let put = scene.put_on_its_way(7).await;
        scene.b.scope(answer::put(1, 8)).await;
        scene.let_pass();
        ended(put).await.expect("a put does not panic");
        assert_eq!(scene.fenced_on_a(), 1);
        scene.assert_kept(8).await;
    }
}

#[tokio::test]
async fn a_load_from_before_another_nodes_refresh_is_not_stored() {
    for scene in Scene::of_each_backend().await {
        let old = scene.begin_on_a(1).await;
        assert_eq!(scene.refresh_on_b(2).await, 2);
        old.let_out();
        assert_eq!(old.end().await, 1);
        assert_eq!(scene.fenced_on_a(), 1);
        scene.assert_kept(2).await;
    }
}

#[tokio::test]
async fn a_load_from_before_another_nodes_put_is_not_stored() {
    for scene in Scene::of_each_backend().await {
        let load = fill_on_its_way(&scene).await;
        scene.b.scope(answer::put(1, 8)).await;
        scene.let_pass();
        assert_eq!(load.end().await, 1);
        assert_eq!(scene.fenced_on_a(), 1);
        scene.assert_kept(8).await;
    }
}

#[tokio::test]
async fn a_load_from_before_the_server_was_emptied_is_not_stored() {
    for scene in Scene::of_each_backend().await {
        let load = scene.begin_on_a(1).await;
        scene.server.tell(&["FLUSHALL"]).await;
        load.let_out();
        assert_eq!(load.end().await, 1);
        assert_eq!(scene.fenced_on_a(), 1);
        scene.until_absent_on_a().await;
        scene.assert_absent().await;
        assert_eq!(scene.load_on_b(2).await, 2);
        scene.assert_kept(2).await;
    }
}

#[tokio::test]
async fn a_server_that_forgets_its_scripts_during_a_load_is_told_them_again() {
    for scene in Scene::of_each_backend().await {
        let load = scene.begin_on_a(1).await;
        scene.server.tell(&["SCRIPT", "FLUSH"]).await;
        load.let_out();
        assert_eq!(load.end().await, 1);
        scene.assert_kept(1).await;
    }
}

#[tokio::test]
async fn a_server_that_forgets_its_scripts_during_a_load_fences_it_as_before() {
    for scene in Scene::of_each_backend().await {
        let load = scene.begin_on_a(1).await;
        scene.server.tell(&["SCRIPT", "FLUSH"]).await;
        assert_eq!(scene.b.scope(answer::invalidate(1)).await, Invalidation::Everywhere);
        scene.server.tell(&["SCRIPT", "FLUSH"]).await;
        load.let_out();
        assert_eq!(load.end().await, 1);
        scene.assert_dropped().await;
    }
}

#[tokio::test]
async fn what_a_leader_finds_of_before_a_clear_is_no_answer_for_who_called_after_it() {
    for scene in Scene::of_each_backend().await {
        let old = scene.begin_on_b(1).await;
        scene.hold_replies();
        let leader = scene.call_on_a(2).await;
        scene.clear_on_b().await;
        old.let_out();
        assert_eq!(old.end().await, 1);
        let follower = scene.call_on_a(3).await;
        scene.let_pass();
        assert_eq!(leader.end().await, 1, "the cache's generation from before the clear was shown to it");
        assert_eq!(follower.end().await, 3);
        scene.assert_kept(3).await;
    }
}

#[tokio::test]
async fn a_lease_that_was_granted_to_a_caller_who_had_gone_is_given_back() {
    for scene in Scene::of_each_backend().await {
        let call = scene.call_that_leaves_before_its_grant().await;
        scene.until_there_is("lease").await;
        call.leave().await;
        scene.let_pass();
        scene.until_there_is_no("lease").await;
    }
}

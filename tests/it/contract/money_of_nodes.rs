//! The rules of the bill on several nodes.

use super::{
    money::{CENT, Model, answer},
    place::Place,
};

pub(crate) async fn a_hit_on_another_nodes_value_saves_what_its_load_has_cost(place: Place) {
    let [one, other] = [place.node().await, place.node().await];
    let model = Model::default();
    one.scope(async { answer(1, 7, &model).await.unwrap() }).await;
    other
        .scope(async {
            for _ in 0..2 {
                // It does not matter what the call itself would be billed.
                answer(1, 7, &model).await.unwrap();
            }
            let money = answer::cache().stats().money;
            assert_eq!((money.spent, money.saved_by_hits), (0, 14 * CENT));
        })
        .await;
    assert_eq!(model.billed(), 7 * CENT);
}

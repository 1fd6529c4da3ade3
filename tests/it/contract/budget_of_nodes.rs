//! The rules of a budget on several nodes.

use std::sync::Arc;

use super::{
    budget::{DAY, Model, ROUNDED_UP, answer},
    place::Place,
};

pub(crate) async fn ten_nodes_share_a_budget(place: Place) {
    let mut nodes = Vec::new();
    for _ in 0..10 {
        let node = place.node().await;
        node.clock().stop();
        nodes.push(node);
    }
    let model = Arc::new(Model::default());
    let calls: Vec<_> = (0..40)
        .map(|id| {
            let model = Arc::clone(&model);
            let call = async move { answer(id, &model).await.is_ok() };
            tokio::spawn(nodes[usize::try_from(id % 10).unwrap()].scope(call))
        })
        .collect();
    let mut answered = 0;
    for call in calls {
        answered += u64::from(call.await.unwrap());
    }
    // A block is one load here, so none is left over.
    assert_eq!((answered, model.cents()), (10, 10));
    let budget = nodes[0].report().caches.into_iter().find(|cache| cache.name == "budget-answer");
    assert!(!budget.and_then(|cache| cache.budget).unwrap().is_cut_off);
    for node in &nodes {
        node.clock().advance(DAY + ROUNDED_UP);
    }
    nodes[3].scope(async { answer(77, &model).await.unwrap() }).await;
}

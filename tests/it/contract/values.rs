//! Hits return equal values, whatever their type and size.

use std::sync::Arc;

use cachery::config::{CacheSettings, Codec};
use cachery_test_support::Probe;

use super::{
    functions::{profile, text},
    place::Place,
};

const MEGABYTE: usize = 1 << 20;

pub(crate) async fn a_shared_value_comes_back_as_it_was(place: Place) {
    comes_back(place, Codec::Binary).await;
}

pub(crate) async fn as_json_too(place: Place) {
    comes_back(place, Codec::Json).await;
}

async fn comes_back(place: Place, codec: Codec) {
    let probe = Probe::opened();
    let loaded =
        place.node_of(CacheSettings::new().codec(codec)).await.scope(profile("Ann", &probe)).await;
    // Both codecs are decoded, whichever is set.
    let other = place.node().await;
    other
        .scope(async {
            let [first, second] = [profile("Ann", &probe).await, profile("Ann", &probe).await];
            assert_eq!((&*first.name, &*first.friends), ("Ann", &[1, u64::MAX][..]));
            assert_eq!(first, second);
            if place.url().is_some() {
                assert_eq!((first, probe.runs()), (loaded, 1));
            } else {
                assert!(Arc::ptr_eq(&first, &second));
            }
        })
        .await;
}

pub(crate) async fn a_value_of_a_megabyte_is_cached(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::opened();
        assert_eq!(text(MEGABYTE, &probe).await.len(), MEGABYTE);
        assert_eq!(text(MEGABYTE, &probe).await.len(), MEGABYTE);
        assert_eq!(probe.runs(), 1);
    })
    .await;
}

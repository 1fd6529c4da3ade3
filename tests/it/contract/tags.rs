//! The rules of tags.

use std::sync::Arc;

use cachery::{Backend, Caches, Invalidation, cached, caches, invalidate, key::KeyEncoder};
use cachery_test_support::{Probe, ended, spawn, until};
use tokio::task::JoinHandle;

use super::place::Place;

caches! {
    /// The tenant of an entry.
    pub(crate) static TENANT: Tag<u64> = { name: "contract-tenant" };
    /// The text of an entry, and its language.
    static TEXT: Tag<(String, u8)> = { name: "contract-text" };
    static PAGES: Cache<(u64, String), usize> = { name: "contract-pages", ttl: 3600 };
}

/// Belongs to one tenant.
#[cached(name = "contract-report", ttl = 3600, skip(probe), tags(TENANT(tenant)))]
pub(crate) async fn report(tenant: u64, day: u32, probe: &Arc<Probe>) -> usize {
    probe.run().await
}

/// Belongs to two tenants and to a text.
#[cached(
    name = "contract-message",
    ttl = 3600,
    skip(probe),
    tags(TENANT(from), TENANT(to), TEXT(text, 7))
)]
async fn message(from: u64, to: u64, text: &str, probe: &Arc<Probe>) -> Result<usize, String> {
    Ok(probe.run().await)
}

/// In a declared cache.
#[cached(cache = PAGES, key(tenant, name), skip(probe), tags(TENANT(*tenant)))]
async fn page(tenant: &u64, name: &str, probe: &Arc<Probe>) -> usize {
    probe.run().await
}

/// By a thread.
#[cached(name = "contract-sum", ttl = 3600, tags(TENANT(tenant)))]
#[expect(clippy::needless_pass_by_value, reason = "a part of the key that is owned")]
fn sum(tenant: u64, numbers: Vec<u8>) -> Arc<str> {
    format!("{tenant}: {}", numbers.len()).into()
}

struct Shop {
    tenant: u64,
    probe: Arc<Probe>,
}

impl Shop {
    #[cached(name = "contract-shop", ttl = 3600, key(self.tenant, id), tags(TENANT(self.tenant)))]
    async fn item(&self, id: u64) -> usize {
        self.probe.run().await
    }
}

/// In a task of its own.
#[cached(name = "contract-slow", ttl = 3600, detach, skip(probe), tags(TENANT(tenant)))]
async fn slow(tenant: u64, probe: Arc<Probe>) -> usize {
    probe.run().await
}

#[invalidate(TENANT(tenant), TEXT(text, 7), page(other, "a", _))]
async fn import(tenant: u64, text: &str, other: &u64) -> Result<(), u8> {
    if text == "wrong" { Err(1) } else { Ok(()) }
}

#[invalidate(TENANT(result))]
fn import_now(works: bool) -> Result<u64, u8> {
    if works { Ok(10) } else { Err(1) }
}

fn reach(place: &Place) -> Invalidation {
    match place.backend {
        Backend::Memory => Invalidation::Local,
        _ => Invalidation::Everywhere,
    }
}

/// Begins a call, whose load then waits for [`Probe::let_out`].
async fn begin(probe: &Arc<Probe>) -> JoinHandle<usize> {
    let (before, own) = (probe.runs(), Arc::clone(probe));
    let call = spawn(async move { report(7, 1, &own).await });
    until(|| probe.runs() > before).await;
    call
}

pub(crate) async fn a_tag_ends_all_its_entries_and_no_others(place: Place) {
    let probe = Probe::opened();
    let shops = [7, 8].map(|tenant| Shop { tenant, probe: Arc::clone(&probe) });
    let call_all = async || {
        for tenant in [7, 8] {
            for day in [1, 2] {
                report(tenant, day, &probe).await;
            }
            page(&tenant, "a", &probe).await;
            sum(tenant, vec![1, 2]);
            slow(tenant, Arc::clone(&probe)).await;
        }
        for shop in &shops {
            shop.item(1).await;
        }
    };
    let peek = async |tenant: u64, shop: &Shop| {
        let found = [
            report::peek(tenant, 1).await.is_some(),
            report::peek(tenant, 2).await.is_some(),
            page::peek(&tenant, "a").await.is_some(),
            PAGES.get(&(tenant, "a".to_owned())).await.is_some(),
            sum::peek(tenant, vec![1, 2]).is_some(),
            slow::peek(tenant).await.is_some(),
            shop.item_peek(1).await.is_some(),
        ];
        assert_eq!(found, [found[0]; 7]);
        found[0]
    };
    let node = place.node().await;
    node.scope(async {
        call_all().await;
        let runs = probe.runs();
        call_all().await;
        assert_eq!(probe.runs(), runs, "all are hits");
        assert_eq!(TENANT.invalidate(&7).await, reach(&place));
        assert_eq!((peek(7, &shops[0]).await, peek(8, &shops[1]).await), (false, true));
        call_all().await;
        assert_eq!(probe.runs(), runs + runs / 2, "those of one tenant were loaded again");
        assert!(peek(7, &shops[0]).await && peek(8, &shops[1]).await);
    })
    .await;
}

pub(crate) async fn an_entry_with_several_tags_ends_with_each_of_them(place: Place) {
    let probe = Probe::opened();
    let node = place.node().await;
    node.scope(async {
        let stored = async || {
            message(1, 2, "a", &probe).await.unwrap();
            message::peek(1, 2, "a").await.is_some()
        };
        for others in [3, 4] {
            assert!(stored().await);
            TENANT.invalidate(&others).await;
            TEXT.invalidate(&("a".to_owned(), 8)).await;
            TEXT.invalidate(&("b".to_owned(), 7)).await;
            assert!(message::peek(1, 2, "a").await.is_some());
        }
        for tenant in [1, 2] {
            assert!(stored().await);
            TENANT.invalidate(&tenant).await;
            assert_eq!(message::peek(1, 2, "a").await, None);
        }
        assert!(stored().await);
        TEXT.invalidate(&("a".to_owned(), 7)).await;
        assert_eq!(message::peek(1, 2, "a").await, None);
    })
    .await;
}

pub(crate) async fn what_is_tagged_and_invalidated_while_it_loads_is_not_stored(place: Place) {
    let probe = Probe::closed();
    let node = place.node().await;
    node.scope(async {
        let before = begin(&probe).await;
        TENANT.invalidate(&7).await;
        let after = begin(&probe).await;
        probe.let_out(1);
        assert_eq!(ended(before).await.unwrap(), 1);
        assert_eq!(report::peek(7, 1).await, None);
        probe.let_out(1);
        assert_eq!(ended(after).await.unwrap(), 2, "who came later has not joined");
        assert_eq!(report::peek(7, 1).await, Some(2));
    })
    .await;
}

pub(crate) async fn a_refresh_and_a_put_have_the_tags_and_are_fenced_by_them(place: Place) {
    let probe = Probe::opened();
    let node = place.node().await;
    node.scope(async {
        report::put(7, 1, 100).await;
        assert_eq!(report::peek(7, 1).await, Some(100));
        TENANT.invalidate(&7).await;
        assert_eq!(report::peek(7, 1).await, None);
        assert_eq!(report::refresh(7, 1, &probe).await, 1);
        assert_eq!(report::peek(7, 1).await, Some(1));
        TENANT.invalidate(&7).await;
        assert_eq!(report::peek(7, 1).await, None);

        let closed = Probe::closed();
        let own = Arc::clone(&closed);
        let refresh = spawn(async move { report::refresh(7, 1, &own).await });
        until(|| closed.runs() == 1).await;
        TENANT.invalidate(&7).await;
        closed.open();
        ended(refresh).await.unwrap();
        assert_eq!(report::peek(7, 1).await, None);
        assert_eq!(report(7, 1, &probe).await, 2);
        assert_eq!(report::peek(7, 1).await, Some(2));
    })
    .await;
}

pub(crate) async fn an_attribute_invalidates_tags_after_success(place: Place) {
    let probe = Probe::opened();
    let node = place.node().await;
    node.scope(async {
        let store = async || {
            report(7, 1, &probe).await;
            message(1, 2, "a", &probe).await.unwrap();
            page(&9, "a", &probe).await;
        };
        let stored = async || {
            [
                report::peek(7, 1).await.is_some(),
                message::peek(1, 2, "a").await.is_some(),
                page::peek(&9, "a").await.is_some(),
            ]
        };
        store().await;
        import(7, "wrong", &9).await.unwrap_err();
        assert_eq!(stored().await, [true; 3]);
        import(7, "a", &9).await.unwrap();
        assert_eq!(stored().await, [false; 3]);
        // Values that were never invalidated: a first connection may replay what was.
        report(10, 1, &probe).await;
        message(11, 12, "b", &probe).await.unwrap();
        let stored = async || {
            (report::peek(10, 1).await.is_some(), message::peek(11, 12, "b").await.is_some())
        };
        import_now(false).unwrap_err();
        assert_eq!(stored().await, (true, true));
        import_now(true).unwrap();
        assert_eq!(stored().await, (false, true));
    })
    .await;
}

pub(crate) async fn a_tag_is_invalidated_by_its_name(place: Place) {
    let probe = Probe::opened();
    let node = place.node().await;
    node.scope(report(7, 1, &probe)).await;
    let tag = node.tag("contract-tenant").expect("it is declared");
    assert_eq!((tag.name(), tag.type_of_values()), ("contract-tenant", "u64"));
    let value = KeyEncoder::new().arg(&7_u64).finish();
    assert_eq!(tag.invalidate(&value).await, reach(&place));
    assert_eq!(node.scope(report::peek(7, 1)).await, None);
    assert!(node.tag("contract-tenants").is_none());
    assert!(Caches::current().tags().contains(&"contract-text"));
}

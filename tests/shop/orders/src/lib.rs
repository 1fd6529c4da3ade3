//! Fourteen cached functions.

use cachery::cached;

/// Caches functions of an id.
macro_rules! cached_functions {
    ($($function:ident: $name:literal,)*) => {
        $(/// Cached.
        #[cached(name = $name, ttl = "1h")]
        pub async fn $function(id: u64) -> u64 {
            id
        })*
    };
}

cached_functions! {
    order: "orders-one",
    lines: "orders-lines",
    total: "orders-total",
    invoice: "orders-invoice",
    shipment: "orders-shipment",
    returns: "orders-returns",
    refund: "orders-refund",
    address: "orders-address",
    payment: "orders-payment",
    discount: "orders-discount",
    weight: "orders-weight",
    customs: "orders-customs",
    history: "orders-history",
}

/// A cache whose values cannot leave the process.
#[cached(name = "orders-session", ttl = "1h", local)]
pub async fn session(id: u64) -> u64 {
    id
}

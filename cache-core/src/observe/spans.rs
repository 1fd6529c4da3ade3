//! The spans of `tracing`.

use tracing::{Span, field::Empty, info_span};

/// Returns the span of a load.
pub(crate) fn load_span(cache: &'static str) -> Span {
    info_span!(
        "cache.load",
        cache.name = cache,
        cache.hit = false,
        cache.tier = "none",
        cache.coalesced = false
    )
}

/// Returns the span of a wait for another caller's load, which it follows from when it has ended.
pub(crate) fn wait_span(cache: &'static str) -> Span {
    info_span!(
        "cache.wait",
        cache.name = cache,
        cache.hit = false,
        cache.tier = "none",
        cache.coalesced = true
    )
}

/// Returns the span of a read of the remote tier; [`record_hit`] completes it.
pub(crate) fn get_span(cache: &'static str) -> Span {
    info_span!("cache.get", cache.name = cache, cache.hit = Empty, cache.tier = "remote")
}

/// Records whether the remote tier had a fresh value.
pub(crate) fn record_hit(span: &Span, hit: bool) {
    span.record("cache.hit", hit);
}

//! The attribute macros of [Cachery](https://docs.rs/cachery): use them through the facade, which re-exports them.

mod cached;
mod derive;
mod errors;

use proc_macro::TokenStream;

/// placeholder
#[proc_macro_attribute]
pub fn cached(args: TokenStream, item: TokenStream) -> TokenStream {
    cached::cached(args.into(), item.into()).into()
}

/// placeholder
#[proc_macro_derive(CacheKey, attributes(cache_key))]
pub fn cache_key(item: TokenStream) -> TokenStream {
    derive::cache_key(item.into()).into()
}

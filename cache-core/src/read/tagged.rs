//! The calls by a key of a call site together with the tags that its entry gets.

use std::future::Future;

use super::{call::Call, invalidate::Target, keyed::Tagged, note::ServedAs};
use crate::{invalidation::Invalidation, park::park};

// What each does is said where it is done, in `Keyed`.
#[expect(missing_docs, reason = "they are those of a key without tags")]
impl<R, V, E> Tagged<R, V, E> {
    pub fn refresh<F: Future<Output = R>>(self, run: impl FnOnce() -> F) -> Call<R, V, E, F> {
        self.keyed.refresh_tagged(Some(&self.tags), run)
    }

    pub fn refresh_now(&self, load: impl FnOnce() -> R) -> R {
        self.keyed.refresh_now_tagged(Some(&self.tags), load)
    }

    pub fn served<F, S>(self, run: impl FnOnce() -> F) -> impl Future<Output = S>
    where
        F: Future<Output = R>,
        S: ServedAs<V, E>,
    {
        self.keyed.served_tagged(Some(self.tags), run)
    }

    pub fn served_now<S: ServedAs<V, E>>(self, run: impl FnOnce() -> R) -> S {
        self.keyed.served_now_tagged(Some(&self.tags), run)
    }

    pub fn served_detached<F, S>(self, run: impl FnOnce() -> F) -> impl Future<Output = S>
    where
        F: Future<Output = R> + Send + 'static,
        S: ServedAs<V, E>,
        R: Send + 'static,
        V: Send + 'static,
        E: 'static,
    {
        self.keyed.served_detached_tagged(Some(self.tags), run)
    }

    pub fn peek(self) -> impl Future<Output = Option<V>> {
        self.keyed.peek_tagged(Some(self.tags))
    }

    pub fn peek_now(self) -> Option<V> {
        park(self.peek())
    }

    pub fn put(self, value: V) -> impl Future<Output = ()> {
        self.keyed.put_tagged(Some(self.tags), value)
    }

    pub fn put_now(self, value: V) {
        park(self.put(value));
    }

    pub fn invalidate(self) -> impl Future<Output = Invalidation> {
        self.keyed.invalidate()
    }

    pub fn invalidate_now(self) -> Invalidation {
        self.keyed.invalidate_now()
    }

    pub fn expire(self) -> impl Future<Output = Invalidation> {
        self.keyed.expire()
    }

    pub fn expire_now(self) -> Invalidation {
        self.keyed.expire_now()
    }

    pub fn target(self) -> Target {
        self.keyed.target()
    }
}

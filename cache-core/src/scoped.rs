//! Values for the code that runs within a scope: a call, or a future whichever thread polls it.
//!
//! It is what tokio's `task_local!` is, without a runtime.

use std::{
    cell::RefCell,
    future::Future,
    mem::{self, ManuallyDrop},
    pin::Pin,
    task::{Context, Poll},
    thread::LocalKey,
};

use pin_project_lite::pin_project;

/// The value of the scope that a thread is in, if it is in one.
///
/// It has no destructor, because each scope ends: so it is there while a thread ends, when the
/// destructor of a thread-local value may call, and whoever reads it need not ask whether it is.
pub(crate) struct Slot<T>(RefCell<ManuallyDrop<Option<T>>>);

impl<T> Slot<T> {
    /// Returns the slot of a thread that is outside of all scopes.
    pub(crate) const fn empty() -> Self {
        Self(RefCell::new(ManuallyDrop::new(None)))
    }
}

/// A value that scopes set.
pub(crate) struct Scoped<T: 'static>(&'static LocalKey<Slot<T>>);

impl<T> Scoped<T> {
    pub(crate) const fn new(slot: &'static LocalKey<Slot<T>>) -> Self {
        Self(slot)
    }

    /// Runs `act` on the value of the scope, if there is one.
    #[inline]
    pub(crate) fn with<R>(&self, act: impl FnOnce(&T) -> R) -> Option<R> {
        self.0.with(|slot| slot.0.borrow().as_ref().map(act))
    }

    /// Runs `act` within a scope of `value`.
    pub(crate) fn sync_scope<R>(&self, value: T, act: impl FnOnce() -> R) -> R {
        let _within = self.enter(value);
        act()
    }

    /// Begins a scope of `value`, which ends when the guard is dropped.
    pub(crate) fn enter(&self, value: T) -> Within<'_, T> {
        let mut within = Within { scope: self, other: Some(value) };
        self.swap(&mut within.other);
        within
    }

    /// Makes each poll of `future`, and its drop, run within a scope of `value`.
    pub(crate) fn scope<F: Future>(&'static self, value: T, future: F) -> InScope<T, F> {
        InScope { scope: self, value: Some(value), future: Some(future) }
    }

    /// Runs `act` with `value` in the slot. The slot's own value waits in its place.
    fn swapped<R>(&self, value: &mut Option<T>, act: impl FnOnce() -> R) -> R {
        self.swap(value);
        let _back = scopeguard::guard(value, |value| self.swap(value));
        act()
    }

    fn swap(&self, value: &mut Option<T>) {
        self.0.with(|slot| mem::swap(&mut **slot.0.borrow_mut(), value));
    }
}

/// A scope. Dropping it ends it, also by a panic.
pub(crate) struct Within<'a, T: 'static> {
    scope: &'a Scoped<T>,
    /// The value of the scope around it, which waits here.
    other: Option<T>,
}

impl<T> Drop for Within<'_, T> {
    fn drop(&mut self) {
        self.scope.swap(&mut self.other);
    }
}

pin_project! {
    /// A future within a scope.
    pub(crate) struct InScope<T: 'static, F> {
        scope: &'static Scoped<T>,
        value: Option<T>,
        // `None` once it is dropped.
        #[pin]
        future: Option<F>,
    }

    impl<T: 'static, F> PinnedDrop for InScope<T, F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.scope.swapped(this.value, || this.future.set(None));
        }
    }
}

impl<T: 'static, F: Future> Future for InScope<T, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let future = this.future.as_pin_mut().expect("it is there until the drop");
        this.scope.swapped(this.value, || future.poll(cx))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        pin::pin,
        task::Waker,
        thread,
    };

    use super::*;

    thread_local! {
        static SLOT: Slot<u32> = const { Slot::empty() };
    }

    static NUMBER: Scoped<u32> = Scoped::new(&SLOT);

    fn number() -> Option<u32> {
        NUMBER.with(|number| *number)
    }

    #[test]
    fn scopes_nest_and_end_also_by_a_panic() {
        assert_eq!(number(), None);
        NUMBER.sync_scope(1, || {
            let panics = AssertUnwindSafe(|| NUMBER.sync_scope(2, || panic!("{:?}", number())));
            assert_eq!(*catch_unwind(panics).unwrap_err().downcast::<String>().unwrap(), "Some(2)");
            assert_eq!(number(), Some(1));
        });
        assert_eq!(number(), None);
    }

    #[test]
    fn a_future_is_in_its_scope_on_whatever_thread() {
        let mut future = Box::pin(NUMBER.scope(1, async {
            let before = number();
            std::future::poll_fn(|cx| {
                cx.waker().wake_by_ref();
                if thread::current().name() == Some("second") {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
            (before, number())
        }));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut cx).is_pending());
        assert_eq!(number(), None);
        let poll = move || future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let second = thread::Builder::new().name("second".to_owned()).spawn(poll).unwrap();
        assert_eq!(second.join().unwrap(), Poll::Ready((Some(1), Some(1))));
    }

    #[test]
    fn a_future_is_dropped_within_its_scope() {
        struct Tells<'a>(&'a mut Option<u32>);
        impl Drop for Tells<'_> {
            fn drop(&mut self) {
                *self.0 = number();
            }
        }

        let mut told = None;
        {
            let tells = Tells(&mut told);
            let mut future = pin!(NUMBER.scope(1, async move {
                let _tells = tells;
                std::future::pending::<()>().await;
            }));
            assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        assert_eq!(told, Some(1));
    }
}

//! Several operations at once.

use std::{future::poll_fn, task::Poll};

use super::Pending;

/// Returns the outputs of all operations, which run side by side, in their order.
pub(super) fn all<'a, T: Send + 'a>(
    operations: impl IntoIterator<Item = Pending<'a, T>>,
) -> Pending<'a, Vec<T>> {
    let mut running: Vec<State<'a, T>> = operations.into_iter().map(State::Running).collect();
    Box::pin(async move {
        poll_fn(|cx| {
            let mut is_done = true;
            for state in &mut running {
                if let State::Running(operation) = state {
                    match operation.as_mut().poll(cx) {
                        Poll::Ready(output) => *state = State::Done(output),
                        Poll::Pending => is_done = false,
                    }
                }
            }
            if is_done { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        let done = |state: State<'a, T>| match state {
            State::Done(output) => Some(output),
            State::Running(_) => None,
        };
        running.into_iter().filter_map(done).collect()
    })
}

/// The state of one of them.
enum State<'a, T> {
    Running(Pending<'a, T>),
    Done(T),
}

//! Reads that come in one turn of a runtime go to the server as one request, which costs each of
//! them a part of what a request costs. A task of its own carries it, so that no caller depends on
//! another one that is dropped, or is not polled.

use std::{
    future::poll_fn,
    mem,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
};

use parking_lot::Mutex;
use redis::{Cmd, Pipeline, RedisResult, Value, aio::MultiplexedConnection};
use tokio::runtime::Handle;

use super::request::{KeyRead, time_left};

/// The reads of one connection.
pub(super) struct Reads {
    runtime: Handle,
    /// The number of callers who read.
    under_way: AtomicUsize,
    /// The request that is sent next, if it has reads.
    next: Arc<Mutex<Option<Gathered>>>,
}

/// Reads that go to the server together.
struct Gathered {
    times: Pipeline,
    values: Cmd,
    /// The number of keys in `values`.
    keys: usize,
    /// The generation that was asked for last, and its place among the keys.
    generation: Option<(Vec<u8>, usize)>,
    replies: Arc<Replies>,
}

/// The places of one read in a request.
struct Part {
    time: usize,
    /// The place of the value, which the token and the tags follow.
    value: usize,
    generation: usize,
    tags: usize,
}

/// The replies to a request, for the callers who wait for them.
struct Replies(Mutex<State>);

enum State {
    /// The wakers of the callers, by the places of their times.
    Awaited(Vec<Waker>),
    Here {
        times: Vec<Value>,
        values: Vec<Value>,
    },
    /// There is nothing for each of them: an error, or the runtime has ended.
    Failed,
}

impl Reads {
    /// Returns those of a connection that lives on the current runtime.
    pub(super) fn new() -> Self {
        Self { runtime: Handle::current(), under_way: AtomicUsize::new(0), next: Arc::default() }
    }

    /// Sends a read over `redis` and returns the replies to its commands.
    pub(super) async fn send(
        &self,
        redis: &MultiplexedConnection,
        read: KeyRead<'_>,
    ) -> RedisResult<Vec<Value>> {
        let is_alone = self.under_way.fetch_add(1, Relaxed) == 0;
        let _under_way = scopeguard::guard((), |()| _ = self.under_way.fetch_sub(1, Relaxed));
        if !is_alone {
            let (replies, part) = self.join(redis, read);
            if let Some(replies) = poll_fn(|cx| replies.poll(&part, cx)).await {
                return Ok(replies);
            }
            // By itself it gets the error that is its own.
        }
        let commands = read.commands();
        redis.clone().send_packed_commands(&commands, 0, commands.len()).await
    }

    /// Makes a read part of the next request.
    fn join(&self, redis: &MultiplexedConnection, read: KeyRead<'_>) -> (Arc<Replies>, Part) {
        let mut next = self.next.lock();
        let is_first = next.is_none();
        let gathered = next.get_or_insert_with(Gathered::new);
        let part = gathered.add(read);
        let replies = Arc::clone(&gathered.replies);
        // A runtime that has ended drops the task at once, which takes the lock.
        drop(next);
        if is_first {
            let carrier = Carrier { next: Arc::clone(&self.next), replies: Arc::clone(&replies) };
            self.runtime.spawn(carrier.carry(redis.clone()));
        }
        (replies, part)
    }
}

impl Gathered {
    fn new() -> Self {
        let mut values = Cmd::new();
        values.arg("MGET");
        Self {
            times: Pipeline::new(),
            values,
            keys: 0,
            generation: None,
            replies: Arc::new(Replies(Mutex::new(State::Awaited(Vec::new())))),
        }
    }

    fn add(&mut self, read: KeyRead<'_>) -> Part {
        let KeyRead { value, token, generation, tags } = read;
        let time = self.times.len();
        self.times.add_command(time_left(value));
        let first = self.keys;
        self.values.arg(value).arg(token).arg(tags);
        self.keys += 2 + tags.len();
        let generation = match &self.generation {
            Some((known, place)) if known == generation => *place,
            _ => {
                self.values.arg(generation);
                self.generation = Some((generation.to_vec(), self.keys));
                self.keys += 1;
                self.keys - 1
            }
        };
        Part { time, value: first, generation, tags: tags.len() }
    }
}

/// Carries a request: its reads are told in any case.
struct Carrier {
    next: Arc<Mutex<Option<Gathered>>>,
    replies: Arc<Replies>,
}

impl Carrier {
    async fn carry(self, mut redis: MultiplexedConnection) {
        turn_over().await;
        let Some(gathered) = self.take() else { return };
        let Gathered { times: mut commands, values, keys, .. } = gathered;
        commands.add_command(values);
        let replies = redis.send_packed_commands(&commands, 0, commands.len()).await;
        self.replies.settle(replies.ok().and_then(|replies| State::of(replies, keys)));
    }

    /// Takes the request, unless it was taken.
    fn take(&self) -> Option<Gathered> {
        let mut next = self.next.lock();
        let is_ours = next.as_ref().is_some_and(|next| Arc::ptr_eq(&next.replies, &self.replies));
        if is_ours { next.take() } else { None }
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.take();
        self.replies.settle(None);
    }
}

impl State {
    /// Returns the replies for the callers, where the values are as many as were asked for.
    fn of(mut replies: Vec<Value>, keys: usize) -> Option<Self> {
        match replies.pop() {
            Some(Value::Array(values)) if values.len() == keys => {
                Some(Self::Here { times: replies, values })
            }
            _ => None,
        }
    }
}

impl Replies {
    /// Tells the callers, once.
    fn settle(&self, state: Option<State>) {
        let mut now = self.0.lock();
        if let State::Awaited(wakers) = &mut *now {
            let wakers = mem::take(wakers);
            *now = state.unwrap_or(State::Failed);
            drop(now);
            wakers.into_iter().for_each(Waker::wake);
        }
    }

    /// Returns the replies to the commands of one read, or `None` where it has none.
    fn poll(&self, part: &Part, cx: &Context<'_>) -> Poll<Option<Vec<Value>>> {
        match &mut *self.0.lock() {
            State::Awaited(wakers) => {
                // On another thread a later one may come first.
                if wakers.len() <= part.time {
                    wakers.resize(part.time + 1, Waker::noop().clone());
                }
                wakers[part.time].clone_from(cx.waker());
                Poll::Pending
            }
            State::Here { times, values } => Poll::Ready(part.take(times, values)),
            State::Failed => Poll::Ready(None),
        }
    }
}

impl Part {
    fn take(&self, times: &mut [Value], values: &mut [Value]) -> Option<Vec<Value>> {
        let generation = values.get(self.generation)?.clone();
        let mut own = values.get_mut(self.value..)?.iter_mut().map(mem::take);
        let mut found = Vec::with_capacity(3 + self.tags);
        found.extend([own.next()?, own.next()?, generation]);
        found.extend(own.take(self.tags));
        Some(vec![mem::take(times.get_mut(self.time)?), Value::Array(found)])
    }
}

/// Lets all tasks run that are ready.
async fn turn_over() {
    let mut is_over = false;
    poll_fn(|cx| {
        if mem::replace(&mut is_over, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Counted(AtomicUsize);

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    #[test]
    fn each_caller_is_woken_in_whatever_order_they_come() {
        let mut gathered = Gathered::new();
        let mut part = |value| {
            gathered.add(KeyRead { value, token: b"token", generation: b"generation", tags: &[] })
        };
        let parts = [part(b"a"), part(b"b"), part(b"c")];
        let wakers = [(); 3].map(|()| Arc::new(Counted::default()));
        for place in [2, 0, 1] {
            let waker = Waker::from(Arc::clone(&wakers[place]));
            let reply = gathered.replies.poll(&parts[place], &Context::from_waker(&waker));
            assert!(reply.is_pending());
        }
        gathered.replies.settle(None);
        assert_eq!(wakers.map(|waker| waker.0.load(Relaxed)), [1; 3]);
    }
}

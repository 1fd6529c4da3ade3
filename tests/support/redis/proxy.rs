//! A TCP proxy between a test and its server that can be as bad as a network.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    sync::watch,
};

use super::relay::{Held, relay};

/// Which way bytes go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Direction {
    Requests,
    Replies,
}

/// What is done to the bytes of one direction.
#[derive(Clone, Copy, Default)]
pub(super) struct Flow {
    pub(super) delay: Duration,
    pub(super) stalled: bool,
    pub(super) garbled: bool,
    /// Of the next bytes to come only so many pass; then the connection is reset.
    pub(super) truncated: Option<usize>,
}

/// What is done at this moment.
#[derive(Clone, Copy, Default)]
pub(super) struct Rules {
    pub(super) flows: [Flow; 2],
    pub(super) refusing: bool,
    /// How often all connections were cut.
    pub(super) cuts: usize,
}

/// What the proxy and its connections share.
#[derive(Clone, Default)]
pub(super) struct Shared {
    pub(super) rules: Arc<watch::Sender<Rules>>,
    pub(super) held: Held,
    accepted: Arc<AtomicUsize>,
}

/// It has a runtime of its own, so that it works whatever the test does to its own. At first it passes everything.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Shared,
    // Taken by `Drop` only.
    runtime: Option<Runtime>,
}

impl Proxy {
    /// A proxy on a free port for the server that listens at `server`.
    pub(crate) fn to(server: SocketAddr) -> Self {
        let runtime =
            Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a thread can be made");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("some port is free");
        listener.set_nonblocking(true).expect("sockets can be asynchronous");
        let address = listener.local_addr().expect("it is bound");
        let shared = Shared::default();
        runtime.spawn(accept(listener, server, shared.clone()));
        Self { address, shared, runtime: Some(runtime) }
    }

    /// For clients of a server without credentials; see [`Server::url_by`](super::Server::url_by) for others.
    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Where clients find it.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// On 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many connections were made to it, those that it reset at once among them.
    pub(crate) fn accepted(&self) -> usize {
        self.shared.accepted.load(SeqCst)
    }

    /// How many pieces of a stream it holds back at this moment.
    pub(crate) fn held(&self, direction: Direction) -> usize {
        self.shared.held.count(direction)
    }

    /// Ends all mischief; what was held back by a stall goes on now.
    pub(crate) fn pass(&self) {
        self.change(|rules| *rules = Rules { cuts: rules.cuts, ..Rules::default() });
    }

    /// What comes in from now on goes out so much later.
    pub(crate) fn delay(&self, direction: Direction, delay: Duration) {
        self.change(|rules| rules.flows[direction as usize].delay = delay);
    }

    /// Connections stay and can be made, but nothing passes this way.
    pub(crate) fn stall(&self, direction: Direction) {
        self.change(|rules| rules.flows[direction as usize].stalled = true);
    }

    /// The bits of what passes this way are flipped.
    pub(crate) fn garble(&self, direction: Direction) {
        self.change(|rules| rules.flows[direction as usize].garbled = true);
    }

    /// Of the next reply only so many bytes pass; then its connection is reset. Once.
    pub(crate) fn truncate_next_reply(&self, bytes: usize) {
        self.change(|rules| rules.flows[Direction::Replies as usize].truncated = Some(bytes));
    }

    /// Resets all connections; new ones can be made.
    pub(crate) fn cut(&self) {
        self.change(|rules| rules.cuts += 1);
    }

    /// Resets all connections, and new ones at once.
    pub(crate) fn refuse(&self) {
        self.change(|rules| {
            rules.refusing = true;
            rules.cuts += 1;
        });
    }

    fn change(&self, change: impl FnOnce(&mut Rules)) {
        self.shared.rules.send_modify(change);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A test's own runtime must not block.
            runtime.shutdown_background();
        }
    }
}

async fn accept(listener: std::net::TcpListener, server: SocketAddr, shared: Shared) {
    let listener = TcpListener::from_std(listener).expect("the runtime does I/O");
    while let Ok((client, _)) = listener.accept().await {
        shared.accepted.fetch_add(1, SeqCst);
        tokio::spawn(relay(client, server, shared.clone()));
    }
}

/// The peer of this connection will see a reset when it is dropped.
pub(super) fn reset(connection: &TcpStream) {
    // It fails where the connection is gone already.
    let _ = connection.set_zero_linger();
}

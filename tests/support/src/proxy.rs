//! A TCP proxy between a test and its server, with the faults of a network.

mod relay;
mod rules;

use std::{net::SocketAddr, sync::atomic::Ordering::SeqCst, time::Duration};

use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
};

pub use self::rules::Direction;
use self::{
    relay::relay,
    rules::{Rules, Shared},
};

/// A proxy. At first it passes everything. It has a runtime of its own, so that it works whatever a
/// test does to its own.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Shared,
    // Taken by `Drop` only.
    runtime: Option<Runtime>,
}

impl Proxy {
    /// Starts a proxy at a free port, for the server that listens at `server`.
    pub fn to(server: SocketAddr) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a thread can be made");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("some port is free");
        listener.set_nonblocking(true).expect("sockets can be asynchronous");
        let address = listener.local_addr().expect("it is bound");
        let shared = Shared::default();
        runtime.spawn(accept(listener, server, shared.clone()));
        Self { address, shared, runtime: Some(runtime) }
    }

    /// The URL for clients of a server without credentials.
    /// [`Server::url_through`](crate::Server::url_through) has those of others.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// The address for clients.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Number of connections that were made to it, with those that it reset at once.
    pub fn accepted(&self) -> usize {
        self.shared.accepted.load(SeqCst)
    }

    /// Number of pieces of a stream that it holds back at this moment.
    pub fn held(&self, direction: Direction) -> usize {
        self.shared.held.count(direction)
    }

    /// Ends all faults. Bytes that a stall held back pass now.
    pub fn pass(&self) {
        self.change(|rules| *rules = Rules { cuts: rules.cuts, ..Rules::default() });
    }

    /// Delays the bytes that come in from now on.
    pub fn delay(&self, direction: Direction, delay: Duration) {
        self.change(|rules| rules.flows[direction as usize].delay = delay);
    }

    /// Holds back all bytes of this direction. Connections stay and can be made.
    pub fn stall(&self, direction: Direction) {
        self.change(|rules| rules.flows[direction as usize].stalled = true);
    }

    /// Lets so many bytes a second pass in each connection.
    pub fn limit(&self, direction: Direction, bytes_per_second: u32) {
        self.change(|rules| rules.flows[direction as usize].rate = Some(bytes_per_second));
    }

    /// Flips the bits of all bytes of this direction.
    pub fn garble(&self, direction: Direction) {
        self.change(|rules| rules.flows[direction as usize].garbled = true);
    }

    /// Passes so many bytes of the next reply and then resets its connection. Once.
    pub fn truncate_next_reply(&self, bytes: usize) {
        self.change(|rules| rules.flows[Direction::Replies as usize].truncated = Some(bytes));
    }

    /// Resets all connections; new ones can be made.
    pub fn cut(&self) {
        self.change(|rules| rules.cuts += 1);
    }

    /// Resets all connections, and new ones at once.
    pub fn refuse(&self) {
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

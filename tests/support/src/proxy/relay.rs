//! One connection through the proxy.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::{mpsc, watch},
    time::{Instant, sleep, sleep_until},
};

use super::rules::{Direction, Flow, Held, Rules, Shared};

/// Bytes on their way.
struct Chunk {
    bytes: Vec<u8>,
    due: Instant,
    held: Arc<()>,
}

/// One direction of a connection.
struct OneDirection {
    direction: Direction,
    /// The number of cuts when the connection was made. After another one nothing passes.
    cuts: usize,
    rules: Arc<watch::Sender<Rules>>,
    held: Held,
}

/// Carries bytes until one side ends the connection, or all are cut: then both sides see a reset.
pub(super) async fn relay(mut client: TcpStream, server: SocketAddr, shared: Shared) {
    let Shared { rules, held, .. } = shared;
    let mut watched = rules.subscribe();
    let Rules { cuts, refusing, .. } = *watched.borrow_and_update();
    if refusing {
        return reset(&client);
    }
    let Ok(mut server) = TcpStream::connect(server).await else { return reset(&client) };
    // Small chunks are not to wait for each other; it fails where the connection is gone already.
    let _ = client.set_nodelay(true).and(server.set_nodelay(true));
    let one =
        |direction| OneDirection { direction, cuts, rules: rules.clone(), held: held.clone() };
    let ended = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        tokio::select! {
            _ = watched.wait_for(|rules| rules.cuts != cuts) => Err(io::ErrorKind::ConnectionReset.into()),
            ended = one(Direction::Requests).run(from_client, to_server) => ended,
            ended = one(Direction::Replies).run(from_server, to_client) => ended,
        }
    };
    if ended.is_err() {
        reset(&client);
        reset(&server);
    }
}

impl OneDirection {
    /// Carries bytes until their source ends.
    async fn run(self, from: ReadHalf<'_>, to: WriteHalf<'_>) -> io::Result<()> {
        let (queue, chunks) = mpsc::unbounded_channel();
        tokio::try_join!(self.read(from, queue), self.write(chunks, to)).map(|_| ())
    }

    async fn read(
        &self,
        mut from: ReadHalf<'_>,
        queue: mpsc::UnboundedSender<Chunk>,
    ) -> io::Result<()> {
        loop {
            let mut bytes = Vec::with_capacity(64 * 1024);
            if from.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
            let due = Instant::now() + self.flow().delay;
            // The writer ends only together with this reader.
            let _ = queue.send(Chunk { bytes, due, held: self.held.hold(self.direction) });
        }
    }

    async fn write(
        &self,
        mut chunks: mpsc::UnboundedReceiver<Chunk>,
        mut to: WriteHalf<'_>,
    ) -> io::Result<()> {
        while let Some(Chunk { mut bytes, due, held }) = chunks.recv().await {
            sleep_until(due).await;
            self.until_it_flows().await;
            // Not counted any more when its receiver sees it.
            drop(held);
            if self.flow().garbled {
                for byte in &mut bytes {
                    *byte = !*byte;
                }
            }
            if let Some(rate) = self.flow().rate {
                let bytes = u32::try_from(bytes.len()).expect("a chunk is small");
                sleep(Duration::from_secs(1) * bytes / rate).await;
            }
            // Asked after the bytes were read: none passes that was sent after the cut.
            if self.rules.borrow().cuts != self.cuts {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            let truncated = self.take_truncated();
            to.write_all(&bytes[..bytes.len().min(truncated.unwrap_or(usize::MAX))]).await?;
            if truncated.is_some() {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
        }
        Ok(())
    }

    async fn until_it_flows(&self) {
        let mut rules = self.rules.subscribe();
        // The sender of the rules is our own.
        let _ = rules.wait_for(|rules| !rules.flows[self.direction as usize].stalled).await;
    }

    /// For one connection only, whichever comes first.
    fn take_truncated(&self) -> Option<usize> {
        let mut truncated = None;
        self.rules.send_if_modified(|rules| {
            truncated = rules.flows[self.direction as usize].truncated.take();
            truncated.is_some()
        });
        truncated
    }

    fn flow(&self) -> Flow {
        self.rules.borrow().flows[self.direction as usize]
    }
}

/// Makes the peer of this connection see a reset when it is dropped.
fn reset(connection: &TcpStream) {
    // It fails where the connection is gone already.
    let _ = connection.set_zero_linger();
}

//! The commands and checks by hand for a value with its remaining time, the token of its key and its
//! cache's generation.

use cachery_test_support::Server;
use redis::{
    Client, IntoConnectionInfo as _, Pipeline, aio::MultiplexedConnection, io::tcp::TcpSettings,
};

use crate::{Sentiment, sentiment};

/// The kind of value, generation and state, three lifetimes, two times and a cost.
const HEADER: usize = 88;
const CHECKSUM: usize = 8;
/// The bytes of generation and state at the beginning.
const TOKEN: usize = 32;
const GENERATION: &str = "bench:sentiment:generation";

/// The bytes of the value, of the key's token and of the cache's generation.
type Stored = (Vec<u8>, Vec<u8>, Vec<u8>);

#[derive(Clone)]
pub struct ByHand(MultiplexedConnection);

impl ByHand {
    pub async fn connect(server: &Server) -> Self {
        let info =
            format!("{}?protocol=resp3", server.url()).into_connection_info().expect("a right URL");
        // The same settings as ours, so that nothing else differs.
        let client = Client::open(info.set_tcp_settings(TcpSettings::default().set_nodelay(true)));
        let client = client.expect("a right URL");
        Self(client.get_multiplexed_async_connection().await.expect("a connection"))
    }

    pub async fn fill(&self, n: u64) {
        let key = key(n);
        let mut bytes = vec![7; HEADER + CHECKSUM];
        bytes.extend(rmp_serde::to_vec_named(&sentiment(n)).expect("it can be written"));
        let sum = checksum(&key, &bytes);
        bytes[HEADER..HEADER + CHECKSUM].copy_from_slice(&sum);
        let mut pipeline = Pipeline::new();
        pipeline.cmd("SET").arg(format!("{key}:token")).arg(&[7_u8; TOKEN][..]).ignore();
        pipeline.cmd("SET").arg(key).arg(bytes).arg("PX").arg(3_600_000).ignore();
        pipeline.cmd("SET").arg(GENERATION).arg(&[7_u8; 16][..]).ignore();
        pipeline.exec_async(&mut self.0.clone()).await.expect("redis answers");
    }

    pub async fn get(mut self, n: u64) -> Sentiment {
        let key = key(n);
        let mut pipeline = Pipeline::with_capacity(2);
        pipeline.cmd("PTTL").arg(&key);
        pipeline.cmd("MGET").arg(&key).arg(format!("{key}:token")).arg(GENERATION);
        let (left, (stored, token, generation)): (i64, Stored) =
            pipeline.query_async(&mut self.0).await.expect("redis answers");
        assert!(left > 0 && stored[..TOKEN] == token && stored[..16] == generation);
        assert!(stored[HEADER..][..CHECKSUM] == checksum(&key, &stored));
        rmp_serde::from_slice(&stored[HEADER + CHECKSUM..]).expect("it was written so")
    }
}

/// The key's text, by the digest of its arguments.
fn key(n: u64) -> String {
    let digest = blake3::Hasher::new()
        .update(&n.to_be_bytes())
        .update(b"great, I would buy it again")
        .finalize();
    format!("bench:sentiment:0123456789abcdef:{{{}}}", digest.to_hex())
}

fn checksum(key: &str, stored: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(key.as_bytes()).update(&stored[..HEADER]).update(&stored[HEADER + CHECKSUM..]);
    let mut sum = [0; CHECKSUM];
    sum.copy_from_slice(&hasher.finalize().as_bytes()[..CHECKSUM]);
    sum
}

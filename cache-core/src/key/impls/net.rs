//! Key encodings of network addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use super::super::encode::{CacheKey, KeyEncoder};

const V4: u8 = 4;
const V6: u8 = 6;

impl CacheKey for Ipv4Addr {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        key.write(&self.octets());
    }
}

impl CacheKey for Ipv6Addr {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        key.write(&self.octets());
    }
}

impl CacheKey for IpAddr {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        match self {
            Self::V4(address) => key.arg(&V4).arg(address),
            Self::V6(address) => key.arg(&V6).arg(address),
        };
    }
}

impl CacheKey for SocketAddrV4 {
    fn encode(&self, key: &mut KeyEncoder) {
        key.arg(self.ip()).arg(&self.port());
    }
}

impl CacheKey for SocketAddrV6 {
    fn encode(&self, key: &mut KeyEncoder) {
        key.arg(self.ip()).arg(&self.port()).arg(&self.flowinfo()).arg(&self.scope_id());
    }
}

impl CacheKey for SocketAddr {
    fn encode(&self, key: &mut KeyEncoder) {
        match self {
            Self::V4(address) => key.arg(&V4).arg(address),
            Self::V6(address) => key.arg(&V6).arg(address),
        };
    }
}

//! Addresses of this machine that a test has to itself.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU8, Ordering};

/// A free port of an address that nothing else here listens on, for whoever wants to bind by itself, or where nobody is
/// to answer: a free port of 127.0.0.1 might be another test's by then.
pub(crate) fn free_address() -> SocketAddr {
    static GIVEN: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    // Relaxed: only that each gets another number matters.
    let own = Ipv4Addr::new(127, high.max(1), low, GIVEN.fetch_add(1, Ordering::Relaxed));
    // Where only 127.0.0.1 is a loopback address, that has to do.
    let listener = TcpListener::bind((own, 0)).or_else(|_| TcpListener::bind("127.0.0.1:0"));
    listener
        .and_then(|bound| bound.local_addr())
        .expect("a free port")
}

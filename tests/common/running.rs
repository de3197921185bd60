//! Child processes that are killed at the end of the test.

use std::net::{TcpListener, UdpSocket};
use std::process::Child;
use std::sync::atomic::{AtomicU32, Ordering};

/// A process that is killed when this value is dropped.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns a port that no other call of this process returns. The kernel gives ports from 32768 to clients, which could
/// take one before the server has it.
#[allow(dead_code, reason = "not all tests listen")]
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = std::process::id().wrapping_mul(101).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(10_000 + number % 20_000).unwrap();
        let at = ("127.0.0.1", port);
        if TcpListener::bind(at).is_ok() && UdpSocket::bind(at).is_ok() {
            return port;
        }
    }
}

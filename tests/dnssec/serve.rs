//! Serves the same replies over UDP and TCP on loopback, for other validators and for the program itself.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::exchange::WORLD;
use crate::forger::Forger;
use crate::wire::Message;

/// Largest reply over UDP, in octets; the usual size that clients announce.
const MOST_OVER_UDP: usize = 1232;

/// A server on a separate port, which runs until the process ends; its forger can be replaced.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    forger: Arc<Mutex<Forger>>,
}

impl Server {
    pub(crate) fn start(forger: Forger) -> Self {
        let forger = Arc::new(Mutex::new(forger));
        let of_forger = Arc::clone(&forger);
        let address = serve(move |query| {
            let forger = *of_forger.lock().unwrap();
            forger.reply(&WORLD, query)
        });
        Self { address, forger }
    }

    pub(crate) fn forge_as(&self, forger: Forger) {
        *self.forger.lock().unwrap() = forger;
    }
}

/// Starts a server that answers queries until the process ends; returns its address.
pub(crate) fn serve(reply: impl Fn(&Message) -> Vec<u8> + Send + Sync + 'static) -> SocketAddr {
    let (listener, socket) = sockets();
    let address = listener.local_addr().unwrap();
    let over_udp: Arc<Reply> = Arc::new(reply);
    let over_tcp = Arc::clone(&over_udp);
    thread::spawn(move || serve_udp(&socket, &*over_udp));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let reply = Arc::clone(&over_tcp);
            thread::spawn(move || serve_tcp(stream, &*reply));
        }
    });
    address
}

type Reply = dyn Fn(&Message) -> Vec<u8> + Send + Sync;

/// Binds a port that is free for both TCP and UDP.
fn sockets() -> (TcpListener, UdpSocket) {
    let pair = || {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let socket = UdpSocket::bind(listener.local_addr()?)?;
        io::Result::Ok((listener, socket))
    };
    (0..10).find_map(|_| pair().ok()).unwrap()
}

/// Returns only the header and the question, with TC set.
fn cut(reply: &[u8]) -> Vec<u8> {
    let question = reply.get(12..).unwrap_or_default();
    let end = question.iter().position(|octet| *octet == 0).unwrap_or(0) + 5;
    let mut cut = [&reply[..12], question.get(..end).unwrap_or_default()].concat();
    cut[2] |= 2;
    cut[6..12].fill(0);
    cut
}

fn serve_udp(socket: &UdpSocket, reply: &Reply) {
    let mut octets = [0; 4096];
    while let Ok((length, client)) = socket.recv_from(&mut octets) {
        let Some(query) = Message::query(&octets[..length]) else { continue };
        let reply = reply(&query);
        let reply = if reply.len() > MOST_OVER_UDP { cut(&reply) } else { reply };
        let _ = socket.send_to(&reply, client);
    }
}

fn serve_tcp(mut stream: TcpStream, reply: &Reply) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    loop {
        let mut length = [0; 2];
        stream.read_exact(&mut length).ok()?;
        let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut query).ok()?;
        let reply = reply(&Message::query(&query)?);
        let length = u16::try_from(reply.len()).unwrap().to_be_bytes();
        stream.write_all(&[&length[..], &reply].concat()).ok()?;
    }
}

//! Zones served in this process, and a way to run the program against them.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::thread;

use super::dns::{self, Signed, Zone};
use crate::program::{printed, run};

/// Returns the RDATA of a record that matches a fixture; made by `tlsagen`, which other tests compare with the oracle.
pub(crate) fn rdata(file: &str, params: &str) -> String {
    let text = printed(&format!("fixtures/{file} mx.example {params} -f rdata -q"));
    text.lines().next().unwrap().to_owned()
}

/// The address of the name server and the file with the trust anchor.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) anchor: PathBuf,
}

impl World {
    pub(crate) fn new(name: &str, zones: Vec<Zone>) -> Self {
        let (address, anchor) = dns::serve(zones);
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.anchor"));
        fs::write(&path, anchor).unwrap();
        Self { address, anchor: path }
    }

    pub(crate) fn ask(&self, args: &str) -> (i32, String) {
        self.ask_at(self.address, args)
    }

    pub(crate) fn ask_at(&self, server: SocketAddr, args: &str) -> (i32, String) {
        let timeout = if args.contains("--timeout") { "" } else { " --timeout 5" };
        let output = run(&format!("{args} --dns {server} --trust-anchor {}{timeout}", self.anchor.display()));
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    }
}

pub(crate) fn zone(text: String) -> Zone {
    Zone { origin: "example.", signed: Signed::Nsec, text: format!("mx 60 IN A 127.0.0.1\n{text}") }
}

/// Forwards a connection to `port`.
pub(crate) fn forward(mut stream: TcpStream, port: u16) {
    let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (mut from, mut to) = (stream.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || std::io::copy(&mut from, &mut to));
    thread::spawn(move || std::io::copy(&mut server, &mut stream));
}

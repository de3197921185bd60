//! The services of the lab: program, port, protocol, and the peer that gives a verdict too.

use std::fs::File;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::lab;
use crate::running::Running;
use crate::scenes::Sent;

/// The other client.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Peer {
    /// posttls-finger with these options.
    Postfix(&'static [&'static str]),
    /// `openssl s_client`, with this value of `-starttls`, if any.
    OpenSsl(Option<&'static str>),
}

/// A port of a program.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) port: u16,
    /// The value of `--starttls` if the port does not imply it.
    pub(crate) starttls: Option<&'static str>,
    pub(crate) peer: Peer,
}

/// A program, and how to start it.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// A file that is there if the package is.
    pub(crate) file: &'static str,
    pub(crate) start: fn() -> Vec<Running>,
    /// The chains that it sends, each at the address of the chain.
    pub(crate) chains: &'static [Sent],
    pub(crate) services: &'static [Service],
}

impl Program {
    pub(crate) fn is_here(&self) -> bool {
        Path::new(&unpacked(self.file)).exists()
    }
}

/// The path of a file of a package, which may be unpacked instead of installed.
pub(crate) fn unpacked(file: &str) -> String {
    let path = format!("{}{file}", std::env::var("TLSAGEN_LAB").unwrap());
    if Path::new(&path).exists() { path } else { file.to_owned() }
}

const fn smtp(port: u16, starttls: Option<&'static str>) -> Service {
    Service { port, starttls, peer: Peer::Postfix(&[]) }
}

const fn other(port: u16, starttls: Option<&'static str>) -> Service {
    Service { port, starttls: None, peer: Peer::OpenSsl(starttls) }
}

const XMPP: [Service; 2] = [other(5222, Some("xmpp")), other(5269, Some("xmpp-server"))];

pub(crate) const PROGRAMS: [Program; 10] = [
    Program {
        name: "postfix",
        file: "/usr/sbin/postfix",
        start: crate::mail::postfix,
        chains: &Sent::ALL,
        services: &[
            smtp(25, None),
            smtp(587, None),
            Service { port: 465, starttls: None, peer: Peer::Postfix(&["-w"]) },
        ],
    },
    Program {
        name: "exim4-daemon-light",
        file: "/usr/sbin/exim4",
        start: crate::mail::exim,
        chains: &Sent::ALL,
        services: &[smtp(2525, None)],
    },
    Program {
        name: "dovecot",
        file: "/usr/sbin/dovecot",
        start: crate::mail::dovecot,
        chains: &Sent::ALL,
        services: &[
            Service { port: 24, starttls: None, peer: Peer::Postfix(&["-S"]) },
            smtp(588, Some("smtp")),
            other(143, Some("imap")),
            other(993, None),
            other(110, Some("pop3")),
            other(995, None),
            other(4190, Some("sieve")),
        ],
    },
    Program {
        name: "nginx",
        file: "/usr/sbin/nginx",
        start: crate::servers::nginx,
        chains: &Sent::ALL,
        services: &[other(443, None)],
    },
    Program {
        name: "postgresql",
        file: "/usr/bin/pg_lsclusters",
        start: crate::servers::postgres,
        chains: &Sent::SINGLE,
        services: &[other(5432, Some("postgres"))],
    },
    Program {
        name: "slapd",
        file: "/usr/sbin/slapd",
        start: crate::servers::slapd,
        chains: &Sent::SINGLE,
        services: &[other(389, Some("ldap")), other(636, None)],
    },
    Program {
        name: "vsftpd",
        file: "/usr/sbin/vsftpd",
        start: crate::servers::vsftpd,
        chains: &Sent::SINGLE,
        services: &[other(21, Some("ftp"))],
    },
    Program {
        name: "inn2",
        file: "/usr/lib/news/bin/nnrpd",
        start: crate::servers::inn,
        chains: &Sent::SINGLE,
        services: &[other(119, Some("nntp"))],
    },
    Program {
        name: "prosody",
        file: "/usr/bin/prosody",
        start: crate::servers::prosody,
        chains: &Sent::SINGLE,
        services: &XMPP,
    },
    Program {
        name: "ejabberd",
        file: "/usr/sbin/ejabberdctl",
        start: crate::servers::ejabberd,
        chains: &[Sent::Usual],
        services: &XMPP,
    },
];

/// Starts a program in the foreground, with its output in a file, and waits for a port of it.
pub(crate) fn foreground(name: &str, command: &mut Command, address: &str, port: u16) -> Running {
    let log = lab().join(format!("{name}.log"));
    let output = File::create(&log).unwrap();
    let child = command
        .current_dir(lab())
        .stdin(Stdio::null())
        .stdout(output.try_clone().unwrap())
        .stderr(output)
        .spawn();
    let running = Running(child.unwrap());
    wait_for(address, port, &log);
    running
}

/// Starts a program once for each chain, if it cannot choose by address.
pub(crate) fn once_for_each(
    chains: &[Sent],
    name: &str,
    port: u16,
    command: impl Fn(u8, &str) -> Command,
) -> Vec<Running> {
    let start = |sent: &Sent| {
        let (number, address) = (sent.number(), sent.address());
        foreground(&format!("{name}{number}"), &mut command(number, &address), &address, port)
    };
    chains.iter().map(start).collect()
}

/// Waits until a program listens.
pub(crate) fn wait_for(address: &str, port: u16, log: &Path) {
    for _ in 0..200 {
        if TcpStream::connect((address, port)).is_ok() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    let said = std::fs::read_to_string(log).unwrap_or_default();
    panic!("nothing listens at {address}:{port}: {}: {said}", log.display());
}

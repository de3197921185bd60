//! An SMTP server of a few lines, with OpenSSL's server after STARTTLS.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Starts a server that says `lines`, the first at once and each other after a line of the client, and then passes the
/// connection on to `port`, if any. Returns its port.
pub(crate) fn serve(lines: &'static [&'static str], port: Option<u16>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            thread::spawn(move || {
                // The client may go away at any time.
                let _ = speak(stream, lines, port);
            });
        }
    });
    own
}

fn speak(mut stream: TcpStream, lines: &[&str], port: Option<u16>) -> std::io::Result<()> {
    // Nothing of TLS may end up in the buffer.
    let mut reader = BufReader::with_capacity(1, stream.try_clone()?);
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            reader.read_line(&mut String::new())?;
        }
        stream.write_all(line.as_bytes())?;
    }
    let Some(port) = port else {
        reader.read_line(&mut String::new())?;
        return Ok(());
    };
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    let (mut from, mut to) = (stream.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        to.shutdown(std::net::Shutdown::Write)
    });
    std::io::copy(&mut server, &mut stream)?;
    stream.shutdown(std::net::Shutdown::Both)
}

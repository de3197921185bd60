//! Postfix, Exim and Dovecot.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use crate::running::Running;
use crate::scenes::Sent;
use crate::services::{foreground, once_for_each, unpacked, wait_for};
use crate::shell::shell;
use crate::{LAB, lab};

/// The settings of Postfix that the server and its client need.
const MAIN: &str = "compatibility_level = 3.6\nqueue_directory = /mnt/queue\ndata_directory = /mnt/data\n\
    maillog_file = /mnt/mail.log\nmaillog_file_prefixes = /mnt\ninet_protocols = ipv4\nmyhostname = mx.example\n\
    mydestination =\nlocal_recipient_maps =\nsmtpd_peername_lookup = no\nsmtpd_tls_security_level = may\n\
    smtp_dns_support_level = dnssec\ndnssec_probe =\n";

/// The settings are for posttls-finger too.
pub(crate) fn postfix_settings(services: &str) {
    shell(lab(), "mkdir -p postfix queue data; chown postfix data");
    fs::write(lab().join("postfix/main.cf"), MAIN).unwrap();
    fs::write(
        lab().join("postfix/master.cf"),
        format!(
            "postlog unix-dgram n - n - 1 postlogd\ntlsmgr unix - - n 1000? 1 tlsmgr\nanvil unix - - n - 1 anvil\n\
             rewrite unix - - n - - trivial-rewrite\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n{services}"
        ),
    )
    .unwrap();
}

pub(crate) fn postfix() -> Vec<Running> {
    let mut services = String::new();
    for sent in Sent::ALL {
        let files = match sent {
            Sent::Dual => format!("{LAB}/both4.pem,{LAB}/both1.pem"),
            _ => format!("{LAB}/both{}.pem", sent.number()),
        };
        let chain = format!("smtpd -o smtpd_tls_chain_files={files}");
        for (port, wrapped) in [(25, ""), (587, ""), (465, " -o smtpd_tls_wrappermode=yes")] {
            writeln!(services, "{}:{port} inet n - n - - {chain}{wrapped}", sent.address()).unwrap();
        }
    }
    postfix_settings(&services);
    shell(lab(), "postfix -c /mnt/postfix start");
    wait_for("127.0.0.1", 25, &lab().join("mail.log"));
    Vec::new()
}

pub(crate) fn exim() -> Vec<Running> {
    // Each address has the number of its chain as its last octet.
    let files = |name: &str| {
        let file = format!("{LAB}/exim/{name}${{sg{{$received_ip_address}}{{\\N^.*\\.\\N}}{{}}}}.pem");
        let two = format!("{LAB}/exim/{name}1.pem:{LAB}/exim/{name}4.pem");
        format!("${{if eq{{$received_ip_address}}{{{}}}{{{two}}}{{{file}}}}}", Sent::Dual.address())
    };
    fs::write(
        lab().join("exim.conf"),
        format!(
            "primary_hostname = mx.example\nspool_directory = {LAB}/exim\nlog_file_path = {LAB}/exim/%slog\n\
             daemon_smtp_ports = 2525\nsmtp_accept_max = 0\nlocal_interfaces = {}\ntls_advertise_hosts = *\n\
             tls_certificate = {}\ntls_privatekey = {}\n",
            Sent::ALL.map(Sent::address).join(" : "),
            files("chain"),
            files("key"),
        ),
    )
    .unwrap();
    shell(lab(), "mkdir exim; cp chain?.pem key?.pem exim; chown -R Debian-exim: exim");
    let mut command = Command::new(unpacked("/usr/sbin/exim4"));
    vec![foreground("exim", command.args(["-bdf", "-C", "/mnt/exim.conf"]), "127.0.0.1", 2525)]
}

pub(crate) fn dovecot() -> Vec<Running> {
    // The LMTP service has one chain for all addresses.
    once_for_each(&Sent::ALL, "dovecot", 143, |number, address| {
        let chains = if number == Sent::Dual.number() {
            format!(
                "ssl_cert = <{LAB}/chain1.pem\nssl_key = <{LAB}/key1.pem\n\
                 ssl_alt_cert = <{LAB}/chain4.pem\nssl_alt_key = <{LAB}/key4.pem\n"
            )
        } else {
            format!("ssl_cert = <{LAB}/chain{number}.pem\nssl_key = <{LAB}/key{number}.pem\n")
        };
        let file = format!("{LAB}/dovecot{number}.conf");
        fs::write(
            &file,
            format!(
                "base_dir = {LAB}/dovecot{number}\nstate_dir = {LAB}/dovecot{number}\nlog_path = /dev/stderr\n\
                 listen = {address}\nprotocols = imap pop3 lmtp submission sieve\n\
                 ssl = yes\n{chains}\
                 passdb {{\n driver = static\n args = password=x\n}}\n\
                 userdb {{\n driver = static\n args = uid=nobody gid=nogroup home={LAB}/mail\n}}\n\
                 submission_relay_host = 127.0.0.1\n\
                 service submission-login {{\n inet_listener submission {{\n port = 588\n }}\n}}\n\
                 service lmtp {{\n inet_listener lmtp {{\n port = 24\n }}\n}}\n"
            ),
        )
        .unwrap();
        let mut command = Command::new("dovecot");
        command.args(["-F", "-c"]).arg(file);
        command
    })
}

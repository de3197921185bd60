//! nginx, PostgreSQL, slapd, vsftpd, nnrpd of INN, Prosody and ejabberd.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use crate::running::Running;
use crate::scenes::{SCENES, Scene, Sent};
use crate::services::{foreground, once_for_each, unpacked};
use crate::shell::shell;
use crate::{LAB, lab};

fn write(name: &str, text: &str) {
    fs::write(lab().join(name), text).unwrap();
}

pub(crate) fn nginx() -> Vec<Running> {
    let mut servers = String::new();
    for sent in Sent::ALL {
        let numbers = if sent == Sent::Dual { vec![1, 4] } else { vec![sent.number()] };
        write!(servers, "server {{ listen {}:443 ssl;", sent.address()).unwrap();
        for number in numbers {
            write!(servers, " ssl_certificate chain{number}.pem; ssl_certificate_key key{number}.pem;")
                .unwrap();
        }
        servers.push_str(" }\n");
    }
    write(
        "nginx.conf",
        &format!(
            "daemon off; pid {LAB}/nginx.pid; error_log stderr; events {{}}\nhttp {{ access_log off;\n{servers}}}\n"
        ),
    );
    vec![foreground("nginx", Command::new("nginx").args(["-c", "/mnt/nginx.conf"]), "127.0.0.1", 443)]
}

pub(crate) fn postgres() -> Vec<Running> {
    shell(
        lab(),
        "mkdir postgres; cp key?.pem postgres; chown -R postgres: postgres; chmod 600 postgres/*
         cd postgres; initdb=$(ls /usr/lib/postgresql/*/bin/initdb | tail -1)
         ln -s \"${initdb%/*}\" bin
         runuser -u postgres -- bin/initdb -N -D 1; for copy in 2 3 4 5; do cp -a 1 $copy; done",
    );
    once_for_each(&Sent::SINGLE, "postgres", 5432, |number, address| {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "postgres/bin/postgres", "-D"]);
        command.arg(format!("{LAB}/postgres/{number}")).args(["-k", "", "-h", address, "-c", "ssl=on"]);
        command.arg("-c").arg(format!("ssl_cert_file={LAB}/chain{number}.pem"));
        command.arg("-c").arg(format!("ssl_key_file={LAB}/postgres/key{number}.pem"));
        command
    })
}

pub(crate) fn slapd() -> Vec<Running> {
    once_for_each(&Sent::SINGLE, "slapd", 389, |number, address| {
        write(
            &format!("slapd{number}.conf"),
            &format!(
                "TLSCertificateFile {LAB}/chain{number}.pem\nTLSCertificateKeyFile {LAB}/key{number}.pem\n"
            ),
        );
        let mut command = Command::new("slapd");
        command.arg("-f").arg(format!("{LAB}/slapd{number}.conf"));
        command.arg("-h").arg(format!("ldap://{address} ldaps://{address}")).args(["-d", "0"]);
        command
    })
}

pub(crate) fn vsftpd() -> Vec<Running> {
    shell(lab(), "mkdir empty");
    once_for_each(&Sent::SINGLE, "vsftpd", 21, |number, address| {
        let file = format!("{LAB}/vsftpd{number}.conf");
        write(
            &file,
            &format!(
                "listen=YES\nlisten_address={address}\nbackground=NO\nssl_enable=YES\nssl_ciphers=HIGH\n\
                 rsa_cert_file={LAB}/chain{number}.pem\nrsa_private_key_file={LAB}/key{number}.pem\n\
                 secure_chroot_dir={LAB}/empty\nlocal_enable=NO\nanonymous_enable=YES\nanon_root={LAB}/empty\n"
            ),
        );
        let mut command = Command::new("vsftpd");
        command.arg(file);
        command
    })
}

/// nnrpd, which serves readers; it needs an overview, but no history and no innd.
pub(crate) fn inn() -> Vec<Running> {
    shell(lab(), "mkdir -p news/overview; cp key?.pem news; chmod 600 news/*.pem; touch news/active");
    write("news/storage.conf", "method tradspool {\n newsgroups: *\n class: 0\n}\n");
    write("news/readers.conf", "auth all {\n default: x\n}\naccess all {\n users: x\n newsgroups: *\n}\n");
    let library = unpacked("/usr/lib/news");
    let paths =
        ["etc", "run", "db", "log", "tmp", "spool"].map(|name| format!("path{name}: {LAB}/news\n")).concat();
    for sent in Sent::SINGLE {
        let number = sent.number();
        write(
            &format!("inn{number}.conf"),
            &format!(
                "mta: \"/bin/true %s\"\nhismethod: hisv6\novmethod: tradindexed\ndomain: example\npathhost: mx.example\n\
                 pathnews: {library}\n{paths}tlscertfile: {LAB}/chain{number}.pem\ntlscafile: {LAB}/root.pem\n\
                 tlskeyfile: {LAB}/news/key{number}.pem\n"
            ),
        );
    }
    shell(
        lab(),
        &format!(
            "chown -R news: news
             export INNCONF={LAB}/inn1.conf LD_LIBRARY_PATH={library}
             setpriv --reuid news --regid news --clear-groups {library}/bin/overchan </dev/null"
        ),
    );
    once_for_each(&Sent::SINGLE, "inn", 119, |number, address| {
        let mut command = Command::new(format!("{library}/bin/nnrpd"));
        command.args(["-D", "-f", "-b", address, "-p", "119"]);
        command.env("INNCONF", format!("{LAB}/inn{number}.conf")).env("LD_LIBRARY_PATH", &library);
        command
    })
}

/// An XMPP server has a certificate for each host, and sends it by the name that the client asks for.
pub(crate) fn prosody() -> Vec<Running> {
    let addresses = Sent::SINGLE.map(|sent| format!("'{}'", sent.address())).join(", ");
    let mut settings = format!(
        "run_as_root = true; daemonize = false; pidfile = '{LAB}/prosody.pid'; data_path = '{LAB}/prosody'\n\
         interfaces = {{ {addresses} }}; modules_enabled = {{ 'tls', 'saslauth', 'dialback' }}; log = {{ info = '*console' }}\n"
    );
    for scene in SCENES.iter().filter(|scene| Sent::SINGLE.contains(&scene.sent)) {
        let number = scene.sent.number();
        writeln!(
            settings,
            "VirtualHost '{}' ssl = {{ certificate = '{LAB}/chain{number}.pem', key = '{LAB}/key{number}.pem' }}",
            scene.name()
        )
        .unwrap();
    }
    write("prosody.cfg.lua", &settings);
    fs::create_dir(lab().join("prosody")).unwrap();
    let mut command = Command::new("prosody");
    vec![foreground("prosody", command.args(["--config", "/mnt/prosody.cfg.lua"]), "127.0.0.1", 5222)]
}

pub(crate) fn ejabberd() -> Vec<Running> {
    let hosts = SCENES.iter().filter(|scene| scene.sent == Sent::Usual).map(Scene::name);
    write(
        "ejabberd.yml",
        &format!(
            "hosts: [{}]\ncertfiles: [{LAB}/both1.pem]\ns2s_use_starttls: required\nmodules: {{}}\nlisten:\n\
             - {{ip: 127.0.0.1, port: 5222, module: ejabberd_c2s, starttls: true}}\n\
             - {{ip: 127.0.0.1, port: 5269, module: ejabberd_s2s_in}}\n",
            hosts.collect::<Vec<_>>().join(", ")
        ),
    );
    let mut command = Command::new("sh");
    command.env("HOME", LAB).env("EJABBERD_CONFIG_PATH", "/mnt/ejabberd.yml");
    command.args([
        "-c",
        "set -- /usr/lib/*/ejabberd-*; ERL_LIBS=${1%/*} EJABBERD_LOG_PATH=/mnt/ejabberd/log \
         exec erl -noinput -mnesia dir '\"/mnt/ejabberd\"' -s ejabberd",
    ]);
    vec![foreground("ejabberd", &mut command, "127.0.0.1", 5269)]
}

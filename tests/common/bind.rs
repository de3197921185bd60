//! BIND with a signed, dynamic zone in a separate folder, to run hooks and recipes against.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::name_server::name_server;
use crate::running::{Running, free_port};

pub(crate) fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    assert!(Command::new("chmod").arg("+x").arg(path).status().unwrap().success());
}

/// Starts BIND with the zone `example`; `zone` is the body of the zone statement.
pub(crate) fn named(folder: &Path, port: u16, zone: &str) -> Running {
    let at = folder.display();
    let more = if folder.join("ddns.key").exists() {
        format!("include \"{at}/ddns.key\";\n")
    } else {
        String::new()
    };
    fs::write(
        folder.join("named.conf"),
        format!(
            "{more}controls {{}};\n\
             options {{ directory \"{at}\"; pid-file none; session-keyfile none; listen-on port {port} {{ 127.0.0.1; }};\n\
             listen-on-v6 {{ none; }}; recursion no; dnssec-validation no; notify-delay 0; }};\n\
             zone example {{ file \"example.zone\"; {zone} }};\n"
        ),
    )
    .unwrap();
    // Copy `named`, because AppArmor restricts the installed binary to its usual folders. `cp` makes the copy, because
    // a file that this process has open for writing could be inherited by a child of another thread, and then cannot be
    // executed.
    let copy = Command::new("sh").args(["-c", "cp \"$(command -v named)\" ."]).current_dir(folder).status();
    assert!(copy.unwrap().success());
    name_server(folder, &["./named", "-g", "-c", "named.conf"], port)
}

/// A folder with a running name server, and wrappers in `bin` that know the port of the server.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    /// The ports of ns1.example, which is running, and of ns2.example, to which ns1 sends NOTIFY.
    pub(crate) ports: [u16; 2],
    path: String,
    _server: Running,
}

impl Place {
    pub(crate) fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        let bin = folder.join("bin");
        fs::create_dir_all(&bin).unwrap();
        let key = Command::new("tsig-keygen").arg("ddns").output().unwrap();
        fs::write(folder.join("ddns.key"), &key.stdout).unwrap();
        fs::write(
            folder.join("example.zone"),
            "$ORIGIN example.\n$TTL 1\n@ IN SOA ns hostmaster 1 7200 3600 1209600 1\n@ IN NS ns\nns IN A 127.0.0.1\nmx IN A 127.0.0.1\n",
        )
        .unwrap();
        let [port, second] = [free_port(), free_port()];
        let zone = format!(
            "type primary; dnssec-policy default; inline-signing yes; allow-update {{ key ddns; }};\n\
             allow-transfer {{ any; }}; also-notify {{ 127.0.0.1 port {second}; }};"
        );
        let server = named(&folder, port, &zone);
        let tool = |name: &str| {
            let found = Command::new("bash").args(["-c", &format!("command -v {name}")]).output().unwrap();
            String::from_utf8(found.stdout).unwrap().trim().to_owned()
        };
        let dig = tool("dig");
        executable(
            &bin.join("dig"),
            &format!(
                "#!/bin/sh\nport={port}\ncase $1 in @ns2.example) port={second} ;; esac\n\
                 case $1 in @*) shift ;; esac\nexec {dig} @127.0.0.1 -p $port \"$@\"\n"
            ),
        );
        executable(
            &bin.join("nsupdate"),
            &format!(
                "#!/bin/sh\n[ \"$1\" = -k ] || exit 9\n{{ echo 'server 127.0.0.1 {port}'; cat ${{3:+\"$3\"}}; }} | {} -k \"$2\"\n",
                tool("nsupdate")
            ),
        );
        executable(
            &bin.join("tlsagen"),
            &format!("#!/bin/sh\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_tlsagen")),
        );
        Self {
            path: format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()),
            folder,
            ports: [port, second],
            _server: server,
        }
    }

    pub(crate) fn run(&self, command: &str) -> Output {
        Command::new("bash")
            .args(["-c", command])
            .current_dir(&self.folder)
            .env("PATH", &self.path)
            .output()
            .unwrap()
    }

    #[track_caller]
    pub(crate) fn succeeds(&self, command: &str) -> String {
        let output = self.run(command);
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{command}: {said}");
        said
    }
}

/// Makes a CA and, for each of `names`, a key, a certificate for mx.example and its chain.
pub(crate) fn certificates(place: &Place, names: &str) {
    place.succeeds(&format!(
        "ca=(-subj /CN=CA -days 30 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256)
         openssl req -x509 \"${{ca[@]}}\" -keyout ca.key -out ca.pem -addext keyUsage=keyCertSign
         for name in {names}; do
             openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=mx.example -keyout $name.key -out $name.csr
             openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 20 \\
                 -extfile <(echo subjectAltName=DNS:mx.example) -out $name.crt
             cat $name.crt ca.pem > $name.pem
         done"
    ));
}

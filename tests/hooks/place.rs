//! A folder with a hook, its settings, and stand-ins for the programs that it calls.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::program::printed;

/// The external commands of a hook.
const COMMANDS: [&str; 10] = ["mkdir", "flock", "sleep", "rm", "cat", "cp", "chmod", "sync", "mv", "tlsagen"];

/// Runs the command of its name, and kills the hook before or after the command whose number is in `kill`. Checks that
/// no private key is readable by others, and that the records match what the service uses.
const WRAPPER: &str = r#"#!/bin/bash
name=${0##*/}
real=REAL
count=$(($(<count) + 1)); echo $count >count
for file in tls/*; do
    [ ! -f "$file" ] || [ "$(/usr/bin/stat -c %a "$file")" = 600 ] || [[ $file = *.reload ]] || echo "$name: $file" >>wrong
done
[ ! -e served ] || [ ! -e published ] || /usr/bin/grep -qxf <(/usr/bin/tail -n 1 served) published || echo "$name: not covered" >>wrong
read -r at when <kill
[ "$count $when" != "$at before" ] || kill -9 "$(<pid)"
if [ "$name" = sleep ]; then status=0; else "$real" "$@"; status=$?; fi
[ "$count $when" != "$at after" ] || kill -9 "$(<pid)"
exit $status
"#;

/// A stand-in for `tlsagen rollover`: gives the statuses of `answers`, then decides by the files. The last line of a
/// chain stands for its record.
const ROLLOVER: &str = r#"#!/bin/bash
printf '[%s]' "$@" >>calls; echo >>calls
[ "$1" = rollover ] || exit 99
read -r answer 2>/dev/null <answers && { sed -i 1d answers; echo "out $answer"; echo "said $answer" >&2; exit "$answer"; }
new=$(tail -n 1 "$2")
[ "$(head -n 1 "$2")" = KEY ] || exit 2
echo "said" >&2
if ! grep -qx "$new" published; then echo "add $new"; exit 10; fi
if ! cmp -s "$2" tls/in-use.pem; then exit 12; fi
old=$(grep -vx "$new" published) && { cmp -s served tls/in-use.pem || exit 1; echo "remove $old"; exit 13; }
exit 0
"#;

const UPDATE: &str = r#"#!/bin/bash
read -r what record
[ ! -e update-fails ] || exit 7
case $what in
add) { grep -vx "$record" published; echo "$record"; } >published.new; mv published.new published ;;
remove) grep -vx "$record" published >published.new; mv published.new published ;;
*) exit 8 ;;
esac
echo "$what $record" >>updates
"#;

pub(crate) struct Place(pub(crate) PathBuf);

impl Place {
    pub(crate) fn new(name: &str, client: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("bin")).unwrap();
        let place = Self(folder);
        let at = place.0.display();
        for command in COMMANDS {
            let real = match command {
                "tlsagen" => format!("{at}/rollover"),
                _ => format!("/usr/bin/{command}"),
            };
            place.executable(&format!("bin/{command}"), &WRAPPER.replace("REAL", &real));
        }
        place.executable("rollover", ROLLOVER);
        place.executable("update", UPDATE);
        place.executable("bin/sudo", "#!/bin/sh\n[ \"$1\" = -n ] || exit 9\nshift\nexec \"$@\"\n");
        let settings = printed("hook settings")
            .replace("HOST=\n", "HOST=mx.example\n")
            .replace("/etc/letsencrypt/live/$HOST/", "live/mx.example/")
            .replace("/etc/tlsagen/in-use.pem", &format!("{at}/tls/in-use.pem"))
            .replace("/var/lib/tlsagen", &format!("{at}/state"))
            .replace(
                "'postfix reload'",
                "'[ ! -e reload-fails ] && /usr/bin/cp tls/in-use.pem served && echo >>reloads'",
            )
            .replace("'nsupdate -k /etc/tlsagen/ddns.key'", "./update")
            .replace("PATH=", &format!("PATH={at}/bin:"));
        place.write("settings", &settings);
        place.executable(
            "hook",
            &printed(&format!("hook {client}")).replace("/etc/default/tlsagen", &format!("{at}/settings")),
        );
        for (file, text) in [("count", "0\n"), ("kill", "0 never\n"), ("answers", ""), ("published", "old\n")]
        {
            place.write(file, text);
        }
        fs::create_dir_all(place.0.join("live/mx.example")).unwrap();
        place.chain("old");
        place
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    pub(crate) fn executable(&self, name: &str, text: &str) {
        self.write(name, text);
        assert!(Command::new("chmod").arg("+x").arg(self.0.join(name)).status().unwrap().success());
    }

    /// Makes the client's files those of the chain with this name.
    pub(crate) fn chain(&self, name: &str) {
        self.write("live/mx.example/privkey.pem", "KEY\n");
        self.write("live/mx.example/fullchain.pem", &format!("{name}\n"));
    }

    /// Makes the service use the chain `old`.
    pub(crate) fn in_use(&self) {
        let commands = "umask 077; mkdir -p tls; cat live/mx.example/*key.pem live/mx.example/full* >tls/in-use.pem; cp tls/in-use.pem served";
        assert!(Command::new("sh").args(["-c", commands]).current_dir(&self.0).status().unwrap().success());
    }

    pub(crate) fn hook(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
        Command::new("sh")
            .args(["-c", "echo $$ >pid; exec ./hook \"$@\"", "sh"])
            .args(arguments)
            .current_dir(&self.0)
            .envs(environment.iter().copied())
            .output()
            .unwrap()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_default()
    }

    /// Runs the hook with these answers; returns its status, standard output and standard error.
    pub(crate) fn with(&self, answers: &str) -> (Option<i32>, String, String) {
        self.write("answers", &answers.replace(' ', "\n"));
        let output = self.hook(&[], &[]);
        let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        (output.status.code(), stdout, stderr)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        Path::new(&self.0).join(name).exists()
    }
}

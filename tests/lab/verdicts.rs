//! Every scene with every service, and the ways to a host: aliases, wildcards and MX records.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::peers::{Said, finger, ours, theirs};
use crate::scenes::{SCENES, Scene, Verdict};
use crate::services::{PROGRAMS, Program, Service};
use crate::zones;

/// Scenes at the same time.
const AT_ONCE: usize = 7;

/// More records of the zone `example`, for [`WAYS`].
const RECORDS: &str = "\
alias IN CNAME right
alias-out IN CNAME host.unsigned
_25._tcp.alias-out IN CNAME _25._tcp.right
shared IN A 127.0.0.1
_25._tcp.shared IN CNAME _25._tcp.right
wild IN A 127.0.0.1
*._tcp.wild IN CNAME _25._tcp.right
torn IN A 127.0.0.1
_25._tcp.torn IN TLSA 3 1 1 c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00
mail IN MX 10 right
mail-wrong IN MX 10 another-key
mail-bare IN MX 10 bare
; The certificates have the name of this domain, but not that of its mail server.
issuer IN MX 10 stranger
mail-stranger IN MX 10 stranger
";

/// A destination as posttls-finger takes it, and the verdict; port 25.
const WAYS: [(&str, Verdict); 11] = [
    ("[alias.example]", Verdict::Pass),
    ("[alias-out.example]", Verdict::Pass),
    ("[shared.example]", Verdict::Pass),
    ("[wild.example]", Verdict::Pass),
    // The signature of the TLSA record is wrong; that of the address is right.
    ("[torn.example]", Verdict::Defer),
    ("mail.example", Verdict::Pass),
    ("mail-wrong.example", Verdict::Fail),
    ("mail-bare.example", Verdict::Neither),
    ("issuer.example", Verdict::Pass),
    ("mail-stranger.example", Verdict::Fail),
    ("mail.unsigned.example", Verdict::Pass),
];

#[derive(Default)]
struct Tally {
    equal: AtomicUsize,
    faults: Mutex<Vec<String>>,
}

impl Tally {
    fn count(&self, what: &str, wanted: Verdict, (we, our_text): Said, (they, their_text): Said) {
        if we == wanted && they == wanted {
            self.equal.fetch_add(1, Ordering::Relaxed);
        } else {
            self.faults.lock().unwrap().push(format!(
                "{what}: expected {wanted:?}\nwe: {we:?}\n{our_text}\nthey: {they:?}\n{their_text}"
            ));
        }
    }
}

pub(crate) fn compare() {
    let ports: Vec<u16> =
        PROGRAMS.iter().flat_map(|program| program.services).map(|service| service.port).collect();
    let _names = zones::start(&ports, RECORDS);
    crate::mail::postfix_settings("");
    let tally = Tally::default();
    for program in &PROGRAMS {
        if !program.is_here() {
            println!("{}: NOT COMPARED, the package is not installed", program.name);
            continue;
        }
        let _running = (program.start)();
        for service in program.services {
            compare_service(program, service, &tally);
        }
        if program.name == "postfix" {
            for (destination, verdict) in WAYS {
                let host = destination.trim_matches(['[', ']']);
                let target = if host == destination { format!("--mx {host}") } else { host.to_owned() };
                tally.count(destination, verdict, ours(&target, None), finger(destination, &[]));
            }
        }
    }
    println!("{} equal verdicts", tally.equal.into_inner());
    let faults = tally.faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn compare_service(program: &Program, service: &Service, tally: &Tally) {
    let fits = |scene: &&Scene| program.chains.contains(&scene.sent);
    let scenes: Vec<&Scene> = SCENES.iter().filter(fits).collect();
    for some in scenes.chunks(AT_ONCE) {
        thread::scope(|scope| {
            for scene in some {
                scope.spawn(|| {
                    let target = format!("{}:{}", scene.name(), service.port);
                    let what = format!("{} {target}", program.name);
                    let we = ours(&target, service.starttls);
                    tally.count(&what, scene.verdict, we, theirs(scene, service));
                });
            }
        });
    }
}

//! Every scene with every service.

use crate::peers::{ours, theirs};
use crate::scenes::SCENES;
use crate::services::{COMMON, PROGRAMS};
use crate::zones;

pub(crate) fn compare() {
    let ports: Vec<u16> =
        PROGRAMS.iter().flat_map(|program| program.services).map(|service| service.port).collect();
    let _names = zones::start(&ports, "");
    crate::mail::postfix_settings("");
    let mut compared = 0;
    let mut differences = Vec::new();
    for program in &PROGRAMS {
        if !program.is_here() {
            println!("{}: NOT COMPARED, the package is not here", program.name);
            continue;
        }
        let _running = (program.start)();
        for service in program.services {
            for scene in &SCENES {
                if !COMMON.contains(&scene.sent) && program.name != "postfix" {
                    continue;
                }
                let host = scene.name();
                let (we, our_text) = ours(&host, service);
                let (they, their_text) = theirs(scene, service);
                compared += 1;
                if we != they || we != scene.verdict {
                    differences.push(format!(
                        "{} {host}:{}: expected {:?}\nwe: {we:?}\n{our_text}\nthey: {they:?}\n{their_text}",
                        program.name, service.port, scene.verdict
                    ));
                }
            }
        }
    }
    println!("{compared} verdicts");
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

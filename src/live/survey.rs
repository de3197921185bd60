//! Examines many services and addresses in parallel, with a limited number of threads and one deadline.
//!
//! There is one queue of tasks. A task locates a service; then each address of the service becomes a task at the end of the
//! queue. Every task ends by the deadline, and no task starts after it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, Scope};

use super::deadline::{MOST_ADDRESSES, MOST_HOSTS, Omission};
use super::find::{Dnssec, Server};
use super::visit::omitted;
use super::{Examination, Service, Visited, examine};

/// Maximum number of parallel tasks.
const AT_ONCE: usize = 32;

/// A located service, and the results of its addresses.
#[derive(Debug)]
pub struct Examined {
    /// The addresses and records.
    pub server: Server,
    /// The results, in the order of the addresses.
    pub endpoints: Vec<Visited>,
}

/// How to locate and examine services.
pub struct Survey<'a> {
    /// Locates a service: returns its addresses and records, or why clients do not use DANE.
    pub locate: &'a (dyn Fn(&Service) -> Result<Server, Dnssec> + Sync),
    /// How to examine the addresses of a service.
    pub examination: &'a Examination<'a>,
}

/// A task for the service with the index `at`.
#[derive(Clone)]
enum Task {
    Locate {
        at: usize,
    },
    /// Examines an address; `place` is its index among the addresses of the service.
    Visit {
        at: usize,
        place: usize,
        address: IpAddr,
        server: Arc<Server>,
    },
}

enum Done {
    Located { at: usize, server: Result<Server, Dnssec> },
    Visited { at: usize, place: usize, seen: Vec<Visited> },
}

/// A located service whose addresses are not all examined yet.
struct Begun {
    server: Arc<Server>,
    /// The results of each address, by its index.
    seen: BTreeMap<usize, Vec<Visited>>,
}

impl Begun {
    fn new(server: Arc<Server>) -> Self {
        Self { server, seen: BTreeMap::new() }
    }

    fn is_finished(&self) -> bool {
        self.seen.len() >= self.server.addresses.len().min(MOST_ADDRESSES)
    }

    fn examined(self, service: &Service) -> Examined {
        let mut endpoints: Vec<Visited> = self.seen.into_values().flatten().collect();
        let rest = self.server.addresses.iter().skip(MOST_ADDRESSES);
        endpoints.extend(rest.map(|address| omitted(*address, service, Omission::ManyAddresses)));
        Examined { server: Arc::unwrap_or_clone(self.server), endpoints }
    }
}

/// The result of a task, or its panic.
type Outcome = thread::Result<Done>;

impl Survey<'_> {
    /// Examines all `services`. When a service is done, passes its index and result to `report`.
    ///
    /// Reports each service exactly once, in any order, even one that was omitted because of the deadline.
    ///
    /// Errors: the first error of `report`, after which no task starts.
    pub fn run<E>(
        &self,
        services: &[Service],
        mut report: impl FnMut(usize, Result<Examined, Dnssec>) -> Result<(), E>,
    ) -> Result<(), E> {
        for at in MOST_HOSTS..services.len() {
            report(at, Err(Dnssec::NotVisited(Omission::ManyHosts)))?;
        }
        let mut queue: VecDeque<Task> =
            (0..services.len().min(MOST_HOSTS)).map(|at| Task::Locate { at }).collect();
        let mut begun: HashMap<usize, Begun> = HashMap::new();
        thread::scope(|scope| {
            let (sender, outcomes) = channel();
            let mut running = 0;
            loop {
                while running < AT_ONCE
                    && let Some(task) = queue.pop_front()
                {
                    self.start(scope, services, task, &sender);
                    running += 1;
                }
                if running == 0 {
                    return Ok(());
                }
                // Each task sends exactly one outcome, even on a panic, so the channel stays open.
                let Ok(outcome) = outcomes.recv() else { return Ok(()) };
                running -= 1;
                let at = match outcome.unwrap_or_else(|panic| resume_unwind(panic)) {
                    Done::Located { at, server: Err(dnssec) } => {
                        report(at, Err(dnssec))?;
                        continue;
                    }
                    Done::Located { at, server: Ok(server) } => {
                        let server = Arc::new(server);
                        queue.extend(visits(at, &server));
                        begun.insert(at, Begun::new(server));
                        at
                    }
                    Done::Visited { at, place, seen } => {
                        if let Some(begun) = begun.get_mut(&at) {
                            begun.seen.insert(place, seen);
                        }
                        at
                    }
                };
                if begun.get(&at).is_some_and(Begun::is_finished)
                    && let Some(begun) = begun.remove(&at)
                    && let Some(service) = services.get(at)
                {
                    report(at, Ok(begun.examined(service)))?;
                }
            }
        })
    }

    /// Runs the task in a new thread and sends its outcome.
    fn start<'scope, 'env>(
        &'env self,
        scope: &'scope Scope<'scope, 'env>,
        services: &'env [Service],
        task: Task,
        sender: &Sender<Outcome>,
    ) {
        let (same, to) = (task.clone(), sender.clone());
        let work = move || {
            // Sending fails only if the receiver is gone; then no one needs the outcome.
            let _ = to.send(catch_unwind(AssertUnwindSafe(|| self.outcome(services, same))));
        };
        let is_over = self.examination.deadline.is_over();
        if is_over || thread::Builder::new().spawn_scoped(scope, work).is_err() {
            // After the deadline, the task only returns an omission; if no thread can be created, it runs in this
            // thread.
            let _ = sender.send(Ok(self.outcome(services, task)));
        }
    }

    fn outcome(&self, services: &[Service], task: Task) -> Done {
        let deadline = &self.examination.deadline;
        match task {
            Task::Locate { at } => {
                let server = match services.get(at) {
                    Some(service) if !deadline.is_over() => {
                        (self.locate)(service).map_err(|dnssec| dnssec.within(deadline))
                    }
                    _ => Err(Dnssec::NotVisited(deadline.not_started())),
                };
                Done::Located { at, server }
            }
            Task::Visit { at, place, address, server } => {
                let seen = match services.get(at) {
                    Some(service) if deadline.is_over() => {
                        vec![omitted(address, service, deadline.not_started())]
                    }
                    Some(service) => examine(address, service, &server, self.examination),
                    None => Vec::new(),
                };
                Done::Visited { at, place, seen }
            }
        }
    }
}

/// A task for each address to be examined.
fn visits(at: usize, server: &Arc<Server>) -> impl Iterator<Item = Task> {
    let addresses = server.addresses.iter().copied().take(MOST_ADDRESSES).enumerate();
    addresses.map(move |(place, address)| Task::Visit { at, place, address, server: Arc::clone(server) })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use time::OffsetDateTime;

    use super::*;
    use crate::live::Deadline;
    use crate::live::starttls::Hello;
    use crate::owner::Port;

    /// Runs a survey of `count` hosts with `locate`; `report` fails after `reports` calls.
    fn run(
        count: usize,
        reports: usize,
        locate: &(dyn Fn(&Service) -> Result<Server, Dnssec> + Sync),
    ) -> Result<usize, usize> {
        let service = |number| Service::at(format!("mx{number}.example").parse().unwrap(), Port::SMTP, None);
        let services: Vec<Service> = (0..count).map(service).collect();
        let examination = Examination {
            hello: &Hello { client: "localhost".to_owned(), xmpp_domain: None },
            nexthops: &[],
            timeout: Duration::from_secs(1),
            deadline: Deadline::after(Duration::from_secs(60)),
            now: OffsetDateTime::UNIX_EPOCH,
        };
        let survey = Survey { locate, examination: &examination };
        let mut reported = 0;
        survey.run(&services, |_, seen| {
            assert!(seen.is_err());
            if reported == reports {
                return Err(reported);
            }
            reported += 1;
            Ok(())
        })?;
        Ok(reported)
    }

    #[test]
    fn many_at_once_and_no_more() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let locate = |_: &Service| {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(100));
            running.fetch_sub(1, Ordering::SeqCst);
            Err(Dnssec::NoRecords)
        };
        assert_eq!(run(100, 100, &locate), Ok(100));
        let most = most.into_inner();
        assert!(most > 1 && most <= AT_ONCE, "{most}");
    }

    #[test]
    fn an_error_of_the_report_ends_it() {
        let located = AtomicUsize::new(0);
        let locate = |_: &Service| {
            thread::sleep(Duration::from_millis(10));
            located.fetch_add(1, Ordering::SeqCst);
            Err(Dnssec::NoRecords)
        };
        assert_eq!(run(MOST_HOSTS, 2, &locate), Err(2));
        let located = located.into_inner();
        assert!(located < MOST_HOSTS, "{located}");
    }

    #[test]
    #[should_panic(expected = "the third")]
    fn a_panic_is_handed_on_and_does_not_hang() {
        let locate = |service: &Service| match service.host.as_str() {
            "mx2.example" => panic!("the third"),
            _ => Err(Dnssec::NoRecords),
        };
        let _ = run(10, 10, &locate);
    }
}

//! A program with everything it started: who belongs to it, and how it is ended.
//!
//! Where a supervisor stands above the program, every descendant is found below it, and its end says that none is left.
//! Systems that hide processes may show none of them: then the supervisor kills them, when it is told to.
//! Should it be killed, which the program itself can do only where the cage leaves signals open, or on systems without
//! one, the session and a mark in the environment lead to most of them.

use crate::tools::process::launch::MARK;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// The processes of one program.
#[derive(Clone, Debug)]
pub struct Family {
    /// The process that was started, which leads its session and its group: the supervisor, or else the program.
    leader: libc::pid_t,
    /// The value of the mark in the environment.
    mark: String,
}

/// Rounds of looking for members; each round kills all that it finds, so only a race with a fork needs another.
const ROUNDS: usize = 100;

const PAUSE: Duration = Duration::from_millis(2);

/// Whether programs are started below a supervisor.
const SUPERVISED: bool = cfg!(target_os = "linux");

struct Process {
    id: libc::pid_t,
    parent: libc::pid_t,
    session: libc::pid_t,
    is_dead: bool,
}

impl Family {
    /// The family of a process that leads its own session.
    pub const fn new(leader: libc::pid_t, mark: String) -> Self {
        Self { leader, mark }
    }

    /// Kills every member, until none is found and the supervisor, if there is one, has ended for want of children.
    pub fn end(&self) {
        self.hold();
        for round in 0..ROUNDS {
            let none_found = self.kill_members();
            let has_ended = self.has_ended();
            if none_found && has_ended {
                return;
            }
            if !has_ended && (none_found || round >= ROUNDS / 2) {
                // The supervisor knows its children without looking for them, and kills them all.
                signal(self.leader, libc::SIGTERM);
            }
            // A killed process is gone when the kernel has got round to it; of those that are not our children nothing
            // tells when that is.
            thread::park_timeout(PAUSE);
        }
        signal(self.leader, libc::SIGKILL);
    }

    /// Kills the members that are found; answers whether there were none.
    fn kill_members(&self) -> bool {
        let members = self.members();
        for &member in &members {
            signal(member, libc::SIGKILL);
        }
        if !SUPERVISED {
            // On systems without /proc the group is all that can be found.
            signal(-self.leader, libc::SIGKILL);
        }
        members.is_empty()
    }

    /// Whether the supervisor has ended, which `/proc` may not show; true where there is none.
    #[allow(unsafe_code)]
    fn has_ended(&self) -> bool {
        if !SUPERVISED {
            return true;
        }
        let wanted = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        // SAFETY: zeros are a value of this type, and it outlives the call, which takes note of no end.
        let (answer, told) = unsafe {
            let mut told: libc::siginfo_t = std::mem::zeroed();
            (libc::waitid(libc::P_PID, self.leader.unsigned_abs(), &raw mut told, wanted), told.si_signo)
        };
        // Without an answer it is no child any more: its end has been taken note of.
        answer < 0 || told != 0
    }

    /// Stops the members: who is stopped starts nobody else while the others are looked for.
    fn hold(&self) {
        let mut held = BTreeSet::new();
        for _ in 0..ROUNDS {
            let fresh: Vec<_> = self.members().into_iter().filter(|member| held.insert(*member)).collect();
            if fresh.is_empty() {
                return;
            }
            for member in fresh {
                signal(member, libc::SIGSTOP);
            }
        }
    }

    /// The living members without the supervisor, as far as they can be found.
    pub fn members(&self) -> Vec<libc::pid_t> {
        let processes = all();
        let mut found: BTreeSet<libc::pid_t> = processes
            .iter()
            .filter(|process| process.session == self.leader || self.is_marked(process.id))
            .map(|process| process.id)
            .collect();
        // `/proc` may hide the supervisor, whose memory is closed, and yet show who stands below it.
        found.extend((self.leader > 1).then_some(self.leader));
        loop {
            let before = found.len();
            let children = processes.iter().filter(|process| found.contains(&process.parent)).map(|process| process.id);
            found.extend(children.collect::<Vec<_>>());
            if found.len() == before {
                break;
            }
        }
        processes
            .iter()
            .filter(|process| !process.is_dead && found.contains(&process.id))
            .filter(|process| !(SUPERVISED && process.id == self.leader))
            .map(|process| process.id)
            .collect()
    }

    fn is_marked(&self, id: libc::pid_t) -> bool {
        let wanted = format!("{MARK}={}", self.mark);
        fs::read(format!("/proc/{id}/environ"))
            .is_ok_and(|environment| environment.split(|&byte| byte == 0).any(|variable| variable == wanted.as_bytes()))
    }
}

/// How many processes and threads there are on the machine, 0 where that cannot be told.
pub fn task_count() -> u64 {
    // `/proc/loadavg` is `0.1 0.2 0.3 running/all last`.
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let tasks = load.split_whitespace().nth(3).and_then(|tasks| tasks.split_once('/'));
    tasks.and_then(|(_, all)| all.parse().ok()).unwrap_or(0)
}

fn all() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let ids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(process).collect()
}

/// Reads `/proc/ID/stat`: `id (name) state parent group session ...`, where the name may hold anything.
fn process(id: libc::pid_t) -> Option<Process> {
    let stat = fs::read(Path::new("/proc").join(id.to_string()).join("stat")).ok()?;
    let after_name = stat.iter().rposition(|&byte| byte == b')')? + 1;
    let fields = String::from_utf8_lossy(&stat[after_name..]).into_owned();
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let number = |place: usize| fields.get(place)?.parse().ok();
    let is_dead = matches!(fields.first(), Some(&("Z" | "X")));
    Some(Process { id, parent: number(1)?, session: number(3)?, is_dead })
}

#[allow(unsafe_code)]
fn signal(target: libc::pid_t, signal: libc::c_int) {
    // 0, 1 and -1 address the caller's own group, the system's first process and everybody.
    if target.unsigned_abs() > 1 {
        // SAFETY: the call takes plain numbers. That the target is gone already is no error to anybody.
        unsafe { libc::kill(target, signal) };
    }
}

//! Whether the process of a run that has not ended is still there: no heartbeat, only its id and its start.
//!
//! Process ids are reused, so the id alone proves nothing. Told apart are a reboot (another boot id: certainly
//! dead), another container on one machine (another id namespace: nobody can tell from here), and a `/proc` that hides
//! processes which are there (nobody can tell when they began).

use crate::core::failure::{Failure, FailureKind};
use crate::core::ids::RunId;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{Error, ErrorKind};

/// What is known of the process of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Liveness {
    /// The run has ended, so nobody asks.
    Ended,
    /// It works on the run.
    Alive,
    /// It has died without ending the run.
    Dead,
    /// Not to be known here: another container, or a system whose `/proc` does not tell.
    Unknown,
}

/// A process, named so that it is never mistaken for a later one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// `boot namespace start`; empty where the system does not tell.
    pub(super) mark: String,
}

impl Process {
    /// This process.
    pub(super) fn own() -> Self {
        let pid = std::process::id();
        let mark = match (place(), start(pid)) {
            (Some(place), Some(Ok(start))) => format!("{place} {start}"),
            _ => String::new(),
        };
        Self { pid, mark }
    }

    pub(super) fn liveness(&self) -> Liveness {
        let (Some(here), Some((place, began))) = (place(), self.mark.rsplit_once(' ')) else {
            return Liveness::Unknown;
        };
        if here == place {
            return match start(self.pid) {
                Some(Ok(start)) if start == began => Liveness::Alive,
                Some(Ok(_)) | None => Liveness::Dead,
                Some(Err(_)) => Liveness::Unknown,
            };
        }
        let boot = |place: &str| place.split(' ').next().map(str::to_owned);
        if boot(&here) == boot(place) { Liveness::Unknown } else { Liveness::Dead }
    }

    /// The refusal to take it for gone although nobody can tell.
    pub(super) fn untold(&self, run: &RunId) -> Failure {
        let what = format!("whether process {} still works on run {run} cannot be told from here", self.pid);
        Failure::new(FailureKind::Denied, what)
            .hint("it began in another container, or /proc does not show it; if it is gone, add --force")
    }
}

/// The boot of the machine and the id namespace that this process sees.
fn place() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), namespace.display()))
}

/// When the process began, in ticks since boot: field 22 of `/proc/PID/stat` (proc(5)); `None` if it is gone.
fn start(pid: u32) -> Option<Result<String, ErrorKind>> {
    let stat = match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat,
        // Mounted with `hidepid=2`, `/proc` shows no process that may not be looked into, and ours may not.
        Err(error) if error.kind() == ErrorKind::NotFound && !is_there(pid) => return None,
        Err(error) => return Some(Err(error.kind())),
    };
    // The name in field 2 may hold spaces and brackets, so fields are counted from its last bracket.
    let mut fields = stat.rsplit_once(')').map_or("", |(_, after)| after).split_whitespace();
    match fields.next() {
        // Ended, and only waiting for its parent to ask how.
        Some("Z" | "X") => None,
        _ => Some(fields.nth(18).map(str::to_owned).ok_or(ErrorKind::InvalidData)),
    }
}

/// Whether there is a process of this id, by the kernel's own word: signal 0 reaches nobody.
#[allow(unsafe_code)]
fn is_there(pid: u32) -> bool {
    // Any other number means a group, or more.
    let Ok(pid @ 1..) = i32::try_from(pid) else { return false };
    // SAFETY: the call takes plain numbers and touches no memory of ours.
    let sent = unsafe { libc::kill(pid, 0) };
    sent == 0 || Error::last_os_error().raw_os_error() != Some(libc::ESRCH)
}

#[cfg(test)]
mod tests {
    use super::{Liveness, Process, is_there};

    /// That `start` asks this where `/proc` shows nothing needs a `/proc` mounted with `hidepid=2` to be seen.
    #[test]
    fn a_process_is_there_whether_or_not_it_may_be_looked_into() {
        for (pid, there) in [(std::process::id(), true), (1, true), (0, false), (i32::MAX.unsigned_abs(), false)] {
            assert_eq!(is_there(pid), there, "{pid}");
        }
        assert!(!is_there(u32::MAX), "no id, but every process");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn tells_processes_apart() {
        let own = Process::own();
        let (place, start) = own.mark.rsplit_once(' ').expect("three parts");
        let (boot, namespace) = place.split_once(' ').expect("two parts");
        for (pid, mark, expect) in [
            (own.pid, own.mark.clone(), Liveness::Alive),
            (own.pid, format!("{place} 1{start}"), Liveness::Dead),
            (u32::MAX, own.mark.clone(), Liveness::Dead),
            (own.pid, format!("other-boot {namespace} {start}"), Liveness::Dead),
            (own.pid, format!("{boot} pid:[1] {start}"), Liveness::Unknown),
            (own.pid, String::new(), Liveness::Unknown),
        ] {
            assert_eq!(Process { pid, mark: mark.clone() }.liveness(), expect, "{pid} {mark}");
        }
    }
}

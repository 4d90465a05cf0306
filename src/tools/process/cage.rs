//! What a program may not do once it is started: write outside of the workspace, signal its host, or take all memory.
//!
//! The cage holds against mistakes and careless programs. It hides no files, and leaves the network open.

use crate::tools::process::supervisor;
use std::io;
use std::os::fd::RawFd;
use std::path::PathBuf;
use std::process::Command;

/// What a program is allowed.
#[derive(Clone, Debug)]
pub struct Cage {
    /// Folders below which it may write.
    pub writable: Vec<PathBuf>,
    /// Bytes of private memory that each of its processes may have.
    pub memory_bytes: u64,
    /// Seconds of processor time that each of its processes may use.
    pub cpu_seconds: u64,
}

/// The largest file that it may write.
const MAX_FILE_BYTES: u64 = 8 << 30;

/// How many processes the user may have beyond those that are there already.
const MORE_PROCESSES: u64 = 512;

/// A limit on address space, which mostly holds reservations: V8 and the JVM reserve tens of times what they use, and
/// would not start if their reservations counted like memory.
const ADDRESS_SPACE_PER_MEMORY: u64 = 16;

/// Gives the command its limits, below a supervisor that reports on `report`; its processes end with the thread that
/// starts it.
#[allow(unsafe_code)]
pub fn limit(command: &mut Command, cage: &Cage, processes: u64, report: RawFd) {
    use std::os::unix::process::CommandExt;
    let limits = [
        (rlimit::Resource::DATA, cage.memory_bytes),
        (rlimit::Resource::AS, cage.memory_bytes.saturating_mul(ADDRESS_SPACE_PER_MEMORY)),
        (rlimit::Resource::CPU, cage.cpu_seconds),
        (rlimit::Resource::FSIZE, MAX_FILE_BYTES),
        (rlimit::Resource::NPROC, processes.saturating_add(MORE_PROCESSES)),
        (rlimit::Resource::CORE, 0),
    ];
    let prepare = move || {
        supervisor::split(report)?;
        limits.iter().try_for_each(|&(resource, wanted)| lower(resource, wanted))
    };
    // SAFETY: between fork and exec the closure makes system calls only; it neither allocates nor locks.
    unsafe { command.pre_exec(prepare) };
}

/// Sets a limit unless a lower one is in force; a hard limit can only be lowered.
fn lower(resource: rlimit::Resource, wanted: u64) -> io::Result<()> {
    let (_, hard) = rlimit::getrlimit(resource)?;
    let limit = wanted.min(hard);
    match rlimit::setrlimit(resource, limit, limit) {
        // Other systems know the limits by name and refuse some of them, such as that on address space.
        Err(error) if cfg!(target_os = "linux") => Err(error),
        _ => Ok(()),
    }
}

/// Confines the calling thread, and all that it starts, to writing below the writable folders; answers whether the
/// kernel does so. There is no way back: call it on a thread made for the purpose.
#[cfg(target_os = "linux")]
pub fn confine_thread(cage: &Cage) -> bool {
    landlocked(cage).unwrap_or(false)
}

/// Without Landlock nothing is confined.
#[cfg(not(target_os = "linux"))]
pub fn confine_thread(_cage: &Cage) -> bool {
    false
}

#[cfg(target_os = "linux")]
fn landlocked(cage: &Cage) -> Result<bool, landlock::RulesetError> {
    use landlock::{
        ABI, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
        path_beneath_rules,
    };
    // Rights that a newer kernel could restrict beyond this version are left free, older kernels restrict fewer.
    let writing = AccessFs::from_write(ABI::V5);
    let devices = ["/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/ptmx", "/dev/pts", "/dev/shm"];
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(writing)?
        .scope(Scope::Signal)?
        .create()?
        // Paths that cannot be opened are left out, and so stay closed.
        .add_rules(path_beneath_rules(&cage.writable, writing))?
        .add_rules(path_beneath_rules(devices, writing))?
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

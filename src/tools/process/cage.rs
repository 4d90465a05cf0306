//! What a program may not do once it is started: write outside of the workspace, signal or look into the processes
//! above it, use terminals and other devices, or take all memory.
//!
//! The cage holds against mistakes and careless programs. It hides no files but devices, and leaves the network open.
//! Landlock knows no rights to change modes, owners, times and extended attributes, so all files of the user stay open
//! to that, nor to use sockets that have a path: who listens there (docker, systemd, tmux) stands outside and does what
//! a program tells it. Kernels before 6.12 leave signals and sockets without a path open too.
//!
//! What needs more does not work in it: setuid programs such as sudo, sandboxes of their own such as bubblewrap,
//! pseudo-terminals, caches in the home folder.

use crate::tools::process::supervisor;
use std::io;
use std::os::fd::{OwnedFd, RawFd};
#[cfg(target_os = "linux")]
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

/// What a program is allowed.
#[derive(Clone, Debug)]
pub struct Cage {
    /// Folders below which it may write.
    pub writable: Vec<PathBuf>,
    /// Files, folders and links, each where it really lies, that it may neither write nor replace all the same.
    pub closed: Vec<PathBuf>,
    /// Bytes of private memory that each of its processes may have.
    pub memory_bytes: u64,
    /// The most bytes of a file that it may write.
    pub file_bytes: u64,
    /// Seconds of processor time that each of its processes may use.
    pub cpu_seconds: u64,
}

/// How many processes the user may have beyond those that are there already.
const MORE_PROCESSES: u64 = 512;

/// A limit on address space, which mostly holds reservations: V8 and the JVM reserve tens of times what they use, and
/// would not start if their reservations counted like memory.
const ADDRESS_SPACE_PER_MEMORY: u64 = 16;

/// Gives the command its limits, below a supervisor that reports on `report`; its processes end with the thread that
/// starts it. Answers whether the kernel confines them to writing below the writable folders.
#[allow(unsafe_code)]
pub fn limit(command: &mut Command, cage: &Cage, processes: u64, report: RawFd) -> bool {
    use std::os::unix::process::CommandExt;
    let rules = rules(cage);
    let is_confined = rules.is_some();
    let limits = [
        (rlimit::Resource::DATA, cage.memory_bytes),
        (rlimit::Resource::AS, cage.memory_bytes.saturating_mul(ADDRESS_SPACE_PER_MEMORY)),
        (rlimit::Resource::CPU, cage.cpu_seconds),
        (rlimit::Resource::FSIZE, cage.file_bytes),
        (rlimit::Resource::NPROC, processes.saturating_add(MORE_PROCESSES)),
        (rlimit::Resource::CORE, 0),
    ];
    let above = std::process::id();
    let prepare = move || {
        supervisor::split(report, above)?;
        confine(rules.as_ref())?;
        limits.iter().try_for_each(|&(resource, wanted)| lower(resource, wanted))
    };
    // SAFETY: between fork and exec the closure makes system calls, and forks once more (see `supervisor::split`); it allocates
    // nothing and takes no lock that another thread could have held.
    unsafe { command.pre_exec(prepare) };
    is_confined
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

/// Confines the calling process, and all that it starts, for good. The supervisor goes free: what is confined can
/// neither signal nor trace what is not, so a program has no power over what stands above it.
///
/// Call it between fork and exec: it makes system calls only, and neither allocates nor locks.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn confine(rules: Option<&OwnedFd>) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let (on, none): (libc::c_ulong, libc::c_ulong) = (1, 0);
    // SAFETY: the call takes plain numbers and touches no memory of ours.
    let renounced = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, on, none, none, none) };
    if renounced < 0 {
        return Err(io::Error::last_os_error());
    }
    let Some(rules) = rules else { return Ok(()) };
    // SAFETY: the call takes plain numbers; the descriptor is open.
    let restricted = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, rules.as_raw_fd(), none) };
    if restricted < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Without Landlock nothing is confined.
#[cfg(not(target_os = "linux"))]
fn confine(_rules: Option<&OwnedFd>) -> io::Result<()> {
    Ok(())
}

/// The kernel's rules for a program in this cage; `None` if the kernel has none, or refuses to make them: the program then
/// runs unconfined, and its answer says so (`sandboxed`).
#[cfg(target_os = "linux")]
fn rules(cage: &Cage) -> Option<OwnedFd> {
    landlocked(cage).unwrap_or(None)
}

/// Only Linux has such rules.
#[cfg(not(target_os = "linux"))]
fn rules(_cage: &Cage) -> Option<OwnedFd> {
    None
}

#[cfg(target_os = "linux")]
fn landlocked(cage: &Cage) -> Result<Option<OwnedFd>, landlock::RulesetError> {
    use landlock::{
        ABI, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, Scope, path_beneath_rules,
    };
    // Rights that a newer kernel could restrict beyond this version are left free, older kernels restrict fewer.
    let writing = AccessFs::from_write(ABI::V5);
    let all = writing | AccessFs::ReadFile;
    // Root could make a device of its own for a terminal or a disk.
    let files = all & !(AccessFs::MakeChar | AccessFs::MakeBlock);
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(all)?
        .scope(Scope::Signal | Scope::AbstractUnixSocket)?
        .create()?
        // Paths that cannot be opened are left out, and so stay closed.
        .add_rules(path_beneath_rules(writable(cage), files))?
        .add_rules(path_beneath_rules(DEVICES, files))?
        .add_rules(path_beneath_rules(readable(), AccessFs::ReadFile))?;
    Ok(ruleset.into())
}

/// The devices that a program may use. No terminal is among them: on the person's it could write what looks like ours,
/// read what is typed, and as root type itself. So it cannot make one of its own either, whose name would lie among
/// those of all others.
#[cfg(target_os = "linux")]
const DEVICES: [&str; 6] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/shm"];

/// What lies below the writable folders beside devices and what is closed.
#[cfg(target_os = "linux")]
fn writable(cage: &Cage) -> Vec<PathBuf> {
    let closed: Vec<PathBuf> = cage.closed.iter().cloned().chain([PathBuf::from("/dev")]).collect();
    let folders = cage.writable.iter().filter_map(|folder| folder.canonicalize().ok());
    folders.flat_map(|folder| around(&folder, &closed)).collect()
}

/// What is no device.
#[cfg(target_os = "linux")]
fn readable() -> Vec<PathBuf> {
    let root = PathBuf::from("/");
    let beside = around(&root, &[PathBuf::from("/dev")]);
    // Where it may not be listed, a program that could read nothing would not even start.
    if beside.is_empty() { vec![root] } else { beside }
}

/// The folder, or what lies in it around what is closed: rules only ever add and hold for all below a folder, so what is closed
/// has to be left out, and with it the folders that hold it, in which nothing can be made, renamed or removed then. Links
/// there lead to something else.
#[cfg(target_os = "linux")]
fn around(folder: &Path, closed: &[PathBuf]) -> Vec<PathBuf> {
    if closed.iter().any(|closed| folder.starts_with(closed)) {
        return Vec::new();
    }
    if !closed.iter().any(|closed| closed.starts_with(folder)) {
        return vec![folder.to_path_buf()];
    }
    // What cannot be listed stays closed.
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let real = entries.filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()));
    real.flat_map(|entry| around(&entry.path(), closed)).collect()
}

//! Runs a program to its end: how long it took, what processor time it used, how much memory it held.

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How often the memory of a running program is read.
const SAMPLE: Duration = Duration::from_millis(2);

/// A run that ended with exit code 0.
pub(crate) struct Ran {
    /// From before it was started to after it ended.
    pub(crate) wall: Duration,
    /// Processor time, in the program and in the kernel for it.
    pub(crate) cpu: Duration,
    /// The most resident memory in bytes; 0 unless it was asked for.
    pub(crate) peak: u64,
    /// What it printed.
    pub(crate) out: String,
}

/// Runs a program with nothing on its standard input; what it says on standard error is not kept.
pub(crate) fn run(command: &mut Command) -> Ran {
    launch(command, false)
}

/// The same, with its memory read all the time.
pub(crate) fn run_watched(command: &mut Command) -> Ran {
    launch(command, true)
}

fn launch(command: &mut Command, watched: bool) -> Ran {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let used = children_cpu();
    let begun = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let (over, ended) = mpsc::channel::<()>();
    let id = child.id();
    let watcher = watched.then(|| std::thread::spawn(move || peak_until(id, &ended)));
    let mut out = String::new();
    child.stdout.take().expect("piped").read_to_string(&mut out).expect("its output is text");
    let status = child.wait().expect("it is our child");
    let wall = begun.elapsed();
    // One child runs at a time, so what was added is its share.
    let cpu = children_cpu().saturating_sub(used);
    drop(over);
    let peak = watcher.map_or(0, |watcher| watcher.join().expect("the watcher lives"));
    assert!(status.success(), "{command:?}: {status}: {out}");
    Ran { wall, cpu, peak, out }
}

/// The resident memory of a process in bytes at its highest; `VmHWM` only grows, so that its last reading counts.
fn peak_until(id: u32, ended: &mpsc::Receiver<()>) -> u64 {
    let mut peak = 0;
    while ended.recv_timeout(SAMPLE) == Err(mpsc::RecvTimeoutError::Timeout) {
        peak = peak.max(memory(&id.to_string(), "VmHWM"));
    }
    peak
}

/// A line of `/proc/ID/status` in bytes; 0 if the process is gone.
pub(crate) fn memory(id: &str, field: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':')).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1024
}

/// Processor time of all children that have ended.
#[allow(unsafe_code)]
fn children_cpu() -> Duration {
    // SAFETY: `rusage` is plain integers, for which zeros are a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live value of the right type.
    let told = unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage) };
    assert_eq!(told, 0, "the kernel tells what children have used");
    duration(usage.ru_utime) + duration(usage.ru_stime)
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(u64::try_from(time.tv_usec).unwrap_or(0))
}

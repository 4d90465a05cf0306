//! The machine on which it was measured: processor, memory, kernel, file system, and how long a disk sync takes.

use crate::sheet::median;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// Writes whose sync is timed.
const SYNCS: usize = 200;

/// A paragraph about this machine and the disk of `folder`.
pub(crate) fn describe(folder: &Path) -> String {
    let field = |file: &str, name: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
        line.split_once(':').map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
    };
    let whole = |file: &str| fs::read_to_string(file).unwrap_or_default().trim().to_owned();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "Machine: {}, {cores} cores, {} memory, Linux {}, load {}. Files on {}; a synced write of 4 KiB takes {} µs there.",
        field("/proc/cpuinfo", "model name"),
        field("/proc/meminfo", "MemTotal"),
        whole("/proc/sys/kernel/osrelease"),
        whole("/proc/loadavg"),
        file_system(folder),
        sync_micros(folder).map_or_else(|error| error.to_string(), |micros| format!("{micros:.0}")),
    )
}

/// Type and device of the mount that holds `folder`.
pub(crate) fn file_system(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let parts = mounts.lines().filter_map(|line| {
        let mut parts = line.split(' ');
        Some((parts.next()?, parts.next()?, parts.next()?))
    });
    let holding = parts.filter(|(_, at, _)| folder.starts_with(at)).max_by_key(|(_, at, _)| at.len());
    holding.map_or_else(|| "an unknown file system".to_owned(), |(device, _, kind)| format!("{kind} ({device})"))
}

/// The median time of `fdatasync` after appending a page, which is what a commit of the store costs at least.
fn sync_micros(folder: &Path) -> std::io::Result<f64> {
    let mut file = tempfile::tempfile_in(folder)?;
    let mut samples = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        file.write_all(&[7; 4096])?;
        let begun = Instant::now();
        file.sync_data()?;
        samples.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    Ok(median(&samples))
}

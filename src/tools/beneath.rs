//! Opens files below a folder one path component at a time without following a symbolic link, so that nobody can
//! swap a component for a link between a check and its use. Resolving links beforehand is the business of `workspace`.
//!
//! The walk is POSIX (`openat` with `O_NOFOLLOW`), so that one way serves every kernel; Linux's `openat2` would only
//! save system calls.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// A folder held open: whatever happens to its path, names are looked up in this folder.
#[derive(Debug)]
pub struct Folder(OwnedFd);

const FOLDER: libc::c_int = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC | libc::O_NOFOLLOW;

impl Folder {
    /// Holds the folder at `path`, which may be reached through links.
    pub fn hold(path: &Path) -> io::Result<Self> {
        File::open(path).map(|file| Self(file.into()))
    }

    /// The folder at `relative`, each component a plain name and none of them a link.
    ///
    /// With `create`, missing folders are made.
    pub fn walk(&self, relative: &Path, create: bool) -> io::Result<Self> {
        let mut folder = Self(self.0.try_clone()?);
        for component in relative.components() {
            let name = match component {
                Component::Normal(name) => name,
                Component::CurDir => continue,
                _ => return Err(io::Error::from(io::ErrorKind::InvalidInput)),
            };
            if create {
                folder.make_folder(name)?;
            }
            folder = Self(open_at(folder.0.as_fd(), name, FOLDER, 0)?);
        }
        Ok(folder)
    }

    /// Opens `name` in this folder for reading. A pipe does not block, a link is refused with `ELOOP`.
    pub fn read(&self, name: &OsStr) -> io::Result<File> {
        let flags = libc::O_RDONLY | libc::O_CLOEXEC | libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
        open_at(self.0.as_fd(), name, flags, 0).map(File::from)
    }

    /// Opens `name` for appending, and makes it if it is missing.
    pub fn append(&self, name: &OsStr) -> io::Result<File> {
        let flags =
            libc::O_WRONLY | libc::O_APPEND | libc::O_CREAT | libc::O_CLOEXEC | libc::O_NOFOLLOW | libc::O_NONBLOCK;
        open_at(self.0.as_fd(), name, flags, 0o666).map(File::from)
    }

    /// Makes the file `name`; fails with `AlreadyExists` if there is anything of that name, a link included.
    pub fn create_new(&self, name: &OsStr) -> io::Result<File> {
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_CLOEXEC | libc::O_NOFOLLOW;
        open_at(self.0.as_fd(), name, flags, 0o666).map(File::from)
    }

    /// Gives the file `from` of this folder the name `to`, over whatever has that name.
    #[allow(unsafe_code)]
    pub fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        let (from, to) = (c_name(from)?, c_name(to)?);
        let folder = self.0.as_raw_fd();
        // SAFETY: both names are NUL-terminated and outlive the call; the descriptor is open.
        check(unsafe { libc::renameat(folder, from.as_ptr(), folder, to.as_ptr()) }).map(drop)
    }

    /// Removes the file `name`.
    #[allow(unsafe_code)]
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        let name = c_name(name)?;
        // SAFETY: the name is NUL-terminated and outlives the call; the descriptor is open.
        check(unsafe { libc::unlinkat(self.0.as_raw_fd(), name.as_ptr(), 0) }).map(drop)
    }

    /// Puts new and changed names of this folder on the disk.
    pub fn sync(&self) -> io::Result<()> {
        File::from(self.0.try_clone()?).sync_all()
    }

    #[allow(unsafe_code)]
    fn make_folder(&self, name: &OsStr) -> io::Result<()> {
        let name = c_name(name)?;
        // SAFETY: the name is NUL-terminated and outlives the call; the descriptor is open.
        let made = check(unsafe { libc::mkdirat(self.0.as_raw_fd(), name.as_ptr(), 0o777) });
        match made {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }
}

/// `relative` as the folder that holds it and its last component; `None` if it names no file.
pub fn split(relative: &Path) -> Option<(PathBuf, &OsStr)> {
    Some((relative.parent()?.to_path_buf(), relative.file_name()?))
}

#[allow(unsafe_code)]
fn open_at(folder: BorrowedFd<'_>, name: &OsStr, flags: libc::c_int, mode: libc::c_uint) -> io::Result<OwnedFd> {
    let name = c_name(name)?;
    // SAFETY: the name is NUL-terminated and outlives the call; the descriptor is open while it is borrowed.
    let opened = check(unsafe { libc::openat(folder.as_raw_fd(), name.as_ptr(), flags, mode) })?;
    // SAFETY: the call has just made this descriptor and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(opened) })
}

fn c_name(name: &OsStr) -> io::Result<CString> {
    CString::new(name.as_bytes()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))
}

/// What a call of the system has answered, or why it failed.
pub(crate) fn check(answer: libc::c_int) -> io::Result<libc::c_int> {
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(answer) }
}

//! A terminal that another program has, such as an editor of one's own. One that is killed leaves it as it had changed it: in a
//! terminal that hands out each key nothing would hear Ctrl-C any more.

use crate::repl::editor::echo;

/// Another program has the terminal as long as it lives.
pub struct Lent(Option<libc::termios>);

impl Lent {
    /// From now on. A terminal that does not tell its settings is given back by nobody.
    pub fn begin() -> Self {
        Self(echo::settings(libc::STDIN_FILENO))
    }
}

impl Drop for Lent {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        if let (Some(before), Some(_)) = (self.0, echo::settings(libc::STDIN_FILENO)) {
            // SAFETY: the call takes plain numbers and a valid pointer.
            unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, &raw const before) };
        }
    }
}

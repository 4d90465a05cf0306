//! The program's exit codes, by what a caller can do about them.

/// What the process answers to its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Ok,
    /// The script or run failed.
    Failed,
    /// The command line was wrong.
    Usage,
    /// The configuration was wrong.
    Config,
    /// The provider or its key was at fault.
    Provider,
    /// A budget or limit stopped it.
    Limit,
    /// It waits for a person.
    Waiting,
    /// It took too long.
    Timeout,
    /// A person stopped it.
    Interrupted,
}

impl Exit {
    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Config => 3,
            Self::Provider => 4,
            Self::Limit => 5,
            Self::Waiting => 6,
            Self::Timeout => 124,
            Self::Interrupted => 130,
        }
    }
}

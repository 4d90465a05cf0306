//! The trait of a tool and what a call of one is given. Checks and limits around a call are in `executor`.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::ToolSpec;
use crate::tools::approval::Granted;
use crate::tools::person::Person;
use crate::tools::workspace::Workspace;
use futures::future::BoxFuture;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Something that a script, a model or a pipeline can call by name.
pub trait Tool: Send + Sync {
    /// What a caller must know of it.
    fn spec(&self) -> &ToolSpec;

    /// Answers a call whose arguments have passed the schema; dropping the future must stop all work.
    fn call<'a>(&'a self, args: Value, cx: &'a ToolContext) -> BoxFuture<'a, Outcome<Value>>;

    /// The file of the pipeline that it is, if it is one: then the host runs that instead of calling it.
    fn pipeline(&self) -> Option<&Path> {
        None
    }

    /// What is wrong with arguments that have passed the schema, whatever becomes of files until the call; null stands
    /// for one that is not known yet.
    fn check(&self, _args: &Value, _workspace: &Workspace) -> Outcome<()> {
        Ok(())
    }

    /// What such a call would fail with as files are now, so that nobody is asked about it in vain. It changes nothing, and
    /// the call looks again.
    fn foresee(&self, _args: &Value, _workspace: &Workspace) -> Outcome<()> {
        Ok(())
    }

    /// The JSON Schema of what it answers to such arguments; null stands for one that is not known yet.
    fn answer(&self, _args: &Value) -> Value {
        self.spec().answer.clone()
    }

    /// How long a call may take; `None` for a tool that keeps its own deadline or waits for a person.
    fn timeout(&self, limits: &ToolLimits) -> Option<Duration> {
        Some(limits.timeout)
    }
}

/// Limits of every tool call.
#[derive(Clone, Debug)]
pub struct ToolLimits {
    /// How long a call may take, unless the tool keeps its own deadline.
    pub timeout: Duration,
    /// The most bytes of each string that a call answers; longer ones are cut in the middle.
    pub max_output_bytes: usize,
    /// The most bytes of a page, file or expression that a tool takes into memory as a whole.
    pub max_input_bytes: usize,
    /// The longest timeout that a caller may ask for, of tools that keep their own deadline.
    pub max_timeout: Duration,
    /// Bytes of private memory that each process of a command may have.
    pub command_memory_bytes: u64,
    /// The most bytes of a file that a command may write.
    pub command_file_bytes: u64,
    /// Bytes of output, both streams together, at which a command is killed.
    pub command_output_bytes: u64,
}

impl Default for ToolLimits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            max_output_bytes: 1 << 20,
            max_input_bytes: 64 << 20,
            max_timeout: Duration::from_secs(3600),
            command_memory_bytes: 2 << 30,
            command_file_bytes: 2 << 30,
            command_output_bytes: 64 << 20,
        }
    }
}

impl ToolLimits {
    /// The deadline that a tool keeps by itself: the seconds that its caller asked for, or else `usual`, which may be
    /// shortened. Fails with `Invalid` where a caller asked for too long.
    pub fn deadline(&self, wished: Option<f64>, usual: Duration) -> Outcome<Duration> {
        let Some(seconds) = wished else { return Ok(usual.min(self.max_timeout)) };
        let wished = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        if wished > self.max_timeout {
            let most = self.max_timeout.as_secs_f64();
            let message = format!("a timeout of {seconds} s is more than the {most} s that a tool call may take");
            return Err(
                Failure::new(FailureKind::Invalid, message).hint("ask for less, or raise tools.timeout (3600 at most)")
            );
        }
        Ok(wished)
    }
}

/// What a call may use. Cheap to clone.
#[derive(Clone)]
pub struct ToolContext {
    /// The only files that tools may touch.
    pub workspace: Arc<Workspace>,
    /// Stops the call.
    pub cancel: CancellationToken,
    /// Answers questions.
    pub person: Arc<dyn Person>,
    /// Limits of the call.
    pub limits: ToolLimits,
    /// Lets `http_get` fetch from loopback, private and other addresses that are not public.
    pub allow_private_addresses: bool,
    /// The variables that commands inherit, without the keys of models; what looks like a secret is taken out later.
    pub environment: Vec<(String, String)>,
    /// The tools that the person has allowed for the rest of the run.
    pub granted: Granted,
}

impl ToolContext {
    /// A failure if the call has been cancelled; for loops that do not await.
    pub fn check(&self) -> Outcome<()> {
        if self.cancel.is_cancelled() { Err(cancelled()) } else { Ok(()) }
    }

    /// Runs blocking work off the runtime; its context is cancelled when the call is, or when the caller stops waiting.
    pub async fn blocking<T, F>(&self, work: F) -> Outcome<T>
    where
        T: Send + 'static,
        F: FnOnce(Self) -> Outcome<T> + Send + 'static,
    {
        let cancel = self.cancel.child_token();
        let guard = cancel.clone().drop_guard();
        let own = Self { cancel, ..self.clone() };
        let done = tokio::task::spawn_blocking(move || work(own)).await;
        guard.disarm();
        done.map_err(|error| Failure::new(FailureKind::Internal, format!("a tool broke: {error}")))?
    }
}

/// The failure of a call that was cancelled.
pub(crate) fn cancelled() -> Failure {
    Failure::new(FailureKind::Cancelled, "the tool call was cancelled")
}

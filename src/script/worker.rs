//! The thread of a session: a large stack on which its programs run and its values are dropped, one after the other.
//!
//! It knows nothing of programs. A thread that was abandoned is not waited for; the next job gets a new one.

use crate::core::failure::{Failure, FailureKind};
use crate::script::limits::held::hand_over;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{OnceLock, mpsc};
use std::thread::{Builder, scope};

/// Stacks of a thread on which values nest, the largest first: bytes of address space (pages are used only when touched),
/// and how many levels they carry. Dropping a value takes about 130 bytes per level that is an array, 220 for a map, 240
/// for a closure with its variable; copying takes 240, 350 and less. In the first one the levels are as many as fit into
/// the gate's limit of memory too, as each map takes 480 bytes of that: 940 MiB at most.
const STACKS: [(usize, u64); 3] = [(1 << 30, 3_000_000), (1 << 29, 1_300_000), (1 << 28, 650_000)];

/// The largest stack that this system gives, and how many levels it carries; a system without as much memory may refuse
/// the others. It is found once: limits follow it.
pub fn stack() -> (usize, u64) {
    static FOUND: OnceLock<(usize, u64)> = OnceLock::new();
    let [.., least] = STACKS;
    *FOUND.get_or_init(|| STACKS.into_iter().find(|(size, _)| is_given(*size)).unwrap_or(least))
}

fn is_given(size: usize) -> bool {
    let probe = Builder::new().name("stack".to_owned()).stack_size(size).spawn(|| ());
    probe.is_ok_and(|thread| thread.join().is_ok())
}

type Job = Box<dyn FnOnce() + Send>;

/// A thread that is started by its first job and ends with its owner.
#[derive(Debug, Default)]
pub struct Worker {
    jobs: Option<mpsc::Sender<Job>>,
}

impl Worker {
    /// Does `job` after those before it.
    ///
    /// # Errors
    /// If the system gives no thread; the job is then dropped.
    pub fn run(&mut self, job: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let job: Job = Box::new(job);
        let job = match &self.jobs {
            Some(jobs) => match jobs.send(job) {
                Ok(()) => return Ok(()),
                Err(mpsc::SendError(job)) => job,
            },
            None => job,
        };
        let (jobs, queue) = mpsc::channel::<Job>();
        Builder::new().name("session".to_owned()).stack_size(stack().0).spawn(move || {
            for job in queue {
                // A value that panics when it is dropped must not take the next job with it. The hook has told it.
                drop(catch_unwind(AssertUnwindSafe(job)));
            }
        })?;
        // The queue lives as long as the thread, which has just begun to wait for it.
        drop(jobs.send(job));
        self.jobs = Some(jobs);
        Ok(())
    }

    /// Drops a value there: dropping recurses once per level.
    pub fn bury(&mut self, value: impl Send + 'static) {
        // Without a thread the value is dropped here, which is right for all but pathological values.
        drop(self.run(move || drop(value)));
    }

    /// Leaves the thread to whatever it is doing; it ends after that.
    pub fn abandon(&mut self) {
        self.jobs = None;
    }
}

/// Does `work` on a thread of its own with the same stack, and waits for it.
///
/// # Errors
/// If the system gives no thread.
pub fn apart<T: Send>(name: &str, work: impl FnOnce() -> T + Send) -> io::Result<T> {
    scope(|scope| {
        let thread = Builder::new().name(name.to_owned()).stack_size(stack().0).spawn_scoped(scope, || {
            let answer = work();
            hand_over();
            answer
        })?;
        match thread.join() {
            Ok(answer) => Ok(answer),
            Err(panic) => resume_unwind(panic),
        }
    })
}

/// The failure of what got no thread.
pub fn no_thread(whose: &str, error: &io::Error) -> Failure {
    Failure::new(FailureKind::Limit, format!("no thread for {whose}: {error}"))
        .hint("close other programs, or raise the limit of threads")
}

#[cfg(test)]
mod tests {
    use super::Worker;
    use std::sync::mpsc;
    use std::thread::{self, ThreadId};

    fn whose(worker: &mut Worker) -> ThreadId {
        let (tell, told) = mpsc::channel();
        worker.run(move || tell.send(thread::current().id()).unwrap()).unwrap();
        told.recv().unwrap()
    }

    #[test]
    fn one_thread_serves_until_it_is_abandoned() {
        let mut worker = Worker::default();
        let first = whose(&mut worker);
        assert_eq!(whose(&mut worker), first);
        worker.abandon();
        let second = whose(&mut worker);
        assert_ne!(second, first);
        let (tell, told) = mpsc::channel::<()>();
        worker
            .run(move || {
                let _told_when_dropped = tell;
                panic!("a value panics when it is dropped");
            })
            .unwrap();
        assert!(told.recv().is_err());
        assert_eq!(whose(&mut worker), second);
    }
}

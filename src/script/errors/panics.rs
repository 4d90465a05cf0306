//! Panics of native functions, which must not take the program down.

use crate::core::failure::{Failure, FailureKind, Outcome};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; if it panics, that is a failure whose hint asks for what was run.
pub fn caught<T>(what: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let failure = Failure::new(FailureKind::Internal, "a native function panicked");
        Err(failure.hint(format!("this is a fault of rhizo: please report the {what} that shows it")))
    })
}

#[cfg(test)]
mod tests {
    use super::caught;
    use crate::core::failure::{FailureKind, Outcome};

    #[test]
    fn a_panic_is_a_failure_with_a_hint() {
        let failure = caught("code", || -> Outcome<()> { panic!("a native function panics") }).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Internal);
        assert!(failure.hint.is_some_and(|hint| hint.contains("report the code that shows it")));
        assert_eq!(caught("code", || Ok(1)), Ok(1));
    }
}

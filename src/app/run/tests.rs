//! Work that ends while its deadline stops it.

use super::in_time;
use crate::core::status::RunStatus;
use crate::turn::root::RootEnd;
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// Work that ends only once it is stopped, and then like this.
async fn stopped(end: RootEnd) -> RootEnd {
    let cancel = CancellationToken::new();
    let work = async {
        cancel.cancelled().await;
        end
    };
    in_time(Some(1), &cancel, work).await
}

#[tokio::test]
async fn a_run_that_ends_well_while_it_is_stopped_has_ended_well() {
    let partial = RootEnd { status: RunStatus::Partial, ..RootEnd::completed(json!("a part"), 1) };
    for end in [RootEnd::completed(json!("all"), 1), partial] {
        let stopped = stopped(end.clone()).await;
        assert_eq!((stopped.status, stopped.answer, stopped.failure), (end.status, end.answer, None));
    }
}

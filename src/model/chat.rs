//! What every model is to the rest of the program: something that takes a whole request and gives a whole reply.
//!
//! Nothing here knows a provider, a price or a role; choosing and paying happen elsewhere.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::ModelId;
use crate::core::message::{ChatReply, ChatRequest, FailedCall};
use crate::core::money::Money;
use crate::core::thresholds::Thresholds;
use crate::core::usage::Usage;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::fmt;
use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// A model that can be talked to.
pub trait ChatModel: Send + Sync {
    /// Which model it is, as `provider/name`.
    fn id(&self) -> &ModelId;

    /// What a person should know before relying on its answers; told once, before the first call.
    fn notice(&self) -> Option<&'static str> {
        None
    }

    /// Makes one call, repeated attempts included; dropping the future ends it.
    ///
    /// # Errors
    /// A typed failure with the tokens that were used all the same. An answer that was cut off on its way is always a
    /// failure; one that the model's own limit cut is a reply with `Finish::Length`.
    fn chat<'a>(&'a self, request: &'a ChatRequest, watch: &'a Watch) -> BoxFuture<'a, Result<ChatReply, FailedCall>>;

    /// Asks what became of a call that was given this id; tokens that nobody has counted are estimated from the request.
    ///
    /// # Errors
    /// `invalid` if nobody can be asked, `not_found` if the call is not known there, else those of a call.
    fn look_up<'a>(&'a self, _id: &'a str, _request: &'a ChatRequest) -> BoxFuture<'a, Outcome<Known>> {
        let what = format!("{} keeps no answers that could be asked for", self.id());
        Box::pin(async { Err(Failure::new(FailureKind::Invalid, what)) })
    }
}

/// What a provider knows of a call whose answer was not heard to its end.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// Its answer.
    Answer(ChatReply),
    /// What it cost; its answer is not kept.
    Cost(Money),
    /// That it has no whole answer, in the provider's word, and what was counted.
    Unfinished(String, Option<Usage>),
    /// Why its answer, which has come to its end, is none, and what was counted.
    Failed(String, Usage),
}

/// What a caller sees of a call while it runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// New text of the answer.
    Text(String),
    /// The text so far belongs to an attempt that failed; the answer starts anew.
    Reset,
    /// Something that a person should know about how the model was asked.
    Note(String),
    /// By what id the provider knows this attempt; a later one is a better one.
    Id(String),
    /// An attempt failed and will be repeated.
    Retry {
        /// Which attempt failed, from 1.
        attempt: u32,
        /// Milliseconds until the next one.
        wait_millis: u64,
        /// Why it failed.
        reason: String,
    },
    /// The request waits for its turn before it goes out.
    Waiting {
        /// Milliseconds that it waits, at most; nothing where only the end of another request tells.
        wait_millis: Option<u64>,
        /// Why.
        reason: String,
    },
}

/// Says whether another attempt can be paid after one that used this much, once that is noted.
pub type Afford = Arc<dyn Fn(Usage) -> BoxFuture<'static, Outcome<()>> + Send + Sync>;

/// When the first request of a call had its turn: what came before is no time of its model.
#[derive(Debug, Default)]
pub struct Turn {
    at: OnceLock<Instant>,
    come: Notify,
}

impl Turn {
    /// Notes that it has come, unless it had already.
    pub fn comes(&self) {
        if self.at.set(Instant::now()).is_ok() {
            self.come.notify_one();
        }
    }

    /// When it came; `None` of a call that is not sent, or that waits for nobody.
    pub fn at(&self) -> Option<Instant> {
        self.at.get().copied()
    }

    /// Waits until it comes. One caller at a time may.
    pub async fn wait(&self) -> Instant {
        loop {
            let come = self.come.notified();
            match self.at() {
                Some(at) => return at,
                None => come.await,
            }
        }
    }
}

/// How a caller follows a call and ends it early.
#[derive(Clone)]
pub struct Watch {
    /// Receives the pieces in order; called on the runtime's threads, so it must not block.
    pub on_text: Arc<dyn Fn(Piece) + Send + Sync>,
    /// Ends the call when cancelled.
    pub cancel: CancellationToken,
    /// Stops an answer that goes wrong; `None` lets every answer end by itself.
    pub monitor: Option<Thresholds>,
    /// Another model answers if this one does not, so that little patience is needed.
    pub standby: bool,
    /// Told when the call has its turn.
    pub turn: Arc<Turn>,
    /// Asked before another attempt if the one that failed will be billed, with its usage; a failure ends the call.
    pub afford: Afford,
    /// The call was cancelled by its own limit of time.
    pub overdue: Arc<AtomicBool>,
    /// A person has stopped the work that the call is a part of; what else cancels it is a deadline around it, or a program
    /// that ends this one.
    pub by_person: Arc<AtomicBool>,
}

impl Watch {
    /// A watch that shows nothing and that only a person cancels.
    pub fn silent() -> Self {
        Self {
            on_text: Arc::new(|_| ()),
            cancel: CancellationToken::new(),
            monitor: None,
            standby: false,
            turn: Arc::default(),
            afford: Arc::new(|_| ready(Ok(())).boxed()),
            overdue: Arc::default(),
            by_person: Arc::new(AtomicBool::new(true)),
        }
    }

    /// Cancels the call because it takes longer than it may.
    pub fn end_overdue(&self) {
        self.overdue.store(true, Ordering::Relaxed);
        self.cancel.cancel();
    }

    /// Whether a call that was cancelled took longer than it may, or was ended by another program: no person has stopped it.
    pub fn is_overdue(&self) -> bool {
        self.overdue.load(Ordering::Relaxed) || !self.by_person.load(Ordering::Relaxed)
    }

    /// Hands one piece to the caller.
    pub fn show(&self, piece: Piece) {
        (self.on_text)(piece);
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("cancelled", &self.cancel.is_cancelled()).finish_non_exhaustive()
    }
}

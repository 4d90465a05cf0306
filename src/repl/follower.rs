//! Follows the events of the session on the live bus and shows them as they come.

use crate::core::event::{Event, EventRecord};
use crate::core::ids::RunId;
use crate::repl::editor::screen::Screen;
use crate::repl::narrator::{Detail, Narrator, Telling};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

/// How long the prompt waits for the last events to be shown. They are shown once they are on disk, so a slow disk
/// must not hold the prompt.
const PATIENCE: Duration = Duration::from_millis(500);

/// The task that shows events.
pub struct Follower {
    all: Arc<AtomicBool>,
    reached: watch::Receiver<Option<Mark>>,
}

/// A point in the stream of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The end of an evaluation of the session.
    Evaluation(RunId, u32),
    /// The end of a run.
    Run(RunId),
}

impl Follower {
    /// Follows from now on. It ends with the store.
    pub fn start(events: Receiver<Arc<EventRecord>>, screen: Arc<Screen>) -> Self {
        let all = Arc::new(AtomicBool::new(false));
        let (reach, reached) = watch::channel(None);
        let watched = Watch { screen, all: Arc::clone(&all), reach, narrator: Narrator::default() };
        tokio::spawn(watched.run(events));
        Self { all, reached }
    }

    /// Sets how much is told from now on.
    pub fn tell(&self, detail: Detail) {
        self.all.store(detail == Detail::All, Ordering::Relaxed);
    }

    /// Waits until everything before `mark` has been shown.
    pub async fn until(&mut self, mark: Mark) {
        let reached = self.reached.wait_for(|seen| seen.as_ref() == Some(&mark));
        // An event that never comes (a full disk) is told when the run is closed; showing is a courtesy.
        drop(tokio::time::timeout(PATIENCE, reached).await);
    }
}

struct Watch {
    screen: Arc<Screen>,
    all: Arc<AtomicBool>,
    reach: watch::Sender<Option<Mark>>,
    narrator: Narrator,
}

impl Watch {
    async fn run(mut self, mut events: Receiver<Arc<EventRecord>>) {
        loop {
            match events.recv().await {
                Ok(record) => self.hear(&record),
                // A slow terminal loses pieces of text, never the run.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            }
        }
    }

    fn hear(&mut self, record: &EventRecord) {
        let detail = if self.is_telling_all() { Detail::All } else { Detail::Steps };
        match self.narrator.hear(record, detail) {
            Telling::Line(text) => {
                // What the line ends is not drawn again below it.
                if let Telling::Live(live) = self.narrator.live() {
                    self.screen.live(&live);
                }
                self.screen.dim(&text);
            }
            Telling::Live(text) => self.screen.live(&text),
            Telling::Nothing => {}
        }
        let Some(mark) = mark(record) else { return };
        let over = match &mark {
            Mark::Evaluation(..) => detail == Detail::Steps,
            Mark::Run(run) => !self.narrator.is_child(run),
        };
        if over {
            self.narrator.forget();
        }
        self.reach.send_replace(Some(mark));
    }

    fn is_telling_all(&self) -> bool {
        self.all.load(Ordering::Relaxed)
    }
}

fn mark(record: &EventRecord) -> Option<Mark> {
    match &record.event {
        Event::CodeFinished { turn, .. } => Some(Mark::Evaluation(record.run.clone(), *turn)),
        Event::RunFinished { .. } => Some(Mark::Run(record.run.clone())),
        _ => None,
    }
}

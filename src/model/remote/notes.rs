//! What a person is told of a server that does not do what it was asked: what it does not take, counts that cannot be true, and
//! answers beyond their limit. What is billed for these is not decided here.

use crate::core::message::ChatRequest;
use crate::core::slack::with_margin;
use crate::core::usage::Usage;
use crate::model::chat::{Piece, Watch};
use crate::model::protocol::Protocol;
use crate::model::remote::Remote;
use std::sync::atomic::Ordering;

impl<P: Protocol> Remote<P> {
    /// Says that something which was asked for is left out; a person would else look for its effect in vain.
    pub(super) fn tell(&self, watch: &Watch, lost: Option<&str>) {
        if let Some(what) = lost {
            let name = &self.settings.model_name;
            watch.show(Piece::Note(format!("{name} at {} does not take {what}; it is left out", self.host)));
        }
    }

    /// Says once that a count is not believed: the provider's bill may be another one.
    pub(super) fn doubt(&self, watch: &Watch, excess: Option<String>) {
        if let Some(excess) = excess.filter(|_| !self.doubted.swap(true, Ordering::Relaxed)) {
            let (name, host) = (&self.settings.model_name, &self.host);
            let note = format!("{name} at {host} counted {excess}; such counts are not believed, and estimated here");
            watch.show(Piece::Note(note));
        }
    }

    /// Says once that an answer is billed beyond its limit: a budget has held back no more than that.
    pub(super) fn tell_overrun(&self, watch: &Watch, request: &ChatRequest, usage: &Usage) {
        let written = usage.output_tokens;
        let over = request.sampling.max_tokens.filter(|most| written > with_margin(*most));
        if let Some(most) = over.filter(|_| !self.overran.swap(true, Ordering::Relaxed)) {
            let (name, host) = (&self.settings.model_name, &self.host);
            let about = if usage.estimated { "about " } else { "" };
            let wrote = format!("{name} at {host} wrote {about}{written} tokens where `max_tokens` allowed {most}");
            watch.show(Piece::Note(format!("{wrote}; what is beyond is billed, and no budget has held it back")));
        }
    }
}

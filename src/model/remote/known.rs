//! What a server still knows of a call by the id that it gave it: the answer where it keeps answers, else what it cost.
//!
//! Nothing is repeated here: whoever asks is a person, and can ask again.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::message::{ChatRequest, Finish};
use crate::core::money::Money;
use crate::model::chat::{Known, Watch};
use crate::model::classify::refused;
use crate::model::complaint::{Complaint, SHOWN};
use crate::model::draft::{Draft, Stage};
use crate::model::endpoint::Endpoint;
use crate::model::exchange::{Patience, open};
use crate::model::halves::whole;
use crate::model::protocol::{Protocol, Reader};
use crate::model::remote::Remote;
use crate::model::transport::foreign;
use reqwest::Url;
use serde_json::Value;
use std::time::Duration;

/// How long a server may take to say it.
const PATIENCE: Duration = Duration::from_secs(30);

/// How ids of OpenRouter begin. It keeps what a call cost, and no answer
/// (<https://openrouter.ai/docs/api-reference/get-a-generation>).
const GENERATION: &str = "gen-";

impl<P: Protocol> Remote<P> {
    pub(super) async fn known(&self, id: &str, request: &ChatRequest) -> Outcome<Known> {
        let nowhere = || {
            let what = format!("{} speaks a protocol in which an answer cannot be asked for again", self.settings.id);
            Failure::new(FailureKind::Invalid, what)
        };
        let kept = P::kept(id).ok_or_else(nowhere)?;
        let endpoint = Endpoint::parse(&self.settings.base_url)?;
        if !id.starts_with(GENERATION) {
            let body = whole(self.get(endpoint.at(&kept), id).await?);
            return self.answer(&body, id, request);
        }
        let mut url = endpoint.at("generation");
        url.query_pairs_mut().append_pair("id", id);
        let body = self.get(url, id).await?;
        let document: Value = serde_json::from_slice(&body).unwrap_or_default();
        self.named(id, &document["data"])?;
        let cost = document["data"]["total_cost"].as_f64().and_then(|usd| Money::from_usd(usd).ok());
        cost.map(Known::Cost).ok_or_else(|| foreign(&self.host, "it did not say what the call cost"))
    }

    async fn get(&self, url: Url, id: &str) -> Outcome<Vec<u8>> {
        let patience = Patience::now(PATIENCE, "no answer");
        let connect = self.settings.timeouts.connect;
        let sent = self.client.reaching(&url, connect)?.get(url).headers(self.headers(false)?);
        let mut incoming = open(sent, &self.host, connect, patience).await?;
        match incoming.status() {
            200..300 => {}
            404 => {
                let what = format!("{} does not know the call {id}, or does not keep it", self.host);
                return Err(Failure::new(FailureKind::NotFound, what));
            }
            status => return Err(refused(status, &Complaint::read(&incoming.refusal().await), self.asked())),
        }
        let mut body = Vec::new();
        while let Some(bytes) = incoming.chunk(patience).await? {
            body.extend_from_slice(bytes.as_ref());
        }
        Ok(body)
    }

    /// An answer that came in one piece, if it is whole, as the call would have had it. A response says itself how far it has
    /// come.
    fn answer(&self, body: &[u8], id: &str, request: &ChatRequest) -> Outcome<Known> {
        let watch = Watch::silent();
        let mut draft = Draft::new(&watch, self.asked(), self.settings.image_tokens);
        draft.stage = Stage::Asked;
        let read = P::Reader::default().document(&mut draft, body);
        draft.cut_at(&request.sampling.stop);
        let (usage, is_whole) = (draft.usage(request), draft.is_whole());
        let document: Value = serde_json::from_slice(body).unwrap_or_default();
        self.named(id, &document)?;
        let counted = (!document["usage"].is_null() && !usage.estimated).then_some(usage);
        let unfinished = document["status"].as_str().filter(|status| *status != "completed");
        match (unfinished, read.and_then(|()| draft.reply(usage))) {
            (None, Ok(reply)) => Ok(Known::Answer(reply)),
            // A text of the request ended it, and the server went on to its limit.
            (Some(_), Ok(reply)) if matches!(reply.finish, Finish::Stop | Finish::ToolCalls) => {
                Ok(Known::Answer(reply))
            }
            (None, Err(failure)) => match counted.filter(|_| is_whole) {
                Some(usage) => Ok(Known::Failed(self.secrets.one_line(&failure.message, SHOWN), usage)),
                None => Err(failure),
            },
            (Some(status), _) => {
                let why = ["/error/message", "/incomplete_details/reason"];
                let why = why.iter().find_map(|at| document.pointer(at)?.as_str());
                let why = why.map_or_else(String::new, |why| format!(": {why}"));
                let said = self.secrets.one_line(&format!("{status}{why}"), 200);
                Ok(Known::Unfinished(said, counted))
            }
        }
    }

    /// Refuses what is said of another call than the one that was asked for; what says no id is taken for it.
    fn named(&self, id: &str, document: &Value) -> Outcome<()> {
        match document["id"].as_str() {
            Some(other) if other != id => {
                let (host, other) = (&self.host, self.secrets.one_line(other, 100));
                let what = format!("{host} was asked for the call {id}, and told of {other}");
                Err(Failure::new(FailureKind::Protocol, what))
            }
            _ => Ok(()),
        }
    }
}

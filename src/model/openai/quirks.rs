//! What a server was found not to understand, so that it is asked in its own way from then on.
//!
//! Only the two options that differ between servers are adapted; any other refused parameter is the caller's to
//! remove, because leaving out what somebody asked for changes the answer.

use crate::model::complaint::Complaint;
use std::sync::atomic::{AtomicBool, Ordering};

/// How one request is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// The answer shall be streamed.
    pub(super) stream: bool,
    /// `stream_options: {include_usage: true}` is sent.
    pub(super) usage_option: bool,
    /// The answer's limit is called `max_completion_tokens`, not `max_tokens`.
    pub(super) completion_limit: bool,
}

/// What is known of one server and model. Shared by parallel calls, each of which may learn.
#[derive(Debug)]
pub(super) struct Quirks {
    no_usage_option: AtomicBool,
    completion_limit: AtomicBool,
}

impl Quirks {
    /// What is known before the first call: OpenAI's own newer models take only `max_completion_tokens`
    /// (<https://platform.openai.com/docs/api-reference/chat/create>), other servers mostly only `max_tokens`.
    pub(super) fn of(host: &str, model: &str) -> Self {
        let newer = (host == "api.openai.com" || host.ends_with(".api.openai.com")) && is_newer(model);
        Self { no_usage_option: AtomicBool::new(false), completion_limit: AtomicBool::new(newer) }
    }

    /// The form of the next request.
    pub(super) fn form(&self, stream: bool) -> Form {
        Form {
            stream,
            usage_option: stream && !self.no_usage_option.load(Ordering::Relaxed),
            completion_limit: self.completion_limit.load(Ordering::Relaxed),
        }
    }

    /// Learns from a refusal. True if the request is worth sending again in its new form; `switched` keeps a server that
    /// understands neither name of the limit from being asked for ever.
    pub(super) fn learn(&self, form: Form, status: u16, complaint: &Complaint, switched: &mut bool) -> bool {
        if !matches!(status, 400 | 422) {
            return false;
        }
        if form.usage_option && complaint.mentions(&["stream_options", "include_usage"]) {
            self.no_usage_option.store(true, Ordering::Relaxed);
            return true;
        }
        if !*switched && is_unknown_limit(form, complaint) {
            *switched = true;
            self.completion_limit.store(!form.completion_limit, Ordering::Relaxed);
            return true;
        }
        false
    }
}

/// The o-series and gpt-5 and later.
fn is_newer(model: &str) -> bool {
    let number = |prefix: &str| -> Option<u32> {
        let rest = model.strip_prefix(prefix)?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse().ok()
    };
    number("o").is_some() || number("gpt-").is_some_and(|version| version >= 5)
}

/// Whether the name of the limit is refused, and not its size, of which servers complain with the same name.
fn is_unknown_limit(form: Form, complaint: &Complaint) -> bool {
    if !form.completion_limit && complaint.mentions(&["max_completion_tokens"]) {
        return true;
    }
    let name = if form.completion_limit { "max_completion_tokens" } else { "max_tokens" };
    let unknown = [
        "unsupported",
        "not supported",
        "unrecognized",
        "unknown",
        "unexpected",
        "extra",
        "not permitted",
        "not allowed",
    ];
    complaint.mentions(&[name]) && complaint.mentions(&unknown)
}

#[cfg(test)]
mod tests {
    use super::{Form, Quirks, is_newer};
    use crate::model::complaint::Complaint;

    #[test]
    fn knows_the_newer_models() {
        for (model, expect) in [
            ("o1", true),
            ("o4-mini", true),
            ("gpt-5-nano", true),
            ("gpt-5.2", true),
            ("gpt-10", true),
            ("gpt-4o", false),
            ("gpt-4.1", false),
            ("gpt-oss-20b", false),
            ("olmo", false),
            ("opt", false),
        ] {
            assert_eq!(is_newer(model), expect, "{model}");
        }
        assert!(Quirks::of("api.openai.com", "gpt-5").form(true).completion_limit);
        assert!(!Quirks::of("127.0.0.1", "gpt-5").form(true).completion_limit);
    }

    #[test]
    fn learns_names_but_not_sizes() {
        let check = |status: u16, message: &str, expect: Option<Form>| {
            let quirks = Quirks::of("host", "model");
            let form = quirks.form(true);
            let complaint = Complaint { message: message.to_owned(), ..Complaint::default() };
            let learned = quirks.learn(form, status, &complaint, &mut false);
            assert_eq!(learned.then(|| quirks.form(true)), expect, "{message}");
        };
        let plain = Form { stream: true, usage_option: true, completion_limit: false };
        let without_usage = Form { usage_option: false, ..plain };
        let completion = Form { completion_limit: true, ..plain };
        check(400, "Unrecognized request argument supplied: stream_options", Some(without_usage));
        check(422, "body.stream_options: Extra inputs are not permitted", Some(without_usage));
        check(500, "stream_options", None);
        check(400, "'max_tokens' is not supported, use 'max_completion_tokens' instead", Some(completion));
        check(400, "unknown field max_tokens", Some(completion));
        check(400, "max_tokens is too large: 5000", None);
        check(400, "temperature is not supported", None);
    }

    #[test]
    fn tries_each_name_once() {
        let quirks = Quirks::of("host", "model");
        let (mut switched, says) =
            (false, |name: &str| Complaint { message: format!("unknown field {name}"), ..Complaint::default() });
        assert!(quirks.learn(quirks.form(true), 400, &says("max_tokens"), &mut switched));
        assert!(!quirks.learn(quirks.form(true), 400, &says("max_completion_tokens"), &mut switched));
    }
}

//! Who stands in for a model that failed: along a list that the user wrote, and never for money where there was none.

use crate::core::failure::{Failure, FailureKind};
use crate::policy::choice::{Candidate, meets};

/// Whether another model could do what this failure prevented.
///
/// The provider's own troubles end with the provider, and so do a refused key, a model that is gone and an account
/// without credit: the list says what the user wants then. What lies in the request or the answer (too long, malformed,
/// refused, cut, going wrong) would come back elsewhere, or is for a stronger role; limits and cancellations are meant.
pub fn mends(failure: &Failure) -> bool {
    match failure.kind {
        FailureKind::Transport
        | FailureKind::Server
        | FailureKind::RateLimit
        | FailureKind::Stalled
        | FailureKind::Protocol
        | FailureKind::Auth
        | FailureKind::UnknownModel => true,
        FailureKind::Rejected => is_unpaid(failure),
        _ => false,
    }
}

/// Whether a model that stands in and fails so does only not suit the request: it takes other values, or less at once.
/// Those behind it in the list may.
pub fn is_unsuited(failure: &Failure) -> bool {
    use FailureKind::{Config, ContextOverflow, Invalid, Rejected};
    matches!(failure.kind, Config | ContextOverflow | Invalid | Rejected) && !mends(failure)
}

/// 402 everywhere, and OpenAI's words for an account without credit.
fn is_unpaid(failure: &Failure) -> bool {
    let code = failure.details.get("code").and_then(|code| code.as_str()).unwrap_or_default();
    failure.details.get("status").is_some_and(|status| status == 402)
        || ["insufficient_quota", "billing"].iter().any(|word| code.contains(word))
}

/// Why a model of the list may not stand in for the chosen one; `None` if it may.
pub fn objection(chosen: &Candidate, other: &Candidate, needs: &[String], allow_paid: bool) -> Option<String> {
    if let Some(lacking) = needs.iter().find(|word| !meets(&other.spec, word)) {
        return Some(format!("has no {lacking}"));
    }
    if let Some(variable) = &other.missing_key {
        return Some(format!("{variable} is not set"));
    }
    let pays = chosen.spec.is_cheaper_than(&other.spec) && !allow_paid;
    pays.then(|| format!("may cost money and {} does not; allow_paid_fallback = true lets it", chosen.spec.id))
}

#[cfg(test)]
mod tests {
    use super::{is_unsuited, mends};
    use crate::core::failure::{Failure, FailureKind};

    #[test]
    fn what_another_model_could_mend() {
        use FailureKind::{Auth, Protocol, RateLimit, Server, Stalled, Transport, UnknownModel};
        use FailureKind::{Config, ContextOverflow, Invalid, Rejected};
        let mended = [Auth, Protocol, RateLimit, Server, Stalled, Transport, UnknownModel];
        for kind in FailureKind::ALL {
            assert_eq!(mends(&Failure::new(*kind, "")), mended.contains(kind), "{}", kind.name());
        }
        let unsuited = [Config, ContextOverflow, Invalid, Rejected];
        for kind in FailureKind::ALL {
            assert_eq!(is_unsuited(&Failure::new(*kind, "")), unsuited.contains(kind), "{}", kind.name());
        }
        let rejected = || Failure::new(Rejected, "");
        assert!(mends(&rejected().detail("status", 402)));
        assert!(mends(&rejected().detail("status", 429).detail("code", "insufficient_quota")));
        assert!(!mends(&rejected().detail("status", 400)));
        assert!(!is_unsuited(&rejected().detail("status", 402)));
    }
}

//! How many tokens a model takes where nobody has said so: a server of one's own is asked, once for each model that is
//! chosen for a call. What is merely shown asks nobody.

use crate::host::models::{Models, key};
use crate::model::locate;
use crate::registry::builtin::SERVERS;
use crate::registry::models::{ModelSpec, Provider};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// What servers have said, by address and name of the model; `None` for one that does not say. Who asks for one of them holds up
/// nobody who asks for another.
#[derive(Default)]
pub(in crate::host) struct Windows(Mutex<Asked>);

type Asked = HashMap<(String, String), Arc<OnceCell<Option<u64>>>>;

impl Models {
    /// The model with the window that its server says.
    pub(in crate::host) async fn sized(&self, spec: ModelSpec) -> ModelSpec {
        let usual = SERVERS.iter().any(|s| s.base_url == spec.base_url && s.base_url.starts_with("https://"));
        let is_silent = matches!(spec.provider, Provider::Anthropic | Provider::Offline);
        if usual || is_silent || spec.window_known {
            return spec;
        }
        // Who lacks its key is not asked: the call says so.
        let Ok(key) = key(&self.settings, &spec) else { return spec };
        let at = (spec.base_url.clone(), spec.name.clone());
        let cell = Arc::clone(self.windows.0.lock().unwrap_or_else(PoisonError::into_inner).entry(at).or_default());
        let ask = || locate::window(&spec.base_url, &spec.name, key.as_ref(), &self.client);
        let said = *cell.get_or_init(ask).await;
        ModelSpec { window: said.unwrap_or(spec.window), window_known: said.is_some(), ..spec }
    }
}

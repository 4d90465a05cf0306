//! Who answers a step, and why: step > expert of a tool that it names > requires > default model > as `llm` does.

use crate::core::strategy::Strategy;
use crate::pipeline::plan::{Act, Choice};
use crate::pipeline::read::{Fields, Reader};
use crate::pipeline::tree::{Node, Spot};
use crate::policy::choice::meets;
use crate::registry::{check, models, personas, roles};

/// A model or a role.
enum Who {
    Model(String),
    Role(String),
}

impl Reader<'_, '_> {
    /// Decides who answers; `role` is that of the act, `lead` whether the orchestrator leads it.
    pub(crate) fn choice(&mut self, fields: &Fields<'_>, role: Option<&Node>, tools: &[String], lead: bool) -> Choice {
        let model = self.model(fields.get("model"), "model");
        let role = self.role(role);
        let requires = self.requirements(fields.get("requires"));
        let personality = match fields.get("personality") {
            Some(node) => self.personality(node),
            None => self.header.defaults.personality.clone(),
        };
        let mut choice = Choice { personality, requires, ..Choice::default() };
        if choice.requires.is_empty() {
            choice.requires = self.header.defaults.requires.clone();
        }
        choice.strategy = self.header.strategy.filter(|_| !choice.requires.is_empty());
        let (who, reason) = self.decided((model, role.clone()), tools, lead, &choice.requires);
        match who {
            // A role that the step names beside a model still says who it is and how it writes.
            Some(Who::Model(model)) => (choice.model, choice.role) = (Some(model), role),
            Some(Who::Role(role)) => choice.role = Some(role),
            None => {}
        }
        choice.reason = reason;
        let said = fields.get("requires").or(fields.get("model"));
        self.met(said.map_or(fields.at, |node| node.at), &choice);
        choice
    }

    /// What a model must have: words that some model has.
    pub(crate) fn requirements(&mut self, node: Option<&Node>) -> Vec<String> {
        let words = self.placed(node, "requires");
        for (at, word) in &words {
            if let Some(message) = check::required(self.loader.settings, word) {
                self.fault(*at, message);
            }
        }
        words.into_iter().map(|(_, word)| word).collect()
    }

    /// Keeps the fault that the model that answers does not have what is required, or that no model has all of it. Keys
    /// and the models of roles are left to the run: a session or a flag may put another model in their place.
    fn met(&mut self, at: Spot, choice: &Choice) {
        let settings = self.loader.settings;
        let requires = &choice.requires;
        // A word that nobody has is told where it stands.
        if requires.is_empty() || requires.iter().any(|word| check::required(settings, word).is_some()) {
            return;
        }
        let lacking = |name: &str| {
            let spec = models::resolve(settings, name).ok()?;
            Some(requires.iter().filter(|word| !meets(&spec, word)).cloned().collect::<Vec<String>>())
        };
        if let Some(name) = &choice.model {
            // One that does not exist is told already.
            let words = lacking(name).unwrap_or_default().join("` and `");
            if !words.is_empty() {
                self.fault(at, format!("the model `{name}` does not have `{words}`, which `requires` asks for"));
            }
            return;
        }
        let listed = settings.roles.values().flat_map(|role| &role.models).cloned();
        let mut known = models::names(settings).into_iter().chain(listed);
        if !known.any(|name| lacking(&name).is_some_and(|words| words.is_empty())) {
            self.fault(at, format!("no model has `{}` together", requires.join("` and `")));
        }
    }

    /// Keeps the fault that the model that answers takes no images, where a call has some.
    pub(crate) fn sees(&mut self, fields: &Fields<'_>, act: Option<&Act>, choice: &Choice) {
        let (Some(Act::Llm(call)), Some(name)) = (act, &choice.model) else { return };
        // One that does not exist is told already.
        let blind = models::resolve(self.loader.settings, name).is_ok_and(|spec| !spec.capabilities.vision);
        if blind && !call.images.is_empty() {
            let at = fields.get("model").map_or(fields.at, |node| node.at);
            self.fault(at, format!("the model `{name}` takes no images"));
        }
    }

    /// Who answers, and why: the step > its role > an expert > the orchestrator > the defaults > what is required > the
    /// default model.
    fn decided(
        &self,
        named: (Option<String>, Option<String>),
        tools: &[String],
        lead: bool,
        requires: &[String],
    ) -> (Option<Who>, String) {
        let expert = tools.iter().find_map(|tool| Some((tool.clone(), self.header.experts.get(tool)?.clone())));
        let header = &self.header;
        let (model, role) = named;
        if let Some(model) = model {
            (Some(Who::Model(model)), "named by the step".to_owned())
        } else if let Some(role) = role {
            (Some(Who::Role(role)), "role of the step".to_owned())
        } else if let Some((tool, name)) = expert {
            (Some(self.who(name)), format!("expert of {tool}"))
        } else if let Some(name) = header.orchestrator.clone().filter(|_| lead) {
            (Some(self.who(name)), "the orchestrator".to_owned())
        } else if let Some(model) = header.defaults.model.clone() {
            (Some(Who::Model(model)), "model of the defaults".to_owned())
        } else if let Some(role) = header.defaults.role.clone() {
            (Some(Who::Role(role)), "role of the defaults".to_owned())
        } else if !requires.is_empty() {
            (None, format!("requires {}, by {}", requires.join(", "), self.strategy_of(lead).name()))
        } else if let Some(name) = header.default_model.clone() {
            (Some(self.who(name)), "the pipeline's default_model".to_owned())
        } else {
            (None, "as llm chooses".to_owned())
        }
    }

    /// How a model is chosen by what is required, in the order of `host/models/choose`; `lead` is whether a root is chosen.
    fn strategy_of(&self, lead: bool) -> Strategy {
        let settings = self.loader.settings;
        // Both roles are in the lowest layer of the settings.
        let role = roles::find(settings, if lead { roles::ROOT } else { roles::WORKER }).ok();
        let own = self.header.strategy.or(role.and_then(|role| role.strategy));
        own.or(settings.strategy).unwrap_or_default()
    }

    fn who(&self, name: String) -> Who {
        if roles::find(self.loader.settings, &name).is_ok() { Who::Role(name) } else { Who::Model(name) }
    }

    /// The name of a model.
    pub(crate) fn model(&mut self, node: Option<&Node>, what: &str) -> Option<String> {
        let name = self.text(node, what)?;
        if let Err(failure) = models::resolve(self.loader.settings, &name) {
            self.failed(node.map_or_else(Spot::default, |node| node.at), &failure);
        }
        Some(name)
    }

    /// The name of a role.
    pub(crate) fn role(&mut self, node: Option<&Node>) -> Option<String> {
        let name = self.text(node, "role")?;
        if let Err(failure) = roles::find(self.loader.settings, &name) {
            self.failed(node.map_or_else(Spot::default, |node| node.at), &failure);
        }
        Some(name)
    }

    /// The name of a model or a role.
    pub(crate) fn model_or_role(&mut self, node: Option<&Node>, what: &str) -> Option<String> {
        let name = self.text(node, what)?;
        let settings = self.loader.settings;
        if roles::find(settings, &name).is_err()
            && let Err(failure) = models::resolve(settings, &name)
        {
            let failure = crate::core::failure::Failure {
                message: format!("there is neither a role nor a model `{name}`"),
                ..failure
            };
            self.failed(node.map_or_else(Spot::default, |node| node.at), &failure);
        }
        Some(name)
    }

    /// Who the model is: a personality of the file, else a persona.
    pub(crate) fn personality(&mut self, node: &Node) -> Option<String> {
        self.unfilled(Some(node), "personality");
        let given = self.text(Some(node), "personality")?;
        if let Some(text) = self.header.personalities.get(&given) {
            return Some(personas::as_text(text));
        }
        if let Err(failure) = personas::text(&self.loader.settings.paths, &given) {
            let own: Vec<String> = self.header.personalities.keys().cloned().collect();
            match crate::core::text::meant(&given, own.iter().map(String::as_str)) {
                Some(meant) => self.fault(node.at, format!("there is no personality `{given}`; {meant}")),
                None => self.failed(node.at, &failure),
            }
        }
        Some(given)
    }
}

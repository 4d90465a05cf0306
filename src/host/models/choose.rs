//! Who could answer a call, for `policy::choice` to choose from: the call's model > one for everything > the role's list
//! > everything known, filtered and ordered > the default model.

use crate::core::failure::Outcome;
use crate::core::ids::ModelId;
use crate::core::strategy::Strategy;
use crate::host::models::{Models, Served};
use crate::policy::choice::{self, Candidate, Choice, Origin, Wanted};
use crate::policy::substitute;
use crate::registry::models::{ModelSpec, Provider, names, resolve};
use crate::registry::roles::{self, Role};
use indexmap::IndexSet;
use std::collections::HashSet;
use std::sync::{Arc, PoisonError};

/// What a call says about its model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Wish {
    /// The role; `worker` if absent.
    pub role: Option<String>,
    /// One certain model.
    pub model: Option<String>,
    /// Capabilities and tags, beside those that the role requires.
    pub requires: Vec<String>,
    /// How to choose.
    pub strategy: Option<Strategy>,
}

impl Wish {
    /// A wish for a role and perhaps a certain model.
    pub fn of(role: Option<&str>, model: Option<&str>) -> Self {
        Self { role: role.map(str::to_owned), model: model.map(str::to_owned), ..Self::default() }
    }
}

/// A chosen model, with its reason and those that stand in for it.
#[derive(Clone)]
pub struct Chosen {
    /// The role that it plays.
    pub role: Arc<Role>,
    /// The model.
    pub served: Served,
    /// Why this one.
    pub reason: Arc<str>,
    /// The models that stand in for it, in this order.
    pub substitutes: Arc<[Substitute]>,
}

impl Chosen {
    /// Why it is asked, where the call has words of its own for whom it names: a model, or else a role.
    pub fn because(&self, why: Option<&str>, names_model: bool) -> Arc<str> {
        match why {
            None => Arc::clone(&self.reason),
            Some(why) if names_model => Arc::from(why),
            Some(why) => Arc::from(format!("{why}: {}", self.reason)),
        }
    }
}

/// A model of the user's list behind the chosen one.
#[derive(Clone, Debug, PartialEq)]
pub struct Substitute {
    /// What it is.
    pub spec: Arc<ModelSpec>,
    /// Why it may not stand in, if there is a reason.
    pub barred: Option<String>,
}

/// A choice with everything that led to it, for people.
pub struct Explained {
    /// The role.
    pub role: Role,
    /// Why these are the candidates.
    pub origin: Origin,
    /// What was required, of the call and of the role.
    pub requires: Vec<String>,
    /// How the candidates are ordered; `None` for their own order.
    pub strategy: Option<Strategy>,
    /// What there was to choose from and what became of it.
    pub choice: Choice,
    /// The models that stand in for the chosen one.
    pub substitutes: Vec<Substitute>,
    candidates: Vec<Candidate>,
}

impl Explained {
    /// The chosen model.
    pub fn picked(&self) -> Option<&ModelSpec> {
        let picked = self.choice.picked.as_ref().ok()?;
        self.candidates.get(*picked).map(|candidate| candidate.spec.as_ref())
    }
}

impl Models {
    /// The role and model of a call, and who stands in for the model.
    ///
    /// # Errors
    /// `not_found` for an unknown role or model, `auth` for a missing key, `no_model` if nobody meets what is required.
    pub async fn choose(&self, wish: &Wish) -> Outcome<Arc<Chosen>> {
        let known = self.chosen.lock().unwrap_or_else(PoisonError::into_inner).get(wish).map(Arc::clone);
        if let Some(known) = known {
            return Ok(known);
        }
        let Explained { role, choice, substitutes, candidates, .. } = self.explain(wish).await?;
        let picked = choice.picked?;
        let spec = candidates.get(picked).map(|candidate| candidate.spec.as_ref().clone()).ok_or_else(no_candidate)?;
        let spec = self.sized(spec).await;
        let served = self.serve(spec.id.as_str(), || Ok(spec.clone()))?;
        // It may have stood in for another before anybody asked its server.
        let served = Served { spec: Arc::new(spec), ..served };
        let (role, reason) = (Arc::new(role), choice.reason.into());
        let chosen = Arc::new(Chosen { role, served, reason, substitutes: substitutes.into() });
        let mut cache = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        cache.insert(wish.clone(), Arc::clone(&chosen));
        Ok(chosen)
    }

    /// The model that a wish got when the run was first made, for one that goes on. Its key is needed when it is to be asked.
    ///
    /// # Errors
    /// `not_found` if the settings no longer know it.
    pub fn chosen_before(
        &self,
        wish: &Wish,
        (model, reason): (&str, &str),
        substitutes: &[String],
    ) -> Outcome<Arc<Chosen>> {
        let role = roles::find(&self.settings, wish.role.as_deref().unwrap_or(roles::WORKER))?;
        let spec = self.known(model).map_or_else(|| resolve(&self.settings, model), Ok)?;
        let now = self.substitutes(&self.candidate(spec.clone()), &role, &Origin::Role, &[])?;
        let substitutes = self.standing_before(substitutes, &now).into();
        let served = self.serve_logged(model, spec)?;
        let reason = Arc::from(reason);
        Ok(Arc::new(Chosen { role: Arc::new(role), served, reason, substitutes }))
    }

    /// Those who could stand in when a choice was made, in their order; `now` are those that are listed today. Their
    /// answers may be in the log, which needs no key; who is listed no more is not asked anew.
    pub(in crate::host) fn standing_before(&self, kept: &[String], now: &[Substitute]) -> Vec<Substitute> {
        let before = kept.iter().filter_map(|name| {
            let listed = now.iter().find(|other| other.spec.id.as_str() == name.as_str());
            let barred = listed.is_none().then(|| UNLISTED.to_owned());
            let known = || resolve(&self.settings, name).ok().map(Arc::new);
            let spec = listed.map(|other| Arc::clone(&other.spec)).or_else(known)?;
            Some(Substitute { spec, barred })
        });
        before.collect()
    }

    /// A choice without building anything: also for models whose key is missing.
    pub async fn explain(&self, wish: &Wish) -> Outcome<Explained> {
        let role = roles::find(&self.settings, wish.role.as_deref().unwrap_or(roles::WORKER))?;
        let mut requires = role.requires.clone();
        requires.extend(wish.requires.iter().filter(|word| !role.requires.contains(word)).cloned());
        let (candidates, origin) = self.candidates(wish, &role, &requires).await?;
        let strategy = match origin {
            Origin::Named(_) | Origin::Default(_) => None,
            Origin::Role => wish.strategy,
            Origin::All => wish.strategy.or(role.strategy).or(self.settings.strategy).or(Some(Strategy::default())),
        };
        let wanted = Wanted { requires: &requires, of_role: &role.requires, strategy };
        let choice = choice::choose(&candidates, &origin, wanted);
        let picked = choice.picked.as_ref().ok().and_then(|at| candidates.get(*at));
        let substitutes = match picked {
            Some(picked) => self.substitutes(picked, &role, &origin, &requires)?,
            None => Vec::new(),
        };
        Ok(Explained { role, origin, requires, strategy, choice, substitutes, candidates })
    }

    /// What would be chosen for these requirements if no role, flag or default said otherwise.
    pub async fn survey(&self, requires: &[String], strategy: Option<Strategy>) -> Outcome<Choice> {
        let default = self.default_model().await?;
        let candidates = self.everybody(&default.spec, requires, false)?;
        let strategy = strategy.or(self.settings.strategy).or(Some(Strategy::default()));
        Ok(choice::choose(&candidates, &Origin::All, Wanted { requires, of_role: &[], strategy }))
    }

    async fn candidates(&self, wish: &Wish, role: &Role, requires: &[String]) -> Outcome<(Vec<Candidate>, Origin)> {
        let settings = &self.settings;
        let named = |name: &str, by: &str| {
            let candidate = self.candidate(resolve(settings, name)?);
            Ok((vec![candidate], Origin::Named(by.to_owned())))
        };
        if let Some(name) = &wish.model {
            return named(name, "named by the call");
        }
        if let Some(name) = self.switched() {
            return named(&name, "chosen by .model");
        }
        // A model that a flag names is meant for everything, over the models of the configuration's roles.
        if let Some(name) = &settings.forced_model {
            return named(name, "named by --model or RHIZO_MODEL");
        }
        if !role.models.is_empty() {
            let specs = role.models.iter().map(|name| resolve(settings, name));
            let candidates = specs.map(|spec| spec.map(|spec| self.candidate(spec))).collect::<Outcome<_>>()?;
            return Ok((candidates, Origin::Role));
        }
        let default = self.default_model().await?;
        let strategy = wish.strategy.or(role.strategy);
        let usual = self.candidate(default.spec.clone());
        if strategy.is_none() && requires.is_empty() {
            return Ok((vec![usual], Origin::Default(default.reason.clone())));
        }
        // Who requires something and names no strategy has not asked for what nobody wrote down, nor for a bill.
        let keeps = strategy.or(settings.strategy).is_none() && choice::objection(&usual, requires).is_none();
        Ok((self.everybody(&default.spec, requires, keeps)?, Origin::All))
    }

    /// The default model, all that the user has described or listed, and all that are built in. Who `keeps` to the
    /// user's own asks none of the last, nor any that costs money in place of a default one that does not.
    fn everybody(&self, default: &ModelSpec, requires: &[String], keeps: bool) -> Outcome<Vec<Candidate>> {
        let settings = &self.settings;
        let listed = settings.roles.values().flat_map(|role| &role.models);
        let own: IndexSet<&String> = settings.models.keys().chain(listed).collect();
        let known = names(settings);
        let mut seen = HashSet::from([default.id.clone()]);
        let mut candidates = vec![self.candidate(default.clone())];
        for name in own.iter().copied().chain(known.iter().filter(|name| !own.contains(*name))) {
            let spec = resolve(settings, name)?;
            let mine = own.contains(name);
            // The offline engine finds sentences and is no model to be chosen for its price.
            if (spec.provider == Provider::Offline && !mine) || !seen.insert(spec.id.clone()) {
                continue;
            }
            // A key in the environment is a credential and no choice: it must not turn free calls into paid ones.
            let pays = default.is_cheaper_than(&spec) && !settings.allow_paid_fallback;
            let barred = match (mine, pays) {
                (false, true) => Some(format!("{PAYS}; allow_paid_fallback = true or [models.\"{name}\"] lets it")),
                (true, true) => keeps.then(|| format!("{PAYS}; allow_paid_fallback = true or a `strategy` lets it")),
                (false, false) => keeps.then(|| UNWRITTEN.to_owned()),
                (true, false) => None,
            };
            candidates.push(Candidate { barred, ..self.candidate(spec) });
        }
        // Nobody asked for the offline engine: its price of nothing must not beat a model that can do the work.
        let unasked = default.provider == Provider::Offline && settings.model.is_none();
        let could = |candidate: &&Candidate| choice::objection(candidate, requires).is_none();
        if unasked && candidates.iter().skip(1).find(could).is_some() {
            candidates.remove(0);
        }
        Ok(candidates)
    }

    /// The model's own list, then what is left of the role's.
    fn substitutes(
        &self,
        picked: &Candidate,
        role: &Role,
        origin: &Origin,
        requires: &[String],
    ) -> Outcome<Vec<Substitute>> {
        let listed = role.models.iter().filter(|_| *origin == Origin::Role);
        let mut found: Vec<Substitute> = Vec::new();
        let mut seen: Vec<ModelId> = vec![picked.spec.id.clone()];
        for name in picked.spec.fallback.iter().chain(listed) {
            let other = self.candidate(resolve(&self.settings, name)?);
            if seen.contains(&other.spec.id) {
                continue;
            }
            seen.push(other.spec.id.clone());
            let barred = substitute::objection(picked, &other, requires, self.settings.allow_paid_fallback);
            found.push(Substitute { spec: other.spec, barred });
        }
        Ok(found)
    }

    fn candidate(&self, spec: ModelSpec) -> Candidate {
        let missing_key = spec.missing_key(&self.settings).map(str::to_owned);
        Candidate { spec: Arc::new(spec), missing_key, barred: None }
    }
}

/// Why a model may not be asked although it could be.
const UNLISTED: &str = "is not listed any more";
const PAYS: &str = "costs money, the default model does not";
const UNWRITTEN: &str = "nobody described or listed it, and the default model will do; a `strategy` lets it";

fn no_candidate() -> crate::core::failure::Failure {
    crate::core::failure::Failure::new(crate::core::failure::FailureKind::Internal, "the chosen model is no candidate")
}

//! Which episodes a search may find, as the condition that LanceDB applies before it compares vectors.

use crate::core::episode::{Namespace, Outline};

/// Which episodes a search may find; an empty field allows all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Namespaces.
    pub namespaces: Vec<Namespace>,
    /// The kind of action.
    pub action: Option<String>,
    /// What was chosen.
    pub arm: Option<String>,
}

impl Filter {
    /// What a real run may see: real episodes and shipped ones, never those of evaluations.
    pub fn real() -> Self {
        Self { namespaces: vec![Namespace::Prod, Namespace::Seed], ..Self::default() }
    }

    /// Whether it lets an episode through.
    pub fn passes(&self, episode: &Outline) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
        (self.namespaces.is_empty() || self.namespaces.contains(&episode.namespace))
            && is(&self.action, &episode.action)
            && is(&self.arm, &episode.arm)
    }

    /// The condition in SQL; none if everything is allowed.
    pub(super) fn sql(&self) -> Option<String> {
        let mut all = Vec::new();
        if !self.namespaces.is_empty() {
            all.push(format!("namespace IN ({})", list(self.namespaces.iter().map(|space| space.name()))));
        }
        for (column, value) in [("action", &self.action), ("arm", &self.arm)] {
            if let Some(value) = value {
                all.push(format!("{column} = {}", list([value.as_str()].into_iter())));
            }
        }
        if all.is_empty() { None } else { Some(all.join(" AND ")) }
    }
}

/// SQL texts with commas between; quotes inside are doubled.
pub(super) fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.map(|text| format!("'{}'", text.replace('\'', "''"))).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::Filter;

    #[test]
    fn conditions_are_quoted_and_joined() {
        let check = |filter: &Filter, expect: Option<&str>| assert_eq!(filter.sql().as_deref(), expect);
        check(&Filter::default(), None);
        check(&Filter::real(), Some("namespace IN ('prod', 'seed')"));
        let arm = Filter { arm: Some("it's' OR ''='".into()), action: Some("route".into()), ..Filter::default() };
        check(&arm, Some("action = 'route' AND arm = 'it''s'' OR ''''='''"));
    }
}

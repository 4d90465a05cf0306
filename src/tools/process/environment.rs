//! Which environment variables a command sees: all but those that look like secrets.

use crate::config::environment::is_secret;

/// The part of `environment` that another program may see.
///
/// Left out are names such as `OPENAI_API_KEY`, and values that are addresses with a password in them.
pub fn without_secrets(environment: &[(String, String)]) -> Vec<(String, String)> {
    environment.iter().filter(|(name, value)| !is_secret(name) && !has_password(value)).cloned().collect()
}

/// `scheme://user:password@host`
fn has_password(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn secrets_are_known_by_name_or_form() {
        for (name, value, expect) in [
            ("PATH", "/bin", false),
            ("LANG", "C.UTF-8", false),
            ("SSH_AUTH_SOCK", "/run/agent", false),
            ("HTTP_PROXY", "http://proxy:3128", false),
            ("HOMEPAGE", "https://example.com/@user:x", false),
            ("OPENAI_API_KEY", "x", true),
            ("github_token", "x", true),
            ("AWS_SECRET_ACCESS", "x", true),
            ("PGPASSWORD", "x", true),
            ("GOOGLE_APPLICATION_CREDENTIALS", "/x.json", true),
            ("DATABASE_URL", "postgres://me:pass@host/db", true),
        ] {
            let left = without_secrets(&[(name.to_owned(), value.to_owned())]);
            assert_eq!(left.is_empty(), expect, "{name}");
        }
    }
}

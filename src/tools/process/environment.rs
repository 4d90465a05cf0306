//! Which environment variables a command sees: all but those that look like secrets.

use crate::config::environment::is_secret;

/// The part of `environment` that another program may see.
///
/// Left out are names such as `OPENAI_API_KEY`, and values that are addresses with a password in them.
pub fn without_secrets(environment: &[(String, String)]) -> Vec<(String, String)> {
    environment.iter().filter(|(name, value)| !is_secret(name) && !has_password(value)).cloned().collect()
}

/// `scheme://user:password@host`; of web addresses also `https://user@host`, where the user mostly is a token.
fn has_password(value: &str) -> bool {
    value.match_indices("://").any(|(at, separator)| {
        let (scheme, rest) = (value[..at].to_lowercase(), &value[at + separator.len()..]);
        let is_web = scheme.ends_with("http") || scheme.ends_with("https");
        let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or(rest);
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':') || (is_web && !user.is_empty()))
    })
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
            ("ABOUT", "https://example.com or me@example.com", false),
            ("PWD", "/srv/me", false),
            ("OLDPWD", "/srv/me", false),
            ("GIT_ASKPASS", "/bin/ask", false),
            ("REMOTE", "ssh://git@github.com/me/x", false),
            ("OPENAI_API_KEY", "x", true),
            ("github_token", "x", true),
            ("AWS_SECRET_ACCESS", "x", true),
            ("PGPASSWORD", "x", true),
            ("GOOGLE_APPLICATION_CREDENTIALS", "/x.json", true),
            ("DATABASE_URL", "postgres://me:pass@host/db", true),
            ("MYSQL_PWD", "x", true),
            ("DB_PASS", "x", true),
            ("smtp_pass", "x", true),
            ("GH_PAT", "x", true),
            ("SENTRY_DSN", "https://x@sentry.io/1", true),
            ("ORIGIN", "https://ghp_x@github.com/me/x", true),
            ("INDEXES", "https://pypi.org/simple git+HTTPS://ghp_x@github.com/me/x", true),
        ] {
            let left = without_secrets(&[(name.to_owned(), value.to_owned())]);
            assert_eq!(left.is_empty(), expect, "{name}");
        }
    }
}

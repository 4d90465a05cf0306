//! What people get wrong, and what goes wrong around them: a clear message, a hint, the right exit code, nothing lost.

mod disk;
mod hostile;
mod paths;
mod provider;
mod typed;
mod unheard;

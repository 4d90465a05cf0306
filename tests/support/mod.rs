//! What tests share: real servers on loopback, folders, the program itself.

pub(crate) mod chat;
pub(crate) mod dialects;
pub(crate) mod preload;
pub(crate) mod program;
pub(crate) mod server;
pub(crate) mod snapshot;

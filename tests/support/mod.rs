//! What tests share: real servers on loopback, folders, the program itself.

pub(crate) mod server;

//! Settings: raw layers as typed (flags, environment, project file, user file, defaults) made into final settings.
//!
//! The only room that reads the environment. Every path that the program touches is decided here.

pub mod bounded;
pub mod environment;
pub mod fault;
pub mod key;
pub mod layer;
pub mod merged;
pub mod model;
pub mod ownership;
pub mod paths;
pub mod place;
pub mod price_file;
pub mod price_keys;
pub mod role;
pub mod settings;
pub mod traffic;

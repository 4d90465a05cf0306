//! Episodic memory: embedders, the LanceDB index over the episodes of the store, remembering and recalling.
//!
//! The episodes themselves live in the store; what is here can be deleted and rebuilt without losing any.

pub mod embed;
pub mod explain;
pub mod hashing;
pub mod index;
pub mod install;
pub mod learn;
pub mod onnx;
pub mod parts;
pub mod recall;
pub mod resident;
mod ridge;
pub mod settings;
pub mod seeds;
mod shelf;
pub mod situation;
pub mod trend;
mod upkeep;

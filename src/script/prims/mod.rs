//! The primitives: one file each, with the text that `?name`, the README and the root prompt are rendered from.

pub mod ask_user;
pub mod budget;
pub mod context_cut;
pub mod context_find;
pub mod context_read;
pub mod delegate;
pub mod docs;
pub mod final_;
pub mod json;
pub mod llm;
pub mod llm_batch;
pub mod now;
pub mod out;
pub mod par_map;
pub mod primitive;
pub mod random;
pub mod recall;
pub mod remember;
pub mod rlm;
pub mod rlm_batch;
pub mod save_script;
pub mod script_;
pub mod sleep;
pub mod suggest_exploration;
pub mod table;
pub mod tool;

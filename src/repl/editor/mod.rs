//! The line editor, and the screen that it shares with whatever else is shown. Only this folder prints.

pub mod answer;
pub mod asked;
pub mod completer;
pub mod echo;
pub mod edited;
pub mod hidden;
pub mod highlighter;
pub mod hinter;
pub mod history;
pub mod kept;
pub mod lent;
pub mod line_editor;
pub mod listing;
pub mod live;
pub mod paths;
pub mod person;
pub mod place;
pub mod prompter;
pub mod screen;
pub mod size;
pub mod validator;

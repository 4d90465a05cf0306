//! The tools that come with the program, one file each. A new one is a file here and a line in [`all`].

pub mod ask_user;
pub mod calculate;
pub mod csv_read;
pub mod date;
pub mod find_text;
pub mod html_to_text;
pub mod http_get;
pub mod json_query;
pub mod list_dir;
pub mod read_file;
pub mod run_command;
pub mod write_file;

use crate::tools::tool::Tool;
use crate::tools::typed::tool;
use std::sync::Arc;

/// Every built-in tool, in the order in which they are listed to people and models.
pub fn all() -> Vec<Arc<dyn Tool>> {
    vec![
        tool::<read_file::ReadFile>(),
        tool::<write_file::WriteFile>(),
        tool::<list_dir::ListDir>(),
        tool::<find_text::FindText>(),
        tool::<http_get::HttpGet>(),
        tool::<run_command::RunCommand>(),
        tool::<json_query::JsonQuery>(),
        tool::<csv_read::CsvRead>(),
        tool::<html_to_text::HtmlToText>(),
        tool::<date::Date>(),
        tool::<calculate::Calculate>(),
        tool::<ask_user::AskUser>(),
    ]
}

#[cfg(test)]
mod tests;

//! `TOOL` and `tools`: calling and finding tools.

use crate::core::request::Request;
use crate::script::convert::to_value;
use crate::script::desk::Desk;
use crate::script::prims::primitive::{Answer, Primitive, ask, done};
use rhai::{Dynamic, Engine, Map};
use std::sync::Arc;

/// `TOOL`.
pub const TOOL: Primitive = Primitive {
    name: "TOOL",
    usage: &["TOOL(name, #{..arguments})", "TOOL(name)"],
    summary: "Calls a tool with named arguments and returns its value; arguments are checked against its schema first.",
    params: &[("name", "the tool, see tools()"), ("arguments", "a map, see `?name` of the tool")],
    example: "print(TOOL(\"calculate\", #{expression: \"(7 - 4) * 31\"}))",
    prints: "93\n",
    register: register_tool,
};

/// `tools`.
pub const TOOLS: Primitive = Primitive {
    name: "tools",
    usage: &["tools()", "tools(query)"],
    summary: "Lists the tools that fit a query, best first, each as #{name, summary, parameters, returns}.",
    params: &[("query", "words; all tools if it is absent")],
    example: "print(tools(\"arithmetic expression\")[0].name)",
    prints: "calculate\n",
    register: register_tools,
};

fn register_tool(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("TOOL", |name: &str| call(name, Map::new()));
    engine.register_fn("TOOL", call);
}

fn call(name: &str, args: Map) -> Answer<Dynamic> {
    let args = done(to_value(&Dynamic::from_map(args)))?;
    ask(Request::Tool { name: name.to_owned(), args })
}

fn register_tools(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("tools", || ask(Request::Tools { query: String::new() }));
    engine.register_fn("tools", |query: &str| ask(Request::Tools { query: query.to_owned() }));
}

//! What is known without any configuration: services by their address. Models and their prices are in `prices`.

use crate::registry::models::Provider;

/// A service, and the protocol that it speaks.
pub struct Server {
    /// The first part of its models' ids.
    pub name: &'static str,
    /// Its address.
    pub base_url: &'static str,
    /// The variables that may override the address, the stronger first.
    pub address_variables: &'static [&'static str],
    /// The variable that holds its key; empty if it needs none.
    pub key_variable: &'static str,
    /// Its protocol.
    pub provider: Provider,
}

/// A service that speaks OpenAI's chat completions.
const fn compatible(name: &'static str, base_url: &'static str, key_variable: &'static str) -> Server {
    Server { name, base_url, address_variables: &[], key_variable, provider: Provider::OpenAi }
}

/// The services. Google, DeepSeek and Together as their own pages say (October 2026), the others as commonly documented.
pub const SERVERS: &[Server] = &[
    Server {
        address_variables: &["OPENAI_BASE_URL", "OPENAI_API_BASE"],
        ..compatible("openai", "https://api.openai.com/v1", "OPENAI_API_KEY")
    },
    Server {
        address_variables: &["ANTHROPIC_BASE_URL"],
        provider: Provider::Anthropic,
        ..compatible("anthropic", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY")
    },
    // <https://ai.google.dev/gemini-api/docs/openai>
    compatible("google", "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
    // <https://docs.mistral.ai/api>
    compatible("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    // <https://api-docs.deepseek.com>
    compatible("deepseek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    // <https://docs.x.ai/docs/api-reference>
    compatible("xai", "https://api.x.ai/v1", "XAI_API_KEY"),
    // <https://console.groq.com/docs/openai>
    compatible("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    // <https://docs.together.ai/docs/openai-api-compatibility>
    compatible("together", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    compatible("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    Server { address_variables: &["OLLAMA_HOST"], ..compatible("ollama", "http://127.0.0.1:11434/v1", "") },
    compatible("llama-server", "http://127.0.0.1:8080/v1", ""),
    compatible("lmstudio", "http://127.0.0.1:1234/v1", ""),
    compatible("vllm", "http://127.0.0.1:8000/v1", ""),
    compatible("litellm", "http://127.0.0.1:4000/v1", "LITELLM_API_KEY"),
];

/// The model that an OpenAI key means if none is named.
pub const OPENAI_DEFAULT: &str = "openai/gpt-5-mini";

/// The embedded engine.
pub const OFFLINE: &str = "offline/extract";

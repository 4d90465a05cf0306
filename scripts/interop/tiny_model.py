"""Writes a llama model of two layers with random weights and a tokenizer of bytes: it babbles, but it is real."""
import sys
import numpy as np
from gguf import GGUFWriter, TokenType

EMBED, HEADS, FEED, LAYERS, WINDOW = 64, 4, 128, 2, 2048

def tokens():
    yield "<unk>", TokenType.UNKNOWN
    yield "<s>", TokenType.CONTROL
    yield "</s>", TokenType.CONTROL
    for byte in range(256):
        yield f"<0x{byte:02X}>", TokenType.BYTE
    for word in ["\u2581", "\u2581the", "\u2581a", "e", "t", "o"]:
        yield word, TokenType.NORMAL

def main(path):
    vocabulary = list(tokens())
    random = np.random.default_rng(7)
    writer = GGUFWriter(path, "llama")
    writer.add_name("tiny-random")
    writer.add_context_length(WINDOW)
    writer.add_embedding_length(EMBED)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(EMBED // HEADS)
    writer.add_vocab_size(len(vocabulary))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text.encode() for text, _ in vocabulary])
    writer.add_token_scores([0.0] * len(vocabulary))
    writer.add_token_types([kind for _, kind in vocabulary])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_chat_template(
        "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"
    )
    def tensor(name, *shape):
        writer.add_tensor(name, (random.standard_normal(shape) * 0.08).astype(np.float32))
    tensor("token_embd.weight", len(vocabulary), EMBED)
    tensor("output.weight", len(vocabulary), EMBED)
    writer.add_tensor("output_norm.weight", np.ones(EMBED, np.float32))
    for layer in range(LAYERS):
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(EMBED, np.float32))
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensor(f"blk.{layer}.{name}.weight", EMBED, EMBED)
        tensor(f"blk.{layer}.ffn_gate.weight", FEED, EMBED)
        tensor(f"blk.{layer}.ffn_up.weight", FEED, EMBED)
        tensor(f"blk.{layer}.ffn_down.weight", EMBED, FEED)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

main(sys.argv[1])

#!/usr/bin/env python3
"""Writes a model of full size with random weights: sharded BF16 safetensors, configuration, tokenizer and template.

Usage: tools/random_model.py SHAPE FOLDER [--seed N] [--shard-gb 2]    (needs numpy only)
For loading, quantising and timing shapes whose real weights are not at hand; what such a model says means nothing.
Shapes: exaone-3.5-2.4b (head_dim 80, tied), kanana-1.5-2.1b (ffn 8064 is no multiple of 256, tied).
"""
import argparse
import json
import os
import struct

import numpy as np

SHAPES = {
    "exaone-3.5-2.4b": dict(
        family="exaone", layers=30, hidden=2560, ffn=7168, heads=32, kv_heads=8, head_dim=80, vocab=102400,
        config={
            "architectures": ["ExaoneForCausalLM"], "model_type": "exaone", "activation_function": "silu",
            "num_layers": 30, "layer_norm_epsilon": 1e-5, "rope_theta": 1000000.0, "max_position_embeddings": 32768,
            "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                             "original_max_position_embeddings": 8192}}),
    "kanana-1.5-2.1b": dict(
        family="llama", layers=32, hidden=1792, ffn=8064, heads=24, kv_heads=8, head_dim=128, vocab=128256,
        config={
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
            "num_hidden_layers": 32, "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "max_position_embeddings": 32768}),
}

NAMES = {
    "exaone": {
        "embed": "transformer.wte.weight", "norm": "transformer.ln_f.weight", "layer": "transformer.h.{}.",
        "norms": ["ln_1.weight", "ln_2.weight"], "q": "attn.attention.q_proj.weight",
        "k": "attn.attention.k_proj.weight", "v": "attn.attention.v_proj.weight",
        "o": "attn.attention.out_proj.weight", "gate": "mlp.c_fc_0.weight", "up": "mlp.c_fc_1.weight",
        "down": "mlp.c_proj.weight"},
    "llama": {
        "embed": "model.embed_tokens.weight", "norm": "model.norm.weight", "layer": "model.layers.{}.",
        "norms": ["input_layernorm.weight", "post_attention_layernorm.weight"], "q": "self_attn.q_proj.weight",
        "k": "self_attn.k_proj.weight", "v": "self_attn.v_proj.weight", "o": "self_attn.o_proj.weight",
        "gate": "mlp.gate_proj.weight", "up": "mlp.up_proj.weight", "down": "mlp.down_proj.weight"},
}

TEMPLATE = ("{% for message in messages %}[|{{ message['role'] }}|]{{ message['content'] }}\n{% endfor %}"
            "{% if add_generation_prompt %}[|assistant|]{% endif %}")


def tensors(shape):
    """Yields (name, dims, is_norm) in the file's order."""
    n, h = NAMES[shape["family"]], shape["hidden"]
    q, kv = shape["heads"] * shape["head_dim"], shape["kv_heads"] * shape["head_dim"]
    yield n["embed"], (shape["vocab"], h), False
    for i in range(shape["layers"]):
        at = n["layer"].format(i)
        for norm in n["norms"]:
            yield at + norm, (h,), True
        for name, dims in (("q", (q, h)), ("k", (kv, h)), ("v", (kv, h)), ("o", (h, q)), ("gate", (shape["ffn"], h)),
                           ("up", (shape["ffn"], h)), ("down", (h, shape["ffn"]))):
            yield at + n[name], dims, False
    yield n["norm"], (h,), True


def bf16(values):
    """f32 to BF16 bits, rounded to nearest even."""
    bits = values.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def write_shard(path, entries, random):
    header, offset = {}, 0
    for name, dims, _ in entries:
        end = offset + 2 * int(np.prod(dims))
        header[name] = {"dtype": "BF16", "shape": list(dims), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".part", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, dims, is_norm in entries:
            values = random.standard_normal(int(np.prod(dims)), dtype=np.float32)
            values *= 0.1 if is_norm else 1.0 / np.sqrt(dims[-1])
            file.write(bf16(values + 1.0 if is_norm else values).tobytes())
    os.replace(path + ".part", path)


def byte_alphabet():
    """GPT-2's printable character of each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(b) if b in plain else chr(256 + sum(x not in plain for x in range(b))) for b in range(256)]


def tokenizer(vocab_size):
    """A byte-level BPE vocabulary of the wanted size: bytes, then pairs of bytes, then pairs and a byte."""
    alphabet = byte_alphabet()
    special = ["[|endofturn|]", "[|user|]", "[|assistant|]", "[|system|]"]
    vocab, merges = {c: i for i, c in enumerate(alphabet)}, []
    parts = [alphabet, []]
    while True:
        for left in parts[0] if len(parts[1]) == 0 else parts[1]:
            for right in alphabet:
                if len(vocab) + len(special) == vocab_size:
                    added = [{"id": vocab_size - len(special) + i, "content": s, "special": True, "normalized": False,
                              "single_word": False, "lstrip": False, "rstrip": False} for i, s in enumerate(special)]
                    return {
                        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
                        "normalizer": None,
                        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                                          "use_regex": True},
                        "post_processor": None,
                        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True,
                                    "use_regex": True},
                        "model": {"type": "BPE", "dropout": None, "unk_token": None,
                                  "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False,
                                  "byte_fallback": False, "vocab": vocab, "merges": merges}}
                vocab[left + right] = len(vocab)
                merges.append([left, right])
        parts[1] = [left + right for left in alphabet for right in alphabet]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", choices=sorted(SHAPES))
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shard-gb", type=float, default=2)
    arguments = parser.parse_args()
    shape, folder = SHAPES[arguments.shape], arguments.folder
    os.makedirs(folder, exist_ok=True)

    shards, n_bytes = [[]], 0
    for entry in tensors(shape):
        entry_bytes = 2 * int(np.prod(entry[1]))
        if shards[-1] and n_bytes + entry_bytes > arguments.shard_gb * 1e9:
            shards.append([])
            n_bytes = 0
        shards[-1].append(entry)
        n_bytes += entry_bytes
    random = np.random.default_rng(arguments.seed)
    index = {"metadata": {"total_size": sum(2 * int(np.prod(e[1])) for s in shards for e in s)}, "weight_map": {}}
    for i, entries in enumerate(shards):
        name = f"model-{i + 1:05d}-of-{len(shards):05d}.safetensors"
        write_shard(os.path.join(folder, name), entries, random)
        index["weight_map"].update({entry[0]: name for entry in entries})
        print(name, len(entries), "tensors", flush=True)

    last = shape["vocab"]
    config = {**shape["config"], "hidden_size": shape["hidden"], "intermediate_size": shape["ffn"],
              "num_attention_heads": shape["heads"], "num_key_value_heads": shape["kv_heads"],
              "head_dim": shape["head_dim"], "vocab_size": last, "tie_word_embeddings": True,
              "eos_token_id": last - 4, "torch_dtype": "bfloat16"}
    files = {"model.safetensors.index.json": index, "config.json": config, "tokenizer.json": tokenizer(last),
             "tokenizer_config.json": {"eos_token": "[|endofturn|]", "chat_template": TEMPLATE},
             "generation_config.json": {"eos_token_id": last - 4}}
    for name, content in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False)


if __name__ == "__main__":
    main()

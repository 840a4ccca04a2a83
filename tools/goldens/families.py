"""Makes the reference logits of every family on tiny random weights.

    pip install torch transformers safetensors
    python tools/goldens/families.py goldens/families [case ...]

Each case is a folder that Hanok opens as a model, with golden.st (safetensors under a name that no model has) beside it:
`tokens` i32 [n], `states.<i>` f32 [n, hidden] after the embedding (0) and after each layer, `logits` f32 [n, vocab].
Float32, eager attention, batch 1; every parameter is random, norms and biases too; prefill must equal single steps.

Cases called wide_... go to goldens/families_wide; they have rows of 256 and more, for the formats whose blocks are that long. Their weights are too many
to be kept: `shapes.json` lists them, and tests/convert/wide_model.h makes the same values from the tensors' names.
"""

import json
import pathlib
import sys

import numpy as np
import torch
import transformers as tf
from safetensors.torch import save_file

N_TOKENS = 40
SIZES = dict(vocab_size=192, hidden_size=64, intermediate_size=96, num_hidden_layers=3, num_attention_heads=4,
             num_key_value_heads=2, head_dim=16, max_position_embeddings=4096, rms_norm_eps=1e-5,
             tie_word_embeddings=False)


def sizes(**changes):
    return {**SIZES, **changes}


def rope(theta=10000.0, kind="default", **parameters):
    return dict(rope_type=kind, rope_theta=theta, **parameters)


LLAMA3 = rope(1e6, "llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=64)
YARN = rope(500000.0, "yarn", factor=4.4, beta_fast=64.0, beta_slow=2.0, original_max_position_embeddings=1024)


def llama(**changes):
    return tf.LlamaForCausalLM, tf.LlamaConfig(**sizes(rope_parameters=rope(500000.0), **changes))


def scaled_llama(parameters, **changes):
    return tf.LlamaForCausalLM, tf.LlamaConfig(**sizes(rope_parameters=parameters, **changes))


def exaone4(**changes):
    return tf.Exaone4ForCausalLM, tf.Exaone4Config(**sizes(rope_parameters=LLAMA3, num_hidden_layers=4, **changes))


def hyperclovax(use_post_norm):
    return tf.HyperCLOVAXForCausalLM, tf.HyperCLOVAXConfig(
        **sizes(rope_parameters=rope(1e6), embedding_multiplier=10.0, attention_multiplier=0.18,
                residual_multiplier=0.7, logits_scaling=0.125, use_post_norm=use_post_norm))


def gemma3():
    kinds = ["sliding_attention", "sliding_attention", "full_attention", "sliding_attention"]
    return tf.Gemma3ForCausalLM, tf.Gemma3TextConfig(
        **sizes(num_hidden_layers=4, layer_types=kinds, sliding_window=8, query_pre_attn_scalar=24,
                tie_word_embeddings=True,
                rope_parameters={"full_attention": rope(1e6), "sliding_attention": rope(10000.0)}))


def gpt_neox(use_parallel_residual):
    return tf.GPTNeoXForCausalLM, tf.GPTNeoXConfig(
        vocab_size=192, hidden_size=64, num_hidden_layers=3, num_attention_heads=2, intermediate_size=128,
        max_position_embeddings=2048, use_parallel_residual=use_parallel_residual, tie_word_embeddings=False,
        rope_parameters=rope(10000.0, partial_rotary_factor=0.25))


def gptj():
    return tf.GPTJForCausalLM, tf.GPTJConfig(vocab_size=192, n_embd=64, n_layer=3, n_head=2, n_inner=128,
                                             n_positions=2048, rotary_dim=8, tie_word_embeddings=False)


CASES = {
    "llama": lambda: llama(),
    "llama_tied_wide_heads": lambda: llama(hidden_size=48, num_attention_heads=6, num_key_value_heads=2,
                                           tie_word_embeddings=True),
    "llama_llama3_rope": lambda: scaled_llama(LLAMA3),
    "llama_yarn": lambda: scaled_llama(YARN),
    "llama_yarn_usual_betas": lambda: scaled_llama(rope(500000.0, "yarn", factor=4.0, attention_factor=1.3,
                                                        original_max_position_embeddings=1024), num_hidden_layers=2),
    "llama_head_dim_160": lambda: llama(head_dim=160, num_attention_heads=2, num_key_value_heads=1,
                                        num_hidden_layers=2),
    "llama_head_dim_80": lambda: llama(head_dim=80, num_attention_heads=2, num_key_value_heads=1,
                                       num_hidden_layers=2),
    "exaone": lambda: scaled_llama(LLAMA3, hidden_size=80, num_attention_heads=2, num_key_value_heads=1, head_dim=80,
                                   num_hidden_layers=2, tie_word_embeddings=True),
    "qwen2": lambda: (tf.Qwen2ForCausalLM, tf.Qwen2Config(**{k: v for k, v in sizes(
        rope_parameters=rope(1e6)).items() if k != "head_dim"})),
    "kormo": lambda: llama(),
    "qwen3": lambda: (tf.Qwen3ForCausalLM, tf.Qwen3Config(**sizes(rope_parameters=rope(1e6), head_dim=32))),
    "exaone4_hybrid": lambda: exaone4(sliding_window=8, sliding_window_pattern="LLGL", layer_types=[
        "sliding_attention", "sliding_attention", "full_attention", "sliding_attention"]),
    "exaone4_full": lambda: exaone4(sliding_window=None, sliding_window_pattern=None,
                                    layer_types=["full_attention"] * 4, tie_word_embeddings=True),
    "hyperclovax": lambda: hyperclovax(False),
    "hyperclovax_post_norm": lambda: hyperclovax(True),
    "gemma3": gemma3,
    "gpt_neox_parallel": lambda: gpt_neox(True),
    "gpt_neox_serial": lambda: gpt_neox(False),
    "gptj": gptj,
}


WIDE = dict(vocab_size=64, hidden_size=256, intermediate_size=512, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, head_dim=64, max_position_embeddings=4096, rms_norm_eps=1e-5,
            tie_word_embeddings=False)
ROPE = dict(rope_parameters=rope(1e6))
CASES.update({
    "wide_llama": lambda: (tf.LlamaForCausalLM, tf.LlamaConfig(**WIDE, **ROPE)),
    "wide_exaone": lambda: (tf.LlamaForCausalLM, tf.LlamaConfig(**{**WIDE, "tie_word_embeddings": True},
                                                                rope_parameters=LLAMA3)),
    "wide_qwen2": lambda: (tf.Qwen2ForCausalLM, tf.Qwen2Config(**{k: v for k, v in WIDE.items() if k != "head_dim"},
                                                               **ROPE)),
    "wide_qwen3": lambda: (tf.Qwen3ForCausalLM, tf.Qwen3Config(**WIDE, **ROPE)),
    "wide_exaone4": lambda: (tf.Exaone4ForCausalLM, tf.Exaone4Config(
        **WIDE, rope_parameters=LLAMA3, sliding_window=8, sliding_window_pattern="LG",
        layer_types=["sliding_attention", "full_attention"])),
    "wide_hyperclovax": lambda: (tf.HyperCLOVAXForCausalLM, tf.HyperCLOVAXConfig(
        **WIDE, **ROPE, embedding_multiplier=10.0, attention_multiplier=0.09, residual_multiplier=0.7,
        logits_scaling=0.125, use_post_norm=True)),
    "wide_gemma3": lambda: (tf.Gemma3ForCausalLM, tf.Gemma3TextConfig(
        **{**WIDE, "tie_word_embeddings": True}, layer_types=["sliding_attention", "full_attention"], sliding_window=8,
        query_pre_attn_scalar=64,
        rope_parameters={"full_attention": rope(1e6), "sliding_attention": rope(10000.0)})),
    "wide_gpt_neox": lambda: (tf.GPTNeoXForCausalLM, tf.GPTNeoXConfig(
        vocab_size=64, hidden_size=256, num_hidden_layers=2, num_attention_heads=4, intermediate_size=512,
        max_position_embeddings=2048, use_parallel_residual=True, tie_word_embeddings=False,
        rope_parameters=rope(10000.0, partial_rotary_factor=0.25))),
    "wide_gptj": lambda: (tf.GPTJForCausalLM, tf.GPTJConfig(
        vocab_size=64, n_embd=256, n_layer=2, n_head=4, n_inner=512, n_positions=2048, rotary_dim=16,
        tie_word_embeddings=False)),
})


def values_of(name, shape, is_small_norm):
    """The values that tests/convert/wide_model.h makes of a tensor's name: bell-shaped, rounded to bf16."""
    seed = 0xcbf29ce484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001b3 % 2**64
    n = int(np.prod(shape))
    with np.errstate(over="ignore"):
        x = np.uint64(seed) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9e3779b97f4a7c15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xbf58476d1ce4e5b9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94d049bb133111eb)
        x ^= x >> np.uint64(31)
    total = sum(((x >> np.uint64(shift)) & np.uint64(0xffff)).astype(np.int64) for shift in (0, 16, 32, 48)) - 131070
    bell = total.astype(np.float32) / np.float32(37837.2)  # four uniform numbers: one standard deviation
    is_vector = len(shape) == 1
    if is_vector and name.endswith("weight"):
        values = bell * np.float32(0.2) + np.float32(0 if is_small_norm else 1)
    elif is_vector:
        values = bell * np.float32(0.3)
    elif "embed" in name or "wte" in name:
        values = bell * np.float32(0.5)
    else:
        values = bell * np.float32(1.5 / shape[1] ** 0.5)
    return torch.from_numpy(values.reshape(shape)).to(torch.bfloat16).float()


def randomise(model):
    """Fills every parameter; the values are bf16 so that the stored weights are exact."""
    for name, parameter in model.named_parameters():
        values = torch.randn(parameter.shape)
        is_norm = parameter.ndim == 1 and name.endswith("weight")
        if is_norm and "gemma3" in model.config.model_type:
            values = 0.2 * values  # the file holds weight - 1
        elif is_norm:
            values = 1 + 0.2 * values
        elif parameter.ndim == 1:
            values = 0.3 * values
        elif "embed" in name or "wte" in name:
            values = values * 0.5
        else:
            values = values * (1.5 / parameter.shape[1] ** 0.5)
        parameter.data.copy_(values.to(torch.bfloat16).float())


def states_of(model, tokens):
    """Hidden states after the embedding and each block, by hooks: before any final norm."""
    states = []
    base = model.base_model
    layers = base.h if hasattr(base, "h") else base.layers
    hooks = [layers[0].register_forward_pre_hook(
        lambda _, args, kwargs: states.append((args[0] if args else kwargs["hidden_states"])[0].clone()),
        with_kwargs=True)]
    for layer in layers:
        hooks.append(layer.register_forward_hook(
            lambda _, __, out: states.append((out[0] if isinstance(out, tuple) else out).reshape(
                len(tokens), -1).clone())))
    logits = model(torch.tensor([tokens]), use_cache=False).logits[0]
    for hook in hooks:
        hook.remove()
    return states, logits


def step_by_step(model, tokens):
    cache, rows = None, []
    for token in tokens:
        out = model(torch.tensor([[token]]), past_key_values=cache, use_cache=True)
        cache = out.past_key_values
        rows.append(out.logits[0, 0])
    return torch.stack(rows)


def to_exaone3_names(tensors):
    renames = [("model.embed_tokens", "transformer.wte"), ("model.norm", "transformer.ln_f"),
               ("model.layers", "transformer.h"), ("input_layernorm", "ln_1"), ("post_attention_layernorm", "ln_2"),
               ("self_attn.o_proj", "attn.attention.out_proj"), ("self_attn", "attn.attention"),
               ("gate_proj", "c_fc_0"), ("up_proj", "c_fc_1"), ("down_proj", "c_proj")]
    renamed = {}
    for name, tensor in tensors.items():
        for old, new in renames:
            name = name.replace(old, new)
        renamed[name] = tensor
    return renamed


def to_exaone3(config, tensors):
    """EXAONE 3 is Llama under GPT-2's names."""
    scaling = dict(config["rope_parameters"])
    theta = scaling.pop("rope_theta")
    return dict(model_type="exaone", architectures=["ExaoneForCausalLM"], activation_function="silu",
                attention_dropout=0.0, embed_dropout=0.0, hidden_size=config["hidden_size"], head_dim=config["head_dim"],
                intermediate_size=config["intermediate_size"], layer_norm_epsilon=config["rms_norm_eps"],
                max_position_embeddings=config["max_position_embeddings"],
                num_attention_heads=config["num_attention_heads"],
                num_key_value_heads=config["num_key_value_heads"], num_layers=config["num_hidden_layers"],
                rope_scaling=scaling, rope_theta=theta, tie_word_embeddings=True,
                vocab_size=config["vocab_size"]), to_exaone3_names(tensors)


def to_kormo(config, tensors):
    """KORMo is Llama with two norms renamed (transformers pull request 46427)."""
    renamed = {name.replace("input_layernorm", "pre_attention_layernorm").replace("post_attention_layernorm", "pre_mlp_layernorm"): tensor
               for name, tensor in tensors.items()}
    return {**config, "model_type": "kormo", "architectures": ["KORMoForCausalLM"]}, renamed


def fill_by_name(case, model):
    for name, parameter in model.named_parameters():
        file_name = next(iter(to_exaone3_names({name: None}))) if case.endswith("exaone") else name
        parameter.data.copy_(values_of(file_name, tuple(parameter.shape), "gemma3" in case))


def make(name, folder):
    torch.manual_seed(sum(name.encode()))
    kind, config = CASES[name]()
    config._attn_implementation = "eager"
    model = kind(config).float().eval()
    with torch.no_grad():
        if name.startswith("wide"):
            fill_by_name(name, model)
        else:
            randomise(model)
        tokens = torch.randint(0, config.vocab_size, (N_TOKENS,)).tolist()
        states, logits = states_of(model, tokens)
        steps = step_by_step(model, tokens)
    difference = (steps - logits).abs().max().item() / logits.abs().max().item()
    assert difference < 2e-5, f"{name}: prefill differs from single steps by {difference}"
    tied = getattr(config, "tie_word_embeddings", False)
    tensors = {n: p.data.to(torch.bfloat16).contiguous() for n, p in model.named_parameters()
               if not (tied and n == "lm_head.weight")}
    text = config.to_dict()
    if name.endswith("exaone"):
        text, tensors = to_exaone3(text, tensors)
    else:
        text["architectures"] = [kind.__name__]
        text = {k: v for k, v in text.items() if not k.startswith("_")}
    if name == "kormo":
        text, tensors = to_kormo(text, tensors)
    is_wide = name.startswith("wide_")
    folder = folder.parent / "families_wide" / name.removeprefix("wide_") if is_wide else folder / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(text, indent=2, sort_keys=True) + "\n")
    golden = {f"states.{i}": s.contiguous() for i, s in enumerate(states)}
    if is_wide:
        shapes = {n: list(t.shape) for n, t in tensors.items()}
        (folder / "shapes.json").write_text(json.dumps(shapes, indent=0) + "\n")
        golden = {}
    else:
        save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    save_file({"tokens": torch.tensor(tokens, dtype=torch.int32), "logits": logits.contiguous(), **golden},
              folder / "golden.st")
    print(f"{name}: {len(states)} states, largest logit {logits.abs().max():.2f}, steps differ by {difference:.1e}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for case in sys.argv[2:] or CASES:
        make(case, pathlib.Path(sys.argv[1]))

"""Makes the reference states and vectors of the encoders on tiny random weights.

    pip install torch transformers safetensors
    python tools/goldens/encoders.py goldens/encoders [case ...]

Each case is a folder that Hanok opens as a model, with golden.st (safetensors under a name that no model has) beside it:
`lengths` i32 [n_sequences], `tokens` and `types` i32 [n], the sequences one behind the other, `states.<i>` f32 [n, hidden]
after the embedding's norm (0) and after each layer, `vectors` f32 [n_sequences, hidden], pooled and of length 1. Float32, eager
attention; every parameter is random, norms and biases too. Each sequence is run alone, and must give the same in a padded batch.
"""

import json
import pathlib
import sys

import torch
import transformers as tf
from safetensors.torch import save_file

LENGTHS = [5, 66, 1]
SIZES = dict(vocab_size=160, hidden_size=64, intermediate_size=96, num_hidden_layers=3, num_attention_heads=4,
             max_position_embeddings=80, type_vocab_size=2, layer_norm_eps=1e-6)
MEAN = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False}
FIRST = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False, "pooling_mode_max_tokens": False}
PROMPTS = {"prompts": {"query": "query: ", "document": "passage: "}}

# Class, configuration, files of sentence-transformers.
CASES = {
    "bert": lambda: (tf.BertModel, tf.BertConfig(**SIZES), {"1_Pooling/config.json": MEAN}),
    "bert_tanh_first": lambda: (tf.BertModel, tf.BertConfig(**{**SIZES, "hidden_act": "gelu_new", "type_vocab_size": 3}),
                                {"1_Pooling/config.json": FIRST}),
    "xlm_roberta": lambda: (tf.XLMRobertaModel, tf.XLMRobertaConfig(**{**SIZES, "type_vocab_size": 1}, pad_token_id=1),
                            {"1_Pooling/config.json": MEAN, "config_sentence_transformers.json": PROMPTS}),
}


def randomise(model):
    """Fills every parameter; the values are bf16 so that the stored weights are exact."""
    for name, parameter in model.named_parameters():
        values = torch.randn(parameter.shape)
        if parameter.ndim == 1 and name.endswith("weight"):
            values = 1 + 0.2 * values
        elif parameter.ndim == 1:
            values = 0.3 * values
        elif "embeddings" in name:
            values = values * 0.5
        else:
            values = values * (1.5 / parameter.shape[1] ** 0.5)
        parameter.data.copy_(values.to(torch.bfloat16).float())


def pooled(states, mask, by_first):
    if by_first:
        vectors = states[:, 0]
    else:
        vectors = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    return torch.nn.functional.normalize(vectors, dim=1)


def check_padded(model, config, sequences, types, by_first, vectors):
    longest = max(LENGTHS)
    pad = lambda rows, value: torch.stack([torch.nn.functional.pad(r, (0, longest - len(r)), value=value) for r in rows])
    mask = pad([torch.ones(n) for n in LENGTHS], 0)
    out = model(input_ids=pad(sequences, config.pad_token_id), attention_mask=mask, token_type_ids=pad(types, 0))
    difference = (pooled(out.last_hidden_state, mask, by_first) - vectors).abs().max().item()
    assert difference < 1e-5, f"a padded batch differs by {difference}"


def make(name, folder):
    torch.manual_seed(sum(name.encode()))
    kind, config, files = CASES[name]()
    config._attn_implementation = "eager"
    model = kind(config).float().eval()
    by_first = files.get("1_Pooling/config.json") == FIRST
    with torch.no_grad():
        randomise(model)
        sequences = [torch.randint(4, config.vocab_size, (n,)) for n in LENGTHS]
        types = [torch.randint(0, config.type_vocab_size, (n,)) for n in LENGTHS]
        states, vectors = [], []
        for tokens, kinds in zip(sequences, types):
            out = model(input_ids=tokens[None], token_type_ids=kinds[None], output_hidden_states=True)
            states.append([s[0] for s in out.hidden_states])
            vectors.append(pooled(out.last_hidden_state, torch.ones(1, len(tokens)), by_first)[0])
        vectors = torch.stack(vectors)
        check_padded(model, config, sequences, types, by_first, vectors)
    folder = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    text = {k: v for k, v in config.to_dict().items() if not k.startswith("_")}
    text["architectures"] = [kind.__name__]
    for path, content in {"config.json": text, **files}.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")
    tensors = {n: p.data.to(torch.bfloat16).contiguous() for n, p in model.named_parameters()}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    golden = {f"states.{i}": torch.cat([s[i] for s in states]).contiguous() for i in range(len(states[0]))}
    save_file({"lengths": torch.tensor(LENGTHS, dtype=torch.int32), "tokens": torch.cat(sequences).int(),
               "types": torch.cat(types).int(), "vectors": vectors.contiguous(), **golden}, folder / "golden.st")
    print(f"{name}: {len(golden)} states, {len(tensors)} tensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for case in sys.argv[2:] or CASES:
        make(case, pathlib.Path(sys.argv[1]))

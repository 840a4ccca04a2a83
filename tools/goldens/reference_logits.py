"""Writes the reference's logits over a text, in the file format of llama-perplexity's --kl-divergence-base.

    pip install torch transformers gguf accelerate
    python tools/goldens/reference_logits.py FILE.gguf TEXT OUT.kld [--chunks N] [--context 512] [--ids IDS]

transformers runs the dequantised weights in float32 with exact attention. The text is cut into chunks of one context,
each begins with the begin token where the tokenizer adds one, and the second half of each is written: the protocol of
llama-perplexity. transformers makes other tokens of Gemma's long runs of spaces out of a GGUF file than the file's own
tokenizer; --ids takes them from a file as `hanok tokenize FILE.gguf --plain --ids` writes it. Both `llama-perplexity --kl-divergence` and `hanok perplexity --reference` read the file.
"""

import argparse
import pathlib

import numpy
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def write_rows(out, logits, vocab):
    """One row per token: scale and lowest log probability as f32, then the log probabilities as 16-bit steps."""
    most = logits.max(axis=1, keepdims=True)
    least = numpy.maximum(logits.min(axis=1, keepdims=True), most - 16)
    log_sum = numpy.log(numpy.exp((logits - most).astype(numpy.float64)).sum(axis=1, keepdims=True)).astype(numpy.float32)
    scale = (most - least) / numpy.float32(65535)
    rows = numpy.zeros((len(logits), 4 + 2 * ((vocab + 1) // 2)), numpy.uint16)
    rows[:, :4] = numpy.concatenate([scale, least - most - log_sum], axis=1).view(numpy.uint16)
    rows[:, 4:4 + vocab] = numpy.rint((numpy.maximum(logits, least) - least) / scale)
    out.write(rows.tobytes())


def load(path):
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32,
                                                 attn_implementation="eager").eval()
    return tokenizer, model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("text", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--chunks", type=int, default=1 << 30)
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--ids", type=pathlib.Path)
    args = parser.parse_args()
    tokenizer, model = load(args.model)
    begins = tokenizer("").input_ids[:1]
    ids = tokenizer(args.text.read_text(encoding="utf-8")).input_ids
    if args.ids:
        ids = [int(token) for token in args.ids.read_text().split()]
    n_chunks = min(args.chunks, len(ids) // args.context)
    ids = numpy.array(ids[:n_chunks * args.context], numpy.int32)
    vocab = model.get_output_embeddings().weight.shape[0]
    first = args.context // 2
    negative_log, n_scored = 0.0, 0
    with open(args.out, "wb") as out, torch.no_grad():
        out.write(b"_logits_" + numpy.array([args.context, vocab, n_chunks], numpy.int32).tobytes() + ids.tobytes())
        for i in range(n_chunks):
            chunk = torch.tensor(ids[i * args.context:(i + 1) * args.context], dtype=torch.long)
            if begins:
                chunk[0] = begins[0]
            logits = model(chunk[None], use_cache=False).logits[0, first:-1].float()
            negative_log += torch.nn.functional.cross_entropy(logits.double(), chunk[first + 1:], reduction="sum").item()
            n_scored += len(logits)
            write_rows(out, logits.numpy(), vocab)
            print(f"chunk {i + 1}/{n_chunks} perplexity {numpy.exp(negative_log / n_scored):.4f}", flush=True)


if __name__ == "__main__":
    main()

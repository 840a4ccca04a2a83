#!/usr/bin/env python3
"""Holds what `hanok quantize` writes against llama.cpp: does it load there, and does it score alike?

    tools/compare_peer_quants.py quants --hanok H --peer DIR --model FILE.gguf --text FILE [--types Q8_0,...] [--chunks N]
    tools/compare_peer_quants.py families --hanok H --peer DIR [CASE ...]

H is the program hanok, DIR the folder of llama.cpp's llama-perplexity and llama-quantize. Both print Markdown.

quants: the model is quantised to each type by both programs, and each of the files is scored by both programs with
llama-perplexity's protocol. What must agree is one file's perplexity in both programs; what should be close is the two
files of one type.
families: every golden of goldens/families, given a tokenizer of its own, becomes an F32 and a Q8_0 GGUF, and both
programs score them on the same random letters.
"""

import argparse
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Where the two programs cannot agree, and why.
APART = {"exaone4_hybrid": "llama.cpp has the window in models of 64 layers only", "gptj": "no llama.cpp architecture",
         "hyperclovax": "no llama.cpp architecture", "hyperclovax_post_norm": "no llama.cpp architecture"}
TYPES = "Q8_0,Q6_K,Q5_K_M,Q4_K_M,Q4_0"


def run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, encoding="utf-8",
                          errors="replace")
    if done.returncode != 0:
        last = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()][-1:]
        raise RuntimeError(f"{pathlib.Path(command[0]).name}: {last[0] if last else done.returncode}")
    return done.stdout + done.stderr


def score_here(a, model, text, context, chunks):
    out = run([a.hanok, "perplexity", model, text, "--context", context, "--chunks", chunks, "--threads", a.threads,
               "--json"])
    return json.loads(out[out.index("{"):out.rindex("}") + 1])["perplexity"]


def score_there(a, model, text, context, chunks):
    """The estimate after `chunks` of two chunks more: the program often ends before its last lines are out."""
    for _ in range(5):
        out = run([a.peer / "llama-perplexity", "-m", model, "-f", text, "-c", context, "-b", context,
                   "-t", a.threads, "--chunks", chunks + 2])
        found = re.search(rf"\[{chunks}\]([0-9.]+),", out)
        if found:
            return float(found.group(1))
    raise RuntimeError("llama-perplexity printed no estimate")


def quants(a):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="quants-", dir=a.scratch))
    print("| file | written by | bytes | hanok | llama.cpp | hanok / llama.cpp − 1 |")
    print("|---|---|---:|---:|---:|---:|")
    bad = 0
    try:
        for kind in a.types.split(","):
            for writer in ("hanok", "llama.cpp"):
                out = folder / f"{kind}.gguf"
                if writer == "hanok":
                    run([a.hanok, "quantize", a.model, out, "--type", kind, "--threads", a.threads])
                else:
                    run([a.peer / "llama-quantize", "--allow-requantize", a.model, out, kind, a.threads])
                here = score_here(a, out, a.text, a.context, a.chunks)
                there = score_there(a, out, a.text, a.context, a.chunks)
                bad += abs(here / there - 1) > 0.005
                print(f"| {kind} | {writer} | {out.stat().st_size:,} | {here:.4f} | {there:.4f} | "
                      f"{100 * (here / there - 1):+.2f} % |", flush=True)
                out.unlink()
    finally:
        shutil.rmtree(folder)
    return bad


def letters_tokenizer(n_tokens):
    """A byte-level BPE vocabulary of n_tokens: ASCII, then pairs of letters."""
    tokens = [chr(c) for c in range(33, 127)] + ["Ġ", "Ċ"]
    merges = []
    for pair in (a + b for a in "etaoinshr" for b in "abcdefghijklmnopqrstuvwxyz"):
        if len(tokens) == n_tokens - 1:
            break
        tokens.append(pair)
        merges.append([pair[0], pair[1]])
    end = {"id": len(tokens), "content": "<end>", "special": True, "normalized": False, "single_word": False,
           "lstrip": False, "rstrip": False}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [end], "normalizer": None,
            "pre_tokenizer": byte_level, "post_processor": None, "decoder": byte_level,
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
                      "vocab": {token: i for i, token in enumerate(tokens)}, "merges": merges}}


def families(a):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="families-", dir=a.scratch))
    source = ROOT / "goldens/families"
    random.seed(1)
    text = folder / "text.txt"
    text.write_text("".join(random.choice("etaoinshr abcdefghijklm.\n") for _ in range(6000)))
    print("| golden | type | hanok on the folder | hanok on the GGUF | llama.cpp on the GGUF | hanok / llama.cpp − 1 |")
    print("|---|---|---:|---:|---:|---:|")
    bad = 0
    try:
        for case in a.cases or sorted(path.name for path in source.iterdir() if path.is_dir()):
            model = folder / case
            model.mkdir()
            config = json.loads((source / case / "config.json").read_text())
            for name in ("config.json", "model.safetensors"):
                shutil.copy(source / case / name, model)
            (model / "tokenizer.json").write_text(json.dumps(letters_tokenizer(config["vocab_size"])))
            (model / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<end>"}))
            of_folder = score_here(a, model, text, 64, 20)
            for kind in ("F32", "Q8_0"):
                out = folder / f"{case}-{kind}.gguf"
                run([a.hanok, "quantize", model, out, "--type", kind, "--threads", a.threads])
                here = score_here(a, out, text, 64, 20)
                if case in APART:
                    result = f"– | {APART[case]}"
                else:
                    there = score_there(a, out, text, 64, 20)
                    bad += abs(here / there - 1) > 0.005
                    result = f"{there:.4f} | {100 * (here / there - 1):+.3f} %"
                print(f"| {case} | {kind} | {of_folder:.4f} | {here:.4f} | {result} |", flush=True)
    finally:
        shutil.rmtree(folder)
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["quants", "families"])
    parser.add_argument("cases", nargs="*", help="families: only these goldens")
    parser.add_argument("--hanok", type=pathlib.Path, default=ROOT / "build/release/hanok")
    parser.add_argument("--peer", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument("--text", type=pathlib.Path)
    parser.add_argument("--types", default=TYPES)
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--chunks", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--scratch", type=pathlib.Path, help="folder for the files while they are compared")
    a = parser.parse_args()
    bad = quants(a) if a.what == "quants" else families(a)
    if bad:
        print(f"\n{bad} files differ by more than 0.5 %", file=sys.stderr)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()

"""Compares Hanok's token ids and speed with Hugging Face's tokenizers on many mixed lines, one thread each.

    pip install tokenizers sentencepiece
    cmake --preset release -DHANOK_BENCH=ON && ninja -C build/release tokenizer_bench
    python tools/compare_tokenizers.py [--lines 1000000] [--text FILE]... REFERENCE=TOKENIZER...

REFERENCE is a tokenizer.json, a tokenizer.model, or a folder with vocab.json and merges.txt; TOKENIZER is what Hanok opens,
the same file or a GGUF file of the same model. --text files give sentences to mix in. Prints a line for each pair.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

sys.path.append(str(pathlib.Path(__file__).parent / "goldens"))  # last: it has a tokenizers.py
import tokenizer_corpus

ROOT = pathlib.Path(__file__).resolve().parent.parent
BENCH = ROOT / "build/release/bench/tokenizer_bench"


def open_reference(path):
    """A function from lines to lists of ids, and its name."""
    path = pathlib.Path(path)
    if path.suffix == ".model":
        import sentencepiece
        processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
        return lambda batch: processor.encode(batch)
    import tokenizers
    if path.is_dir() and not (path / "tokenizer.json").exists():
        from transformers import AutoTokenizer
        tokenizer = AutoTokenizer.from_pretrained(path, use_fast=True).backend_tokenizer
    else:
        tokenizer = tokenizers.Tokenizer.from_file(str(path / "tokenizer.json" if path.is_dir() else path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda batch: [encoding.ids for encoding in tokenizer.encode_batch_fast(batch)]


def read_ids(path):
    import array
    numbers = array.array("i")
    numbers.frombytes(path.read_bytes())
    at = 0
    while at < len(numbers):
        n = numbers[at]
        yield numbers[at + 1 : at + 1 + n]
        at += 1 + n


def compare(reference, tokenizer, lines, folder):
    text, ids = folder / "lines.txt", folder / "ids.bin"
    ours = subprocess.run([BENCH, tokenizer, text, ids], capture_output=True, text=True)
    if ours.returncode != 0:
        return {"reference": reference, "error": ours.stderr.strip()}
    encode = open_reference(reference)
    got = read_ids(ids)
    reference_s, n_different, first = 0.0, 0, []
    for at in range(0, len(lines), 1000):
        batch = lines[at : at + 1000]
        start = time.perf_counter()
        expected = encode(batch)
        reference_s += time.perf_counter() - start
        for line, want in zip(batch, expected):
            have = next(got)
            if list(have) != want:
                n_different += 1
                if len(first) < 8:
                    first.append({"line": line, "expected": want, "got": list(have)})
    result = json.loads(ours.stdout)
    n_bytes = text.stat().st_size
    return {"reference": str(reference), "lines": len(lines), "different": n_different, "load_s": result["load_s"],
            "MB_per_s": result["MB_per_s"], "reference_MB_per_s": round(n_bytes / 1e6 / reference_s, 2), "first": first}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--text", action="append", default=[])
    parser.add_argument("pairs", nargs="+")
    arguments = parser.parse_args()
    more = []
    for name in arguments.text:
        more += [line for line in pathlib.Path(name).read_text(encoding="utf-8").split("\n") if line]
    lines = list(tokenizer_corpus.lines(arguments.lines, arguments.seed, more))
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "lines.txt").write_bytes("".join(line + "\n" for line in lines).encode("utf-8"))
        for pair in arguments.pairs:
            reference, _, tokenizer = pair.partition("=")
            result = compare(reference, tokenizer or reference, lines, folder)
            failed = failed or result.get("different", 1) > 0
            print(json.dumps(result, ensure_ascii=False), flush=True)
    sys.exit(failed)

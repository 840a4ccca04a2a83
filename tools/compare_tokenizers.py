"""Compares Hanok's token ids and speed with Hugging Face's tokenizers on many mixed lines, one thread each.

    pip install tokenizers sentencepiece
    cmake --preset release -DHANOK_BENCH=ON && ninja -C build/release tokenizer_bench
    python tools/compare_tokenizers.py [--lines 1000000] [--text FILE]... [--jobs 1] [--corpus FILE] REFERENCE=TOKENIZER,…...

REFERENCE is a tokenizer.json, a tokenizer.model, or a folder with vocab.json and merges.txt; each TOKENIZER is what Hanok
opens, the same file or a GGUF file of the same model. --text files give sentences to mix in; --corpus keeps the lines for
the next time. Each of --jobs processes compares a part of the lines. Prints a line for each TOKENIZER.
"""

import argparse
import json
import multiprocessing
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


def encode_ours(tokenizer, lines, folder):
    text, ids = folder / f"lines{os.getpid()}.txt", folder / f"ids{os.getpid()}.bin"
    text.write_bytes("".join(line + "\n" for line in lines).encode("utf-8"))
    ours = subprocess.run([BENCH, tokenizer, text, ids], capture_output=True, text=True)
    if ours.returncode != 0:
        raise RuntimeError(f"{tokenizer}: {ours.stderr.strip()}")
    return json.loads(ours.stdout), list(read_ids(ids))


def compare(job):
    """The differences of each of Hanok's tokenizers from the reference on a part of the lines."""
    reference, tokenizers, lines, folder = job
    encode, ours = open_reference(reference), [encode_ours(tokenizer, lines, folder) for tokenizer in tokenizers]
    reference_s, results = 0.0, [{"different": 0, "first": [], "encode_s": run["encode_s"], "load_s": run["load_s"]} for run, _ in ours]
    for at in range(0, len(lines), 1000):
        batch = lines[at : at + 1000]
        start = time.perf_counter()
        expected = encode(batch)
        reference_s += time.perf_counter() - start
        for i, (line, want) in enumerate(zip(batch, expected)):
            for result, (_, got) in zip(results, ours):
                if got[at + i].tolist() != want:
                    result["different"] += 1
                    if len(result["first"]) < 8:
                        result["first"].append({"line": line, "expected": want, "got": got[at + i].tolist()})
    return reference_s, results


def lines_of(arguments):
    if arguments.corpus and arguments.corpus.exists():
        return arguments.corpus.read_bytes().decode("utf-8").split("\n")[:-1]
    more = []
    for name in arguments.text:
        more += [line for line in pathlib.Path(name).read_text(encoding="utf-8").split("\n") if line]
    lines = list(tokenizer_corpus.lines(arguments.lines, arguments.seed, more))
    if arguments.corpus:
        arguments.corpus.write_bytes("".join(line + "\n" for line in lines).encode("utf-8"))
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--text", action="append", default=[])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--corpus", type=pathlib.Path)
    parser.add_argument("pairs", nargs="*")
    arguments = parser.parse_args()
    lines, failed = lines_of(arguments), False
    n_bytes = sum(len(line.encode()) + 1 for line in lines)
    with tempfile.TemporaryDirectory() as folder, multiprocessing.get_context("spawn").Pool(arguments.jobs) as pool:
        for pair in arguments.pairs:
            reference, _, tokenizers = pair.partition("=")
            tokenizers = (tokenizers or reference).split(",")
            jobs = [(reference, tokenizers, lines[i :: arguments.jobs], pathlib.Path(folder)) for i in range(arguments.jobs)]
            parts = pool.map(compare, jobs, chunksize=1)
            for i, tokenizer in enumerate(tokenizers):
                results = [results[i] for _, results in parts]
                different = sum(result["different"] for result in results)
                failed = failed or different > 0
                print(json.dumps({"tokenizer": tokenizer, "reference": reference, "lines": len(lines), "different": different,
                                  "load_s": results[0]["load_s"],
                                  "MB_per_s": round(n_bytes / 1e6 / sum(result["encode_s"] for result in results), 2),
                                  "reference_MB_per_s": round(n_bytes / 1e6 / sum(s for s, _ in parts), 2),
                                  "first": sum((result["first"] for result in results), [])[:8]}, ensure_ascii=False), flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()

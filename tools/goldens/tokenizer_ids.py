"""Makes goldens/text/tokenizers/: what Hugging Face's tokenizers and SentencePiece make of a sample of mixed lines.

    pip install tokenizers sentencepiece transformers
    python tools/goldens/tokenizer_ids.py [--real FOLDER] [--shared ../shared]

Writes lines.json (the sample), components.json (small tokenizers trained or put together here, one or more for each
component, with a hash of the ids and of the decoded text of every line), forms.json (what the normalization forms make of every character), characters.json (what each component that asks
what kind of character it sees makes of every character of Unicode) and *.model (small SentencePiece models, whose hashes
are in components.json too). With --real, FOLDER/NAME/tokenizer.json are real tokenizers, of which only the hashes and the
file's SHA-256 are written, to real.json, and so of EXAONE 4.0's vocab.json and merges.txt in the shared data; tests find
the former in the folder that HANOK_TEST_TOKENIZER_DIR names. tools/goldens/collect_tokenizers.py fills FOLDER.
"""

import argparse
import base64
import hashlib
import io
import json
import pathlib

import sentencepiece
import tokenizer_corpus
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parents[1] / "goldens/text/tokenizers"
TRAINING = tokenizer_corpus.SENTENCES * 3 + [line for line in tokenizer_corpus.lines(300, seed=5)]
PLAIN = tokenizer_corpus.SENTENCES[:4] * 3 + tokenizer_corpus.SENTENCES[9:14]  # few different characters
QWEN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
BYTES = [f"<0x{b:02X}>" for b in range(256)]


def fnv(data):
    value = 0x811C9DC5
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return f"{value:08x}"


def hash_ids(ids):
    return fnv(b"".join(i.to_bytes(4, "little") for i in ids))


def hash_text(text):
    return fnv(text.encode())


def trained(model, trainer, normalizer=None, pre_tokenizer=None, post_processor=None, decoder=None, added=(), training=None):
    tokenizer = Tokenizer(model)
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(training or TRAINING, trainer)
    tokenizer.add_tokens(list(added))
    if post_processor:
        tokenizer.post_processor = post_processor(tokenizer)
    if decoder:
        tokenizer.decoder = decoder
    return tokenizer


def template(before, after=""):
    def make(tokenizer):
        names = [n for n in (before, after) if n]
        return processors.TemplateProcessing(single=f"{before} $A {after}".strip(), pair=None,
                                             special_tokens=[(n, tokenizer.token_to_id(n)) for n in names])
    return make


def bpe_trainer(size=380, **more):
    return trainers.BpeTrainer(vocab_size=size, show_progress=False, **more)


def with_byte_pieces(tokenizer):
    """The same tokenizer with <0x00> … <0xFF> in its vocabulary and byte_fallback on."""
    data = json.loads(tokenizer.to_str())
    vocab = data["model"]["vocab"]
    if isinstance(vocab, dict):
        for piece in BYTES:
            vocab.setdefault(piece, len(vocab))
    else:
        vocab += [[piece, -30.0] for piece in BYTES]
    data["model"]["byte_fallback"] = True
    return Tokenizer.from_str(json.dumps(data))


ADDED = [AddedToken("<lstrip>", lstrip=True, normalized=False), AddedToken("<rstrip>", rstrip=True, normalized=False),
         AddedToken("한옥", single_word=True, normalized=False), AddedToken("모델", normalized=True), AddedToken("The Library", normalized=True),
         AddedToken("<|im_end|>", special=True, normalized=False), AddedToken("  ", normalized=False)]


def byte_level():
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<|begin|>", "<|im_end|>"]
    yield "byte_level_split", trained(
        models.BPE(), bpe_trainer(initial_alphabet=alphabet, special_tokens=special), normalizers.NFC(),
        pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]),
        lambda t: processors.Sequence([processors.ByteLevel(trim_offsets=False), template("<|begin|>")(t)]), decoders.ByteLevel())
    yield "byte_level_prefix", trained(
        models.BPE(), bpe_trainer(initial_alphabet=alphabet, special_tokens=["<s>", "</s>"]), normalizers.NFD(),
        pre_tokenizers.ByteLevel(add_prefix_space=True),
        lambda t: processors.RobertaProcessing(("</s>", 1), ("<s>", 0)), decoders.ByteLevel(), ADDED)
    yield "byte_level_ignore_merges", trained(
        models.BPE(ignore_merges=True), bpe_trainer(initial_alphabet=alphabet), normalizers.NFKD(),
        pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False)]),
        None, decoders.ByteLevel())
    yield "byte_level_normalizer", trained(
        models.BPE(unk_token="<unk>"), bpe_trainer(initial_alphabet=alphabet, special_tokens=["<unk>"]),
        normalizers.Sequence([normalizers.Strip(left=True, right=False), normalizers.ByteLevel()]), None, None, decoders.ByteLevel(),
        ADDED)


def metaspace():
    mark = "▁"
    llama_decoder = decoders.Sequence([decoders.Replace(mark, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    trainer = lambda: bpe_trainer(350, special_tokens=["<unk>", "<s>", "</s>"], limit_alphabet=120)  # noqa: E731
    unk = dict(unk_token="<unk>", fuse_unk=True)
    yield "prepend_replace_byte_fallback", with_byte_pieces(trained(
        models.BPE(**unk), trainer(), normalizers.Sequence([normalizers.Prepend(mark), normalizers.Replace(" ", mark)]),
        None, template("<s>"), llama_decoder, ADDED))
    for scheme, split in [("first", False), ("always", True), ("never", True)]:
        yield f"metaspace_{scheme}", trained(
            models.BPE(**unk), trainer(), None, pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split), template("<s>", "</s>"),
            decoders.Metaspace(prepend_scheme=scheme), ADDED)
    yield "replace_merged_with_previous", with_byte_pieces(trained(
        models.BPE(**unk), trainer(), normalizers.Replace(" ", mark), pre_tokenizers.Split(" ", "merged_with_previous"),
        None, decoders.Sequence([decoders.Replace(mark, " "), decoders.ByteFallback(), decoders.Fuse()])))


def charsmap(*rules):
    """A small precompiled table of replacements, made by SentencePiece: (from, to) texts."""
    path = pathlib.Path("/tmp/hanok_rules.tsv")
    code = lambda text: " ".join(f"{ord(c):04X}" for c in text)  # noqa: E731
    path.write_text("".join(f"{code(a)}\t{code(b)}\n" for a, b in rules))
    return path


RULES = [("ﬁ", "fi"), ("½", "1/2"), ("\u3000", " "), ("\t", " "), ("\u200b", ""), ("㈜", "(주)"), ("ᄒ", "ㅎ"), ("ᄒ\u1161", "하"), ("Ａ", "A"),
         ("e\u0301", "é"), ("…", "..."), ("２", "2"), ("가나", "나가")]


def unigram():
    trainer = lambda **more: trainers.UnigramTrainer(  # noqa: E731
        vocab_size=400, show_progress=False, unk_token="<unk>", special_tokens=["<unk>", "<s>", "</s>"], **more)
    yield "unigram_metaspace", trained(
        models.Unigram(), trainer(),
        normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]),
        pre_tokenizers.Metaspace(), template("<s>", "</s>"), decoders.Metaspace(), ADDED, PLAIN)
    small = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(PLAIN), model_writer=small, vocab_size=400, hard_vocab_limit=False, minloglevel=2,
        normalization_rule_tsv=str(charsmap(*RULES)))
    import sentencepiece.sentencepiece_model_pb2 as proto
    blob = proto.ModelProto.FromString(small.getvalue()).normalizer_spec.precompiled_charsmap
    precompiled = normalizers.Sequence([normalizers.Precompiled(blob), normalizers.Strip(left=False, right=True)])
    yield "unigram_precompiled", with_byte_pieces(trained(
        models.Unigram(), trainer(), precompiled,
        pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="first")]), None,
        decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()]), training=PLAIN))


def words():
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    bert = lambda **more: trained(  # noqa: E731
        models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=20),
        trainers.WordPieceTrainer(vocab_size=300, show_progress=False, special_tokens=special), normalizers.BertNormalizer(**more),
        pre_tokenizers.BertPreTokenizer(), lambda t: processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2)), decoders.WordPiece(), training=PLAIN)
    yield "bert_uncased", bert()
    yield "bert_cased", bert(lowercase=False, clean_text=False, handle_chinese_chars=False)
    yield "bert_accents", bert(lowercase=False, strip_accents=True)
    yield "word_level", trained(
        models.WordLevel(unk_token="[UNK]"), trainers.WordLevelTrainer(vocab_size=250, show_progress=False, special_tokens=special),
        normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents(), normalizers.Strip()]),
        pre_tokenizers.Whitespace(), None, None, ADDED)
    yield "bpe_suffix", trained(
        models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"),
        bpe_trainer(special_tokens=["<unk>"], end_of_word_suffix="</w>", limit_alphabet=100), normalizers.Lowercase(),
        pre_tokenizers.WhitespaceSplit(), None, decoders.BPEDecoder())
    yield "bpe_prefix", trained(
        models.BPE(unk_token="<unk>", continuing_subword_prefix="##", fuse_unk=True),
        bpe_trainer(special_tokens=["<unk>"], continuing_subword_prefix="##", limit_alphabet=100), None,
        pre_tokenizers.Sequence([pre_tokenizers.CharDelimiterSplit(" "), pre_tokenizers.Punctuation("contiguous")]), None,
        decoders.WordPiece(cleanup=False))
    yield "bpe_dropping", trained(  # no token for unknown characters: they are dropped
        models.BPE(), bpe_trainer(limit_alphabet=80), None, pre_tokenizers.Sequence([pre_tokenizers.Digits(), pre_tokenizers.FixedLength(7)]),
        None, decoders.Fuse())


def splits():
    """One vocabulary of single characters, ends of pieces told apart; a tokenizer for every way to split."""
    characters = sorted(set("".join(tokenizer_corpus.SENTENCES)))[:150]
    vocab = {"<unk>": 0}
    for piece in characters + [c + "$" for c in characters] + ["$"]:
        vocab.setdefault(piece, len(vocab))
    cases = [("behavior_" + b + ("_inverted" if invert else ""), pre_tokenizers.Split(Regex(r"\w+"), b, invert))
             for b in ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous") for invert in (False, True)]
    cases += [("string_" + b, pre_tokenizers.Split("다", b)) for b in ("removed", "merged_with_next")]
    cases += [("punctuation_" + b, pre_tokenizers.Punctuation(b)) for b in ("removed", "isolated", "merged_with_previous", "merged_with_next")]
    cases += [("regex_" + str(i), pre_tokenizers.Split(Regex(r), "isolated")) for i, r in enumerate(
        [r"[^\s\p{Lu}]+", r"\S+\s?", r"^.|.$", r"(?i:the|다)", r"[\h]+", r"\p{Hangul}+|\p{Han}", r"[^\S\r]+", r"x*"])]
    for name, pre_tokenizer in cases:
        tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[], unk_token="<unk>", end_of_word_suffix="$"))
        tokenizer.pre_tokenizer = pre_tokenizer
        tokenizer.decoder = decoders.BPEDecoder("$")
        yield "split_" + name, tokenizer


def sentencepiece_models():
    options = dict(hard_vocab_limit=False, minloglevel=2, user_defined_symbols=["한옥", "<|tool|>", "다."], control_symbols=["<|end|>"])
    kinds = {
        "bpe": dict(model_type="bpe", vocab_size=600, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False),
        "bpe_plain": dict(model_type="bpe", vocab_size=300, character_coverage=0.98, normalization_rule_tsv=str(charsmap(*RULES))),
        "unigram": dict(model_type="unigram", vocab_size=600, byte_fallback=True, normalization_rule_tsv=str(charsmap(*RULES))),
        "unigram_suffix": dict(model_type="unigram", vocab_size=400, treat_whitespace_as_suffix=True, normalization_rule_name="identity"),
        "unigram_bare": dict(model_type="unigram", vocab_size=400, add_dummy_prefix=False, split_by_whitespace=False,
                             normalization_rule_name="identity", remove_extra_whitespaces=False),
    }
    for name, more in kinds.items():
        out = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(PLAIN), model_writer=out, **options, **more)
        yield name, out.getvalue()


def characters():
    """One small tokenizer for each component that asks what kind of character it sees. Split into words of x and of what is
    no word where the question is of classes; written as bytes where it is of forms."""
    words = {"type": "WordLevel", "vocab": {"<unk>": 0, "x": 1}, "unk_token": "<unk>"}
    as_bytes = {"type": "BPE", "vocab": {piece: b for b, piece in enumerate(BYTES)}, "merges": [], "byte_fallback": True}
    bert = {"type": "BertNormalizer", "clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    classes = [{"type": "Punctuation", "behavior": "Isolated"}, {"type": "Digits", "individual_digits": True}, {"type": "Whitespace"},
               {"type": "WhitespaceSplit"}, {"type": "BertPreTokenizer"}]
    for pattern in (r"\p{L}", r"\p{N}", r"\p{M}", r"\p{P}", r"\p{S}", r"\s", r"\w", r"\d", r"\p{Lu}", r"\p{Ll}", r"\p{Lt}", r"\p{Lm}",
                    r"\p{Lo}", r"\p{Han}", r"\p{Hangul}", r"[^\s\p{L}\p{N}]", r"\W", r"(?i:[k-s])"):
        classes.append({"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False})
    forms = [{"type": name} for name in ("Lowercase", "StripAccents", "NFC", "NFD", "NFKC", "NFKD", "Nmt")]
    forms += [{**bert, name: True} for name in ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")]
    parts = [(None, c, words) for c in classes] + [(f, None, as_bytes) for f in forms]
    for normalizer, pre_tokenizer, model in parts:
        yield {"version": "1.0", "added_tokens": [], "normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "post_processor": None,
               "decoder": None, "model": model}


# Every character between two x, in lines of 64; a hash for each quarter of a plane.
LINE, QUARTER = 64, 0x4000


def character_hashes(tokenizer):
    for first in range(0, 0x110000, QUARTER):
        lines = ["x".join(["", *(chr(c) for c in range(at, at + LINE) if not 0xD800 <= c < 0xE000), ""])
                 for at in range(first, first + QUARTER, LINE)]
        ids = [i for encoding in tokenizer.encode_batch(lines) for i in encoding.ids]
        yield hash_ids(ids)


def hashes(tokenizer, lines):
    tokenizer.no_truncation()
    tokenizer.no_padding()
    ids = [tokenizer.encode(line).ids for line in lines]
    # An empty list is more than BPEDecoder can take.
    return {"ids": [hash_ids(i) for i in ids], "texts": [hash_text(tokenizer.decode(i) if i else "") for i in ids]}


def exaone(folder, lines):
    from transformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=True).backend_tokenizer
    return {"name": "exaone4", "shared": "data/tokenizers/exaone-4.0",
            "sha256": hashlib.sha256((folder / "merges.txt").read_bytes()).hexdigest(), **hashes(tokenizer, lines)}


def forms():
    """For each normalization form, a hash of what every quarter of a plane becomes: each character after its decomposition,
    and between a letter and two marks of which one sorts before most."""
    decompose, result = normalizers.NFD(), {}
    for name in ("NFC", "NFD", "NFKC", "NFKD"):
        normalizer, result[name] = getattr(normalizers, name)(), []
        for first in range(0, 0x110000, 0x4000):
            text = ""
            for c in range(first, first + 0x4000):
                if 0xD800 <= c < 0xE000:
                    continue
                text += normalizer.normalize_str(decompose.normalize_str(chr(c))) + "\n"
                text += normalizer.normalize_str("a" + chr(c) + "\u0334\u0316") + "\n"
            result[name].append(hashlib.sha256(text.encode()).hexdigest()[:12])
    return result


def without_shared_vocabulary(data, shared):
    """Tokenizers that differ in one component only are written as a difference from the first."""
    if shared and data["model"] == shared["model"]:
        return {**data, "model": None}
    return data


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--real", type=pathlib.Path)
    parser.add_argument("--shared", type=pathlib.Path, default=HERE.parents[2] / "shared")
    arguments = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    lines = list(tokenizer_corpus.lines(100, seed=3)) + ["", " ", "a", "  두 칸  ", "<lstrip>  a <lstrip>", "a<rstrip>   b", "한옥 한옥을 (한옥)",
                                                         "모델모델 The Library the library", "x  y   z", "<|im_end|> <|im_end|>", "ﬁﬂ½ 하ᄒ e\u0301 ㈜…"]
    dump = lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"))  # noqa: E731
    (OUT / "lines.json").write_text(dump(lines) + "\n")
    cases, shared = [], None
    for make in (byte_level, metaspace, unigram, words, splits):
        for name, tokenizer in make():
            data = json.loads(tokenizer.to_str())
            cases.append({"name": name, "tokenizer": without_shared_vocabulary(data, shared), **hashes(tokenizer, lines)})
            if make is splits and shared is None:
                shared = data
    for name, model in sentencepiece_models():
        (OUT / f"{name}.model").write_bytes(model)
        processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        cases.append({"name": name, "model": f"{name}.model", "ids": [hash_ids(processor.encode(line)) for line in lines]})
    (OUT / "components.json").write_text("[" + ",\n".join(dump(case) for case in cases) + "]\n")
    kinds = [{"tokenizer": data, "hashes": list(character_hashes(Tokenizer.from_str(json.dumps(data))))} for data in characters()]
    (OUT / "forms.json").write_text(dump(forms()) + "\n")
    (OUT / "characters.json").write_text("[" + ",\n".join(dump(kind) for kind in kinds) + "]\n")
    if arguments.real:
        real = [exaone(arguments.shared / "data/tokenizers/exaone-4.0", lines)] if arguments.shared.exists() else []
        for path in sorted(arguments.real.glob("*/tokenizer.json")):
            tokenizer = Tokenizer.from_file(str(path))
            real.append({"name": path.parent.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **hashes(tokenizer, lines)})
        (OUT / "real.json").write_text("[" + ",\n".join(dump(case) for case in real) + "]\n")


if __name__ == "__main__":
    main()

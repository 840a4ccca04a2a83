"""Makes the mixed lines that tokenizers are compared on: one seed, always the same lines.

Korean with and without spaces, jamo, old Hangul, Hanja, emoji with joiners, code, decomposed text, odd white space, broken
UTF-8 and random bytes (replaced by U+FFFD, as every reader does), special tokens. No line has a line feed in it.
"""

import random
import unicodedata

SENTENCES = [
    "도서관은 평일 오전 9시에 문을 열고 오후 6시에 닫는다.",
    "오늘 날씨가 맑아서 공원에 사람이 많다!",
    "The library opens at nine, and isn't closed until six o'clock; we'll see.",
    "새로운 모델을 내려받으려면 먼저 저장 공간을 확인하십시오.",
    "大韓民國의 首都는 서울이며, 漢江이 흐른다.",
    "가격은 12,345원(부가세 10% 포함)이고 2024년 3월 1일부터 적용됩니다.",
    "ㅋㅋㅋㅋ 진짜요?? ㅠㅠ 완전 대박ㅎㅎ",
    "나랏〮말〯ᄊᆞ미〮 듀ᇰ귁〮에〮달아〮",
    "ᄒᆞᆫ글은 ᄀᆞᆯ오ᄃᆡ ㆍㅿㆁㆆ 글자를 썼다.",
    "👩‍👩‍👧‍👦 가족 👍🏽 🇰🇷 ❤️‍🔥 1️⃣ ☕️",
    "def add(a, b):\treturn a + b  # 더하기",
    'for (size_t i = 0; i < n; ++i) { out[i] = "값"; }  // 반복',
    "SELECT * FROM users WHERE name = '홍길동' AND age >= 20;",
    "https://example.org/검색?q=%ED%95%9C%EA%B8%80&page=2#top",
    "Füße, naïve café, Ærøskøbing, İstanbul, ΑΣ ΣΑΣ, Ünïcödé ﬁﬂ ½ ² ㎏ ㈜ ℃",
    "日本語のテキスト、カタカナとひらがな。中文文本也在这里。",
    "Привет, мир! שלום עולם مرحبا بالعالم नमस्ते दुनिया สวัสดีชาวโลก",
    "x² + y² = z², ∑_{i=1}^{n} i = n(n+1)/2, ∀x∈ℝ: x ≤ x",
    "“따옴표”와 ‘작은따옴표’, 줄임표… 그리고—줄표·가운뎃점。、",
    "{\"이름\": \"값\", \"list\": [1, 2.5, -3e10, null, true]}",
]
SPACES = [" ", "  ", "   ", "\t", "\r", "\u00a0", "\u3000", "\u2009", "\u200b", "\u0085", "\u2028", "\x0b", "    "]
SPECIALS = ["<|im_start|>", "<|im_end|>", "<bos>", "<start_of_turn>", "<|eot_id|>", "[|endofturn|]", "<s>", "</s>", "<unk>",
            "<0x41>", "[MASK]", "[CLS]", "<think>", "</think>", "▁", "Ġ", "<|endoftext|>"]
RANGES = [(0xAC00, 0xD7A3), (0x1100, 0x11FF), (0x3130, 0x318F), (0xA960, 0xA97C), (0xD7B0, 0xD7FB), (0x4E00, 0x9FFF),
          (0xF900, 0xFAD9), (0x20, 0x7E), (0xA1, 0x17F), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x4FF), (0x2000, 0x206F),
          (0x2190, 0x22FF), (0x3040, 0x30FF), (0xFF00, 0xFFEF), (0x1F300, 0x1F6FF), (0x20000, 0x2A6DF), (0x5D0, 0x5EA),
          (0x600, 0x6FF), (0x900, 0x97F), (0xE00, 0xE5B), (0x3200, 0x33FF)]


def _random_characters(rng):
    low, high = rng.choice(RANGES)
    return "".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, 24)))


def _random_bytes(rng):
    return rng.randbytes(rng.randint(1, 40)).decode("utf-8", errors="replace")


def _broken(rng, text):
    raw = bytearray(text.encode())
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(raw))
        if rng.random() < 0.5:
            del raw[at : at + rng.randint(1, 3)]
        else:
            raw[at] = rng.randrange(256)
        if not raw:
            break
    return raw.decode("utf-8", errors="replace")


def _piece(rng, texts):
    text = rng.choice(texts)
    kind = rng.randrange(12)
    if kind == 0:
        return text.replace(" ", "")
    if kind == 1:
        return unicodedata.normalize("NFD", text)
    if kind == 2:
        return _broken(rng, text)
    if kind == 3:
        return _random_characters(rng)
    if kind == 4:
        return _random_bytes(rng)
    if kind == 5:
        return rng.choice(SPACES) * rng.randint(1, 6) + text
    if kind == 6:
        return rng.choice(SPECIALS)
    if kind == 7:
        words = text.split(" ")
        rng.shuffle(words)
        return rng.choice(SPACES).join(words)
    if kind == 8:
        return str(rng.randint(0, 10 ** rng.randint(1, 12)))
    return text


def lines(n_lines, seed=1, more_texts=()):
    """`more_texts` are sentences of the caller's, mixed in with the ones above."""
    rng = random.Random(seed)
    texts = SENTENCES + list(more_texts)
    for i in range(n_lines):
        if i < len(SENTENCES):
            line = SENTENCES[i]
        elif more_texts and rng.random() < 0.5:
            line = rng.choice(more_texts)
        else:
            line = rng.choice(SPACES + ["", ""]).join(_piece(rng, texts) for _ in range(rng.randint(1, 4)))
        yield line.replace("\n", "\r")

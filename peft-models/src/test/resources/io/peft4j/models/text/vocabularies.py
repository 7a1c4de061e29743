"""Makes vocabularies.json: folders whose tokenizers Hugging Face makes of a vocabulary and settings, and what they encode.

Usage: python vocabularies.py. Made with transformers 5.18.0 and tokenizers 0.23.1.
"""

import json
import pathlib
import string
import tempfile

from transformers import AutoTokenizer

HERE = pathlib.Path(__file__).parent
TEXTS = [
    "The Café's naïve ÉLAN, Ünïcode Ǆ İstanbul ﬁ.",
    "中文 and English混排，日本語 한국어",
    "emoji 😀 👩‍👩‍👧 ok",
    "[CLS] a [SEP]b [MASK] <s>x</s> <mask> <pad> <|endoftext|> <|im_start|>user <new> [NEW]",
    "  leading  double\tspace\n\nnew line  ",
    "12345 3.14 don't WON'T it's",
    "",
    "a\u0301e\u0301 \u00a0nbsp\u200bzero",
    "ALL CAPS low-rank frozen",
    "x" * 120,
]
PAIR = ("The frozen Weight", "is Café")
SPECIAL = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"]


def word_pieces():
    tokens = ["[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = string.ascii_letters + string.digits + "éÉïÜüǆıﬁ"
    tokens += list(letters + string.punctuation + "中文日語，한국😀") + ["##" + c for c in letters + "混文"]
    return tokens + ["the", "The", "cafe", "café", "naive", "frozen", "all", "ALL", "##ding", "low", "rank", "中文"]


def byte_level():
    return json.loads((HERE / "byte-level" / "tokenizer.json").read_text())["model"]


def lines(tokens):
    return "".join(token + "\n" for token in tokens)


def folders():
    pieces = {"vocab.txt": lines(word_pieces())}
    model = byte_level()
    merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    pairs = {
        "vocab.json": json.dumps(model["vocab"], ensure_ascii=False),
        "merges.txt": "#version: 0.2\n" + lines(merges),
    }
    bert = {"model_type": "bert"}
    for settings in [
        None,
        {"do_lower_case": False},
        {"strip_accents": True, "do_lower_case": False},
        {"strip_accents": False},
        {"tokenize_chinese_chars": False, "tokenizer_class": "DistilBertTokenizer"},
    ]:
        yield "bert", bert, settings, None, None, pieces
    added = {"[NEW]": len(word_pieces()), "Café": len(word_pieces()) + 1}
    map = {"unk_token": "[UNK]", "sep_token": {"content": "[SEP]", "lstrip": True, "rstrip": False, "normalized": False},
           "additional_special_tokens": ["<new>", "the"]}
    yield "bert", bert, {"do_lower_case": False, "tokenizer_class": "BertTokenizerFast"}, map, added, pieces
    roberta = {"model_type": "roberta"}
    for settings in [None, {"add_prefix_space": True}]:
        yield "roberta", roberta, settings, None, None, pairs
    lstrip = {"mask_token": {"content": "<mask>", "lstrip": True, "rstrip": False, "normalized": True}}
    yield "roberta", roberta, {"trim_offsets": False}, lstrip, None, pairs
    gpt2 = {"model_type": "gpt2"}
    for settings in [None, {"add_prefix_space": True}, {"add_bos_token": True, "pad_token": "<pad>"}]:
        yield "gpt2", gpt2, settings, None, None, pairs
    token = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    n = len(model["vocab"])
    decoder = {
        str(n): dict(token, content="<|endoftext|>"),
        str(n + 1): dict(token, content="<|im_start|>"),
        str(n + 2): dict(token, content="<new>", special=False),
    }
    settings = {"added_tokens_decoder": decoder, "bos_token": None, "eos_token": "<|im_start|>",
                "pad_token": "<|endoftext|>", "tokenizer_class": "Qwen2Tokenizer", "add_bos_token": False}
    yield "qwen2", {"model_type": "qwen2"}, settings, None, None, pairs


def write(folder, files):
    for name, content in files.items():
        if content is not None:
            text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            (folder / name).write_text(text, encoding="utf-8")


def expected(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = {name: getattr(tokenizer, name + "_token_id") for name in SPECIAL}
    return {
        "special": {name: id for name, id in ids.items() if id is not None},
        "ids": [tokenizer(text)["input_ids"] for text in TEXTS],
        "pair": tokenizer(*PAIR)["input_ids"],
        "size": len(tokenizer),
    }


def contradicted(name, config, settings, vocabulary):
    """Returns a tokenizer.json that says the opposite of other settings, beside them."""
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        write(scratch, {"config.json": config, "tokenizer_config.json": settings, **vocabulary})
        AutoTokenizer.from_pretrained(scratch).save_pretrained(scratch)
        return {"tokenizer.json": (scratch / "tokenizer.json").read_text()}


def main():
    cases, vocabularies = [], {}
    made = list(folders())
    for settings, other in [({"do_lower_case": False}, {}), ({}, {"do_lower_case": False}), ({}, {"strip_accents": False}),
                            ({}, {"tokenizer_class": "PreTrainedTokenizerFast"})]:
        made.append(("bert", {"model_type": "bert"}, other, None, None,
                     contradicted("bert", {"model_type": "bert"}, settings, made[0][-1])))
    for name in ["roberta", "gpt2"]:
        pairs = next(m[-1] for m in made if m[0] == name)
        made.append((name, {"model_type": name}, {}, None, None,
                     contradicted(name, {"model_type": name}, {"add_prefix_space": True}, pairs)))
    for name, config, settings, map, added, vocabulary in made:
        files = {"config.json": config, "tokenizer_config.json": settings, "special_tokens_map.json": map,
                 "added_tokens.json": added}
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            write(folder, files)
            write(folder, vocabulary)
            outcome = expected(folder)
        shared = {}
        for file, text in vocabulary.items():
            known = [key for key, value in vocabularies.items() if value == text]
            key = known[0] if known else f"{len(vocabularies)}-{file}"
            vocabularies[key] = text
            shared[file] = key
        cases.append({"name": name, "files": {k: v for k, v in files.items() if v is not None}, "shared": shared, **outcome})
    out = {"texts": TEXTS, "pair": PAIR, "vocabularies": vocabularies, "cases": cases}
    (HERE / "vocabularies.json").write_text(json.dumps(out, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Makes byte-level/ (a tiny tokenizer) and goldens.json (what Hugging Face encodes).

Usage: python goldens.py MINILM_FOLDER
Made with tokenizers 0.22.2: 0.23 cuts long texts before it counts, which changes ties and the numbers of words on the left.
MiniLm.folder() makes the folder of MiniLM.
"""

import json
import pathlib
import sys

from tokenizers import ByteLevelBPETokenizer, Tokenizer, pre_tokenizers, processors

HERE = pathlib.Path(__file__).parent
CORPUS = [
    "A low-rank update of a frozen weight is cheap to train and cheap to keep.",
    "The weight stays frozen; only the update is trained, and the update is small.",
    "Keep the base, train the rest: that is all there is to it, however large the base.",
]
TEXTS = [
    "The frozen base stays.",
    "",
    "Train 😀 the café's   base!\n\tthen keep it",
    "low-rank low-rank low-rank low-rank low-rank",
    "<s>no[MASK]mark<mask></s>",
]
WORDS = [["The", "frozen", "😀😀", "low-rank", "base"], ["x"], ["café", "tra😀in", "!"]]


def make_byte_level(folder):
    bpe = ByteLevelBPETokenizer()
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    bpe.train_from_iterator(CORPUS, vocab_size=320, min_frequency=2, special_tokens=specials)
    bpe.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    # Both are to be ignored.
    bpe.enable_padding(length=16, pad_id=3, pad_token="<unk>")
    bpe.enable_truncation(max_length=5)
    folder.mkdir(exist_ok=True)
    bpe.save(str(folder / "tokenizer.json"))
    config = {
        "bos_token": "<s>",
        "eos_token": {"__type": "AddedToken", "content": "</s>", "special": True},
        "model_max_length": 1000000000000000019884624838656,
        "padding_side": "left",
        "truncation_side": "left",
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
    tokens = {"cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    (folder / "special_tokens_map.json").write_text(json.dumps(tokens, indent=1) + "\n")


def utf16(text, place):
    return len(text[:place].encode("utf-16-le")) // 2


def none(value):
    return -1 if value is None else value


def case(tokenizer, side, text=None, pair=None, words=None, max_length=None):
    model = Tokenizer.from_file(str(tokenizer / "tokenizer.json"))
    model.no_padding()
    model.no_truncation()
    if max_length:
        model.enable_truncation(max_length, strategy="longest_first", direction=side)
    prefixed = bool(words) and isinstance(model.pre_tokenizer, pre_tokenizers.ByteLevel)
    if prefixed:
        model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    out = model.encode(words or text, pair, is_pretokenized=bool(words))
    spans = []
    for (start, end), sequence, word in zip(out.offsets, out.sequence_ids, out.word_ids):
        source = "" if sequence is None else words[word] if words else [text, pair][sequence]
        spans.append([utf16(source, start), utf16(source, end)])
    return {
        "tokenizer": "byte-level" if tokenizer.name == "byte-level" else "minilm",
        "text": text, "pair": pair, "words": words, "max_length": max_length,
        "ids": out.ids, "type_ids": out.type_ids, "word_ids": [none(word) for word in out.word_ids],
        "sequences": [none(sequence) for sequence in out.sequence_ids], 
        # An added space costs Hugging Face's spans the first letter of the word.
        "spans": None if prefixed else spans,
    }


def main(minilm):
    make_byte_level(HERE / "byte-level")
    cases = []
    for tokenizer, side in [(pathlib.Path(minilm), "right"), (HERE / "byte-level", "left")]:
        cases += [case(tokenizer, side, text, max_length=n) for text in TEXTS for n in (None, 6)]
        for text, pair in [(0, 3), (3, 0), (2, 1), (1, 3), (3, 3)]:
            cases += [case(tokenizer, side, TEXTS[text], TEXTS[pair], max_length=n) for n in (None, 9, 14)]
        cases += [case(tokenizer, side, words=words, max_length=n) for words in WORDS for n in (None, 7)]
    lines = ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases)
    (HERE / "goldens.json").write_text("[\n" + lines + "\n]\n")


if __name__ == "__main__":
    main(sys.argv[1])

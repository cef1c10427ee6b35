"""The files of LLaMA's tokenizer as transformers 4.28 writes them, with any number of pieces that mean nothing (docs/spec/reference_pipeline.md D.5)."""
import json
import os
import struct

# The types of SentencePiece's pieces.
_NORMAL, _UNKNOWN, _CONTROL, _BYTE = 1, 2, 3, 6
_VARINT, _LENGTH, _FLOAT = 0, 2, 5


def _varint(value):
    value &= (1 << 64) - 1
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def _field(number, value):
    """Of a protobuf message: an int, a float, or bytes."""
    if isinstance(value, int):
        return _varint(number << 3 | _VARINT) + _varint(value)
    if isinstance(value, float):
        return _varint(number << 3 | _FLOAT) + struct.pack("<f", value)
    return _varint(number << 3 | _LENGTH) + _varint(len(value)) + value


def _pieces(count):
    """Text, score and type of each."""
    special = [("<unk>", _UNKNOWN), ("<s>", _CONTROL), ("</s>", _CONTROL)] + [(f"<0x{byte:02X}>", _BYTE) for byte in range(256)]
    for text, kind in special[:count]:
        yield text, 0.0, kind
    for i in range(count - len(special)):
        yield f"\u2581{i}", float(-i), _NORMAL


def tokenizer_model(pieces):
    """A SentencePiece ModelProto: byte-pair encoding with bytes to fall back on."""
    trainer = {1: b"corpus.txt", 2: b"tokenizer", 3: 2, 4: pieces, 10: 1.0, 16: 1, 35: 1, 40: 0, 41: 1, 42: 2, 43: -1}
    model = bytearray()
    for text, score, kind in _pieces(pieces):
        piece = _field(1, text.encode()) + _field(2, score)
        model += _field(1, piece if kind == _NORMAL else piece + _field(3, kind))
    model += _field(2, b"".join(_field(number, value) for number, value in trainer.items()))
    model += _field(3, _field(1, b"identity") + _field(2, b""))
    return bytes(model)


def _token(content):
    return {"content": content, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}


def write_tokenizer(folder, pieces, pad_token=None):
    """With `pad_token`, one that is no piece and gets the next id."""
    special = {"bos_token": _token("<s>"), "eos_token": _token("</s>"), "unk_token": _token("<unk>")}
    config = {
        "add_bos_token": True,
        "add_eos_token": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": int(1e30),
        "pad_token": None,
        "sp_model_kwargs": {},
        "tokenizer_class": "LlamaTokenizer",
        **{name: {"__type": "AddedToken", **token} for name, token in special.items()},
    }
    with open(os.path.join(folder, "tokenizer.model"), "wb") as file:
        file.write(tokenizer_model(pieces))
    write_json(os.path.join(folder, "tokenizer_config.json"), config)
    if pad_token is None:
        write_json(os.path.join(folder, "special_tokens_map.json"), special)
    else:
        write_json(os.path.join(folder, "special_tokens_map.json"), {**special, "pad_token": pad_token})
        write_json(os.path.join(folder, "added_tokens.json"), {pad_token: pieces})


def write_json(path, value):
    """As transformers does."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps(value, indent=2, sort_keys=True) + "\n")

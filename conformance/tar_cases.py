"""Files in torch's first form: headers of a tar, and what its three members hold."""

import struct

from archives import Entry, pax, tar_header, tar_of
from case import Case
from pickles import A, B, dict_of, integer, list_of, named, program, text, tuple_of


def tar_parts(first=A, count=4, kind="torch.FloatStorage", location="cpu", views=b"]", size=4, stride=1, offset=0, shape=None, rank=None, root=None):
    """The contents of storages, tensors and pickle."""
    storages = program(integer(1)) + program(tuple_of(integer(1), text(location), named(kind))) + struct.pack("<q", count) + first + program(views)
    extents = shape or (size,)
    tensors = (
        program(integer(1))
        + program(tuple_of(integer(2), integer(1), named("torch.FloatTensor")))
        + struct.pack(f"<ii{len(extents)}q{len(extents)}qq", len(extents) if rank is None else rank, 0, *extents, *([stride] * len(extents)), offset)
    )
    return storages, tensors, program(root or dict_of(("w", b"U\0012Q")))


def tar_entries(**options):
    return [Entry(name, raw) for name, raw in zip((b"storages", b"tensors", b"pickle"), tar_parts(**options))]


def tar_cases():
    def case(name, entries, **options):
        return Case("torch tar", name, "torch", ".pt", tar_of(entries, **options))

    plain = tar_entries()
    other = Entry(b"storages", tar_parts(B)[0])

    def changed(index=0, **fields):
        entries = tar_entries()
        for field, value in fields.items():
            setattr(entries[index], field, value)
        return entries

    yield case("plain", plain)
    for kind in [bytes([code]) for code in b"0\x001234567ABDgxKLMNSVXZz "]:
        yield case(f"type {kind!r} for storages", changed(kind=kind))
        yield case(f"type {kind!r} for a second storages", [*plain, Entry(b"storages", other.data, kind=kind)])
        yield case(f"type {kind!r} beside", [*plain, Entry(b"sys_info", b"", kind=kind)])
        yield case(f"type {kind!r} with data beside", [Entry(b"note", b"x" * 600, kind=kind), *plain])
    for target in (b"copy", b"./copy", b"nothing", b"storages", b"pickle"):
        for kind in (b"1", b"2"):
            yield case(
                f"storages a link {kind.decode()} to {target.decode()}",
                [Entry(b"copy", other.data), Entry(b"storages", b"", kind=kind, link=target), *plain[1:]],
            )
            yield case(
                f"pickle a link {kind.decode()} to {target.decode()}",
                [*plain[:2], Entry(b"copy", plain[2].data), Entry(b"pickle", b"", kind=kind, link=target)],
            )
    yield case("storages twice, other data behind", [*plain, other])
    yield case("storages twice, other data before", [other, *plain])
    yield case("tensors twice", [*plain, Entry(b"tensors", tar_parts(size=2)[1])])
    yield case("pickle twice", [*plain, Entry(b"pickle", program(dict_of(("v", b"U\0012Q"))))])
    for name in (
        b"./storages",
        b"/storages",
        b"storages/",
        b"STORAGES",
        b"../storages",
        b"a/../storages",
        b"./././storages",
        b"storages ",
        b"storages\0junk",
        b"x/storages",
        b".//storages",
    ):
        yield case(f"name {name!r}", changed(name=name))
        yield case(f"name {name!r} for a second", [*plain, Entry(name, other.data)])
    yield case("prefix", changed(prefix=b"folder"))
    yield case("prefix '.'", changed(prefix=b"."))
    yield case("prefix for a second", [*plain, Entry(b"storages", other.data, prefix=b"folder")])
    yield case("prefix that ends the name", [*plain, Entry(b"x", other.data, prefix=b"storages")])
    for kind, what in ((b"x", "PAX"), (b"g", "global PAX"), (b"X", "Solaris")):
        for name, fields in {
            "path": {"path": "storages"},
            "other path": {"path": "note"},
            "path of bytes": {"path": b"\xff"},
            "size": {"size": str(len(other.data))},
            "size 0": {"size": "0"},
            "link": {"linkpath": "storages"},
            "comment": {"comment": "x"},
            "time": {"mtime": "1.5"},
            "sparse": {"GNU__sparse__name": "storages", "GNU__sparse__major": "1", "GNU__sparse__minor": "0", "GNU__sparse__realsize": "9"},
            "charset": {"hdrcharset": "BINARY", "path": "storages"},
            "empty path": {"path": ""},
        }.items():
            yield case(f"{what} {name}", [Entry(b"header", pax(**fields), kind=kind), Entry(b"note", other.data), *plain])
            yield case(f"{what} {name} before storages", [Entry(b"header", pax(**fields), kind=kind), *plain])
            yield case(f"{what} {name} last", [*plain, Entry(b"header", pax(**fields), kind=kind), Entry(b"note", other.data)])
        yield case(f"{what} damaged", [Entry(b"header", b"99 path=storages\n", kind=kind), *plain])
        yield case(f"{what} at the end", [*plain, Entry(b"header", pax(path="x"), kind=kind)])
    for kind, what in ((b"L", "GNU long name"), (b"K", "GNU long link")):
        yield case(f"{what} storages", [Entry(b"././@LongLink", b"storages\0", kind=kind), Entry(b"note", other.data), *plain])
        yield case(f"{what} storages last", [*plain, Entry(b"././@LongLink", b"storages\0", kind=kind), Entry(b"note", other.data)])
        yield case(f"{what} note", [Entry(b"././@LongLink", b"note\0", kind=kind), *plain])
        yield case(f"{what} without NUL", [*plain, Entry(b"././@LongLink", b"storages", kind=kind), Entry(b"note", other.data)])
        yield case(
            f"{what} twice",
            [*plain, Entry(b"././@LongLink", b"x\0", kind=kind), Entry(b"././@LongLink", b"storages\0", kind=kind), Entry(b"note", other.data)],
        )
    size = len(plain[0].data)
    for name, field in {
        "base-256": b"\x80" + b"\0" * 7 + struct.pack(">I", size),
        "base-256 negative": b"\xff" * 11 + b"\xf0",
        "base-256 large": b"\x80" + b"\x7f" * 11,
        "spaces": b"%11o " % size,
        "leading spaces": b"   %o\0" % size + b"\0" * 4,
        "no end": b"%012o" % size,
        "decimal": b"%11d\0" % 99,
        "empty": b"\0" * 12,
        "minus": b"-0000000001\0",
        "letters": b"abcdefghijk\0",
        "underscore": b"0000000_%03o\0" % (size % 512),
        "NUL inside": b"%o\0007\0" % size + b"\0" * 5,
        "too small": b"%011o\0" % (size - 1),
        "too large": b"%011o\0" % (size + 1),
    }.items():
        yield case(f"size {name}", changed(size=field.ljust(12, b"\0")[:12]))
    good = tar_header(plain[0])
    total = sum(good[:148]) + sum(good[156:]) + 8 * 32
    for name, field in {
        "wrong": b"%06o\0 " % (total + 1),
        "with spaces": b"%7o " % total,
        "8 digits": b"%08o" % total,
        "zero": b"\0" * 8,
        "base-256": b"\x80" + struct.pack(">I", total).rjust(7, b"\0"),
        "signed": b"%06o\0 " % total,
    }.items():
        yield case(f"checksum {name}", changed(checksum=field.ljust(8, b"\0")[:8]))
        yield case(f"checksum {name} of the second", changed(1, checksum=field.ljust(8, b"\0")[:8]))
    for magic in (b"ustar\x0000", b"ustar  \0", b"\0" * 8, b"junkjunk", b"USTAR\x0000", b"ustar\0 0"):
        yield case(f"magic {magic!r}", [Entry(**{**vars(one), "magic": magic}) for one in plain])
        yield case(f"magic {magic!r} of the second", changed(1, magic=magic))
    for name, end in {
        "none": b"",
        "one block": b"\0" * 512,
        "more": b"\0" * 10240,
        "junk behind": b"\0" * 1024 + b"junk" * 128,
        "an archive behind": b"\0" * 1024 + tar_of([other]),
        "one zero block, then more": b"\0" * 512 + tar_of([other]),
        "junk": b"junk" * 128,
        "half a block": b"\0" * 100,
    }.items():
        yield case(f"end {name}", plain, end=end)
    yield case("zero block between", [plain[0], Entry(b"", b"", kind=b"\0", checksum=b"\0" * 8, mode=b"\0" * 8), *plain[1:]])
    raw = b"".join(tar_header(one) + one.data + b"\0" * (-len(one.data) % 512) for one in plain)
    yield Case("torch tar", "zero block at the beginning", "torch", ".pt", b"\0" * 512 + raw + b"\0" * 1024)
    yield Case(
        "torch tar",
        "zero block after the first member",
        "torch",
        ".pt",
        raw[: 512 + -(-len(plain[0].data) // 512) * 512] + b"\0" * 512 + raw[512 + -(-len(plain[0].data) // 512) * 512 :] + b"\0" * 1024,
    )
    for index, name in enumerate((b"storages", b"tensors", b"pickle")):
        yield case(f"without {name.decode()}", plain[:index] + plain[index + 1 :])
        yield case(f"{name.decode()} last", plain[:index] + plain[index + 1 :] + [plain[index]])
    yield case("in a folder", [Entry(b"./", kind=b"5"), *plain])
    polyglot = tar_header(Entry(b"\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", b"", magic=b"\0" * 8))
    yield Case("torch tar", "a header that begins as a legacy file", "torch", ".pt", polyglot + raw + b"\0" * 1024)
    for name, options in {
        "count too small": {"count": 3},
        "count too large": {"count": 5},
        "count negative": {"count": -1},
        "count 0": {"count": 0},
        "location cuda:0": {"location": "cuda:0"},
        "location meta": {"location": "meta"},
        "location nothing": {"location": "nothing"},
        "int": {"kind": "torch.IntStorage"},
        "half": {"kind": "torch.HalfStorage"},
        "UntypedStorage": {"kind": "torch.storage.UntypedStorage"},
        "a view": {"views": list_of(tuple_of(integer(3), integer(1), integer(1), integer(2)))},
        "a view beyond": {"views": list_of(tuple_of(integer(3), integer(1), integer(3), integer(2)))},
        "a view of nothing": {"views": list_of(tuple_of(integer(3), integer(9), integer(1), integer(2)))},
        "a view that takes the place of a storage": {"views": list_of(tuple_of(integer(1), integer(1), integer(2), integer(2))), "size": 2},
        "views a tuple": {"views": tuple_of()},
        "a view negative": {"views": list_of(tuple_of(integer(3), integer(1), integer(-2), integer(2)))},
        "size beyond": {"size": 5},
        "size negative": {"size": -1},
        "stride 0": {"stride": 0},
        "stride -1": {"stride": -1},
        "offset": {"size": 2, "offset": 2},
        "offset beyond": {"offset": 1},
        "offset negative": {"offset": -1},
        "scalar": {"shape": (), "rank": 0},
        "rank 0 with extents": {"rank": 0},
        "rank -1": {"rank": -1},
        "shape (2, 2)": {"shape": (2, 2)},
        "root a reference": {"root": b"U\0012Q"},
        "root a list": {"root": list_of(b"U\0012Q")},
        "a reference to a storage": {"root": dict_of(("w", b"U\0011Q"))},
        "a reference to nothing": {"root": dict_of(("w", b"U\0019Q"))},
        "a reference as PERSID": {"root": dict_of(("w", b"P2\n"))},
        "a reference ' 2'": {"root": dict_of(("w", b"U\2 2Q"))},
        "a reference '02'": {"root": dict_of(("w", b"U\00202Q"))},
        "a reference '2_'": {"root": dict_of(("w", b"U\0022_Q"))},
        "a reference '+2'": {"root": dict_of(("w", b"U\2+2Q"))},
        "a reference as a number": {"root": dict_of(("w", integer(2) + b"Q"))},
        "a reference as a text": {"root": dict_of(("w", text("2") + b"Q"))},
        "a reference as 2.5": {"root": dict_of(("w", b"G" + struct.pack(">d", 2.5) + b"Q"))},
        "a reference as bytes": {"root": dict_of(("w", b"C\0012Q"))},
        "a reference '\u0662'": {"root": dict_of(("w", text("\u0662") + b"Q"))},
        "a reference '1_0'": {"root": dict_of(("w", text("0_2") + b"Q"))},
    }.items():
        yield case(name, tar_entries(**options))
    storages, tensors, pickle = tar_parts()
    two = (
        program(integer(2))
        + program(tuple_of(integer(1), text("cpu"), named("torch.FloatStorage")))
        + struct.pack("<q", 4)
        + A
        + program(tuple_of(integer(1), text("cpu"), named("torch.FloatStorage")))
        + struct.pack("<q", 4)
        + B
        + program(b"]")
    )
    yield case("two storages of one key", [Entry(b"storages", two), Entry(b"tensors", tensors), Entry(b"pickle", pickle)])
    twice = (
        program(integer(2))
        + tensors[len(program(integer(1))) :]
        + program(tuple_of(integer(2), integer(1), named("torch.FloatTensor")))
        + struct.pack("<iiqqq", 1, 0, 2, 1, 2)
    )
    yield case("two tensors of one key", [Entry(b"storages", storages), Entry(b"tensors", twice), Entry(b"pickle", pickle)])
    same = program(integer(1)) + program(tuple_of(integer(1), integer(1), named("torch.FloatTensor"))) + struct.pack("<iiqqq", 1, 0, 4, 1, 0)
    yield case(
        "a tensor with its storage's key",
        [Entry(b"storages", storages), Entry(b"tensors", same), Entry(b"pickle", program(dict_of(("w", b"U\0011Q"))))],
    )
    yield case(
        "ndim of 8 bytes",
        [
            Entry(b"storages", storages),
            Entry(b"tensors", tensors.replace(struct.pack("<ii", 1, 0), struct.pack("<ii", 1, 7))),
            Entry(b"pickle", pickle),
        ],
    )
    yield case("bytes behind each", [Entry(b"storages", storages + b"x"), Entry(b"tensors", tensors + b"x"), Entry(b"pickle", pickle + b"x")])
    for count in (0, 2, -1):
        yield case(
            f"{count} storages announced",
            [
                Entry(b"storages", program(integer(count)) + storages[len(program(integer(1))) :]),
                Entry(b"tensors", tensors),
                Entry(b"pickle", pickle),
            ],
        )
        yield case(
            f"{count} tensors announced",
            [
                Entry(b"storages", storages),
                Entry(b"tensors", program(integer(count)) + tensors[len(program(integer(1))) :]),
                Entry(b"pickle", pickle),
            ],
        )

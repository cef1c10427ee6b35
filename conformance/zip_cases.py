"""Zips: every field of a member, the listing, the end records; and the records that torch.save puts into them."""

import struct
import zlib

from archives import Member, deflate, directory_of, end_record, end_record_64, torch_members, zip_of
from case import Case
from numpy_cases import npy
from pickles import A, B, dict_of, program, tensor, tuple_of

TWO_TENSORS = program(dict_of(("a", tensor("0")), ("b", tensor("1"))))


C = struct.pack("<4f", 9, 10, 11, 12)


def extra(identity, body):
    return struct.pack("<2H", identity, len(body)) + body


def torch_archive():
    """Members, and the place of the one whose fields change."""
    members = torch_members(TWO_TENSORS)
    return members, 2


def npz_archive():
    return [Member(b"a.npy", npy(A)), Member(b"b.npy", npy(B))], 0


def member_changes(member, other):
    """Names of changes, each with the fields that it sets. `other`: the name of another member."""
    raw = member.data
    crc, size = zlib.crc32(raw), len(raw)
    less = max(0, size - 4)
    name = member.name
    unicode_path = extra(0x7075, b"\1" + struct.pack("<I", zlib.crc32(name)) + other)
    zip64 = struct.pack("<2Q", size, size)
    big = 0xFFFFFFFF
    descriptor = struct.pack("<4s3I", b"PK\7\x08", crc, size, size)
    zeros = {"local_crc": 0, "local_size": 0, "local_stored_size": 0}
    yield from {
        "plain": {},
        "deflated": {"method": 8},
        **{f"flag {bit}": {"flags": 1 << bit} for bit in range(16)},
        **{f"flag {bit} in the directory alone": {"flags": 1 << bit, "local_flags": 0} for bit in range(16)},
        **{f"flag {bit} in the local header alone": {"local_flags": 1 << bit} for bit in range(16)},
        **{f"method {method}": {"method": method} for method in (1, 6, 9, 12, 14, 93, 99)},
        "method 8 in the directory alone": {"method": 8, "local_method": 0},
        "method 8 in the local header alone": {"local_method": 8},
        **{f"attributes {bits:#x}": {"attributes": bits} for bits in (0x10, 0x1, 0x8, 0x20, 0x41ED0000, 0x41ED0010, 0xA1FF0000, 0x81A40000, big)},
        "folder by a Unix system": {"attributes": 0x41ED0000, "version_made": 0x0314},
        "link by a Unix system": {"attributes": 0xA1FF0000, "version_made": 0x0314},
        **{f"version needed {version}": {"version_needed": version} for version in (0, 10, 45, 46, 63, 99, 255, 0x0314)},
        **{f"made by {version:#x}": {"version_made": version} for version in (0, 0x0314, 0x0A14, 0x1314, 0xFFFF)},
        **{f"on disk {disk}": {"disk": disk} for disk in (1, 5, 0xFFFF)},
        "CRC-32 wrong": {"crc": crc ^ 1},
        "CRC-32 wrong in the directory": {"crc": crc ^ 1, "local_crc": crc},
        "CRC-32 wrong in the local header": {"local_crc": crc ^ 1},
        "CRC-32 of 0": {"crc": 0},
        "CRC-32 of 0 in the local header": {"local_crc": 0},
        "size too small": {"size": max(0, size - 1)},
        "size too large": {"size": size + 1},
        "stored size too small": {"stored_size": max(0, size - 1)},
        "stored size too large": {"stored_size": size + 1},
        "both sizes too small": {"size": less, "stored_size": less, "crc": zlib.crc32(raw[:-4])},
        "both sizes too large": {"size": size + 4, "stored_size": size + 4},
        "both sizes too small in the directory": {
            "size": less,
            "stored_size": less,
            "crc": zlib.crc32(raw[:-4]),
            "local_size": size,
            "local_stored_size": size,
            "local_crc": crc,
        },
        "size too small in the local header": {"local_size": less},
        "stored size too small in the local header": {"local_stored_size": less},
        "both sizes 0 in the local header": {"local_size": 0, "local_stored_size": 0},
        "ZIP64 sizes": {"size": big, "stored_size": big, "extra": extra(1, zip64), "local_extra": extra(1, zip64), "version_needed": 45},
        "ZIP64 sizes in the directory alone": {
            "size": big,
            "stored_size": big,
            "extra": extra(1, zip64),
            "local_size": size,
            "local_stored_size": size,
        },
        "ZIP64 sizes in the local header alone": {"local_size": big, "local_stored_size": big, "local_extra": extra(1, zip64)},
        "ZIP64 field that is not asked for": {"extra": extra(1, struct.pack("<2Q", less, less))},
        "ZIP64 field that is not asked for, local": {"local_extra": extra(1, struct.pack("<2Q", less, less))},
        "ZIP64 field too short": {"size": big, "stored_size": big, "extra": extra(1, struct.pack("<Q", size))},
        "ZIP64 field missing": {"size": big, "stored_size": big},
        "ZIP64 stored size alone": {"stored_size": big, "extra": extra(1, struct.pack("<Q", size))},
        "ZIP64 size alone": {"size": big, "extra": extra(1, struct.pack("<Q", size))},
        "ZIP64 field twice": {"size": big, "stored_size": big, "extra": extra(1, zip64) + extra(1, struct.pack("<2Q", less, less))},
        "ZIP64 field behind another": {"size": big, "stored_size": big, "extra": extra(0x9999, b"abc") + extra(1, zip64)},
        "ZIP64 field longer": {"size": big, "stored_size": big, "extra": extra(1, zip64 + b"\0" * 12)},
        "ZIP64 offset": {"offset": big, "extra": extra(1, struct.pack("<Q", 0))},
        "ZIP64 size of 2^64 - 1": {"size": big, "stored_size": big, "extra": extra(1, b"\xff" * 16)},
        "Unicode path": {"extra": unicode_path},
        "Unicode path in the local header": {"local_extra": unicode_path},
        "Unicode path in both": {"extra": unicode_path, "local_extra": unicode_path},
        "Unicode path with flag 11": {"extra": unicode_path, "flags": 1 << 11},
        "Unicode path of another name": {"extra": extra(0x7075, b"\1\0\0\0\0" + other)},
        "Unicode path of version 2": {"extra": extra(0x7075, b"\2" + struct.pack("<I", zlib.crc32(name)) + other)},
        "Unicode path of its own name": {"extra": extra(0x7075, b"\1" + struct.pack("<I", zlib.crc32(name)) + name)},
        "Unicode comment": {"comment": b"c", "extra": extra(0x6375, b"\1" + struct.pack("<I", zlib.crc32(b"c")) + b"d")},
        "AES field": {"extra": extra(0x9901, struct.pack("<H2sBH", 2, b"AE", 3, 0)), "method": 99},
        "strong encryption field": {"extra": extra(0x17, b"\0" * 8)},
        "Unix times field": {"extra": extra(0x5455, b"\1\0\0\0\0")},
        "padding as torch's": {"local_extra": extra(0x4246, b"Z" * 20)},
        "extra field cut": {"extra": b"\1\0\x20\0abc"},
        "extra field of 3 bytes": {"extra": b"abc"},
        "extra field cut in the local header": {"local_extra": b"\1\0\x20\0abc"},
        "extra field of 3 bytes in the local header": {"local_extra": b"abc"},
        "comment": {"comment": b"comment"},
        "comment that begins as an end record": {"comment": b"PK\5\6" + b"\0" * 18},
        "another name in the local header": {"local_name": other},
        "another name of the same length in the local header": {"local_name": name[:-1] + b"~"},
        "a longer name in the local header": {"local_name": name + b"~"},
        "no name in the local header": {"local_name": b""},
        "other case in the local header": {"local_name": name.upper()},
        "descriptor": {"flags": 8, "descriptor": descriptor, **zeros},
        "descriptor without signature": {"flags": 8, "descriptor": descriptor[4:], **zeros},
        "descriptor of 64 bits": {"flags": 8, "descriptor": struct.pack("<4sI2Q", b"PK\7\x08", crc, size, size), **zeros},
        "descriptor missing": {"flags": 8, **zeros},
        "descriptor wrong": {"flags": 8, "descriptor": struct.pack("<4s3I", b"PK\7\x08", crc ^ 1, size, size), **zeros},
        "descriptor without flag 3": {"descriptor": descriptor},
        "descriptor, sizes in the local header": {"flags": 8, "descriptor": descriptor},
        "descriptor of other sizes": {"flags": 8, "descriptor": struct.pack("<4s3I", b"PK\7\x08", crc, size + 1, size), **zeros},
        "descriptor, flag 3 in the directory alone": {"flags": 8, "local_flags": 0, "descriptor": descriptor, **zeros},
        "descriptor, deflated": {"flags": 8, "method": 8, "descriptor": struct.pack("<4s3I", b"PK\7\x08", crc, len(deflate(raw)), size), **zeros},
        "offset 0": {"offset": 0},
        "offset 1": {"offset": 1},
        "offset beyond": {"offset": 1 << 30},
        "bytes before": {"before": b"abcd"},
        "a header before": {"before": b"PK\3\4" + b"\0" * 26},
        "not listed": {"listed": False},
        "a size of 0 with attributes of a folder": {"attributes": 0x10, "data": b""},
        "no data": {"data": b""},
        **{
            f"name {change!r}": {"name": change}
            for change in (
                name.upper(),
                name.swapcase(),
                name.replace(b"/", b"\\"),
                b"/" + name,
                b"./" + name,
                b"../" + name,
                name + b"/",
                name + b" ",
                name + b"\0",
                name + b"\0z",
                b"",
                b"\0",
                name + b"\xff",
                b"\xe9" + name,
                name + b"~",
            )
        },
        "name in UTF-8 with flag 11": {"name": name + "\u00e9".encode(), "flags": 1 << 11},
        "name in UTF-8 without flag 11": {"name": name + "\u00e9".encode()},
        "name with flag 11 that is no UTF-8": {"name": name + b"\xff", "flags": 1 << 11},
        "name with flag 11 in the local header alone": {"name": name + "\u00e9".encode(), "local_flags": 1 << 11},
    }.items()


def variants_of_member(make):
    members, target = make()
    for name, fields in member_changes(members[target], members[target + 1 if target + 1 < len(members) else 0].name):
        members, target = make()
        for field, value in fields.items():
            setattr(members[target], field, value)
        yield name, zip_of(members)


def copy_of(member, **changes):
    copied = Member(**vars(member))
    for field, value in changes.items():
        setattr(copied, field, value)
    return copied


def variants_of_listing(make):
    """Which members there are, and in which order."""
    members, target = make()
    one = members[target]
    yield "members reversed", zip_of(members[::-1])
    body, _, start = directory_of(members)
    _, reverse, _ = directory_of([])
    del reverse
    entries = []
    at = 0
    for member in members:
        local, entry, _ = directory_of([member], at)
        entries.append(entry)
        at += len(local)
    turned = b"".join(entries[::-1])
    yield "directory reversed", body + turned + end_record(len(members), len(turned), start)
    yield "twice, the same data", zip_of([*members, one])
    yield "twice, other data behind", zip_of([*members, copy_of(one, data=one.data.replace(A, C))])
    yield "twice, other data before", zip_of([copy_of(one, data=one.data.replace(A, C)), *members])
    yield "twice by case, other data behind", zip_of([*members, copy_of(one, name=one.name.upper(), data=one.data.replace(A, C))])
    yield "twice by case, other data before", zip_of([copy_of(one, name=one.name.upper(), data=one.data.replace(A, C)), *members])
    yield "two entries for one header", body + b"".join(entries) + entries[target] + end_record(
        len(members) + 1, len(b"".join(entries)) + len(entries[target]), start
    )
    moved = copy_of(one)
    twin = copy_of(one, name=one.name + b"~")
    local, entry, _ = directory_of([moved], 0)
    offset = sum(len(directory_of([m])[0]) for m in members[:target])
    _, alias, _ = directory_of([twin], offset)
    yield "two names for one header", body + b"".join(entries) + alias + end_record(len(members) + 1, len(b"".join(entries)) + len(alias), start)
    del local, entry
    yield "a folder entry", zip_of([Member(b"x/" if b"/" in one.name else b"folder/", attributes=0x10), *members])
    yield "a member that nobody knows", zip_of([*members, Member(one.name.rpartition(b"/")[0] + b"/note" if b"/" in one.name else b"note", b"text")])
    yield "an empty member", zip_of([*members, Member(b"x/data/7" if b"/" in one.name else b"c.npy")])
    yield "no members", zip_of([])
    for member in members:
        yield f"without {member.name.decode()}", zip_of([m for m in members if m is not member])


def variants_of_end(make):
    """End records, comments, what stands before, between and behind."""
    members, target = make()
    plain = zip_of(members)
    body, entries, start = directory_of(members)
    count = len(members)
    end = end_record(count, len(entries), start)
    other = [copy_of(m) for m in members]
    other[target].data = other[target].data.replace(A, C)
    second = zip_of(other)
    swapped = [copy_of(m) for m in members]
    swapped[target].name, swapped[target + 1 if target + 1 < count else 0].name = (
        swapped[target + 1 if target + 1 < count else 0].name,
        swapped[target].name,
    )
    _, wrong, _ = directory_of(swapped)

    def within_comment(more):
        """The swapped directory in the comment of the right one."""
        at = len(body) + len(entries) + 22
        return body + entries + end_record(count, len(entries), start, wrong + end_record(count, len(wrong), at) + more)

    yield "comment", zip_of(members, comment=b"hello")
    yield "comment of 65535", zip_of(members, comment=b"c" * 65535)
    yield "comment that begins as an end record", zip_of(members, comment=b"PK\5\6")
    yield "comment that is an empty end record", zip_of(members, comment=end_record(0, 0, 0))
    yield "comment that holds the same directory", body + entries + end_record(count, len(entries), start, end_record(count, len(entries), start))
    yield "comment that holds another directory", within_comment(b"")
    yield "comment that holds another directory and more", within_comment(b"tail")
    yield "comment that holds half an end record", zip_of(members, comment=end[:12])
    yield "comment announced too long", body + entries + end_record(count, len(entries), start, comment_size=5)
    yield "comment announced too short", body + entries + end_record(count, len(entries), start, b"hello", comment_size=2)
    yield "comment not announced", plain + b"hello"
    yield "bytes behind", plain + b"\0" * 100
    yield "an end record behind", plain + end_record(0, 0, 0)
    yield "the end record twice", plain + end
    yield "another end record behind", body + entries + end + wrong + end_record(count, len(wrong), len(body + entries + end))
    yield "bytes before, counted", zip_of(members, prefix=b"prefixed")
    yield "bytes before, not counted", zip_of(members, prefix=b"prefixed", prefix_counts=False)
    yield "64 KiB before, not counted", zip_of(members, prefix=b"p" * 65536, prefix_counts=False)
    yield "a zip before, not counted", zip_of(members, prefix=second, prefix_counts=False)
    yield "a zip before, counted", zip_of(members, prefix=second)
    yield "a spanning marker before", zip_of(members, prefix=b"PK\7\x08")
    yield "a marker PK00 before", zip_of(members, prefix=b"PK00")
    yield "two archives in a row", plain + second
    yield "two archives in a row, zeros between", plain + b"\0" * 64 + second
    yield "an archive within a member", zip_of([*members, Member(members[0].name[:1] + b"/note", second)])
    for name, record in {
        "count too small": end_record(count - 1, len(entries), start),
        "count too large": end_record(count + 1, len(entries), start),
        "count 0": end_record(0, len(entries), start),
        "count on this disk": end_record(count, len(entries), start, count_here=1),
        "size of the directory too small": end_record(count, len(entries) - 1, start),
        "size of the directory too large": end_record(count, len(entries) + 1, start),
        "size of the directory 0": end_record(count, 0, start),
        "offset of the directory too small": end_record(count, len(entries), start - 1),
        "offset of the directory too large": end_record(count, len(entries), start + 1),
        "offset of the directory 0": end_record(count, len(entries), 0),
        "disk 1": end_record(count, len(entries), start, disk=1),
        "directory on disk 1": end_record(count, len(entries), start, first_disk=1),
        "both disks 1": end_record(count, len(entries), start, disk=1, first_disk=1),
    }.items():
        yield name, body + entries + record
    yield "a gap before the directory", zip_of(members, before_directory=b"\0" * 16)
    yield "a gap behind the directory", body + entries + b"\0" * 16 + end
    yield "a signature behind the directory", body + entries + b"PK\5\5\0\0" + end_record(count, len(entries), start)
    yield "a signature that counts as directory", body + entries + b"PK\5\5\0\0" + end_record(count, len(entries) + 6, start)
    yield "an archive's extra data before the directory", zip_of(members, before_directory=b"PK\6\x08\4\0\0\0abcd")
    at = len(body) + len(entries)
    big = end_record(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    wrong_at = len(body)
    both = body + wrong + entries
    good64 = end_record_64(count, len(entries), start, at)
    yield "ZIP64", body + entries + good64 + big
    yield "ZIP64 beside right numbers", body + entries + good64 + end
    yield "ZIP64 without a locator", body + entries + end_record_64(count, len(entries), start, at, locator=False) + end
    yield "ZIP64 without a locator, and asked for", body + entries + end_record_64(count, len(entries), start, at, locator=False) + big
    yield "ZIP64 that is longer", body + entries + end_record_64(count, len(entries), start, at, record_size=50)[:56] + b"\0" * 6 + end_record_64(
        0, 0, 0, at
    )[56:] + big
    yield "ZIP64 of another size", body + entries + end_record_64(count, len(entries), start, at, record_size=30) + big
    yield "ZIP64 for another directory, not asked for", both + end_record_64(count, len(wrong), wrong_at, len(both)) + end_record(
        count, len(entries), len(body) + len(wrong)
    )
    yield "ZIP64 for another directory, offset asked for", both + end_record_64(count, len(wrong), wrong_at, len(both)) + end_record(
        count, len(entries), 0xFFFFFFFF
    )
    yield "ZIP64 for another directory, count asked for", both + end_record_64(count, len(wrong), wrong_at, len(both)) + end_record(
        0xFFFF, len(entries), len(body) + len(wrong)
    )
    yield "ZIP64 locator to nowhere", body + entries + end_record_64(count, len(entries), start, at + 1) + end
    yield "ZIP64 locator to nowhere, and asked for", body + entries + end_record_64(count, len(entries), start, at + 1) + big
    yield "ZIP64 locator in the comment", body + entries + end_record(count, len(entries), start, good64)
    yield "cut by one byte", plain[:-1]
    yield "a directory before the members", zip_with_directory_first(members)


def zip_with_directory_first(members):
    _, entries, _ = directory_of(members)
    body, entries, _ = directory_of(members, len(entries))
    return entries + body + end_record(len(members), len(entries), 0)


def zip_cases():
    for make, oracle, extension in ((torch_archive, "torch", ".pt"), (npz_archive, "numpy", ".npz")):
        for what, variants in (("members", variants_of_member), ("listings", variants_of_listing), ("ends", variants_of_end)):
            for name, raw in variants(make):
                yield Case(f"{oracle} zip {what}", name, oracle, extension, raw)


def torch_record_cases():
    def case(name, **options):
        return Case("torch records", name, "torch", ".pt", zip_of(torch_members(TWO_TENSORS, **options)))

    for order in (b"little", b"big", b"LITTLE", b"Big", b"little\n", b"big ", b"", b"middle", b"\0", None):
        yield case(f"byteorder {order!r}", byteorder=order)
        yield Case(
            "torch records",
            f"BYTEORDER {order!r}",
            "torch",
            ".pt",
            zip_of(torch_members(TWO_TENSORS, byteorder=None, more=[(b"BYTEORDER", order or b"")])),
        )
        yield Case(
            "torch records",
            f"byteorder big and ByteOrder {order!r}",
            "torch",
            ".pt",
            zip_of(torch_members(TWO_TENSORS, byteorder=b"big", more=[(b"ByteOrder", order or b"")])),
        )
    for version in (
        b"3\n",
        b"3",
        b"1",
        b"0",
        b"2\n",
        b"10",
        b"11",
        b"99",
        b"x",
        b"",
        b" 3",
        b"3x",
        b"-1",
        b"0x3",
        b"03",
        b"18446744073709551616",
        b"4294967299",
        None,
    ):
        yield case(f"version {version!r}", version=version)
        yield case(f".data/version {version!r}", version=None, more=[(b".data/version", version or b"")])
    for folder in (b"archive", b"a/b", b"a", b"A", b".", b"..", b"", b"x ", b"data", b"a\\b", "\u00e9".encode(), b"\xff", b"a" * 300):
        yield case(f"folder {folder!r}", folder=folder)
    for more in (
        [(b".format_version", b"1")],
        [(b".storage_alignment", b"64")],
        [(b".storage_alignment", b"x")],
        [(b".data/serialization_id", b"0123")],
        [(b"code/__torch__.py", b"")],
        [(b"constants.pkl", program(tuple_of()))],
        [(b"data/2", C)],
        [(b"data/00", C)],
        [(b"data/", b"")],
        [(b"data", b"")],
        [(b"data.pkl.debug_pkl", b"")],
        [(b"attributes.pkl", b"")],
        [(b"extra/x", b"")],
        [(b"data/0/0", C)],
        [(b"DATA/2", C)],
    ):
        yield case(f"with {more[0][0].decode()} {more[0][1][:4]!r}", more=more)
    for size in (0, 4, 12, 15, 17, 20, 32):
        yield case(f"a storage of {size} bytes", storages=((A + C)[:size], B))
    yield case("no storages", storages=())
    for name, raw in {
        "a folder of its own for data.pkl": [Member(b"y/data.pkl", TWO_TENSORS)] + torch_members(b"")[1:],
        "a folder of its own for a storage": [m if m.name != b"x/data/0" else Member(b"y/data/0", A) for m in torch_members(TWO_TENSORS)],
        "two folders": torch_members(TWO_TENSORS) + torch_members(program(dict_of(("c", tensor()))), folder=b"y"),
        "two folders by case": torch_members(TWO_TENSORS) + torch_members(program(dict_of(("c", tensor()))), folder=b"X"),
        "first member outside": [Member(b"y/note", b"")] + torch_members(TWO_TENSORS),
        "first member without a folder": [Member(b"note", b"")] + torch_members(TWO_TENSORS),
        "no folder": [Member(m.name[2:], m.data) for m in torch_members(TWO_TENSORS)],
        "data.pkl last": torch_members(TWO_TENSORS)[::-1],
        "data.pkl deflated": [Member(m.name, m.data, method=8) if m.name.endswith(b"pkl") else m for m in torch_members(TWO_TENSORS)],
        "all deflated": [Member(m.name, m.data, method=8) for m in torch_members(TWO_TENSORS)],
        "two pickles in data.pkl": torch_members(TWO_TENSORS + program(dict_of(("c", tensor())))),
        "data.pkl empty": torch_members(b""),
        "DATA.PKL": [Member(b"x/DATA.PKL", TWO_TENSORS)] + torch_members(b"")[1:],
        "data.pkl of another case behind": torch_members(TWO_TENSORS) + [Member(b"x/Data.pkl", program(dict_of(("a", tensor("1")))))],
        "data.pkl of another case before": [Member(b"x/Data.pkl", program(dict_of(("a", tensor("1")))))] + torch_members(TWO_TENSORS),
    }.items():
        yield Case("torch records", name, "torch", ".pt", zip_of(raw))
    for target in range(5):
        for name, fields in member_changes(torch_members(TWO_TENSORS)[target], b"x/other"):
            if target == 2 or not name.startswith(
                ("flag", "attributes", "Unicode", "CRC", "deflated", "on disk", "method", "version needed", "ZIP64", "descriptor", "name")
            ):
                continue
            members = torch_members(TWO_TENSORS)
            for field, value in fields.items():
                setattr(members[target], field, value)
            yield Case(
                f"torch zip {members[target].name.decode('latin1') if 'name' not in fields else torch_members(b'')[target].name.decode()}",
                name,
                "torch",
                ".pt",
                zip_of(members),
            )

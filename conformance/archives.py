"""Zips and tars from their fields, right and wrong."""

import dataclasses
import struct
import zlib

from pickles import A, B


@dataclasses.dataclass
class Member:
    """Of a zip; what is None is as it should be. `local_…`: in the local header alone."""

    name: bytes
    data: bytes = b""
    method: int = 0
    flags: int = 0
    attributes: int = 0
    version_needed: int = 20
    version_made: int = 20
    disk: int = 0
    crc: int = None
    size: int = None
    stored_size: int = None
    extra: bytes = b""
    comment: bytes = b""
    listed: bool = True
    local_name: bytes = None
    local_flags: int = None
    local_method: int = None
    local_crc: int = None
    local_size: int = None
    local_stored_size: int = None
    local_extra: bytes = b""
    before: bytes = b""
    descriptor: bytes = b""
    offset: int = None


def pick(value, otherwise):
    return otherwise if value is None else value


def deflate(raw):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(raw) + packer.flush()


def local_header(member, stored):
    crc, size = pick(member.crc, zlib.crc32(member.data)), pick(member.size, len(member.data))
    stored_size = pick(member.stored_size, len(stored))
    name = pick(member.local_name, member.name)
    return (
        struct.pack(
            "<4s5H3I2H",
            b"PK\3\4",
            member.version_needed & 0xFFFF,
            pick(member.local_flags, member.flags),
            pick(member.local_method, member.method),
            0,
            0x21,
            pick(member.local_crc, crc),
            pick(member.local_stored_size, stored_size),
            pick(member.local_size, size),
            len(name),
            len(member.local_extra),
        )
        + name
        + member.local_extra
    )


def directory_entry(member, stored, offset):
    crc, size = pick(member.crc, zlib.crc32(member.data)), pick(member.size, len(member.data))
    return (
        struct.pack(
            "<4s6H3I5H2I",
            b"PK\1\2",
            member.version_made,
            member.version_needed,
            member.flags,
            member.method,
            0,
            0x21,
            crc,
            pick(member.stored_size, len(stored)),
            size,
            len(member.name),
            len(member.extra),
            len(member.comment),
            member.disk,
            0,
            member.attributes,
            pick(member.offset, offset),
        )
        + member.name
        + member.extra
        + member.comment
    )


def directory_of(members, start=0):
    """The local headers with their data, the directory, and where the latter begins."""
    body, entries = b"", b""
    for member in members:
        stored = deflate(member.data) if member.method == 8 else member.data
        body += member.before
        offset = start + len(body)
        body += local_header(member, stored) + stored + member.descriptor
        if member.listed:
            entries += directory_entry(member, stored, offset)
    return body, entries, start + len(body)


def end_record(count, size, offset, comment=b"", *, disk=0, first_disk=0, count_here=None, comment_size=None):
    return (
        struct.pack("<4s4H2IH", b"PK\5\6", disk, first_disk, pick(count_here, count), count, size, offset, pick(comment_size, len(comment))) + comment
    )


def end_record_64(count, size, offset, at, *, locator=True, record_size=44):
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", record_size, 45, 45, 0, 0, count, count, size, offset)
    return record + (struct.pack("<4sIQI", b"PK\6\7", 0, at, 1) if locator else b"")


def zip_of(members, *, comment=b"", before_directory=b"", prefix=b"", prefix_counts=True, suffix=b""):
    """`prefix_counts`: whether offsets count the prefix."""
    start = len(prefix) if prefix_counts else 0
    body, entries, offset = directory_of(members, start)
    count = sum(member.listed for member in members)
    return prefix + body + before_directory + entries + end_record(count, len(entries), offset + len(before_directory), comment) + suffix


def torch_members(pickle, *, folder=b"x", storages=(A, B), more=(), version=b"3\n", byteorder=b"little"):
    """Of torch's zip form. `more`: pairs of name below the folder and contents."""
    members = [Member(folder + b"/data.pkl", pickle)]
    if byteorder is not None:
        members.append(Member(folder + b"/byteorder", byteorder))
    members += [Member(folder + b"/data/%d" % i, raw) for i, raw in enumerate(storages)]
    if version is not None:
        members.append(Member(folder + b"/version", version))
    return members + [Member(folder + b"/" + name, raw) for name, raw in more]


def torch_zip(pickle, **options):
    return zip_of(torch_members(pickle, **options))


@dataclasses.dataclass
class Entry:
    """Of a tar; a field that is given as bytes stands there as it is."""

    name: bytes
    data: bytes = b""
    kind: bytes = b"0"
    link: bytes = b""
    prefix: bytes = b""
    magic: bytes = b"ustar\x0000"
    size: bytes = None
    checksum: bytes = None
    mode: bytes = b"0000644\0"
    time: bytes = b"00000000000\0"
    padded: bool = True


def tar_header(entry):
    header = entry.name.ljust(100, b"\0")[:100] + entry.mode + b"0000000\0" * 2 + pick(entry.size, b"%011o\0" % len(entry.data)) + entry.time
    rest = entry.kind + entry.link.ljust(100, b"\0")[:100] + entry.magic + b"\0" * 80 + entry.prefix.ljust(155, b"\0") + b"\0" * 12
    total = sum(header) + sum(rest) + 8 * 32
    return header + pick(entry.checksum, b"%06o\0 " % total) + rest


def tar_of(entries, *, end=b"\0" * 1024):
    body = b""
    for entry in entries:
        body += tar_header(entry) + entry.data
        if entry.padded:
            body += b"\0" * (-len(entry.data) % 512)
    return body + end


def pax(**fields):
    """The data of a PAX header."""
    records = b""
    for key, value in fields.items():
        value = value if isinstance(value, bytes) else value.encode()
        record = b" " + key.replace("__", ".").encode() + b"=" + value + b"\n"
        size = len(record) + 1
        while len(b"%d" % size) + len(record) != size:
            size += 1
        records += b"%d" % size + record
    return records

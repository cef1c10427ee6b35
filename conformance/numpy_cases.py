"""Headers of .npy files, and names in an .npz."""

import struct

from archives import Member, zip_of
from case import Case
from pickles import A, B


def npy(raw=A, header="{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }", version=(1, 0), pad=True):
    head = header.encode("latin1" if version < (3, 0) else "utf8")
    width = "<H" if version == (1, 0) else "<I"
    if pad:
        head += b" " * (-(10 + len(head) + 1) % 64) + b"\n"
    return b"\x93NUMPY" + bytes(version) + struct.pack(width, len(head)) + head + raw


NPY_HEADERS = [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}",
    "{'shape': (4,), 'fortran_order': False, 'descr': '<f4'}",
    '{"descr": "<f4", "fortran_order": False, "shape": (4,)}',
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4L,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (0x4,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (0o4,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (04,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (+4,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-4,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2_0,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4.0,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (True, 4), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': [4], }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': 4, }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }",
    "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }",
    "{'descr': '<f4', 'fortran_order': 1, 'shape': (2, 2), }",
    "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 2), }",
    "{'descr': '<f4', 'fortran_order': None, 'shape': (2, 2), }",
    "{'descr': '<f4', 'fortran_order': 'x', 'shape': (2, 2), }",
    "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2, 1), }",
    "{'descr': '<f4', 'fortran_order': True, 'shape': (), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 9223372036854775807, 9), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 4), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), 'x': 1}",
    "{'descr': '<f4', 'fortran_order': False}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), 'shape': (2,)}",
    "{'descr': '<f4', 'descr': '>f4', 'fortran_order': False, 'shape': (4,)}",
    " {'descr': '<f4', 'fortran_order': False, 'shape': (4,)}",
    "{ 'descr' : '<f4' , 'fortran_order' : False , 'shape' : ( 4 , ) }",
    "{'descr': '<f4',\n'fortran_order': False, 'shape': (4,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4,)} # note",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4,)};",
    "{'descr': '<' 'f4', 'fortran_order': False, 'shape': (4,)}",
    "{'descr': u'<f4', 'fortran_order': False, 'shape': (4,)}",
    "{'descr': b'<f4', 'fortran_order': False, 'shape': (4,)}",
    "{'descr': r'<f4', 'fortran_order': False, 'shape': (4,)}",
    "{'descr': '\\x3cf4', 'fortran_order': False, 'shape': (4,)}",
    "{'d\\x65scr': '<f4', 'fortran_order': False, 'shape': (4,)}",
    "{b'descr': '<f4', 'fortran_order': False, 'shape': (4,)}",
    "{'descr': ('<f4'), 'fortran_order': (False), 'shape': ((4,))}",
    "dict(descr='<f4', fortran_order=False, shape=(4,))",
    "{'descr': '<f4', 'fortran_order': not True, 'shape': (4,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2+2,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4,) + ()}",
    "{}",
    "",
    "None",
    "[]",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4,)",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4,),, }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), 1: 2}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), **{}}",
    "{'descr': '''<f4''', 'fortran_order': False, 'shape': (4,)}",
    "\t{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1e0,)}",
]


DESCRIPTIONS = [
    "<f4",
    ">f4",
    "=f4",
    "|f4",
    "f4",
    "float32",
    "f",
    "<f",
    "single",
    "<f2",
    ">f2",
    "<f8",
    "f8",
    "float",
    "d",
    "<i4",
    ">i4",
    "<u4",
    "|u1",
    "<u1",
    ">u1",
    "u1",
    "|i1",
    "|b1",
    "<b1",
    "?",
    "bool",
    "b1",
    "<i8",
    "<u8",
    "<u2",
    ">u2",
    "<i2",
    "<c8",
    ">c8",
    "<c16",
    "F",
    "<V4",
    "|V4",
    "V",
    "|S4",
    "S",
    "<U1",
    "|O",
    "O",
    "<M8[s]",
    "<m8",
    "<f16",
    "<f3",
    "i",
    "l",
    "int",
    "int32",
    "uint8",
    "byte",
    "<f4 ",
    " <f4",
    "(2,)f4",
    "2f4",
    "f4,f4",
    "<f04",
    "<f+4",
    "",
    "<",
    "4",
    "e",
    "g",
    "half",
    "bfloat16",
    "complex64",
    "<f4\\0",
    "<F4",
    "<I4",
    "<B1",
    "B",
    "b",
    "h",
    "q",
    "p",
    "c",
    "a4",
    "<l",
    "<q",
    "|f2",
    "<?",
    "f4\\n",
    "i4,",
    ":f4",
    "<<f4",
    ">|u1",
    "float16",
    "ubyte",
    "str",
    "object",
    "longdouble",
    "<g",
    "D",
    "<D",
    "Float32",
    "<e",
    "<d",
]


def npy_cases():
    def case(kind, name, raw):
        return Case(f"numpy {kind}", name, "numpy", ".npy", raw)

    for header in NPY_HEADERS:
        yield case("headers", header.replace("\n", "\\n").replace("\t", "\\t"), npy(A, header))
        yield case("headers, version 2", header.replace("\n", "\\n").replace("\t", "\\t"), npy(A, header, (2, 0)))
    for description in DESCRIPTIONS:
        for count in (1, 2, 4, 8, 16):
            yield case(
                "descriptions",
                f"{description!r} of {count}",
                npy(A, "{'descr': '%s', 'fortran_order': False, 'shape': (%d,), }" % (description, count)),
            )
    for shape in (
        "[('a', '<f4')]",
        "[('', '<f4')]",
        "[('a', '<f4', (2,))]",
        "[]",
        "('<f4', (2,))",
        "None",
        "4",
        "{'names': ['a'], 'formats': ['<f4']}",
        "('<f4',)",
        "['<f4']",
        "'<f4', '<f4'",
    ):
        yield case("descriptions", shape, npy(A, "{'descr': %s, 'fortran_order': False, 'shape': (4,), }" % shape))
    for version in ((1, 0), (2, 0), (3, 0), (4, 0), (0, 0), (1, 1), (2, 1), (0, 1), (255, 255)):
        yield case("versions", f"{version}", npy(version=version))
    plain = npy()
    head = plain[10:-16]
    for name, raw in {
        "bytes behind": plain + b"x",
        "16 bytes behind": plain + B,
        "cut": plain[:-1],
        "no data": plain[:-16],
        "header cut": plain[:20],
        "another array behind": plain + npy(B),
        "magic alone": plain[:6],
        "no newline": plain[:10] + head[:-1] + b" " + A,
        "not padded": npy(pad=False),
        "header of 0": b"\x93NUMPY\1\0\0\0" + A,
        "NUL in the header": npy(A, "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }\0"),
        "header of 20000 bytes": npy(A, "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }" + " " * 20000),
        "header of 9990 bytes": npy(A, "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }" + " " * 9930),
        "lower-case magic": b"\x93numpy" + plain[6:],
        "rank 32": npy(A, "{'descr': '<f4', 'fortran_order': False, 'shape': (%s4,), }" % ("1, " * 31)),
        "rank 33": npy(A, "{'descr': '<f4', 'fortran_order': False, 'shape': (%s4,), }" % ("1, " * 32)),
        "rank 65": npy(A, "{'descr': '<f4', 'fortran_order': False, 'shape': (%s4,), }" % ("1, " * 64)),
    }.items():
        yield case("files", name, raw)


def npz_cases():
    def case(name, *members):
        return Case(
            "numpy npz names", name, "numpy", ".npz", zip_of([Member(member, raw, flags=1 << 11 if flag else 0) for member, raw, flag in members])
        )

    one, two = npy(A), npy(B)
    rows = {
        "a.npy and a": [(b"a.npy", one, 0), (b"a", two, 0)],
        "a and a.npy": [(b"a", two, 0), (b"a.npy", one, 0)],
        "a.npy.npy": [(b"a.npy.npy", one, 0)],
        "a.npy and a.npy.npy": [(b"a.npy", one, 0), (b"a.npy.npy", two, 0)],
        "a.npy.npy and a.npy": [(b"a.npy.npy", two, 0), (b"a.npy", one, 0)],
        "a alone": [(b"a", one, 0)],
        "a.NPY": [(b"a.NPY", one, 0)],
        "a.npy and a.NPY": [(b"a.npy", one, 0), (b"a.NPY", two, 0)],
        ".npy": [(b".npy", one, 0)],
        "a text": [(b"a.npy", one, 0), (b"note", b"text", 0)],
        "a text named .npy": [(b"a.npy", one, 0), (b"note.npy", b"text", 0)],
        "folder/a.npy": [(b"folder/a.npy", one, 0)],
        "a folder": [(b"folder/", b"", 0), (b"a.npy", one, 0)],
        "folder.npy/": [(b"folder.npy/", b"", 0), (b"a.npy", one, 0)],
        "utf-8": [("\u00e9.npy".encode(), one, 1)],
        "utf-8, no flag": [("\u00e9.npy".encode(), one, 0)],
        "cp437": [(b"\x82.npy", one, 0)],
        "latin-1 with the flag": [(b"\xe9.npy", one, 1)],
        "NUL": [(b"a\0b.npy", one, 0)],
        "NUL behind": [(b"a.npy\0", one, 0)],
        "backslash": [(b"a\\b.npy", one, 0)],
        "../a.npy": [(b"../a.npy", one, 0)],
        "/a.npy": [(b"/a.npy", one, 0)],
        "a.npy twice": [(b"a.npy", one, 0), (b"a.npy", two, 0)],
        "empty name": [(b"", one, 0)],
        "spaces": [(b" a .npy", one, 0)],
        "newline": [(b"a\nb.npy", one, 0)],
        "a.npy and A.npy": [(b"a.npy", one, 0), (b"A.npy", two, 0)],
        "version 3": [(b"a.npy", npy(version=(3, 0)), 0)],
        "bytes behind an array": [(b"a.npy", one + b"x", 0)],
        "an empty member": [(b"a.npy", one, 0), (b"b.npy", b"", 0)],
        "a pickle": [(b"a.npy", one, 0), (b"b.npy", b"\x80\2N.", 0)],
        "no member": [],
        "objects": [(b"a.npy", npy(b"\x80\2N.", "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"), 0), (b"b.npy", two, 0)],
        "x/data.pkl": [(b"x/data.pkl", b"\x80\2}.", 0), (b"a.npy", one, 0)],
        "x/data.pkl, named .npy": [(b"x/data.pkl.npy", one, 0)],
        "a.b and a/b": [(b"a.b.npy", one, 0), (b"a/b.npy", two, 0)],
        "cp437 of all": [(bytes([c]) + b".npy", one, 0) for c in range(128, 256)],
    }
    for name, members in rows.items():
        yield case(name, *members)

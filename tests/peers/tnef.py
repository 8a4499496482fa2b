"""`winmail.dat` as Outlook makes it of a mail in rich text ([MS-OXTNEF], [MS-OXRTFCP]).

usage: tnef.py FOLDER    writes one file of each kind there: the corpus of the fuzz target `tnef`
"""

import pathlib, struct, sys, zlib

MESSAGE, ATTACHMENT = 1, 2
BINARY, OBJECT, LONG, STRING8, UNICODE, TIME = 0x0102, 0x000D, 0x0003, 0x001E, 0x001F, 0x0040
MESSAGE_CLASS, SUBJECT, SENT, SENDER, TO = 0x001A, 0x0037, 0x0039, 0x0C1A, 0x0E04
BODY, RTF, HTML, DISPLAY_NAME, CODE_PAGE = 0x1000, 0x1009, 0x1013, 0x3001, 0x3FDE
DATA, SHORT_NAME, METHOD, LONG_NAME, MEDIA_TYPE, CONTENT_ID = 0x3701, 0x3704, 0x3705, 0x3707, 0x370E, 0x3712
IID_IMESSAGE = bytes.fromhex("0703020000000000c000000000000046")
IN_PLACE = b"This attachment is a MAPI 1.0 embedded message and is not supported by this mail system.\0"
# The example of [MS-OXRTFCP], section 4.1.1: `{\rtf1\ansi\ansicpg1252\pard hello world}`.
HELLO = bytes.fromhex("2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0")


def attribute(level, tag, data):
    return struct.pack("<BII", level, tag, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def text(words, page="cp1252"):
    return words.encode(page) + b"\0"


def padded(data):
    return data + bytes(-len(data) % 4)


def value(kind, one):
    if kind in (LONG, TIME):
        return struct.pack("<I" if kind == LONG else "<Q", one)
    one = one.encode("utf-16-le") + b"\0\0" if kind == UNICODE else text(one) if isinstance(one, str) else one
    return struct.pack("<II", 1, len(one)) + padded(one)


def properties(*every):
    """A list of (id, type, value)."""
    return struct.pack("<I", len(every)) + b"".join(struct.pack("<HH", kind, number) + value(kind, one) for number, kind, one in every)


def short(name):
    """The name of eight letters and three."""
    stem, dot, end = name.rpartition(".")
    return name if len(stem) <= 8 and len(end) <= 3 and name.isascii() else stem.encode("ascii", "ignore").decode()[:6] + "~1" + dot + end[:3]


def rich(words):
    """Rich text packed, no byte repeated: eight as they are to each control byte, then the end."""
    parts = [words[at : at + 8] for at in range(0, len(words), 8)] or [b""]
    parts += [b""] if len(parts[-1]) == 8 else []
    packed = b"".join(b"\0" + part for part in parts[:-1])
    end = (207 + len(words)) % 4096
    packed += bytes([1 << len(parts[-1])]) + parts[-1] + struct.pack(">H", end << 4)
    crc = ~zlib.crc32(packed, 0xFFFFFFFF) & 0xFFFFFFFF
    return struct.pack("<II4sI", len(packed) + 12, len(words), b"LZFu", crc) + packed


def begun():
    return attribute(ATTACHMENT, 0x00069002, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 32, 32, 0))


def file(name, kind, octets, *more):
    """An attachment: its short name and data as attributes, its long name and type as properties."""
    said = properties((METHOD, LONG, 1), (LONG_NAME, UNICODE, name), (MEDIA_TYPE, STRING8, kind), *more)
    title, data = attribute(ATTACHMENT, 0x00018010, text(short(name))), attribute(ATTACHMENT, 0x0006800F, octets)
    return begun() + title + data + attribute(ATTACHMENT, 0x00069005, said)


def message(name, within):
    """A message attached to the message."""
    said = properties((METHOD, LONG, 5), (DISPLAY_NAME, UNICODE, name), (DATA, OBJECT, IID_IMESSAGE + within))
    title, data = attribute(ATTACHMENT, 0x00018010, text("Untitled Attachment")), attribute(ATTACHMENT, 0x0006800F, IN_PLACE)
    return begun() + title + data + attribute(ATTACHMENT, 0x00069005, said)


def stream(*attached, said=(), page=1252, kind="IPM.Microsoft Mail.Note", more=b""):
    """The file. `said`: properties of the message; `more`: attributes of it."""
    out = struct.pack("<IH", 0x223E9F78, 1)
    out += attribute(MESSAGE, 0x00089006, struct.pack("<I", 0x00010000))
    out += attribute(MESSAGE, 0x00069007, struct.pack("<II", page, 0))
    out += attribute(MESSAGE, 0x00078008, text(kind)) + more
    if said:
        out += attribute(MESSAGE, 0x00069003, properties(*said))
    return out + b"".join(attached)


def winmail(attachments, body=None):
    """The file with `attachments`, (name, media type, octets) each, and a body in it where there is one."""
    more = attribute(MESSAGE, 0x0002800C, text(body)) if body is not None else b""
    return stream(*(file(*one) for one in attachments), more=more)


def corpus():
    """A small file of each kind, by its name."""
    pdf = file("risk résumé of the school.pdf", "application/pdf", b"%PDF-1.4\n% a report\n")
    photo = file("gate.png", "image/png", b"\x89PNG\r\n\x1a\n", (CONTENT_ID, UNICODE, "image001@gate"))
    letter = [(SUBJECT, UNICODE, "Visits"), (SENDER, UNICODE, "Sara Ali"), (TO, STRING8, "Housing"), (SENT, TIME, 134169164400000000)]
    page = (HTML, BINARY, "<p>He was seen at the café.</p>".encode("cp1252")), (CODE_PAGE, LONG, 1252)
    old = begun() + attribute(ATTACHMENT, 0x00018010, text("Письмо.txt", "cp1251")) + attribute(ATTACHMENT, 0x0006800F, b"old\r\n")
    inner = stream(pdf, said=[*letter, (BODY, UNICODE, "He was seen.\r\n"), (RTF, BINARY, HELLO)])
    named = struct.pack("<HH16sII", LONG, 0x8001, b"\7" * 16, 0, 0x8233) + struct.pack("<I", 1)
    spoken = struct.pack("<HH16sII", UNICODE, 0x8002, b"\7" * 16, 1, 10) + padded("name".encode("utf-16-le") + b"\0\0") + value(UNICODE, "one")
    several = struct.pack("<HHI", 0x1000 | STRING8, 0x0E02, 2) + b"".join(
        struct.pack("<I", len(one)) + padded(one) for one in (b"a\0", b"bcde\0")
    )
    every = struct.pack("<I", 4) + named + spoken + several + properties((BODY, UNICODE, "After them."))[4:]
    wrong = bytearray(stream(pdf))
    wrong[wrong.index(b"report")] ^= 1
    return {
        "files.dat": stream(pdf, photo, said=[(MESSAGE_CLASS, UNICODE, "IPM.Note")]),
        "old.dat": stream(old, page=1251, more=attribute(MESSAGE, 0x0002800C, text("Он был замечен.", "cp1251"))),
        "plain.dat": stream(said=[*letter, (BODY, STRING8, "He was seen at the café.\r\n"), *page]),
        "html.dat": stream(photo, said=page),
        "rich.dat": stream(pdf, said=[(RTF, BINARY, rich(b"{\\rtf1\\ansi He was seen at the school.}"))]),
        "rich-repeats.dat": stream(said=[(RTF, BINARY, HELLO)]),
        "within.dat": stream(message("Visits", inner), photo, said=[(BODY, UNICODE, "See below.")]),
        "named.dat": stream(pdf, more=attribute(MESSAGE, 0x00069003, every)),
        "line-end.dat": stream(pdf) + b"\r\n",
        "cut.dat": stream(pdf, photo)[:-40],
        "wrong-checksum.dat": bytes(wrong),
        "meeting.dat": stream(said=[(BODY, UNICODE, "At the school.")], kind="IPM.Microsoft Schedule.MtgReq"),
    }


if __name__ == "__main__":
    for name, octets in corpus().items():
        (pathlib.Path(sys.argv[1]) / name).write_bytes(octets)

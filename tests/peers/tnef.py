"""`winmail.dat` as Outlook makes it of a mail in rich text ([MS-OXTNEF])."""

import struct

MESSAGE, ATTACHMENT = 1, 2


def attribute(level, tag, data):
    return struct.pack("<BII", level, tag, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def text(words):
    return words.encode("cp1252") + b"\0"


def winmail(attachments, body=None):
    """The file with `attachments`, (name, media type, octets) each, and a body in it where there is one."""
    out = struct.pack("<IH", 0x223E9F78, 1)
    out += attribute(MESSAGE, 0x00089006, struct.pack("<I", 0x00010000))
    out += attribute(MESSAGE, 0x00069007, struct.pack("<II", 1252, 0))
    out += attribute(MESSAGE, 0x00078008, text("IPM.Microsoft Mail.Note"))
    if body is not None:
        out += attribute(MESSAGE, 0x0002800C, text(body))
    for name, _, octets in attachments:
        out += attribute(ATTACHMENT, 0x00069002, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 32, 32, 0))
        out += attribute(ATTACHMENT, 0x00018010, text(name))
        out += attribute(ATTACHMENT, 0x0006800F, octets)
    return out

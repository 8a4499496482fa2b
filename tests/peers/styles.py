"""MIME as the mail programs of officers write it, before any signature: entities with CRLF at each line's end.

An attachment is (name, media type, octets). `headers` are those that a style repeats within.
"""

import base64, email, html, quopri, textwrap, uuid
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from smime import base64_lines, crlf
from tnef import winmail as winmail_file


def boundary(prefix):
    return prefix + uuid.uuid4().hex[:24]


def multipart(kind, parts, border, more=""):
    inside = b"".join(b"--%s\r\n%s\r\n" % (border.encode(), part) for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{border}"{more}\r\n\r\n'.encode() + inside + f"--{border}--\r\n".encode()


def python(text, attachments=()):
    """What Python's own email package makes: quoted-printable or 7bit text, base64 files."""
    mail = EmailMessage(policy=SMTP)
    mail.set_content(text)
    for name, kind, octets in attachments:
        main, _, sub = kind.partition("/")
        if kind == "message/rfc822":
            mail.add_attachment(email.message_from_bytes(octets, policy=SMTP), filename=name)
        else:
            mail.add_attachment(octets, maintype=main, subtype=sub, filename=name)
    return crlf(mail.as_bytes()).replace(b"MIME-Version: 1.0\r\n", b"")


def bare(text, attachments=()):
    """A text that a script piped into `openssl cms`: no header fields but the type."""
    assert not attachments, "a bare text has no attachments"
    return b"Content-Type: text/plain\r\n\r\n" + crlf(text.encode())


def flowed(text):
    """format=flowed (RFC 3676): long lines end in a space and go on; lines that begin with a space or `>` are stuffed."""
    lines = []
    for line in text.split("\n"):
        parts = textwrap.wrap(line, 70, break_long_words=False, break_on_hyphens=False) or [""]
        lines += [part + " " for part in parts[:-1]] + [parts[-1]]
    return "\r\n".join(" " + line if line.startswith((" ", ">", "From ")) else line for line in lines)


def thunderbird_file(name, kind, octets):
    word = Header(name, "utf-8").encode() if not name.isascii() else name
    coded = "".join(f"%{byte:02X}" for byte in name.encode())
    place = f"filename*=UTF-8''{coded}" if not name.isascii() else f'filename="{name}"'
    return (
        f'Content-Type: {kind}; name="{word}"\r\nContent-Disposition: attachment; {place}\r\n' f"Content-Transfer-Encoding: base64\r\n\r\n"
    ).encode() + base64_lines(octets)


def thunderbird(text, attachments=(), headers=(), charset="UTF-8"):
    """Text as format=flowed in two nested multiparts, and the header fields within (`protected-headers="v1"`)."""
    body = (f"Content-Type: text/plain; charset={charset}; format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{flowed(text)}\r\n").encode()
    inner = multipart("mixed", [body, *(thunderbird_file(*one) for one in attachments)], boundary("------------"))
    border = boundary("------------")
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers)
    head = f'Content-Type: multipart/mixed; boundary="{border}";\r\n protected-headers="v1"\r\n{fields}\r\n'
    return head.encode() + f"--{border}\r\n".encode() + inner + f"\r\n--{border}--\r\n".encode()


def protected(text, attachments=(), headers=(), outer=()):
    """Header protection by RFC 9788, `hp="cipher"`: the real fields within, and what stands outside as HP-Outer."""
    border = boundary("hp-")
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers) + "".join(f"HP-Outer: {name}: {value}\r\n" for name, value in outer)
    body = b'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n' + base64_lines(crlf(text.encode()))
    if not attachments:
        return fields.encode() + body.replace(b'"utf-8"', b'"utf-8"; hp="cipher"', 1)
    parts = [body, *(thunderbird_file(*one) for one in attachments)]
    return fields.encode() + multipart("mixed", parts, border, '; hp="cipher"')


def quoted(text):
    """Quoted-printable in Windows-1252, as Exchange writes it."""
    return crlf(quopri.encodestring(text.encode("cp1252")))


def page(text):
    lines = "".join(f'<p class="MsoNormal">{html.escape(line) or "&nbsp;"}<o:p></o:p></p>\n' for line in text.split("\n"))
    return (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal {margin:0cm}</style></head>'
        f'<body lang="EN-GB">\n<div class="WordSection1">\n{lines}</div></body></html>\n'
    )


def outlook_file(name, kind, octets):
    return (
        f'Content-Type: {kind}; name="{name}"\r\nContent-Description: {name}\r\nContent-Disposition: attachment; filename="{name}";\r\n'
        f'\tsize={len(octets)}; creation-date="Mon, 02 Mar 2026 09:14:00 GMT"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    ).encode() + base64_lines(octets)


def outlook(text, attachments=()):
    """Text with every paragraph set apart by an empty line, and HTML beside it, in Windows-1252."""
    spaced = "\n\n".join(line if line else "\u00a0" for line in text.split("\n"))
    plain = b'Content-Type: text/plain; charset="Windows-1252"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n' + quoted(spaced)
    rich = b'Content-Type: text/html; charset="Windows-1252"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n' + quoted(page(text))
    both = multipart("alternative", [plain + b"\r\n", rich], boundary("_000_"))
    if not attachments:
        return both
    return multipart("mixed", [both, *(outlook_file(*one) for one in attachments)], boundary("_004_"))


def outlook_html(text, attachments=()):
    """HTML and nothing beside it."""
    rich = b'Content-Type: text/html; charset="us-ascii"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n' + quoted(page(text))
    if not attachments:
        return rich
    return multipart("mixed", [rich, *(outlook_file(*one) for one in attachments)], boundary("_004_"))


def winmail(text, attachments=()):
    """Rich text: the text in clear, all files in one `winmail.dat`."""
    plain = b'Content-Type: text/plain;\r\n\tcharset="us-ascii"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n' + quoted(text)
    file = (
        b'Content-Type: application/ms-tnef;\r\n\tname="winmail.dat"\r\nContent-Transfer-Encoding: base64\r\n'
        b'Content-Disposition: attachment;\r\n\tfilename="winmail.dat"\r\n\r\n'
    ) + base64_lines(winmail_file(attachments))
    return multipart("mixed", [plain + b"\r\n", file], boundary("----=_NextPart_"))


THUNDERBIRD = (
    ("User-Agent", "Mozilla Thunderbird"),
    ("Content-Language", "en-GB"),
    ("X-Mozilla-Draft-Info", "internal/draft; vcard=0"),
    ("X-Enigmail-Draft-Status", "N11100"),
)
OUTLOOK = (
    ("X-MS-Has-Attach", "yes"),
    ("X-MS-TNEF-Correlator", ""),
    ("Thread-Index", base64.b64encode(b"\1" + b"t" * 21).decode()),
    ("Accept-Language", "en-GB, en-US"),
    ("X-Mailer", "Microsoft Outlook 16.0"),
)


def mail(entity, sender, to, subject, date, message_id, more=()):
    """A mail: its header fields in front of an entity. `to` is one address or several."""
    to = to if isinstance(to, str) else ", ".join(to)
    subject = subject if subject.isascii() else Header(subject, "utf-8").encode()
    fields = [
        ("From", sender),
        ("To", to),
        ("Subject", subject),
        ("Date", format_datetime(date)),
        ("Message-ID", message_id),
        ("MIME-Version", "1.0"),
        *more,
    ]
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode() + entity

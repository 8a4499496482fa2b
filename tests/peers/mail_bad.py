"""Mail as it must not be. Outside, every failure is the same 250; within, the mail is kept apart with its reason, is nobody's exchange, and is
answered to nobody. What a proved sender sends is an exchange whatever is wrong with it, and malware in it is set aside.

usage: mail_bad.py FOLDER GATEWAY_BINARY
"""

import io, itertools, pathlib, re, sys, time, uuid, zipfile
import smime, styles
from authority import SERVER, Authority
from cryptography import x509
from clamd import clamd
from demo import database
from mail import block, pdf
from postfix import free_port
from running import Gateway

folder, CLAMD = pathlib.Path(sys.argv[1]), free_port()
daemon = clamd(folder, CLAMD)
gateway = Gateway(folder, sys.argv[2], "--clamd", f"127.0.0.1:{CLAMD}")
demo = gateway.start()
ca = Authority.of_demo(demo, folder / "peers")
officer, manager, probation = demo.officer("met-police"), demo.officer("met-police", "manager"), demo.officer("london-probation")
TO = [demo.address("london-probation"), demo.address("southwark-housing")]
said = demo.submission(recipients=["london-probation", "southwark-housing"])
CONTENT = styles.python(block(said) + "Seen at the school gate.")
KEPT_AS = re.compile(rb"2\.0\.0 kept as [0-9a-f-]+")


# Notices of holds come when they come: what is counted is what answers a mail, or carries it on.
ANSWERS = "mail_out where kind <> 'notice' or delivery is not null"


def kept():
    records = database(demo.folder)
    try:
        return tuple(records.rows(f"select count(*) from {table}")[0][0] for table in ("exchange", "quarantine", "delivery", ANSWERS))
    finally:
        records.close()


def sealed(entity):
    return smime.encrypt(entity, demo.certificate)


def apart(what, mail, reasons, sender=officer.address, to=TO):
    """It is taken with the same words as any other, and kept apart; nothing comes of it, and nobody is answered."""
    before = kept()
    code, words = demo.send(mail, sender, to)
    assert code == 250 and KEPT_AS.fullmatch(words), (what, code, words)
    time.sleep(0.3)
    exchanges, quarantined, deliveries, out = (now - was for now, was in zip(kept(), before))
    assert (exchanges, quarantined, deliveries, out) == (0, 1, 0, 0), (what, exchanges, quarantined, deliveries, out)
    reason, size, addressed = demo.apart()[-1]
    assert reason in reasons, (what, reason)
    assert size == len(mail) or abs(size - len(mail)) < 3, (what, size, len(mail))
    assert addressed == [one.partition("@")[0] for one in to if not one.startswith("bounce+")], (what, addressed)
    demo.lives()


def taken(what, mail, sender=officer, to=TO, more=1):
    """It is taken and makes so many exchanges; the newest of the sender's agency."""
    before, seen = kept(), demo.sent()
    code, words = demo.send(mail, sender.address, to)
    assert code == 250 and KEPT_AS.fullmatch(words), (what, code, words)
    assert [now - was for now, was in zip(kept(), before)][:2] == [more, 0], (what, before, kept(), demo.apart()[-1:])
    demo.lives()
    if more:
        event, words, _ = demo.receipt(sender, seen)
        return demo.exchange(event["from"], event["exchange"]), words


# Certificates: each good but for one thing.
own = officer.address
BAD = {
    "expired": ca.issue("expired", own, begins=2020, ends=2021),
    "not valid yet": ca.issue("early", own, begins=2039),
    "for servers": ca.issue("server", own, use=(SERVER,)),
    "for encryption alone": ca.issue("seals", own, signing=False),
    "of an authority that nobody knows": Authority.made(folder / "other", "Gateway demo authority").issue("other", own),
}
for (what, identity), sign in itertools.product(BAD.items(), (smime.sign_detached, smime.sign_opaque)):
    identity.name = officer.name
    apart(what, demo.mail(sealed(sign(CONTENT, identity)), identity, TO), ["signature-not-believed"])
fresh = ca.issue("fresh", own)
apart("not approved", demo.mail(sealed(smime.sign_detached(CONTENT, fresh)), officer, TO), ["certificate-not-approved"])
apart(
    "for another address",
    demo.mail(sealed(smime.sign_detached(CONTENT, ca.issue("elsewhere", "x@elsewhere.example"))), officer, TO),
    ["signature-of-another"],
)
apart("SHA-1", demo.mail(sealed(smime.sign_detached(CONTENT, officer, digest="sha1")), officer, TO), ["signature-not-believed"])
apart("no attributes", demo.mail(sealed(smime.sign_opaque(CONTENT, officer, more=["-noattr"])), officer, TO), ["signature-not-believed"])
apart("no certificate within", demo.mail(sealed(smime.sign_opaque(CONTENT, officer, more=["-nocerts"])), officer, TO), ["signature-not-believed"])
assert taken("good, of the manager", demo.mail(sealed(smime.sign_detached(CONTENT, manager)), manager, TO), manager)[0]["state"] == "released"
ca.serials["manager"] = x509.load_pem_x509_certificate(pathlib.Path(manager.certificate).read_bytes()).serial_number
ca.revoke("manager", place=pathlib.Path(demo.state["ca"]).with_name("crl.pem"))
time.sleep(7)
apart("revoked", demo.mail(sealed(smime.sign_detached(CONTENT + b" ", manager)), manager, TO), ["signature-not-believed"], manager.address)
assert taken("good still", demo.mail(sealed(smime.sign_detached(CONTENT + b" ", officer)), officer, TO))[0]["state"] == "released"

# Who signed is not who it says it is from; or nobody signed; or it was changed, or is sealed to another.
signed = smime.sign_detached(CONTENT, officer)
apart("another's signature", demo.mail(sealed(signed), probation, TO), ["signature-of-another"], probation.address)
apart("a colleague's", demo.mail(sealed(signed), demo.officer("met-police", "spoc"), TO), ["signature-of-another"])
apart("another's, signed again around it", demo.mail(smime.sign_opaque(sealed(signed), probation), probation, TO), ["signature-of-another"], probation.address)
apart("the same, and all of it sealed", demo.mail(sealed(smime.sign_opaque(sealed(signed), probation)), probation, TO), ["signature-of-another"], probation.address)
apart("a stranger", demo.mail(sealed(signed), officer, TO).replace(own.encode(), b"x@elsewhere.example"), ["sender-not-enrolled"])
apart(
    "a look-alike",
    demo.mail(sealed(signed), officer, TO).replace(officer.mailbox.encode(), f'"{own}" <x@elsewhere.example>'.encode()),
    ["sender-not-enrolled"],
)
within = styles.thunderbird(block(said, False) + "x", (), (("From", probation.mailbox), ("To", ", ".join(TO))))
apart("another From within", demo.mail(sealed(smime.sign_detached(within, officer)), officer, TO), ["from-differs-within"])
mail = demo.mail(sealed(signed), officer, TO)
apart("two Froms", f"From: {probation.mailbox}\r\n".encode() + mail, ["no-one-sender"])
apart("two in one From", mail.replace(officer.mailbox.encode(), f"{officer.mailbox}, {probation.mailbox}".encode()), ["no-one-sender"])
apart("no From", mail.replace(f"From: {officer.mailbox}\r\n".encode(), b""), ["no-one-sender"])
apart("an empty From", mail.replace(officer.mailbox.encode(), b"<>"), ["no-one-sender"])
apart("unsigned", demo.mail(CONTENT, officer, TO), ["sender-not-proved"])
apart("sealed, unsigned", demo.mail(sealed(CONTENT), officer, TO), ["sender-not-proved"])
apart("changed", demo.mail(sealed(signed.replace(b"school", b"schooI")), officer, TO), ["signature-not-believed"])
apart("to another", demo.mail(smime.encrypt(signed, probation.certificate), officer, TO), ["not-opened"])
der = bytearray(smime.base64.b64decode(b"".join(sealed(signed).partition(b"\r\n\r\n")[2].split())))
for place in (40, len(der) // 2, len(der) - 20):
    flipped = bytearray(der)
    flipped[place] ^= 1
    apart(
        f"a bit flipped at {place} of {len(der)}",
        demo.mail(smime.entity("enveloped-data", bytes(flipped)), officer, TO),
        ["not-opened", "unreadable", "signature-not-believed", "sender-not-proved"],
    )
for what, entity in {
    "no CMS": smime.entity("enveloped-data", b"\x30\x80" + b"\xff" * 999),
    "nothing": smime.entity("enveloped-data", b""),
    "cut": smime.entity("enveloped-data", bytes(der[:200])),
}.items():
    apart(what, demo.mail(entity, officer, TO), ["not-opened", "unreadable", "sender-not-proved"])

# An old signature wrapped anew goes nowhere; the same mail again is 250 and nothing more.
first = demo.mail(sealed(signed), officer, TO, message_id="<first@police.example>")
view, _ = taken("the first", first)
assert taken("the same again", first, more=0) is None and taken("for one of them", first, to=TO[:1], more=0) is None
anew = demo.mail(sealed(signed), officer, TO, message_id="<first@police.example>")
assert anew != first and taken("sealed again, the same Message-ID", anew, more=0) is None
apart("wrapped anew", demo.mail(sealed(signed), officer, TO), ["sent-before"])
apart("wrapped anew, to others", demo.mail(sealed(signed), officer, demo.address("elm-house")), ["sent-before"], to=[demo.address("elm-house")])
taken("bound by its To: others in the envelope", first, to=[*TO, demo.address("capital-tagging")], more=0)
assert [one["recipient"] for one in demo.exchange("met-police", view["id"])["deliveries"]] == [one["recipient"] for one in view["deliveries"]]
inbox = lambda agency: {one["exchange"] for one in demo[agency].all("/api/v1/inbox", "deliveries")}
assert view["id"] not in inbox("capital-tagging")
# Not bound: it is for whom the envelope says, as long as they have a part in this person; the same mail to a further partner joins the first.
loose = demo.mail(
    sealed(smime.sign_detached(styles.python(block(said, False) + "For whom it came to."), officer)), officer, TO, message_id="<loose@police.example>"
)
view, _ = taken("not bound", loose, to=TO[:1])
assert view["id"] in inbox("london-probation") and view["id"] not in inbox("southwark-housing")
taken("to a further partner", loose, to=TO[1:], more=0)
taken("to a stranger to this person", loose, to=[demo.address("capital-tagging")], more=0)
assert view["id"] in inbox("southwark-housing") and view["id"] not in inbox("capital-tagging")
bold = {**said, "recipients": ["london-probation", "capital-tagging"]}
entity = styles.thunderbird(block(bold) + "Bound to a stranger.", (), ())
view, _ = taken("bound, to a stranger to this person: held", demo.mail(sealed(smime.sign_detached(entity, officer)), officer, TO), to=TO[:1])
assert {(cell["recipient"], cell["outcome"]) for cell in view["decisions"]} == {("london-probation", "permit"), ("capital-tagging", "hold")}, view[
    "decisions"
]

# To fifty agencies: one exchange, a decision for each.
fifty = [f"housing-{n:02}" for n in range(50)]
for agency in fifty:
    demo.run(
        "agency",
        "add",
        agency,
        "--name",
        agency,
        "--kind",
        "housing",
        "--area",
        "london",
        "--channel",
        "portal",
        "--signed-on",
        "2026-01-05",
        "--signed-until",
        "2027-12-31",
    )
everyone = {**said, "recipients": fifty}
view, words = taken("fifty agencies", demo.sealed(everyone, officer)[0], to=[demo.address(one) for one in fifty])
assert sorted(cell["recipient"] for cell in view["decisions"]) == fifty, view["decisions"]
assert all(cell["outcome"] == "hold" for cell in view["decisions"]) and words.count("For housing-") == 50, words[:2000]

# Machines: nothing of theirs is an exchange, and none is answered.
good = lambda *more: demo.mail(sealed(smime.sign_detached(CONTENT + uuid.uuid4().hex.encode(), officer)), officer, TO, more=more)
for field, value in (
    ("Auto-Submitted", "auto-replied"),
    ("Auto-Submitted", "auto-generated"),
    ("Precedence", "bulk"),
    ("Precedence", "list"),
    ("List-Id", "<officers.police.example>"),
    ("List-Unsubscribe", "<mailto:x@y.example>"),
    ("X-Autoreply", "yes"),
):
    apart(f"{field}: {value}", good((field, value)), ["automatic"])
apart("no return path", good(), ["automatic"], sender="")
corpus = pathlib.Path(__file__).parents[2] / "adapters" / "email" / "corpus"
for name in ("postfix-bounce.eml", "exchange-out-of-office.eml"):
    made = smime.crlf((corpus / name).read_bytes())
    apart(name, made, ["automatic", "no-one-sender", "sender-not-enrolled"], sender="")
    apart(
        name + " to where reports come to",
        made,
        ["automatic", "no-one-sender", "sender-not-enrolled"],
        sender="",
        to=[f"bounce+{uuid.uuid4()}@{demo.domain}"],
    )
apart("the gateway's own mail come back", next(iter(demo.sent().values())), ["automatic"], sender="", to=TO[:1])

# Malformed, too deep, too many: signed as it is, nobody can read it; it is kept whole.
many = styles.multipart("mixed", [b"Content-Type: text/plain\r\n\r\nx\r\n"] * 1000, "b")
deep = (
    b"".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n'.encode() for n in range(10000))
    + b"Content-Type: text/plain\r\n\r\nx\r\n"
)
letters = b"Content-Type: message/rfc822\r\n\r\n" * 10000 + b"Content-Type: text/plain\r\n\r\nx\r\n"
layers = CONTENT
for _ in range(9):
    layers = smime.sign_opaque(layers, officer)
for what, entity in {"a thousand parts": many, "ten thousand deep": deep, "ten thousand mails in mails": letters}.items():
    apart(what, demo.mail(sealed(smime.sign_opaque(entity, officer)), officer, TO), ["unreadable"])
    apart(what + ", in clear", demo.mail(entity, officer, TO), ["unreadable", "sender-not-proved"])
apart("nine signatures", demo.mail(layers, officer, TO), ["unreadable"])
for what, entity in {
    "no boundary": b"Content-Type: multipart/mixed\r\n\r\nx\r\n",
    "an end that does not come": b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
    + block(said).encode()
    + b"x",
    "a charset that is none": b"Content-Type: text/plain; charset=x-none\r\n\r\n" + block(said).encode() + b"\xe9\xff",
    "a boundary of nothing": b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n\r\nx\r\n----\r\n',
    "no header": b"\r\nx\r\n",
    "8-bit in its header": b"Subject: \xe9\xff\r\nContent-Type: text/plain; name=\xe9\r\n\r\n" + block(said).encode() + b"x\r\n",
}.items():
    view, _ = taken(what, demo.mail(sealed(smime.sign_opaque(entity, officer)), officer, TO))
    assert view["state"] in ("released", "held", "incomplete", "quarantined"), (what, view["state"])
eight = (
    demo.mail(sealed(smime.sign_detached(CONTENT + b"8", officer)), officer, TO)
    .replace(b"Subject: Visits", b"Subject: Vis\xedts\xff", 1)
    .replace(officer.name.encode(), b"Gr\xe9ce", 1)
)
assert taken("8-bit in the outer header", eight)[0]["state"] == "released"


def archive(entries, encrypted=False):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, octets in entries.items():
            made.writestr(name, octets)
    octets = bytearray(out.getvalue())
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = octets.find(mark)
        while encrypted and at >= 0:
            octets[at + place] |= 1
            at = octets.find(mark, at + 4)
    return bytes(octets)


def with_file(name, kind, octets, category="RISK"):
    about = {**said, "items": [*said["items"], {"title": name, "category": category, "document": "x"}]}
    return demo.sealed(about, officer, {name: (kind, octets)})[0]


# Documents that a person has to look at first are held, with words, though the sender gave a category; those beside them go.
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TYPES = (
    b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
)
for what, file in {
    "an encrypted archive": ("a.zip", "application/zip", archive({"a.txt": b"x" * 99}, True)),
    "macros": (
        "a.docx",
        WORD,
        archive(
            {"[Content_Types].xml": TYPES, "word/document.xml": b"<w/>", "word/vbaProject.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600}
        ),
    ),
    "a program that says it is a report": ("report.pdf", "application/pdf", b"MZ" + b"\0" * 58 + b"\x40\0\0\0PE\0\0" + b"\0" * 500),
}.items():
    view, _ = taken(what, with_file(*file))
    assert {cell["outcome"] for cell in view["decisions"] if cell["item"] == 2} == {"hold"}, (what, view["decisions"])
    assert {cell["outcome"] for cell in view["decisions"] if cell["item"] == 1} == {"permit"}, (what, view["decisions"])

# Malware is set aside, whatever it is wrapped in, and its sender is told; while the scanner is away, mail is asked to come again.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
within = styles.python("x", [("eicar.com", "application/octet-stream", EICAR)])
forwarded = demo.mail(within, probation, officer.address)
for what, file in {
    "EICAR": ("eicar.com", "application/octet-stream", EICAR),
    "in an archive": ("a.zip", "application/zip", archive({"x/eicar.com": EICAR})),
    "in a text": ("a.txt", "text/plain", EICAR),
    "in a mail": ("a.eml", "message/rfc822", forwarded),
    "in a mail that has no From": ("a.eml", "message/rfc822", within),
}.items():
    view, words = taken(what, with_file(*file))
    assert view["state"] == "quarantined" and view["decisions"] == [] and view["deliveries"] == [], (what, view)
    assert "kept apart" in words and all(view["id"] not in inbox(agency) for agency in ("london-probation", "southwark-housing")), (what, words)
clean, before = with_file("clean.pdf", "application/pdf", pdf(b"% clean")), kept()
daemon.terminate()
daemon.wait()
code, words = demo.send(clean, officer.address, TO)
assert code == 451 and kept() == before, (code, words, before, kept())
daemon = clamd(folder, CLAMD)
assert taken("clean, the scanner is back", clean)[0]["state"] == "released"
daemon.terminate()
daemon.wait()
demo.run("ledger", "verify", "--key", demo.key)
print("what is bad is kept apart, and nothing is lost or doubled")

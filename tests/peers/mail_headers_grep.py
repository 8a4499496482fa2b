"""No name, date of birth or identifier of any person of the demo stands in a header of any mail that the gateway has sent, nor in
anything of it that can be read without a key. Run after other journeys on the same demo: every mail in DIR/mail is looked through.

usage: mail_headers_grep.py DEMO_DIR GATEWAY_BINARY
"""

import base64, email, email.header, email.policy, quopri, re, time
import smime, styles
from mail import block, peer

demo = peer()
officer = demo.officer("met-police")
WORDS = ["Zebedee Quillfeather", "the larch by Marmalade Crescent", "quillfeather-report.pdf"]
LONG_MONTHS = "January February March April May June July August September October November December".split()


def forms(nominal):
    """How what is known of a person might be written."""
    yield from (nominal["name"], *re.findall(r"[A-Za-z]{5,}", nominal["name"]))
    year, month, day = nominal["date_of_birth"].split("-")
    name = LONG_MONTHS[int(month) - 1]
    yield from (
        nominal["date_of_birth"],
        f"{day}/{month}/{year}",
        f"{day}.{month}.{year}",
        f"{day}-{month}-{year}",
        year + month + day,
        f"{int(day)} {name} {year}",
        f"{int(day)} {name[:3]} {year}",
    )
    for word in ("pnc_id", "nhs_number", "prison_number"):
        if value := nominal.get(word):
            bare = re.sub(r"\W", "", value)
            yield from (value, bare, *([f"{bare[:3]} {bare[3:6]} {bare[6:]}"] if word == "nhs_number" else []))
            if short := re.fullmatch(r"(?:19|20)(\d\d)/0*(\d+[A-Z])", value):
                yield "/".join(short.groups())


# Words that are of agencies' own people and of the gateway's texts are no secret of a nominal.
PEOPLE = {
    word.lower()
    for agency in demo.state["agencies"]
    for user in agency["users"]
    for word in re.findall(r"[A-Za-z]{4,}", user["name"] + user["email"])
}
NEEDLES = sorted(
    {form for nominal in demo.nominals for form in forms(nominal) if form.lower() not in PEOPLE} | set(WORDS) | {"Quillfeather", "Marmalade"}
)
assert len(NEEDLES) > 100


def readable(mail):
    """Everything that can be read of a mail without a key: header fields as they stand and decoded, of every part; texts; files, and what is base64 in them."""
    for part in email.message_from_bytes(mail, policy=email.policy.compat32).walk():
        for name, value in part.raw_items():
            unfolded = re.sub(r"\r?\n[ \t]", " ", str(value))
            yield name, unfolded
            yield name, str(email.header.make_header(email.header.decode_header(unfolded)))
            for word in re.findall(r"[A-Za-z0-9+/]{24,}={0,2}", unfolded):
                yield f"{name}, decoded", base64.b64decode(word + "=" * (-len(word) % 4)).decode(errors="replace")
        content = part.get_payload(decode=True) or b""
        yield part.get_content_type(), content.decode(errors="replace")
        for word in re.findall(rb"[A-Za-z0-9+/]{24,}={0,2}", content):
            yield f"{part.get_content_type()}, decoded", base64.b64decode(word + b"=" * (-len(word) % 4)).decode(errors="replace")
    # Lines of base64 were decoded above; as they stand they spell any short name by chance.
    lines = [line for line in mail.splitlines() if not re.fullmatch(rb"[A-Za-z0-9+/]{2,}={0,2}", line)]
    yield "the octets", quopri.decodestring(b"\n".join(lines)).decode(errors="replace")


# Mail of every kind about people with names of its own: released, held, refused, incomplete, quarantined, an emergency; each with a telling subject.
WITH = demo.submission(
    recipients=["london-probation", "southwark-housing", "london-mental-health"],
    necessity=f"{WORDS[0]} lives at {WORDS[1]}",
    items=[
        {"title": f"About {WORDS[0]}, born {demo.nominals[0]['date_of_birth']}", "category": "RISK", "text": f"{WORDS[0]} was seen at {WORDS[1]}."},
        {"title": WORDS[2], "category": "HEALTH_CLIN", "owner": "london-mental-health", "document": "x"},
    ],
)
FILES = {WORDS[2]: ("application/pdf", b"%PDF-1.4\n% " + WORDS[0].encode() + b"\n%%EOF\n")}
before, sent = demo.sent(), 0
for change, lines in (
    ({}, ""),
    ({"nominal": None}, ""),
    ({"nominal": {"identifiers": [{"kind": "NAME", "value": WORDS[0]}]}}, ""),
    ({"necessity": None}, "Nominl: x\n"),
    ({}, f"Emergency: {WORDS[0]} is at {WORDS[1]}\nConfirm-Recipients: london-probation\n"),
):
    for n in (0, 1, 3):
        said = {**WITH, "nominal": demo.submission(about=n)["nominal"], **change}
        entity = styles.python(lines + block(said) + said["items"][0]["text"], [(name, *file) for name, file in FILES.items()])
        to = [demo.address(reader) for reader in said["recipients"]]
        mail = demo.mail(
            smime.encrypt(smime.sign_detached(entity, officer), demo.certificate),
            officer,
            to,
            said["items"][0]["title"],
            more=(("X-About", WORDS[0]),),
        )
        assert demo.send(mail, officer.address, to)[0] == 250
        sent += 1
demo.wait(lambda head: "@housing.example" in str(head["To"]), before, what="a notice to housing")
demo.wait(lambda head: head.get_content_type() == "application/pkcs7-mime", before, what="a sealed delivery")
for _ in range(600):
    if (
        len(
            [
                name
                for name, raw in demo.sent().items()
                if name not in before and demo.to(officer.address)(email.message_from_bytes(raw, policy=email.policy.default))
            ]
        )
        >= sent
    ):
        break
    time.sleep(0.1)
mails = demo.sent()
assert len(mails) - len(before) >= sent + 2, (len(before), len(mails))
found = {
    (name, where, needle)
    for name, mail in mails.items()
    for where, text in readable(mail)
    for needle, low in zip(NEEDLES, map(str.lower, NEEDLES))
    if low in text.lower()
}
assert not found, sorted(found)[:20]
# The looking itself finds what is hidden in each of these ways.
for hidden in (
    b"Subject: =?utf-8?B?" + base64.b64encode(WORDS[0].encode()) + b"?=\r\n\r\n",
    b"Subject: x\r\nX: " + base64.b64encode(b"x" * 20 + WORDS[0].encode()) + b"\r\n\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\nZebedee=20Quill=\r\nfeather",
    b"Subject: Zebedee\r\n Quillfeather\r\n\r\n",
):
    assert any(WORDS[0] in text for _, text in readable(hidden)), hidden
demo.lives()
print(f"{len(mails)} mails say nothing of anybody")

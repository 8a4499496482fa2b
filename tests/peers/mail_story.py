"""Secure email over a running demo, as officers send it: made by openssl, by endesive and in the ways of Thunderbird and Outlook.

usage: mail_story.py DEMO_DIR GATEWAY_BINARY
"""

import datetime, email, email.policy, email.utils, functools, json, re, time, zoneinfo
import smime, styles
from demo import database, multipart
from mail import block, core, pdf, peer, text_of, unlinked

demo = peer()
officer, guardian = demo.officer("met-police"), demo.user("london-mental-health", "caldicott")
SECRET = "Seen at the school gate, by the larch."
DOCUMENTS = {"report.pdf": ("application/pdf", pdf(b"% a report of the trust\n" * 40)), "plan.pdf": ("application/pdf", pdf(b"% a plan\n" * 9000))}
ITEMS = [
    {"title": "Visits to the school", "category": "RISK", "text": SECRET},
    {"title": "report.pdf", "category": "HEALTH_CLIN", "owner": "london-mental-health", "document": "report.pdf"},
    {"title": "plan.pdf", "category": "RISK", "document": "plan.pdf"},
]
READERS = ["london-probation", "southwark-housing"]
said = demo.submission(recipients=READERS, items=ITEMS)
GCM = functools.partial(smime.encrypt, cipher="aes-256-gcm", **({"oaep": "sha256"} if smime.is_rsa(demo.certificate) else {"kdf": "sha256"}))
CBC = smime.encrypt
MAKERS = {
    "openssl, detached, CBC": {"sign": smime.sign_as_openssl, "encrypt": smime.encrypt_as_openssl},
    "openssl, detached, GCM": {"encrypt": GCM},
    "openssl, AES-128": {"encrypt": functools.partial(smime.encrypt, cipher="aes-128-cbc")},
    "Outlook": {"style": styles.outlook, "sign": smime.sign_opaque, "encrypt": CBC, "more": styles.OUTLOOK},
    "Outlook, old types": {
        "style": styles.outlook,
        "sign": functools.partial(smime.sign_opaque, x=True),
        "encrypt": functools.partial(smime.encrypt, x=True),
    },
    "Thunderbird": {"style": styles.thunderbird, "encrypt": CBC, "more": styles.THUNDERBIRD, "headers_within": True, "bound": False},
    "Thunderbird, RFC 9788": {"style": styles.protected, "encrypt": GCM, "more": styles.THUNDERBIRD, "headers_within": True, "bound": False},
    "endesive": {"sign": smime.endesive_sign, "encrypt": CBC},
    "SHA-512": {"sign": functools.partial(smime.sign_opaque, digest="sha512")},
}
if smime.is_rsa(demo.certificate):
    MAKERS["openssl, PKCS#1"] = {"encrypt": smime.encrypt}
    MAKERS["endesive, both"] = {"sign": smime.endesive_sign, "encrypt": smime.endesive_encrypt}


def accepted(mail, to, sender=officer):
    code, words = demo.send(mail, sender.address, to)
    assert code == 250, (code, words)


def readers(view):
    """What each reader gets of an exchange: its items and their contents."""
    for agency in READERS:
        own = demo.exchange(agency, view["id"])
        yield [core(item) for item in own["items"]], demo.documents(agency, own, "spoc")


def shown(view):
    view = core(view)
    view["deliveries"] = sorted((one["recipient"], one["channel"]) for one in view["deliveries"])
    return view


# 1. The same content by the API and by each kind of mail makes the same exchange, and its sender has the proof and the reasons.
posted = None
for name, how in MAKERS.items():
    seen = demo.sent()
    mail, to = demo.sealed(said, officer, DOCUMENTS, **how)
    accepted(mail, to)
    event, receipt, _ = demo.receipt(officer, seen)
    assert event["kind"] == "exchange-recorded" and event["from"] == "met-police" and sorted(event["to"]) == sorted(READERS), (name, event)
    mailed = demo.exchange("met-police", event["exchange"])
    assert mailed["state"] == "released", (name, mailed)
    texts = [contents[0] for _, contents in readers(mailed)]
    assert all(text.decode().strip() == SECRET for text in texts), (name, texts)
    again = {**said, "items": [{**ITEMS[0], "text": texts[0].decode()}, *ITEMS[1:]]}
    status, answer, _ = demo["met-police"].ask("/api/v1/exchanges", multipart(again, **DOCUMENTS))
    posted = demo.exchange("met-police", json.loads(answer)["id"])
    assert status == 201 and shown(mailed) == shown(posted), (name, shown(mailed), shown(posted))
    assert list(readers(mailed)) == list(readers(posted)), name
    assert [contents[1:] for _, contents in readers(mailed)] == [[DOCUMENTS["plan.pdf"][1]]] * 2, name
    # 2. What was held or refused is said with the rules' words.
    for cell in mailed["decisions"]:
        if cell["outcome"] != "permit":
            assert all(rule["rule"] in receipt and " ".join(rule["title"].split()).rstrip(".") in receipt for rule in cell["rules"]), (
                name,
                cell,
                receipt,
            )
    assert {cell["outcome"] for cell in mailed["decisions"]} == {"permit", "hold", "refuse"}, mailed["decisions"]
    assert SECRET not in receipt and demo.nominals[0]["name"] not in receipt, receipt
first = mailed

# Layers the other way round and three times, two signers, two readers; by a relay that brings one mail once for each recipient.
spoc = demo.officer("met-police", "spoc")
for n, layers in enumerate(
    (
        lambda c: smime.sign_opaque(CBC(smime.sign_detached(c, officer), demo.certificate), officer),
        lambda c: smime.triple_wrap(c, officer, demo.certificate, demo.office("london-probation").certificate),
        lambda c: CBC(smime.sign_opaque(c, officer, spoc), demo.certificate),
        lambda c: GCM(smime.sign_detached(c, officer), demo.office("met-police").certificate, demo.certificate),
    )
):
    seen, before = demo.sent(), len(demo.exchanges("met-police"))
    to = [demo.address(reader) for reader in READERS]
    mail = demo.mail(layers(styles.python(block(said) + f"{SECRET} {n}", [(k, *v) for k, v in DOCUMENTS.items()])), officer, to)
    for one in to:
        accepted(mail, [one])
    event, *_ = demo.receipt(officer, seen)
    assert demo.exchange("met-police", event["exchange"])["state"] == "released", n
    assert len(demo.exchanges("met-police")) == before + 1, "one mail brought twice is one exchange"

# A body that is HTML alone is read as text; the original is kept, and is for a person to label. Rich Text is unpacked.
seen = demo.sent()
accepted(*demo.sealed({**said, "items": ITEMS[:1]}, officer, style=styles.outlook_html, sign=smime.sign_opaque))
event, *_ = demo.receipt(officer, seen)
view = demo.exchange("met-police", event["exchange"])
assert [item["media_type"].split(";")[0] for item in view["items"]] == ["text/plain", "text/html"], view["items"]
assert {cell["outcome"] for cell in view["decisions"] if cell["item"] == 2} == {"hold"}, view["decisions"]
assert demo.documents("london-probation", demo.exchange("london-probation", view["id"]), "spoc")[0].decode().strip() == SECRET
seen = demo.sent()
rich = {**said, "items": [ITEMS[0], ITEMS[2]]}
plan = ("plan.pdf", *DOCUMENTS["plan.pdf"])
entity = styles.winmail(block(rich) + SECRET, [plan])
accepted(
    demo.mail(CBC(smime.sign_opaque(entity, officer), demo.certificate), officer, [demo.address(reader) for reader in READERS]),
    [demo.address(READERS[0])],
)
event, *_ = demo.receipt(officer, seen)
view = demo.exchange("met-police", event["exchange"])
assert [item["media_type"].split(";")[0] for item in view["items"]] == ["text/plain", "application/pdf"], view["items"]
contents = demo.documents("london-probation", demo.exchange("london-probation", event["exchange"]), "spoc")
assert contents[1:] == [plan[2]], [content[:80] for content in contents]

# 2. What lacks something is kept and wants completing; the notice is one and the same whoever is, or is not, known.
pnc = said["nominal"]["identifiers"][0]
unclear = {
    "one identifier": {**said, "nominal": {"identifiers": [pnc]}},
    "nobody": {**said, "nominal": {"identifiers": [{"kind": "PNC", "value": "1999/1234567B"}]}},
    "two who differ": {**said, "nominal": {"identifiers": [pnc, {"kind": "DOB", "value": demo.nominals[1]["date_of_birth"]}]}},
    "no person": {**said, "nominal": None},
    "no purpose": {**said, "purpose": None},
}
notices = {}
for name, incomplete in unclear.items():
    seen = demo.sent()
    accepted(*demo.sealed(incomplete, officer, DOCUMENTS))
    event, words, raw = demo.receipt(officer, seen)
    view = demo.exchange("met-police", event["exchange"])
    assert view["state"] == "incomplete" and view["decisions"] == [], (name, view)
    head = demo.opened(raw, officer)[0]
    outer = demo.wait(demo.to(officer.address), seen)[0]
    shape = [
        (part.get_content_type(), len(part.get_payload(decode=True) or b"") if part.get_content_maintype() == "text" else 0) for part in head.walk()
    ]
    assert words.count(event["exchange"]) == 1, words
    words = words.replace(event["exchange"], "id")
    notices[name] = (re.sub(r"\[ref [^\]]*\]", "[ref]", outer["Subject"]), words, shape, sorted(outer.keys()), sorted(event), event["rules"])
    assert "https://" in words and SECRET not in words, words
assert len({str(notices[name]) for name in ("one identifier", "nobody", "two who differ")}) == 1, notices
assert len({str(notice[:3]) for notice in notices.values()}) == 1, notices
# Without any details at all, it is the same; the sender completes it by the API, and it goes.
seen = demo.sent()
bare = demo.mail(CBC(smime.sign_detached(styles.bare(SECRET), officer), demo.certificate), officer, demo.address("london-probation"))
accepted(bare, [demo.address("london-probation")])
event, words, _ = demo.receipt(officer, seen)
assert words.replace(event["exchange"], "id") == notices["nobody"][1], words
waits = demo.exchange("met-police", event["exchange"])
assert waits["state"] == "incomplete" and set(waits["missing"]) >= {"/nominal", "/purpose", "/necessity"}, waits
given = {name: said[name] for name in ("nominal", "purpose", "necessity", "bases")}
status, completed = demo["met-police"].json("/api/v1/exchanges/" + event["exchange"], given, method="PATCH")
assert status == 200 and completed["state"] in ("released", "held"), completed

# 3. The agency with secure mail has what was permitted, sealed to its certificate as well as that allows, signed by the gateway.
seen, probation = demo.sent(), demo.office("london-probation")
accepted(*demo.sealed(said, officer, DOCUMENTS))
event, *_ = demo.receipt(officer, seen)
head, raw = demo.wait(
    lambda head: "@probation.example" in str(head["To"]) and head.get_content_type() == "application/pkcs7-mime", seen, what="a delivery to probation"
)
part, layers = demo.opened(raw, probation)
assert layers == ["authEnveloped-data", "signed"], layers
algorithms = smime.printed(raw)
assert (
    "aes-256-gcm" in algorithms and ("rsaesOaep" if smime.is_rsa(probation.certificate) else "dhSinglePass-stdDH-sha256kdf") in algorithms
), algorithms[:3000]
files = {one.get_filename(): one.get_payload(decode=True) for one in part.walk() if one.get_filename()}
assert files == {"plan.pdf": DOCUMENTS["plan.pdf"][1]}, list(files)
assert SECRET in text_of(part) and "report" not in text_of(part), text_of(part)
assert "[ref " in head["Subject"] and SECRET not in head.as_string()
original = demo.exchange("met-police", event["exchange"])

# Its reply, by the reference in the subject, by References alone, or by the exchange's id, joins the thread and inherits.
answer_to = [email.utils.parseaddr(head["Reply-To"] or head["From"])[1]]
quoted = {
    "the subject": ("RE: " + head["Subject"], (), ""),
    "References": (
        "Your mail",
        (("In-Reply-To", head["Message-ID"]), ("References", " ".join(filter(None, [head["References"], head["Message-ID"]])))),
        "",
    ),
    "Message-ID": ("Your mail", (("In-Reply-To", head["Message-ID"]), ("References", head["Message-ID"])), ""),
    "its id": ("Your mail", (), f"Reply-To-Exchange: {original['id']}\n"),
}
helen = demo.officer("london-probation")
for name, (subject, more, line) in quoted.items():
    for sender in (helen, probation):
        seen = demo.sent()
        text = f"Category: RISK\nNecessity: to answer what was asked\n{line}\nHe has moved on ({name}).\n\n> {SECRET}\n"
        entity = smime.encrypt(smime.sign_detached(styles.python(text), sender), demo.certificate)
        accepted(demo.mail(entity, sender, answer_to, subject, more=more), answer_to, sender)
        event, *_ = demo.receipt(sender, seen)
        reply = demo.exchange("london-probation", event["exchange"])
        assert reply["in_reply_to"] == original["id"] and reply["state"] == "released", (name, reply)
        assert all(reply[word] == original[word] for word in ("nominal", "purpose", "bases")), (name, reply)
        assert [one["recipient"] for one in reply["deliveries"]] == ["met-police"], (name, reply["deliveries"])
# Another agency's words with that reference join nothing.
seen = demo.sent()
youth = demo.officer("southwark-youth")
entity = smime.encrypt(smime.sign_detached(styles.python("Category: RISK\n\nAnd to me?\n"), youth), demo.certificate)
accepted(demo.mail(entity, youth, demo.address("met-police"), "RE: " + head["Subject"]), [demo.address("met-police")], youth)
event, *_ = demo.receipt(youth, seen)
stranger = demo.exchange("southwark-youth", event["exchange"])
assert stranger["in_reply_to"] is None and stranger["nominal"] is None and stranger["state"] == "incomplete", stranger

# 4. An agency with none is told in clear that something waits, and nothing else; how urgent it is.
housing = lambda head: "@housing.example" in str(head["To"])
texts = set()
for n, urgent in enumerate((None, None, "he has said that he will go there this afternoon")):
    seen = demo.sent()
    about = demo.submission(about=n % 2, recipients=READERS, items=[{**ITEMS[0], "text": f"{SECRET} {n}"}])
    lines = f"Emergency: {urgent}\nConfirm-Recipients: {', '.join(READERS)}\n" if urgent else ""
    entity = smime.encrypt(smime.sign_detached(styles.python(lines + block(about) + about["items"][0]["text"]), officer), demo.certificate)
    to = [demo.address(reader) for reader in READERS]
    accepted(demo.mail(entity, officer, to), to)
    event, *_ = demo.receipt(officer, seen)
    assert demo.exchange("met-police", event["exchange"])["state"] == "released"
    head, raw = demo.wait(housing, seen, what="a notice to housing")
    part, layers = demo.opened(raw)
    words = text_of(part)
    assert layers == ["signed"] and "waits" in words, (layers, words)
    assert ("act by" in head["Subject"] and "act by" in words) if urgent else ("routine" in head["Subject"] and "routine" in words), (
        head["Subject"],
        words,
    )
    texts.add((re.sub(r"\[ref [^\]]*\]", "", head["Subject"]), unlinked(words)) if not urgent else ("", unlinked(words)))
    for private in (
        SECRET,
        "school",
        *(str(value) for nominal in demo.nominals for value in (nominal["name"], nominal["date_of_birth"], nominal["pnc_id"])),
    ):
        assert private not in raw.decode(errors="replace") and private not in part.as_string(), private
assert len(texts) == 2, texts
assert len([1 for head in demo.sent() if head not in seen]) >= 2

# 5. Whoever has to decide about what is held is told in clear that it waits, and by when: once for an exchange, whatever is held and however much;
# again when the hold's clock reminds; and when it passes on, the coordinator is. Who has sent it, or has left, is not told.
coordinator = demo.user("london-coordination", "coordinator")
health = {"title": "report", "category": "HEALTH_CLIN", "owner": "london-mental-health", "text": f"{SECRET} And his health."}


def notices_of(holds, address, seen):
    """The opened notices of a hold for an address, beyond those seen: (subject, words)."""
    heads = [(name, email.message_from_bytes(raw, policy=email.policy.default), raw) for name, raw in demo.sent().items() if name not in seen]
    mine = [(head, raw) for _, head, raw in heads if demo.to(address)(head) and "decision" in head["Subject"]]
    parts = [(head, *demo.opened(raw)) for head, raw in mine]
    for head, part, layers in parts:
        assert layers == ["signed"] and "[ref" not in head["Subject"] and not head["References"], head.as_string()
        known = [hold[word] for hold in holds for word in ("id", "exchange", "recipient", "role")]
        for private in (SECRET, "health", "report", "ISP-", "HEALTH", *known, *(nominal["name"] for nominal in demo.nominals)):
            assert private not in unlinked(part.as_string()) and private not in head["Subject"], (private, part.as_string())
    return [(head["Subject"], text_of(part)) for head, part, _ in parts]


def held_at(agency, person, exchange):
    return [hold for hold in demo[agency].all("/api/v1/holds", "holds", person) if hold["exchange"] == exchange]


def waiting(which):
    """How many exchanges wait at how many agencies by such holds: one notice each."""
    records = database(demo.folder)
    try:
        return len(records.rows(f"select distinct exchange, agency from hold where state = 'open' and {which}"))
    finally:
        records.close()


def settles(what, count):
    """What there is, once there is so much of it; and no more comes."""
    end = time.monotonic() + 60
    while len(what()) < count and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(2.5)
    assert len(what()) == count, (count, what())
    return what()


new = ("user", "add", "--agency", "london-mental-health", "--role", "caldicott")
former, deputy = "former.guardian@health.gsi.gov.uk", "deputy.guardian@" + guardian.partition("@")[2]
demo.run(*new, former, "--name", "Former Placeholder")
demo.run(*new, deputy, "--name", "Deputy Placeholder", "--deputy")
seen = demo.sent()
status, sent = demo["met-police"].json("/api/v1/exchanges", demo.submission(recipients=READERS, items=[health, {**health, "text": SECRET}]))
assert status == 201 and sent["state"] == "held", sent
holds = held_at("london-mental-health", guardian, sent["id"])
assert len(holds) >= 2, holds
((subject, words),) = settles(lambda: notices_of(holds, guardian, seen), 1)
at = datetime.datetime.fromisoformat(min(hold["due"] for hold in holds).replace("Z", "+00:00")).astimezone(zoneinfo.ZoneInfo("Europe/London"))
assert f"act by {at:%H:%M}" in subject and f"{at.day} {at:%B %Y}" in subject and f"{at:%H:%M}" in words and "https://" in words, (subject, words, at)
assert not any(notices_of(holds, other, seen) for other in (coordinator, officer.address, former, deputy))
# What an emergency let through is looked at afterwards, at once; what is decided opens no second notice.
seen = demo.sent()
urgent = {"statement": "he has said that he will go there this afternoon", "confirm_recipients": READERS[:1]}
spoc = demo.user("met-police", "spoc")
status, rushed = demo["met-police"].json("/api/v1/exchanges", demo.submission(recipients=READERS[:1], items=[health], emergency=urgent), person=spoc)
assert status == 201, rushed
after = held_at("london-mental-health", guardian, rushed["id"])
settles(lambda: notices_of(after, guardian, seen), len({hold["exchange"] for hold in after}))
# An exchange that is completed holds then, and tells then.
seen = demo.sent()
status, waits = demo["met-police"].json("/api/v1/exchanges", demo.submission(recipients=READERS[:1], items=[health], necessity=None))
assert status == 201 and waits["state"] == "incomplete" and notices_of([], guardian, seen) == [], waits
status, waits = demo["met-police"].json("/api/v1/exchanges/" + waits["id"], {"necessity": "he is to be seen"}, method="PATCH")
assert status == 200 and waits["state"] == "held", waits
settles(lambda: notices_of(held_at("london-mental-health", guardian, waits["id"]), guardian, seen), 1)
# The clock: reminded of, the same words; then it passes on, and the coordinator is told. The first is decided, and nobody is reminded of it.
for hold in holds:
    status, _ = demo["london-mental-health"].json(
        f"/api/v1/holds/{hold['id']}", {"decision": "refuse", "reasons": "not without his consent"}, person=guardian
    )
    assert status in (200, 409), status
seen = demo.sent()
still = held_at("london-mental-health", guardian, waits["id"])
demo.advance("P1DT9H")
settles(lambda: notices_of(still, guardian, seen), waiting("after = 0 and agency = 'london-mental-health'"))
seen = demo.sent()
demo.advance("P4D")
settles(lambda: notices_of(still, coordinator, seen), waiting("after = 0"))
assert len(notices_of(still, deputy, seen)) == waiting("after = 0 and agency = 'london-mental-health'")
# A retired domain may be somebody else's by now: nothing goes there, ever. While its guardian is away, the deputy is told in the stead.
assert not any(demo.to(former)(email.message_from_bytes(raw, policy=email.policy.default)) for raw in demo.sent().values())
until = demo.now() + datetime.timedelta(days=3)
demo.run("user", "away", guardian, "--from", f"{demo.now():%Y-%m-%dT%H:%M:%SZ}", "--until", f"{until:%Y-%m-%dT%H:%M:%SZ}")
seen = demo.sent()
status, sent = demo["met-police"].json("/api/v1/exchanges", demo.submission(recipients=READERS[:1], items=[health]))
assert status == 201 and sent["state"] == "held", sent
settles(lambda: notices_of([], deputy, seen), 1)
assert notices_of([], guardian, seen) == []

demo.lives()
demo.run("ledger", "verify", "--key", demo.key)
print("the mail story holds")

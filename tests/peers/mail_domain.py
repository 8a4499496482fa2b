"""Mail that its domain proves: signed by DKIM with dkimpy, aligned as DMARC asks, brought by a relay that is trusted; and the DKIM signature on
what the gateway sends, checked by dkimpy. What a domain proves is enough for some kinds of item and not for others; what it does not prove is kept
apart, and outside all of it is answered alike.

usage: mail_domain.py FOLDER GATEWAY_BINARY
"""

import datetime, json, pathlib, re, smtplib, sys, time
import dkim_tools, postfix, smime, styles
from demo import database, multipart
from dkim_tools import Key, sign
from mail import block, core, pdf
from mail_sent import Relay, changed, kinds
from postfix import until
from running import Gateway

RSA, ED = "rsa-sha256", "ed25519-sha256"
RELAXED, SIMPLE = ("relaxed", "relaxed"), ("simple", "simple")
EXCHANGE = ["from", "date", "subject", "message-id", "content-type", "mime-version"]
folder = pathlib.Path(sys.argv[1])
# Keys of the demo's domains and of a stranger's; one of the domains has no policy.
rsa, ed, below = Key(RSA, "r2026", "police.example"), Key(ED, "e2026", "police.example"), Key(RSA, "s1", "mail.police.example")
other, stranger, youth = Key(RSA, "s1", "probation.example"), Key(RSA, "s1", "elsewhere.example"), Key(ED, "s1", "youth.example")
strict, strictly_below = Key(RSA, "s1", "children.example"), Key(RSA, "s1", "mail.children.example")
tries, unpublished = Key(RSA, "t2026", "police.example", flags="t=y; "), Key(RSA, "r2026", "police.example")
RECORDS = {key.name: key.record for key in (rsa, ed, below, other, stranger, youth, strict, strictly_below, tries)}
RECORDS |= {f"_dmarc.{domain}": "v=DMARC1; p=reject" for domain in ("police.example", "probation.example", "elsewhere.example")}
RECORDS["_dmarc.children.example"] = "v=DMARC1; p=reject; adkim=s"


def publish():
    """What the gateway finds in place of the DNS; it reads it when it starts."""
    (folder / "dns.toml").write_text("".join(f"{json.dumps(name)} = {json.dumps(text)}\n" for name, text in RECORDS.items()))


publish()
gateway = Gateway(folder, sys.argv[2])
demo = gateway.start()
officer, manager, youth_officer = demo.officer("met-police"), demo.officer("met-police", "manager"), demo.officer("southwark-youth")
social_worker = demo.officer("southwark-children")
READER = "london-probation"
TO = [demo.address(READER)]
SECRET = "Seen at the school gate, by the larch."
PLAN = pdf(b"% a plan\n" * 3000)
KEPT_AS = re.compile(rb"(2\.0\.0 kept as )[0-9a-f-]+")
answers, wrong = set(), set()


def written(text=SECRET, sender=officer, items=None, files=(), sealed=False, bound=True, to=TO, style=styles.python, **more):
    """A mail that nobody has signed: in clear, or sealed to the gateway."""
    said = content(text, items)
    entity = style(block(said, bound) + text, [(name, "application/pdf", octets) for name, octets in dict(files).items()])
    return demo.mail(smime.encrypt(entity, demo.certificate) if sealed else entity, sender, to, **more)


def content(text=SECRET, items=None):
    first = {"title": "Visits to the school", "category": "RISK", "text": text}
    return demo.submission(recipients=[READER], items=[first] if items is None else items)


def signed(mail, *keys, **how):
    """A mail with its domain's signatures before it."""
    for key in keys or (rsa,):
        mail = sign(mail, key, how.pop("at", None) or demo.now(), **how)
    return mail


def bring(mail, sender=officer, to=TO, host="127.0.0.1", port=None):
    """Hands it in as a relay at `host` does; whatever it is, it is answered as any other."""
    with smtplib.SMTP("127.0.0.1", port or demo.port, "relay.police.example", 120, (host, 0)) as wire:
        wire.ehlo()
        assert wire.mail(sender.address)[0] == 250
        assert all(wire.rcpt(one)[0] == 250 for one in to)
        code, words = wire.data(mail)
    assert code == 250 and KEPT_AS.fullmatch(words), (code, words)
    answers.add(KEPT_AS.sub(rb"\1", words))


def row(sql):
    records = database(demo.folder)
    try:
        return records.rows(sql)[0]
    finally:
        records.close()


def counted(table):
    return row(f"select count(*) from {table}")[0]


def kept():
    """How many exchanges there are, mails kept apart, deliveries, and mails that tell somebody of something else."""
    return [counted(table) for table in ("exchange", "quarantine", "delivery", "mail_out where kind not in ('delivery', 'notice')")]


def proof(exchange):
    """By what word the records have its sender proved."""
    return row(f"select proof from exchange where id = '{exchange}'")[0]


def apart(what, mail, reason="sender-not-proved", passes=False, **how):
    """It is kept apart with this reason, is nobody's exchange, and is answered to nobody; `passes`: dkimpy believes its signature."""
    assert dkim_tools.passes(mail, RECORDS) == passes, (what, mail[:2000])
    before = kept()
    bring(mail, **how)
    time.sleep(0.3)
    assert [now - was for now, was in zip(kept(), before)] == [0, 1, 0, 0], (what, before, kept())
    assert demo.apart()[-1][0] == reason, (what, demo.apart()[-1])
    demo.lives()


def taken(what, mail, sender=officer, agency="met-police", **how):
    """It is an exchange of the sender's, which its domain proved: (as the sender's agency sees it, what the answer by mail says)."""
    before, seen = kept(), demo.sent()
    bring(mail, sender, **how)
    assert [now - was for now, was in zip(kept(), before)][:2] == [1, 0], (what, before, kept(), demo.apart()[-1:])
    event, words, _ = demo.receipt(sender, seen)
    assert event["from"] == agency and proof(event["exchange"]) == "dkim-dmarc", (what, event, proof(event["exchange"]))
    return demo.exchange(agency, event["exchange"]), words


def nothing_more(what, mail, **how):
    """It is one that has come before: no exchange, nothing kept apart, nobody is told of it."""
    before = kept()
    bring(mail, **how)
    time.sleep(0.3)
    assert kept() == before, (what, before, kept())


def posted(said, **documents):
    """The same by the API."""
    status, answer, _ = demo["met-police"].ask("/api/v1/exchanges", multipart(said, **documents))
    assert status == 201, (status, answer)
    return demo.exchange("met-police", json.loads(answer)["id"])


def shown(view):
    view = core(view)
    view["deliveries"] = sorted((one["recipient"], one["channel"]) for one in view["deliveries"])
    return view


def read(view):
    """What the recipient gets of an exchange: its items and their contents."""
    own = demo.exchange(READER, view["id"])
    return [core(item) for item in own["items"]], demo.documents(READER, own, "spoc")


def at_rest():
    """What was mailed, once what those before it are told has gone too."""
    before = None
    while before is None or demo.sent().keys() != before.keys():
        before = demo.sent()
        time.sleep(1.5)
    return before


def unread(view):
    """Nothing of an exchange is the recipient's to read or to know of."""
    connection, person = demo[READER], demo.user(READER, "spoc")
    assert connection.json("/api/v1/exchanges/" + view["id"])[0] == 404
    assert all(connection.ask(f"/api/v1/exchanges/{view['id']}/documents/{item['n']}", person=person)[0] == 404 for item in view["items"])
    assert view["id"] not in {one["exchange"] for one in demo[READER].all("/api/v1/inbox", "deliveries")}
    assert view["id"] not in {one["id"] for one in demo[READER].all("/api/v1/exchanges", "exchanges")}


# 1. By either kind of key, in clear or sealed, canonicalised in each way, it is an exchange like any other, and as the same content by the API.
for n, (what, mail) in enumerate(
    {
        "RSA": lambda text: signed(written(text)),
        "RSA, simple": lambda text: signed(written(text), canonical=SIMPLE),
        "RSA, sealed": lambda text: signed(written(text, sealed=True), canonical=RELAXED),
        "Ed25519": lambda text: signed(written(text), ed),
        "Ed25519, sealed, simple": lambda text: signed(written(text, sealed=True), ed, canonical=SIMPLE),
        "both": lambda text: signed(written(text), rsa, ed),
        "by a host of the domain": lambda text: signed(written(text), below),
        "as Thunderbird writes it": lambda text: signed(written(text, style=styles.thunderbird, more=styles.THUNDERBIRD)),
        "as Outlook writes it": lambda text: signed(written(text, style=styles.outlook, more=styles.OUTLOOK), ed, canonical=RELAXED),
        "not yet expired by the gateway's clock": lambda text: signed(written(text), more=[("x", int(demo.now().timestamp()) + 3600)]),
        "beside one that is broken": lambda text: signed(signed(written(text)), other).replace(b"d=probation.example", b"d=elsewhere.example", 1),
        "covering what Exchange Online covers": lambda text: signed(written(text), include=EXCHANGE, canonical=RELAXED),
        "in capitals": lambda text: signed(written(text).replace(officer.address.encode(), officer.address.upper().encode())),
        "for whom its envelope is": lambda text: signed(written(text, bound=False)),
        "from the agency's own address": lambda text: signed(written(text, demo.office("met-police"))),
    }.items()
):
    text = f"{SECRET} {n}"
    made = mail(text)
    # dkimpy goes by the system's clock, and looks at the uppermost signature.
    assert dkim_tools.passes(made, RECORDS) != what.startswith(("beside", "not yet")), what
    sender = demo.office("met-police") if "agency's own" in what else officer
    view, words = taken(what, made, sender)
    assert view["state"] == "released" and SECRET not in words, (what, view, words)
    items, (as_read,) = read(view)
    assert as_read.decode().strip() == text, (what, as_read)
    same = posted(content(as_read.decode()))
    assert shown(view) == shown(same), (what, shown(view), shown(same))
    assert (items, [as_read]) == read(same), what
# What is for a person to label is held, as by the API.
UNLABELLED = [{"title": "Visits to the school", "category": "RISK", "text": SECRET}, {"title": "plan.pdf", "document": "plan.pdf"}]
view, words = taken("an attachment with no category", signed(written(items=UNLABELLED, files={"plan.pdf": PLAN})))
same = posted(content(items=[{**UNLABELLED[0], "text": SECRET + "\n"}, UNLABELLED[1]]), **{"plan.pdf": ("application/pdf", PLAN)})
assert shown(view) == shown(same), (shown(view), shown(same))
assert [cell["outcome"] for cell in view["decisions"]] == ["permit", "hold"], view["decisions"]
assert read(view) == read(same), (read(view), read(same))

# 2. What is dearest is not left to a domain: it waits, unread, until the sender has confirmed it; then it goes as the same by the API.
for category in ("INTEL", "VICTIM", "HEALTH_RISK", "HEALTH_CLIN"):
    text = f"{SECRET} {category}"
    alone = [{"title": "Visits to the school", "category": category, "text": text}]
    attached = [{**UNLABELLED[0], "text": text}, {**UNLABELLED[1], "category": category}]
    for key, items, files in ((rsa, alone, {}), (ed, attached, {"plan.pdf": PLAN})):
        view, words = taken(category, signed(written(text, items=items, files=files, sealed=key is ed), key))
        assert view["state"] == "incomplete" and view["decisions"] == [] and view["deliveries"] == [], (category, view)
        assert view["missing"] == [f"/items/{len(items) - 1}/category"], (category, view["missing"])
        assert "https://" in words and text not in words, (category, words)
        unread(view)
        before = at_rest()
        time.sleep(1.5)
        assert demo.sent().keys() == before.keys(), "something of it was mailed"
        status, _ = demo["met-police"].json("/api/v1/exchanges/" + view["id"], {}, method="PATCH")
        again = [{**items[0], "text": text + "\n"}, *items[1:]]
        same = posted(content(items=again), **{name: ("application/pdf", octets) for name, octets in files.items()})
        view = demo.exchange("met-police", view["id"])
        assert status == 200 and shown(view) == shown(same), (category, shown(view), shown(same))
        assert view["state"] != "incomplete" and view["decisions"], (category, view)

# 3. Not believed: each kept apart alike.
good = signed(written())
assert dkim_tools.passes(good, RECORDS)
apart("changed after it was signed", good.replace(b"larch", b"beech"))
apart("more of it", good + b"And at the pool.\r\n")
apart("another subject", good.replace(b"Subject: Visits", b"Subject: Visit5"))
apart("another Message-ID", re.sub(rb"(Message-ID: <)....", rb"\g<1>0000", good))
apart("a colleague's From", good.replace(officer.mailbox.encode(), manager.mailbox.encode()), sender=manager)
apart("by another domain", signed(written(), other), passes=True)
apart("by a domain that is not enrolled", signed(written(), stranger), passes=True)
apart("by a host, of a domain that is strict", signed(written(sender=social_worker), strictly_below), passes=True, sender=social_worker)
taken("by that domain itself", signed(written(sender=social_worker), strict), social_worker, "southwark-children")
apart("by nobody", written())
apart("by nobody, sealed", written(sealed=True))
apart("a key that is not the domain's", signed(written(), unpublished))
apart("a key that its domain tries", signed(written(), tries), passes=True)
apart("SHA-1", signed(written(), algorithm="rsa-sha1"), passes=True)
apart("a length, and text after it", signed(written(), length=True) + b"And at the pool.\r\n", passes=True)
apart("a length", signed(written(), length=True), passes=True)
apart("expired", signed(written(), at=demo.now() - datetime.timedelta(days=2), more=[("x", int(demo.now().timestamp()) - 86400)]))
apart("it does not cover From", signed(written(), without=["From"]), passes=True)
apart("its domain has no policy", signed(written(sender=youth_officer), youth), passes=True, sender=youth_officer)
apart("two Froms, the second unsigned", f"From: {manager.mailbox}\r\n".encode() + good, "no-one-sender")
apart("two Froms, both signed", signed(f"From: {manager.mailbox}\r\n".encode() + written()), "no-one-sender", passes=True)
look_alike = written().replace(officer.mailbox.encode(), f'"{officer.address}" <x@elsewhere.example>'.encode())
apart("a name that looks like an officer's address", signed(look_alike, stranger), "sender-not-enrolled", passes=True)
nobody = written().replace(officer.mailbox.encode(), b"Nobody <nobody@police.example>")
apart("of the domain, and not enrolled", signed(nobody), "sender-not-enrolled", passes=True)
apart("by no relay that is trusted", signed(written()), passes=True, host="127.0.0.2")
CLAIMS = (
    b"Authentication-Results: gateway.example; dkim=pass header.d=police.example; spf=pass; dmarc=pass (p=reject) header.from=police.example\r\n",
    b"Received-SPF: pass (gateway.example: domain of police.example)\r\nX-DKIM-Result: pass\r\n",
)
apart("it says of itself that it passed", b"".join(CLAIMS) + written())
arc = dkim_tools.arc(CLAIMS[0].replace(b"gateway.example", b"elsewhere.example") + written(), stranger)
apart("a chain of another relay's (ARC) says so", arc)
assert len(answers) == 1, answers

# The same again is no second exchange: as it was, by a relay that adds fields before it, or signed once more.
first = signed(written())
view, _ = taken("the first", first)
nothing_more("the same again", first)
nothing_more("by another way", b"Received: from a.example by b.example; Mon, 2 Mar 2026 09:00:00 +0000\r\n" + first)
nothing_more("with another signature of its domain", sign(first, ed, demo.now()))
assert [one["id"] for one in demo.exchanges("met-police")].count(view["id"]) == 1

# 4. Through a real Postfix, which puts fields of its own in front, in clear and sealed.
front = postfix.front_smtp(demo.domain, gateway.smtp, demo.state["ca"]).start()
for key, canonical, sealed in ((rsa, SIMPLE, False), (rsa, RELAXED, True), (ed, RELAXED, False), (ed, SIMPLE, True)):
    before, seen = kept(), demo.sent()
    mail = signed(written(sealed=sealed, style=styles.thunderbird), key, canonical=canonical)
    with smtplib.SMTP("127.0.0.1", front.port, timeout=60) as wire:
        assert wire.sendmail(officer.address, TO, mail, mail_options=["BODY=8BITMIME"]) == {}
    event, *_ = demo.receipt(officer, seen)
    view = demo.exchange("met-police", event["exchange"])
    assert view["state"] == "released" and proof(view["id"]) == "dkim-dmarc", (key.algorithm, view)
    assert read(view)[1][0].decode().strip() == SECRET, read(view)
with smtplib.SMTP("127.0.0.1", front.port, timeout=60) as wire:
    wire.sendmail(officer.address, TO, signed(written()).replace(b"larch", b"beech"))
until(lambda: not front.queue() and kept()[1] == before[1] + 1, lambda: (front.log(), kept(), before))
assert "Verified TLS connection established to" in front.log(), front.log()
front.stop()

# 5. In service, with no relay that is trusted: a domain proves nothing. What goes out is signed for the gateway's domain.
gateway.end()
relay = Relay()
own = {algorithm: Key(algorithm, f"g-{algorithm.partition('-')[0]}", demo.domain) for algorithm in (RSA, ED)}
DNS = {key.name: key.record for key in own.values()}


def configured(text, key, relays):
    (folder / "dkim.pem").write_bytes(key.pem)
    return changed(
        text, trusted_relays=relays, relay={"host": "127.0.0.1", "port": relay.port, "tls": False}, dkim={"selector": key.selector, "key": "dkim.pem"}
    )


def of_the_gateway(mail, key):
    """The signature holds, for the gateway's domain, and nothing that is read can be changed or added."""
    tags = dkim_tools.verified(mail, DNS)
    assert (tags["d"], tags["s"], tags["a"]) == (demo.domain, key.selector, key.algorithm) and "l" not in tags, tags
    for field in ("from", "subject", "to", "date", "message-id", "mime-version", "content-type"):
        assert tags["h"].count(field) == 2, (field, tags["h"])
        assert not dkim_tools.passes(f"{field}: x\r\n".encode() + mail, DNS), field
    assert not dkim_tools.passes(mail + b"x\r\n", DNS) and not dkim_tools.passes(mail.replace(b"\r\nSubject: ", b"\r\nSubject: x", 1), DNS)
    if dkim_tools.passes(b"Reply-To: x@elsewhere.example\r\n" + mail, DNS):
        wrong.add("a mail of the gateway's says where replies go, and its signature holds")
    assert not dkim_tools.passes(mail, {name: record for name, record in DNS.items() if name != key.name})


gateway.serve(lambda text: configured(text, own[RSA], []))
demo = gateway.start()
unbelieved = signed(written())
apart("brought by no relay that is trusted", unbelieved, passes=True)
relay.answer = lambda to: "451 4.3.0 come again"
both = demo.submission(recipients=[READER, "southwark-housing"])
for said in (both, {**both, "nominal": None}):
    mail, to = demo.sealed(said, officer)
    assert demo.send(mail, officer.address, to)[0] == 250
until(lambda: len(relay.by_id()) == 4, lambda: (len(relay.by_id()), demo.words()[-3000:]))
until(lambda: sorted(kinds(folder, "status = '4.3.0'")) == ["delivery", "incomplete", "notice", "receipt"], lambda: kinds(folder, "1 = 1"))
gateway.kill()
relay.answer = lambda to: None
demo = gateway.start()
until(lambda: all(len(copies) == 2 for copies in relay.by_id().values()), lambda: (relay.by_id().keys(), demo.words()[-3000:]), 180)
for copies in relay.by_id().values():
    assert copies[0] == copies[1], "a mail was sent again as another"
    of_the_gateway(copies[1], own[RSA])
assert sorted(kinds(folder, "state = 'sent'", relay.by_id())) == ["delivery", "incomplete", "notice", "receipt"]

# What could not be delivered is told in a mail that is signed as well; and with another key it is that key's signature.
before = relay.by_id()
relay.answer = lambda to: "550 5.1.1 no such mailbox" if to.endswith("@probation.example") else None
mail, to = demo.sealed(both, officer)
assert demo.send(mail, officer.address, to)[0] == 250
new = lambda: {id: copies for id, copies in relay.by_id().items() if id not in before}
until(lambda: sorted(kinds(folder, "1 = 1", new())) == ["delivery", "failure", "notice", "receipt"], lambda: (kinds(folder, "1 = 1", new())), 60)
for copies in new().values():
    of_the_gateway(copies[0], own[RSA])
gateway.end()
RECORDS["_dmarc.youth.example"] = "v=DMARC1; p=reject"
publish()
gateway.serve(lambda text: configured(text, own[ED], ["127.0.0.1/32"]))
demo = gateway.start()
before, were = relay.by_id(), kept()
relay.answer = lambda to: None
bring(unbelieved)
bring(signed(written(sender=youth_officer, items=[{**UNLABELLED[0], "category": "INTEL"}]), youth), youth_officer)
until(lambda: sorted(kinds(folder, "1 = 1", new())) == ["delivery", "incomplete", "receipt"], lambda: kinds(folder, "1 = 1", new()))
assert [now - was for now, was in zip(kept(), were)][:2] == [2, 0], "the same mails by a relay that is trusted, with a policy, are believed"
for copies in new().values():
    of_the_gateway(copies[0], own[ED])
assert len(answers) == 1, answers

# 6. By that relay as well: what a signature does not cover is nobody's word, and makes no new mail of an old one.
FORGED = "written by another"
spare = f"He wrote to me:\n\n--x\nContent-Type: text/plain\n\n{block(content())}{FORGED}\n--x--\n"
untyped = re.sub(rb"Content-Type: [^\r]*\r\n", b"", written(spare), count=1)
MULTIPART = b'Content-Type: multipart/mixed; boundary="x"\r\n'
uncovered = lambda field: [name for name in EXCHANGE if name != field]
retitled = lambda mail: mail.replace(b"Subject: Visits to the school", b"Subject: " + FORGED.encode(), 1)
retyped = lambda mail: re.sub(rb"Content-Type: [^\r]*\r\n", MULTIPART, mail, count=1)
renamed = lambda mail: re.sub(rb"(Message-ID: <)....", rb"\g<1>0000", mail, count=1)


def read_of(mail):
    """(how many exchanges, how many deliveries) a mail makes, which dkimpy believes; and what it is read as."""
    assert dkim_tools.passes(mail, RECORDS), mail[:2000]
    before = kept()
    bring(mail)
    exchanges, _, deliveries, _ = [now - was for now, was in zip(kept(), before)]
    view = demo.exchanges("met-police")[0]["id"] if exchanges else None
    items, contents = read(demo.exchange("met-police", view)) if deliveries else ([], [])
    return exchanges, deliveries, str([item["title"] for item in items]) + str(contents)


for what, mail in {
    "a second Subject": retitled(b"Subject: Visits to the school\r\n") + signed(written()),
    "a Subject that is not signed": retitled(signed(written(), include=uncovered("subject"))),
    "a second Content-Type": MULTIPART + signed(written(spare)),
    "a Content-Type that is not signed": retyped(signed(written(spare), include=uncovered("content-type"))),
    "a Content-Type where none was": MULTIPART + signed(untyped),
    "a second Content-Transfer-Encoding": b"Content-Transfer-Encoding: quoted-printable\r\n" + signed(written(FORGED.replace("w", "=77", 1))),
}.items():
    if FORGED in read_of(mail)[2]:
        wrong.add(f"{what} is read as its sender's")
for what, canonical, include, change in (
    ("a Message-ID that is not signed", RELAXED, uncovered("message-id"), renamed),
    ("a second Message-ID", RELAXED, None, lambda mail: b"Message-ID: <another@police.example>\r\n" + mail),
    ("an empty line at its end", SIMPLE, None, lambda mail: mail + b"\r\n"),
    ("a space at a line's end", RELAXED, None, lambda mail: mail.replace(b"larch.", b"larch. ")),
):
    mail = signed(written(), canonical=canonical, include=include)
    assert read_of(mail)[:2] == ((1, 1) if include is None else (0, 0)), what
    if read_of(change(mail))[:2] != (0, 0):
        wrong.add(f"with {what} the same signed mail is another exchange")
long_ago = demo.now() - datetime.timedelta(days=60)
if read_of(signed(written(date=long_ago), at=long_ago))[1]:
    wrong.add("what was signed two months ago, for whoever it came to, goes on without the sender")
relay.stop()
gateway.end()
demo.run("ledger", "verify", "--key", demo.key)
assert "panicked" not in demo.words()
assert not wrong, "\n".join(sorted(wrong))
print("a domain proves what it can and no more, and what goes out proves itself")

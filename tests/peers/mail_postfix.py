"""Through a real Postfix on both sides: in front by SMTP and by LMTP, behind as the relay; the relay down, the gateway killed in between.
Nothing is lost, nothing doubled, what is sent again is the same to the byte, and what could not be delivered is told to its sender.

usage: mail_postfix.py FOLDER GATEWAY_BINARY
"""

import email, email.policy, pathlib, smtplib, sys, threading, time
import postfix, smime, styles
from authority import SERVER, Authority
from mail import block, pdf, text_of, unlinked
from postfix import until
from running import Gateway

PORT = postfix.free_port()
gateway = Gateway(*sys.argv[1:3], "--relay", f"127.0.0.1:{PORT}")
demo = gateway.start()
officer, probation = demo.officer("met-police"), demo.office("london-probation")
READERS = ["london-probation", "southwark-housing"]
TO = [demo.address(reader) for reader in READERS]
ca = Authority.of_demo(demo, demo.folder / "peers")
host = ca.issue("relay", hosts=["localhost", "127.0.0.1"], use=[SERVER])
relay = postfix.behind(host.certificate, host.key, demo.domain, gateway.smtp, PORT)
front = postfix.front_smtp(demo.domain, gateway.smtp, demo.state["ca"]).start()
PLAN = pdf(b"% a plan\n" * 3000)


def hand_in(server, title, to=TO, text="Seen at the school gate."):
    """An officer's mail to a Postfix in front, known by its title."""
    said = demo.submission(
        recipients=READERS, items=[{"title": title, "category": "RISK", "text": text}, {"title": "plan.pdf", "category": "RISK", "document": "plan"}]
    )
    mail, _ = demo.sealed(said, officer, {"plan.pdf": ("application/pdf", PLAN)}, encrypt=smime.encrypt, recipients=to)
    with smtplib.SMTP("127.0.0.1", server.port, timeout=60) as wire:
        assert wire.sendmail(officer.address, to, mail) == {}


def titled():
    """How many exchanges there are under each title."""
    titles = {}
    for one in demo.exchanges("met-police"):
        title = demo.exchange("met-police", one["id"])["items"][0]["title"]
        titles[title] = titles.get(title, 0) + 1
    return titles


def arrived(where, seen=0):
    """What the relay has delivered since: (for whom, parsed, octets as the gateway sent them)."""
    mails = [(to, postfix.sent(mail)) for to, mail in where.delivered()[seen:]]
    return [(to, email.message_from_bytes(mail, policy=email.policy.default), mail) for to, mail in mails]


def ages():
    """Lets time pass until what waits is tried again; a claim by a process that was killed ends as well."""
    for duration in ("PT1M", "PT5M", "PT15M", "PT30M"):
        demo.advance(duration)
        time.sleep(1.5)


def kinds(mails):
    return sorted("delivery" if to.endswith("@probation.example") else "notice" if to.endswith("@housing.example") else "receipt" for to, *_ in mails)


# Accepted in front over verified TLS, delivered behind: the receipt, the sealed delivery, the notice; all read.
relay.start()
hand_in(front, "one")
until(lambda: len(relay.delivered()) == 3, lambda: f"{front.log()}\n{relay.log()}\n{demo.words()[-3000:]}")
assert "Verified TLS connection established to" in front.log() and not front.queue(), front.log()
assert titled() == {"one": 1}, titled()
first = arrived(relay)
assert kinds(first) == ["delivery", "notice", "receipt"], [to for to, *_ in first]
by_kind = dict(zip(kinds(first), sorted(first, key=lambda one: kinds([one]))))
part, layers = demo.opened(by_kind["delivery"][2], probation)
assert layers == ["authEnveloped-data", "signed"] and [one.get_payload(decode=True) for one in part.walk() if one.get_filename()] == [PLAN], layers
(event,) = demo.proofs(demo.opened(by_kind["receipt"][2])[0])
box, office = by_kind["delivery"][0], by_kind["notice"][0]


def delivery(id, recipient="london-probation"):
    return next(one for one in demo.exchange("met-police", id)["deliveries"] if one["recipient"] == recipient)


until(lambda: delivery(event["exchange"])["state"] == "sent", lambda: delivery(event["exchange"]))

# The gateway is down: Postfix keeps it, and brings it when it is up. It is killed while they come: each is one exchange still.
gateway.kill()
for n in range(3):
    hand_in(front, f"down {n}")
until(lambda: sum(one["queue_name"] == "deferred" for one in front.queue()) == 3, front.queue)
demo = gateway.start()
stop = threading.Event()


def kills():
    global demo
    for _ in range(4):
        time.sleep(1)
        gateway.kill()
        demo = gateway.start()
    stop.set()


killer = threading.Thread(target=kills)
killer.start()
sent = 0
while not stop.is_set() or sent < 12:
    hand_in(front, f"killed {sent}")
    sent += 1
    front.flush()
    time.sleep(0.2)
killer.join()
front.flush()
until(lambda: not front.queue(), lambda: f"{front.queue()}\n{front.log()[-3000:]}", 180)
wanted = {"one": 1, **{f"down {n}": 1 for n in range(3)}, **{f"killed {n}": 1 for n in range(sent)}}
assert titled() == wanted, {title: count for title, count in (titled() | wanted).items() if titled().get(title) != wanted.get(title)}
ages()
until(
    lambda: len({head["Message-ID"] for _, head, _ in arrived(relay)}) == 3 * len(wanted),
    lambda: (len(arrived(relay)), len(wanted), demo.words()[-3000:]),
    120,
)
copies = {}
for _, head, mail in arrived(relay):
    assert copies.setdefault(head["Message-ID"], mail) == mail, "a mail was sent again as another"

# The relay is down, and the gateway killed while its mail waits: later all of it goes.
before = len(relay.delivered())
relay.stop()
for n in range(5):
    hand_in(front, f"waits {n}")
until(lambda: not front.queue() and len(titled()) == len(wanted) + 5, front.queue)
gateway.kill()
demo = gateway.start()
assert all(delivery(one["id"])["state"] in ("queued", "waiting") for one in demo.exchanges("met-police")[:5])
relay.start()
ages()
until(
    lambda: len({head["Message-ID"] for _, head, _ in arrived(relay, before)}) == 15,
    lambda: (kinds(arrived(relay, before)), demo.words()[-3000:]),
    120,
)
assert kinds(arrived(relay, before)).count("delivery") >= 5

# Told to come again, it comes; refused, and refused afterwards by a report: the delivery has failed, the sender is told, and it waits in the inbox.
for words, act in (("450 4.2.0 come again", relay.answer), ("550 5.1.1 no such mailbox", relay.answer), ("550 5.7.1 not for us", relay.report)):
    act(box, words)
    before, title = len(relay.delivered()), words
    hand_in(front, title)
    until(lambda: title in titled(), front.queue)
    exchange = demo.exchanges("met-police")[0]["id"]
    if words.startswith("450"):
        until(lambda: "come again" in relay.log(), relay.log)
        act(box, None)
        ages()
        until(lambda: "delivery" in kinds(arrived(relay, before)), demo.words)
        continue
    until(lambda: delivery(exchange)["state"] == "failed", lambda: (delivery(exchange), relay.log()[-3000:], demo.words()[-3000:]))
    told = lambda: [
        (head, mail)
        for to, head, mail in arrived(relay, before)
        if to == officer.address and exchange in text_of(demo.opened(mail)[0]) and not demo.proofs(demo.opened(mail)[0])
    ]
    ((head, mail),) = until(told, lambda: [head["Subject"] for _, head, _ in arrived(relay, before)])
    assert words[4:9] in text_of(demo.opened(mail)[0]) and "not be delivered" in text_of(demo.opened(mail)[0]), text_of(demo.opened(mail)[0])
    assert any(one["exchange"] == exchange for one in demo["london-probation"].all("/api/v1/inbox", "deliveries"))
    act(box, None)
    relay.routes.pop(box, None)
    relay.again()
demo.lives()

# A relay that takes the octets and fails after them gets the same octets again, though the gateway was killed in between.
relay.stop()
smime.endesive()  # finds the peers' own Python packages
from aiosmtpd.controller import Controller

taken, answers = [], iter(["451 4.3.0 come again", None, "451 4.3.0 come again"])


class Handler:
    async def handle_DATA(self, server, session, envelope):
        taken.append((envelope.mail_from, tuple(envelope.rcpt_tos), bytes(envelope.original_content)))
        answer = next(answers, "250 2.0.0 taken")
        if answer is None:
            server.transport.abort()
        return answer or "451 4.3.0 come again"


flaky = Controller(Handler(), hostname="127.0.0.1", port=PORT, ready_timeout=30)
flaky.start()
hand_in(front, "again")
until(lambda: len(taken) >= 3, lambda: (len(taken), demo.words()[-3000:]))
time.sleep(1)
gateway.kill()
demo = gateway.start()
for _ in range(3):
    ages()
by_id = {}
for sender, to, octets in taken:
    head = email.message_from_bytes(octets, policy=email.policy.default)
    by_id.setdefault(head["Message-ID"], []).append((sender, to, octets))
assert len(by_id) == 3 and all(len(set(copies)) == 1 for copies in by_id.values()), {
    id: [hash(copy) for copy in copies] for id, copies in by_id.items()
}
assert sum(len(copies) for copies in by_id.values()) >= 6, {id: len(copies) for id, copies in by_id.items()}
flaky.stop()

# In service, by LMTP: one answer a recipient, and what is unknown is reported by Postfix; out over verified TLS.
gateway.end()
gateway.serve(
    lambda text: text.replace('protocol = "smtp"', 'protocol = "lmtp"').replace("\ntls = false", f'\ntls = true\nauthorities = "{demo.state["ca"]}"')
)
demo = gateway.start()
relay.start()
lmtp = postfix.front_lmtp(demo.domain, gateway.smtp, demo.state["ca"]).start()
before = len(relay.delivered())
hand_in(lmtp, "by LMTP", [*TO, demo.address("no-such-agency")])
until(lambda: len(arrived(relay, before)) >= 3 and lmtp.delivered(), lambda: f"{lmtp.log()}\n{relay.log()[-3000:]}\n{demo.words()[-3000:]}")
assert "Verified TLS connection established to" in lmtp.log() and not lmtp.queue(), lmtp.log()
to, report = lmtp.delivered()[0]
assert to == officer.address and b"no-such-agency@" in report and TO[0].encode() + b">" not in report.partition(b"message/rfc822")[0], report
assert titled()["by LMTP"] == 1 and kinds(arrived(relay, before)) == ["delivery", "notice", "receipt"], kinds(arrived(relay, before))
assert "TLS connection established from" in relay.log().rpartition("daemon started")[2], relay.log()[-3000:]

# Whoever has to decide about what is held is told so by the relay: that it waits, by when, and nothing else; once.
before, guardian = len(relay.delivered()), demo.user("london-mental-health", "caldicott")
held = {"title": "about his health", "category": "HEALTH_CLIN", "owner": "london-mental-health", "text": "Seen by Doctor Bramblewick."}
said = demo.submission(recipients=READERS, items=[held, {**held, "text": "Seen again."}])
status, answer = demo["met-police"].json("/api/v1/exchanges", said)
assert status == 201 and answer["state"] == "held", answer
for_guardian = lambda: [(head, mail) for to, head, mail in arrived(relay, before) if to == guardian]
until(for_guardian, lambda: f"{relay.log()[-3000:]}\n{demo.words()[-3000:]}")
time.sleep(3)
((head, mail),) = for_guardian()
part, layers = demo.opened(mail)
due = min(hold["due"] for hold in demo["london-mental-health"].all("/api/v1/holds", "holds", guardian) if hold["exchange"] == answer["id"])
assert layers == ["signed"] and "decision" in head["Subject"] and "act by" in head["Subject"] and due[:4] in head["Subject"], (head["Subject"], due)
private = (held["title"], "Bramblewick", "HEALTH", "health", "ISP-", "housing", "probation", "police", "caldicott", answer["id"], demo.nominals[0]["name"])
for where in (unlinked(part.as_string()), str(head["Subject"])):
    assert not [word for word in private if word.lower() in where.lower()], where

demo.run("ledger", "verify", "--key", demo.key)
assert "panicked" not in demo.words()
print("nothing is lost between Postfix and the gateway")

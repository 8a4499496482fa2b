"""The wire, spoken by hand: octets that two servers could read in two ways, injection before TLS, what breaks off, what is too much.
After each the process answers, and exactly what was answered 250 is kept: once.

usage: mail_wire.py DEMO_DIR GATEWAY_BINARY
"""

import re, socket, ssl, threading, time, uuid
import styles
from demo import database
from mail import peer

demo = peer()
officer = demo.officer("met-police")
TO = demo.address("london-probation")


class Raw:
    """A connection on which every octet is this script's own."""

    def __init__(self, hello=b"EHLO mail.police.example\r\n"):
        self.wire = socket.create_connection(("127.0.0.1", demo.port), 60)
        self.buffer = b""
        assert self.reply().startswith("220")
        if hello:
            self.say(hello)
            self.extensions = self.reply()
            assert self.extensions.startswith("250")

    def say(self, octets):
        self.wire.sendall(octets)

    def reply(self):
        """One whole reply; nothing where the connection has ended."""
        lines = []
        while True:
            while b"\n" not in self.buffer:
                try:
                    octets = self.wire.recv(65536)
                except ConnectionError:
                    octets = b""
                if not octets:
                    return "\n".join(lines)
                self.buffer += octets
            line, _, self.buffer = self.buffer.partition(b"\n")
            assert line.endswith(b"\r"), line
            lines.append(line[:-1].decode("ascii"))
            if line[3:4] == b" ":
                return "\n".join(lines)

    def ask(self, octets):
        self.say(octets)
        return self.reply()

    def to_data(self, sender=officer.address):
        assert self.ask(f"MAIL FROM:<{sender}>\r\n".encode()).startswith("250")
        assert self.ask(f"RCPT TO:<{TO}>\r\n".encode()).startswith("250")
        assert self.ask(b"DATA\r\n").startswith("354")

    def rest(self):
        """All further replies until the connection ends."""
        replies = []
        while reply := self.reply():
            replies.append(reply)
        return replies


def kept():
    """All that there is: exchanges of every agency and what is kept apart."""
    records = database(demo.folder)
    try:
        return tuple(records.rows(f"select count(*) from {table}")[0][0] for table in ("exchange", "quarantine"))
    finally:
        records.close()


def unsigned(text="x", **more):
    return demo.mail(styles.python(text), officer, TO, **more)


def keeps(exchanges=0, apart=0):
    """From here to the answer of what it returns, so much more is kept and nothing else."""
    before = kept()

    def check(what):
        now = kept()
        assert (now[0] - before[0], now[1] - before[1]) == (exchanges, apart), (what, before, now)
        demo.lives()

    return check


# What it offers, and what it does not.
raw = Raw()
for word in ("STARTTLS", "SIZE 5", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES"):
    assert f"-{word}" in raw.extensions or f" {word}" in raw.extensions, (word, raw.extensions)
assert raw.ask(b"VRFY mappa\r\n").startswith("252") and raw.ask(b"EXPN mappa\r\n")[0] == "5" and raw.ask(b"TURN\r\n")[0] == "5"

# Smuggling: none of these ends a message, and none passes into one.
SMUGGLED = f"MAIL FROM:<{officer.address}>\r\nRCPT TO:<{TO}>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled".encode()
for end in (
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\n\n.\r\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\n.\r",
    b"\r\r\n.\r\r\n",
):
    check, raw = keeps(), Raw()
    raw.to_data()
    raw.say(unsigned() + end + SMUGGLED + b"\r\n.\r\nQUIT\r\n")
    replies = raw.rest()
    assert replies[0][0] == "5" and [reply[:3] for reply in replies[1:]] in ([], ["221"]), (end, replies)
    check(end)
for line in (b"NOOP\n", b"MAIL FROM:<a@b>\nRCPT TO:<c@d>\r\n", b"NO\0OP\r\n", b"MAIL FROM:<a\rb@c>\r\n", b"X" * 70000 + b"\r\n", b"\xff\xfe\r\n"):
    check, raw = keeps(), Raw()
    reply = raw.ask(line + (b"" if line.endswith(b"\r\n") else b"\r\n"))
    assert reply[:1] in ("4", "5", ""), (line[:40], reply)
    check(line[:40])
# A dot at a line's beginning is a dot; a line that is a dot alone, doubled, is in the message.
check, raw = keeps(apart=1), Raw()
raw.to_data()
raw.say(unsigned("x").rstrip(b"\r\n") + b"\r\n..\r\n...\r\n.\r\n")
assert raw.reply().startswith("250")
check("dots")

# Injection before TLS: what came in clear is not obeyed after the handshake, and what was said before is forgotten.
for injected in (b"VRFY x\r\n", f"MAIL FROM:<{officer.address}>\r\n".encode(), b"\x16\x03\x01"):
    raw = Raw()
    raw.say(b"STARTTLS\r\n" + injected)
    reply = raw.reply()
    if reply.startswith("220"):
        context = ssl.create_default_context(cafile=demo.state["ca"])
        try:
            raw.wire = context.wrap_socket(raw.wire, server_hostname="127.0.0.1")
        except (ssl.SSLError, ConnectionError):
            continue
        assert raw.ask(b"EHLO x\r\n").startswith("250-") and raw.ask(b"RCPT TO:<x@y>\r\n").startswith("503")
    else:
        assert reply[0] == "4" and raw.reply() == "", reply
raw = Raw()
assert raw.ask(f"MAIL FROM:<{officer.address}>\r\n".encode()).startswith("250") and raw.ask(b"STARTTLS\r\n").startswith("220")
raw.wire = ssl.create_default_context(cafile=demo.state["ca"]).wrap_socket(raw.wire, server_hostname="127.0.0.1")
assert raw.ask(f"RCPT TO:<{TO}>\r\n".encode()).startswith("503")
raw.say(b"EHLO x\r\n")
assert "STARTTLS" not in raw.reply()

# Nobody's mail is carried on to others, whatever the address looks like; what is no agency is unknown.
raw = Raw()
raw.ask(f"MAIL FROM:<{officer.address}>\r\n".encode())
for to in (
    "x@elsewhere.example",
    f"x%elsewhere.example@{demo.domain}",
    f"@{demo.domain}:x@elsewhere.example",
    f'"x@elsewhere.example"@{demo.domain}',
    f"no-such-agency@{demo.domain}",
    "x",
    f"elsewhere.example!x@{demo.domain}",
    f"x@{demo.domain}.elsewhere.example",
    f"london-probation@sub.{demo.domain}",
    f"london-probation@[127.0.0.1]",
):
    answer = raw.ask(f"RCPT TO:<{to}>\r\n".encode())
    assert answer[0] == "5", (to, answer)
raw = Raw()
assert raw.ask(b"MAIL FROM:<\xe9@police.example>\r\n")[0] == "5" and raw.ask(b"MAIL FROM:<a@b> SIZE=104857600\r\n").startswith("552")

# Too much: of one header, of one line, of recipients, of hops.
check = keeps()
line = b"X-Long: " + b"y" * 900 + b"\r\n"
with demo.wire() as wire:
    wire.mail(officer.address), wire.rcpt(TO)
    code, words = wire.data(line * (104857600 // len(line)) + unsigned())
    assert code == 552, (code, words)
check("a header of 100 MB")
check = keeps(apart=1)
code, words = demo.send(b"X-Folded:" + b" y" * 490 + b"\r\n" + (b" " + b"z" * 900 + b"\r\n") * 40000 + unsigned(), officer.address, [TO])
assert code == 250, (code, words)
check("a header of 36 MB")
check = keeps()
code, words = demo.send(unsigned("q" * 10, more=(("X-Line", "w" * 200000),)), officer.address, [TO])
assert code == 554, (code, words)
code, words = demo.send(
    b"".join(b"Received: from a by b; Mon, 2 Mar 2026 09:00:00 +0000\r\n" for _ in range(120)) + unsigned(), officer.address, [TO]
)
assert code == 554 and b"loop" in words, (code, words)
check("a long line; a loop")
with demo.wire() as wire:
    wire.mail(officer.address)
    codes = [wire.rcpt(f"bounce+{n}@{demo.domain}")[0] for n in range(130)]
    assert codes[:100] == [250] * 100 and set(codes[100:]) <= {250, 452}, codes

# A sender that goes away after DATA, in the middle or before its dot, has sent nothing; one that goes away before it reads the answer, has.
check = keeps()
for part in (0, 100, 5000):
    raw = Raw()
    raw.to_data()
    raw.say(unsigned("x" * 9000)[:part])
    raw.wire.close()
time.sleep(1)
check("gone in the middle")
check, raw = keeps(exchanges=1), Raw()
said = demo.submission(items=[{"title": "gone", "category": "RISK", "text": "Gone before the answer."}])
mail, _ = demo.sealed(said, officer)
raw.to_data()
raw.say(mail + b".\r\n")
raw.wire.close()
for _ in range(100):
    if any(one["id"] for one in demo.exchanges("met-police")[:1] if demo.exchange("met-police", one["id"])["items"][0]["title"] == "gone"):
        break
    time.sleep(0.1)
assert demo.send(mail, officer.address, [TO])[0] == 250
check("gone before the answer, and again")

# A slow sender is waited for; fifty who come at once with one mail bring one.
check, raw = keeps(exchanges=1), Raw()
mail, _ = demo.sealed({**said, "items": [{"title": "slow", "category": "RISK", "text": "Slowly."}]}, officer)
raw.to_data()
step = len(mail) // 20 + 1
for at in range(0, len(mail), step):
    raw.say(mail[at : at + step])
    time.sleep(0.2)
assert raw.ask(b".\r\n").startswith("250")
check("slow")
check = keeps(exchanges=1)
mail, _ = demo.sealed({**said, "items": [{"title": "fifty", "category": "RISK", "text": "At once."}]}, officer)
codes, start = [], threading.Barrier(50)


def at_once():
    start.wait()
    for _ in range(20):
        code, _ = demo.send(mail, officer.address, [TO])
        if code != 451:
            break
        time.sleep(0.5)
    codes.append(code)


threads = [threading.Thread(target=at_once) for _ in range(50)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert codes == [250] * 50, codes
check("fifty at once")
# Many in one session, pipelined.
check, raw = keeps(apart=10), Raw()
for _ in range(10):
    raw.say(f"MAIL FROM:<{officer.address}>\r\nRCPT TO:<{TO}>\r\nDATA\r\n".encode())
    assert [raw.reply()[:3] for _ in range(3)] == ["250", "250", "354"]
    assert re.match(r"250 2\.0\.0 ", raw.ask(unsigned(str(uuid.uuid4())) + b".\r\n"))
check("ten in one session")
demo.run("ledger", "verify", "--key", demo.key)
print("the wire holds")

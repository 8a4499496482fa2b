"""What the mail journeys share: a demo's officers with their certificates, sending by SMTP, reading what the gateway sends.

Mails are made in `styles` and signed and sealed in `smime`; a submission here is the API's, so that both ways can be compared.
"""

import base64, datetime, email, email.policy, email.utils, json, re, smtplib, ssl, subprocess, sys, time, urllib.error, urllib.request, uuid
import smime, styles, verify_receipt
from authority import Identity
from demo import Demo, database

BLANKS = {"id", "received", "at", "salt", "commitment", "role", "steps", "expires_at"}


def pdf(words):
    """A whole small PDF: with the table of its objects, so that nothing about it is odd."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(words), words),
    ]
    out, places = b"%PDF-1.4\n", []
    for n, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (n, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 5\n0000000000 65535 f \n" + table + b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)


def block(submission, bound=True):
    """The details that a submission's mail begins with; `bound` names the recipients in it."""
    lines = []
    if bound:
        lines.append("To: " + ", ".join(one if isinstance(one, str) else f"{one['agency']} <{one['person']}>" for one in submission["recipients"]))
    if known := submission.get("nominal"):
        words = [f"REF {known['ref']}"] if "ref" in known else [f"{one['kind']} {one['value']}" for one in known["identifiers"]]
        lines.append("Nominal: " + "; ".join(words))
    for name, word in (("Purpose", submission.get("purpose")), ("Necessity", submission.get("necessity"))):
        lines += [f"{name}: {word}"] if word else []
    lines += ["Basis: " + "; ".join(submission["bases"])] if submission.get("bases") else []
    for item in submission["items"]:
        if "text" in item:
            lines += [f"Category: {item['category']}"] if item.get("category") else []
            continue
        lines += [f"Attachment-Category: {item['title']} = {item['category']}"] if item.get("category") else []
        lines += [f"Attachment-Owner: {item['title']} = {item['owner']}"] if item.get("owner") else []
    return "\n".join(lines) + "\n\n"


class Mails(Demo):
    def __init__(self, folder, gateway):
        super().__init__(folder, gateway)
        self.time = None
        self.state = json.loads((self.folder / "demo.json").read_text())
        self.own, self.certificate = self.state["gateway"]["email"], self.state["gateway"]["smime_cert"]
        self.domain, self.port = self.own.partition("@")[2], self.state["smtp"]["port"]
        self.now()

    def __getitem__(self, agency):
        """A connection for a question or two: one that rests for a minute is closed."""
        return self.fresh(agency)

    def address(self, agency):
        return f"{agency}@{self.domain}"

    def officer(self, agency, role="practitioner"):
        """A person of an agency with secure mail."""
        user = next(user for user in self.agencies[agency]["users"] if user["role"] == role)
        return Identity(user["email"], user["smime_cert"], user["smime_key"], user["name"])

    def office(self, agency):
        """The agency's own address and certificate."""
        who = self.agencies[agency]
        return Identity(who["email"], who["smime_cert"], who["smime_key"], who["name"])

    def now(self):
        """The gateway's time; while it is down, what it was."""
        try:
            with urllib.request.urlopen(self.state["ops"] + "/clock") as answer:
                self.time = datetime.datetime.fromisoformat(json.load(answer)["now"].partition(".")[0].rstrip("Z") + "+00:00")
        except urllib.error.HTTPError:  # It has no hand: it goes by itself.
            self.time = datetime.datetime.now(datetime.timezone.utc)
        except OSError:
            assert self.time, "the gateway does not answer"
        return self.time

    def advance(self, duration):
        asked = urllib.request.Request(self.state["ops"] + "/clock", json.dumps({"advance": duration}).encode(), {"Content-Type": "application/json"})
        urllib.request.urlopen(asked).read()

    def wire(self, tls=True, host="127.0.0.1"):
        """A session with the gateway; over TLS its certificate is of the demo's authority."""
        wire = smtplib.SMTP(host, self.port, local_hostname="mail.police.example", timeout=120)
        if tls:
            wire.starttls(context=ssl.create_default_context(cafile=self.state["ca"]))
        wire.ehlo()
        return wire

    def send(self, mail, sender, recipients, tls=True, options=()):
        """(code, words) of the answer to the mail; of RCPT where no recipient was taken."""
        with self.wire(tls) as wire:
            code, words = wire.mail(sender, options)
            answers = [wire.rcpt(to) for to in recipients] if code == 250 else [(code, words)]
            if not any(code == 250 for code, _ in answers):
                return answers[-1]
            return wire.data(mail)

    def mail(self, entity, sender, to, subject="Visits to the school", message_id=None, more=(), date=None):
        name = message_id or f"<{uuid.uuid4()}@{sender.address.partition('@')[2]}>"
        return styles.mail(entity, sender.mailbox, to, subject, date or self.now(), name, more)

    def sealed(
        self,
        submission,
        sender,
        documents=(),
        style=styles.python,
        sign=smime.sign_detached,
        encrypt=smime.encrypt,
        bound=True,
        more=(),
        message_id=None,
        subject=None,
        recipients=None,
        headers_within=False,
    ):
        """A submission as this sender's mail: written, signed, encrypted to the gateway; and for whom its envelope is."""
        to = recipients or [self.address(one if isinstance(one, str) else one["agency"]) for one in submission["recipients"]]
        text = next((item["text"] for item in submission["items"] if "text" in item), "")
        subject = subject or next((item["title"] for item in submission["items"] if "text" in item), "Papers")
        files = [(name, kind, content) for name, (kind, content) in dict(documents).items()]
        within = {"headers": (("From", sender.mailbox), ("To", ", ".join(to)), ("Subject", subject))} if headers_within else {}
        entity = style(block(submission, bound) + text, files, **within)
        for layer in (lambda content: sign(content, sender), lambda content: encrypt(content, self.certificate)):
            entity = layer(entity)
        return self.mail(entity, sender, to, "..." if headers_within else subject, message_id, more), to

    def sent(self):
        """What the gateway has sent, by file; the oldest first. A file is looked at when it is whole."""
        files = sorted((self.folder / "mail").glob("*.eml"), key=lambda file: (file.stat().st_mtime_ns, file.name))
        return {file.name: file.read_bytes() for file in files}

    def wait(self, holds, seen=(), seconds=60, what="a mail"):
        """The first mail beyond those `seen` for which `holds(its header)`, parsed, and its octets."""
        end = time.monotonic() + seconds
        while True:
            for name, raw in self.sent().items():
                head = email.message_from_bytes(raw, policy=email.policy.default)
                if name not in seen and holds(head):
                    return head, raw
            said = [(name, head_of(raw)) for name, raw in self.sent().items() if name not in seen]
            assert time.monotonic() < end, f"not within {seconds} s: {what}; there are {said}"
            time.sleep(0.1)

    def to(self, address):
        """Whether a mail is for an address."""
        return lambda head: address.lower() in [to.lower() for _, to in email.utils.getaddresses(head.get_all("To", []))]

    def opened(self, raw, identity=None):
        """A mail of the gateway's without its layers: the entity within, parsed, and the names of the layers.

        What is signed is signed by the gateway, by a certificate of the demo's authority; the newest checkpoint is in its header."""
        head = email.message_from_bytes(raw, policy=email.policy.default)
        self.checkpoint(head["X-Ledger-Checkpoint"])
        layers, entity = [], raw
        while True:
            part = email.message_from_bytes(entity, policy=email.policy.default)
            kind, which = part.get_content_type(), part.get_param("smime-type", "")
            if kind == "multipart/signed" or (kind == "application/pkcs7-mime" and which == "signed-data"):
                layers.append("signed")
                entity = smime.verify(entity, self.state["ca"], self.certificate)
            elif kind == "application/pkcs7-mime":
                layers.append(which)
                assert identity, "a mail is sealed: to whom?"
                entity = smime.decrypt(entity, identity)
            else:
                return part, layers

    def checkpoint(self, header):
        key = verify_receipt.read_key(self.key.read_text())
        return verify_receipt.open_checkpoint(base64.b64decode(header, validate=True).decode(), key)

    def proofs(self, part):
        """The events of the receipts in an opened mail, each checked by the gateway's command and by the verifier that is not ours."""
        events = []
        for attached in part.walk():
            name = attached.get_filename() or ""
            if not name.endswith(".tlog-proof"):
                continue
            place = self.folder / f"{uuid.uuid4()}.tlog-proof"
            place.write_bytes(attached.get_payload(decode=True))
            self.command("receipt", "verify", place, "--key", self.key)
            independent = [
                sys.executable,
                verify_receipt.__file__,
                str(place),
                "--key",
                str(self.key),
                "--tiles",
                self.state["api"] + "/ledger",
                "--ca",
                self.state["ca"],
            ]
            done = subprocess.run(independent, capture_output=True, text=True)
            assert done.returncode == 0, (done.stdout, done.stderr)
            extra = place.read_text().split("\n")[1].removeprefix("extra ")
            events.append(json.loads(base64.b64decode(extra))["event"])
            place.unlink()
        return events

    def receipt(self, sender, seen, seconds=60):
        """The next mail to a sender that proves what was recorded: its event, its text, its octets."""
        head, raw = self.wait(
            lambda head: self.to(sender.address)(head) and b".tlog-proof" in head.as_bytes(), seen, seconds, f"a receipt for {sender.name}"
        )
        part, layers = self.opened(raw, sender)
        assert layers and layers[-1] == "signed", layers
        events = self.proofs(part)
        assert len(events) == 1, events
        return events[0], text_of(part), raw

    def exchange(self, agency, id):
        status, view = self[agency].json("/api/v1/exchanges/" + id)
        assert status == 200, (status, view)
        return view

    def documents(self, agency, view, role=None):
        """The contents of an exchange's items as a reader gets them."""
        answers = [
            self[agency].ask(f"/api/v1/exchanges/{view['id']}/documents/{item['n']}", person=role and self.user(agency, role))
            for item in view["items"]
        ]
        assert all(status == 200 for status, *_ in answers), answers
        return [content for _, content, _ in answers]

    def exchanges(self, agency):
        return self[agency].all("/api/v1/exchanges?role=sent", "exchanges")

    def apart(self):
        """What is kept apart, oldest first: (reason, size, whom it was for)."""
        records = database(self.folder)
        try:
            return [(reason, size, json.loads(to)) for reason, size, to in records.rows("select reason, size, addressed from quarantine order by id")]
        finally:
            records.close()

    def words(self):
        """What the process has said."""
        return "".join(path.read_text(errors="replace") for path in (self.folder / "stdout.log", self.folder / "stderr.log") if path.exists())

    def lives(self):
        """It answers still, and has never panicked."""
        with urllib.request.urlopen(self.state["ops"] + "/healthz") as answer:
            assert answer.status == 200
        assert "panicked" not in self.words(), self.words()[-4000:]


def head_of(raw):
    return raw.partition(b"\r\n\r\n")[0].decode(errors="replace") if b"\r\n\r\n" in raw else raw.partition(b"\n\n")[0].decode(errors="replace")


def unlinked(words):
    """What a notice says beside the one address that it leads to, whose id tells nothing of anybody."""
    said, links = re.subn(r"https://[^\s/]+/(?:messages|holds)/[0-9a-f-]{36}", "", words.replace("=\n", ""))
    assert links == 1, words
    return said


def text_of(part):
    """The text of an opened mail, on one line."""
    return " ".join(part.get_body(("plain",)).get_content().split())


def core(view):
    """What two exchanges of the same content have alike: all but ids, times and salts."""
    if isinstance(view, dict):
        return {name: core(value) for name, value in view.items() if name not in BLANKS}
    if isinstance(view, list):
        return [core(one) for one in view]
    return view


def peer():
    return Mails(*sys.argv[1:3])

"""What a gateway in service sends, as its relay gets it: aiosmtpd takes the octets, and answers as it is told to."""

import email, email.policy, json, re
import smime  # finds the peers' own Python packages
from aiosmtpd.controller import Controller
from demo import database
from postfix import free_port


class Relay:
    def __init__(self):
        """`answer` is given for whom a mail is, and says what its octets are answered: None takes them."""
        self.port, self.taken, self.answer = free_port(), [], lambda to: None
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=30)
        self.controller.start()

    async def handle_DATA(self, server, session, envelope):
        self.taken.append((envelope.rcpt_tos, bytes(envelope.original_content)))
        return self.answer(envelope.rcpt_tos[0]) or "250 2.0.0 taken"

    def by_id(self):
        """The octets of each mail of a thread, by its Message-ID, as often as they came. A notice of a hold, which the clock may bring at any time,
        has none."""
        copies = {}
        for _, octets in list(self.taken):
            head = email.message_from_bytes(octets, policy=email.policy.default)
            if head["Message-ID"].startswith("<ref."):
                copies.setdefault(head["Message-ID"].strip("<>"), []).append(octets)
        return copies

    def stop(self):
        self.controller.stop()


def kinds(folder, where, ids=None):
    """The kinds of the mails of a thread in the gateway's queue for which `where` holds; with `ids`, of those with these Message-IDs alone."""
    records = database(folder)
    try:
        rows = records.rows(f"select id, kind from mail_out where {where} and (kind <> 'notice' or delivery is not null)")
    finally:
        records.close()
    return [kind for id, kind in rows if ids is None or any(f".{id}@" in one for one in ids)]


def changed(text, trusted_relays, **tables):
    """A configuration with these relays trusted, and these tables of its mail in place of what it had."""
    text, found = re.subn(r"trusted_relays = \[[^\]]*\]", f"trusted_relays = {toml(trusted_relays)}", text)
    assert found == 1, text
    for name, table in tables.items():
        text = re.sub(rf"\n*\[mail\.{name}\]\n(?:[a-z_]+ = .*\n)*", "\n", text)
        text += f"\n[mail.{name}]\n" + "".join(f"{word} = {toml(value)}\n" for word, value in table.items())
    return text


def toml(value):
    """Texts, truth values and lists of them: what JSON writes is TOML too."""
    return json.dumps(value)

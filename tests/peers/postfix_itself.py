"""The private Postfix, proved by itself: in front by SMTP and by LMTP, behind as a relay, two of each at the same time.

usage: postfix_itself.py
"""

import hashlib, os, pathlib, smtplib, ssl, tempfile, threading
import smime  # finds the peers' own Python packages
import postfix
from authority import SERVER, Authority
from postfix import until

MAIL = b"From: <s.ali@police.example>\r\nTo: <x@gateway.example>\r\nSubject: one\r\nMessage-ID: <1@police.example>\r\n\r\n.line\r\nh\xc3\xa9\r\n.\r\nend\r\n"


def digest(folder):
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in pathlib.Path(folder).rglob("*") if file.is_file()}


def hand_in(server, sender, recipients, mail=MAIL):
    with smtplib.SMTP("127.0.0.1", server.port, timeout=30) as wire:
        return wire.sendmail(sender, recipients, mail, mail_options=["BODY=8BITMIME"])


def by_smtp(server, relay):
    """Front to relay over verified TLS; a stopped relay defers and loses nothing; refusals and reports come back."""
    assert hand_in(server, "s.ali@police.example", ["a@gateway.example", "b@gateway.example"]) == {}
    until(lambda: len(relay.delivered()) == 2, lambda: server.log() + relay.log())
    assert {to for to, _ in relay.delivered()} == {"a@gateway.example", "b@gateway.example"}
    assert all(postfix.sent(mail).endswith(MAIL) for _, mail in relay.delivered()), relay.delivered()
    assert "Verified TLS connection established to" in server.log(), server.log()
    relay.stop()
    hand_in(server, "s.ali@police.example", ["c@gateway.example"])
    waiting = until(lambda: [one for one in server.queue() if one["queue_name"] == "deferred"], lambda: server.log())
    assert waiting[0]["recipients"][0]["address"] == "c@gateway.example" and waiting[0]["recipients"][0]["delay_reason"], waiting
    server.stop()
    assert len(server.start().queue()) == 1
    relay.start()
    server.flush()
    until(lambda: len(relay.delivered()) == 3 and not server.queue(), lambda: server.log())
    relay.answer("d@gateway.example", "450 4.2.0 come again")
    hand_in(server, "s.ali@police.example", ["d@gateway.example"])
    until(lambda: any("come again" in str(one) for one in server.queue()), lambda: server.log())
    relay.answer("d@gateway.example", "550 5.1.1 no such mailbox")
    until(lambda: server.delivered(), lambda: server.log())
    to, report = server.delivered()[0]
    assert to == "s.ali@police.example" and b"no such mailbox" in report and b"multipart/report" in report, report
    relay.report("e@gateway.example", "550 5.7.1 not for us")
    hand_in(relay, "s.ali@police.example", ["e@gateway.example"])
    until(lambda: any(b"not for us" in mail for to, mail in relay.delivered() if to == "s.ali@police.example"), lambda: relay.log())


def by_lmtp(server, taken):
    assert hand_in(server, "s.ali@police.example", ["a@gateway.example", "no@gateway.example"]) == {}
    until(lambda: taken and server.delivered(), lambda: server.log())
    assert taken[0].rcpt_tos == ["a@gateway.example"] and taken[0].original_content.endswith(MAIL), taken[0].original_content
    to, report = server.delivered()[0]
    assert to == "s.ali@police.example" and b"no@gateway.example" in report, report
    assert "Verified TLS connection established to" in server.log(), server.log()


def lmtp_server(certificate):
    """aiosmtpd as an LMTP server that refuses one recipient; (its port, what it took)."""
    from aiosmtpd.controller import Controller
    from aiosmtpd.lmtp import LMTP

    taken = []

    class Handler:
        async def handle_RCPT(self, server, session, envelope, address, options):
            if address.startswith("no@"):
                return "550 5.1.1 no such mailbox"
            envelope.rcpt_tos.append(address)
            return "250 2.1.5 taken"

        async def handle_DATA(self, server, session, envelope):
            taken.append(envelope)
            return "250 2.0.0 taken"

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)

    class Lmtp(Controller):
        def factory(self):
            return LMTP(self.handler, hostname="localhost", tls_context=context)

    controller = Lmtp(Handler(), hostname="127.0.0.1", port=postfix.free_port(), ready_timeout=30)
    controller.start()
    return controller, taken


def main(folder):
    before = digest("/etc/postfix")
    ca = Authority.made(folder)
    certificate = ca.issue("localhost", hosts=["localhost", "127.0.0.1"], use=[SERVER])
    pairs = []
    for _ in range(2):
        relay = postfix.behind(certificate.certificate, certificate.key).start()
        pairs.append((postfix.front_smtp("gateway.example", relay.port, ca.pem).start(), relay))
    lmtp, taken = lmtp_server(certificate)
    front = postfix.front_lmtp("gateway.example", lmtp.port, ca.pem).start()
    failed = []

    def run(check, *given):
        try:
            check(*given)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(by_smtp, *pair)) for pair in pairs] + [threading.Thread(target=run, args=(by_lmtp, front, taken))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise ExceptionGroup("checks", failed)
    lmtp.stop()
    every = [one for pair in pairs for one in pair] + [front]
    masters = [int((one.folder / "queue" / "pid" / "master.pid").read_text()) for one in every]
    for one in every:
        one.remove()
        assert not one.folder.exists()
    assert not any(os.path.exists(f"/proc/{pid}") for pid in masters), masters
    assert digest("/etc/postfix") == before
    print("front, LMTP front and relay hold, twice at once")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="postfix-itself-") as folder:
        pathlib.Path(folder).chmod(0o755)
        main(pathlib.Path(folder))

"""What was written and waits is looked at again before it goes: nothing goes to an agency that was suspended meanwhile, nor to a certificate that
was revoked meanwhile; and who signs with one that was revoked is not believed.

usage: withheld.py FOLDER GATEWAY_BINARY
"""

import email, email.policy, hashlib, json, pathlib, ssl, sys
import smime
from demo import database
from mail import text_of
from mail_sent import Relay, changed
from postfix import until
from running import Gateway

FOLDER = pathlib.Path(sys.argv[1])
SENDER, READER, OTHER = "met-police", "london-probation", "southwark-housing"
LATER = "451 4.3.0 come again"
SECRET = "Seen at the school gate, by the larch."
gateway = Gateway(FOLDER, sys.argv[2])
gateway.start()
gateway.end()
relay = Relay()
gateway.serve(lambda text: changed(text, trusted_relays=[], relay={"host": "127.0.0.1", "port": relay.port, "tls": False}))
demo = gateway.start()
office, officer = demo.office(READER), demo.officer(SENDER)
db = database(FOLDER)


def fingerprint(identity):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pathlib.Path(identity.certificate).read_text())).hexdigest()


def post(to=READER):
    said = demo.submission(recipients=[to], items=[{"title": "Visits", "category": "RISK", "text": SECRET}])
    status, answer = demo[SENDER].json("/api/v1/exchanges", said)
    assert status == 201, (status, answer)
    return demo.exchange(SENDER, answer["id"])


def copies(id):
    """What has come to the relay of an exchange's mail to its reader, oldest first."""
    (mail,) = [mail for (mail,) in db.rows(f"select mail_out.id from mail_out join delivery on delivery.id = mail_out.delivery "
                                           f"where delivery.exchange = '{id}' and mail_out.kind in ('delivery', 'notice')")] or [None]
    return [octets for ids, all in relay.by_id().items() if mail and f".{mail}@" in ids for octets in all]


def waits():
    """An exchange whose mail was written, and that the relay has asked to come again with."""
    relay.answer = lambda to: LATER
    id = post()["id"]
    until(lambda: copies(id) and db.rows(f"select id from mail_out where exchange = '{id}' and status = '4.3.0'"), "the relay was asked")
    relay.answer = lambda to: None
    return id


def due():
    """All that waits is due now; and once something else has gone, it has been looked at."""
    db.do("update mail_out set next_at = 1 where state = 'queued'")
    other = post(OTHER)["id"]
    until(lambda: copies(other), "a mail that nothing keeps goes")


def opened(octets):
    return text_of(demo.opened(octets, office)[0])


def state(id):
    (view,) = demo.exchange(SENDER, id)["deliveries"]
    return view["state"]


# What nothing came between goes as it was written.
id = waits()
due()
until(lambda: len(copies(id)) == 2, "it goes")
assert copies(id)[0] == copies(id)[1] and SECRET in opened(copies(id)[1])

# Suspended after it was written: it stays, however often it is due, over a restart as well; and goes once when the agency is restored.
id = waits()
demo.run("agency", "suspend", READER)
for _ in range(2):
    due()
gateway.kill()
demo = gateway.start()
due()
assert len(copies(id)) == 1, "a mail went to a suspended agency"
assert state(id) == "waiting", state(id)
demo.run("agency", "restore", READER)
until(lambda: len(copies(id)) == 2, "it goes", 120)
assert copies(id)[0] == copies(id)[1], "it was written anew"
due()
assert len(copies(id)) == 2 and state(id) != "waiting", (len(copies(id)), state(id))

# Suspended before it was written: nothing is read for it either.
relay.answer = lambda to: LATER
demo.run("agency", "suspend", READER)
said = demo.submission(recipients=[READER])
status, answer = demo[SENDER].json("/api/v1/exchanges", said)
assert status == 422 and "suspended" in json.dumps(answer), (status, answer)
demo.run("agency", "restore", READER)

# Its certificate is revoked after it was written: what lies sealed to it goes no more. Another is told to, in the portal.
id = waits()
demo.run("mail", "revoke", fingerprint(office))
due()
until(lambda: len(copies(id)) == 2, "it is told")
head = email.message_from_bytes(copies(id)[1], policy=email.policy.default)
assert "pkcs7" not in head.get_content_type() and SECRET.encode() not in copies(id)[1], head.as_string()
assert "/messages/" in text_of(demo.opened(copies(id)[1])[0]), "the mail leads nowhere"

# An officer's certificate is revoked: what is signed with it is kept apart, and makes nothing.
mail, to = demo.sealed(demo.submission(recipients=[OTHER]), officer)
assert demo.send(mail, officer.address, to)[0] == 250
assert not demo.apart(), demo.apart()
before = len(demo.exchanges(SENDER))
demo.run("mail", "revoke", fingerprint(officer))
mail, to = demo.sealed(demo.submission(recipients=[OTHER]), officer)
assert demo.send(mail, officer.address, to)[0] == 250
(reason, *_), = until(demo.apart, "it is kept apart")
assert reason == "certificate-revoked", reason
assert len(demo.exchanges(SENDER)) == before

demo.run("ledger", "verify", "--key", demo.key)
demo.lives()
gateway.end()
relay.stop()
print("withheld: ok")

"""A gateway that is killed at its points and started again: what a story needs to act, to wait and to look, whichever way it goes in or out."""

import email, email.policy, http.client, json, pathlib, threading, time, types
import smime, verify_receipt
from demo import database
from postfix import until
from running import Gateway
from stops import Stops

# How a client learns that nobody is there any more.
CUT = (OSError, http.client.HTTPException)
# What says that it cannot now, by the API and the portal, and by mail.
UNAVAILABLE, BUSY = 503, (421, 451)
# No more than this is looked for in clear.
MARK = "plainly-told-"
LEASE = "PT11M"


class NotNow(Exception):
    """It is there, and said that it cannot now: no answer either, and asked again."""


class Relay:
    """Takes the gateway's mail, and keeps what it took: for whom, and the octets."""

    def __init__(self, port):
        smime.endesive()  # finds the peers' own Python packages
        from aiosmtpd.controller import Controller

        # What it answers, by whom a mail is for, where that is not that it has it.
        relay, self.taken, self.says = self, [], None

        class Handler:
            async def handle_DATA(self, server, session, envelope):
                to = tuple(envelope.rcpt_tos)
                if relay.says and (said := relay.says(to)):
                    return said
                relay.taken.append((to, bytes(envelope.original_content)))
                return "250 2.0.0 taken"

        self.controller = Controller(Handler(), hostname="127.0.0.1", port=port, ready_timeout=30)
        self.controller.start()

    def mails(self, since=0):
        """What came since, by Message-ID: every copy of a mail is the same to the byte."""
        mails = {}
        for to, octets in self.taken[since:]:
            known = mails.setdefault(email.message_from_bytes(octets, policy=email.policy.default)["Message-ID"], (to, octets))
            assert known == (to, octets), "a mail was sent again as another"
        return list(mails.values())


class World:
    def __init__(self, folder, binary, relay, *words):
        self.folder, self.relay = pathlib.Path(folder), relay
        self.stops = Stops(folder)
        self.gateway = Gateway(folder, binary, *words)
        self.demo, self.db, self.longest = None, None, 0.0
        self.kills, self.answered, self.found, self.absent, self.repeats = 0, 0, 0, 0, 0
        self.receipts, self.ready = [], 0.0

    def start(self):
        began = time.monotonic()
        self.demo = self.gateway.start()
        self.longest = max(self.longest, time.monotonic() - began)
        self.ready += time.monotonic() - began
        if self.db is None:
            self.db = database(self.folder)

    @property
    def pid(self):
        return self.gateway.running.pid

    def kill(self):
        self.gateway.kill()
        self.kills += 1

    def number(self, what):
        ((number,),) = self.db.rows(f"select count(*) from {what}")
        return number

    def ids(self, table):
        return {id for (id,) in self.db.rows(f"select id from {table}")}

    def advance(self, duration):
        """Where the gateway has stopped, its clock does not answer."""
        try:
            self.demo.advance(duration)
        except CUT:
            pass

    def waits(self):
        """How much is still to be carried out, as it is at one moment."""
        counts = (
            "delivery where state = 'queued'",
            "mail_out where state = 'queued'",
            "mesh_out where state = 'queued'",
            "delivery where state = 'waiting' and channel in ('secure-email', 'portal')"
            " and not exists (select 1 from mail_out where mail_out.delivery = delivery.id)",
            "delivery where state = 'waiting' and channel = 'mesh' and not exists (select 1 from mesh_out where mesh_out.delivery = delivery.id)",
            "hold where state = 'open' and not exists (select 1 from hold_told where hold_told.hold = hold.id)",
        )
        ((number,),) = self.db.rows("select " + " + ".join(f"(select count(*) from {what})" for what in counts) + " as waits")
        return number

    def settle(self, seconds=90):
        """Until all that goes out is out. What a killed process had taken up is free when its lease ends: time passes once all that is left waits for that."""
        began = looked = time.monotonic()
        while self.waits():
            assert time.monotonic() - began < seconds, f"{self.waits()} are still to be carried out\n{self.demo.words()[-3000:]}"
            if time.monotonic() - looked > 0.3 and self.leased() >= self.waits() > 0:
                self.advance(LEASE)
                looked = time.monotonic()
            time.sleep(0.02)

    def leased(self):
        """Whether something waits for its time."""
        later = int(self.demo.now().timestamp() + 1) * 1_000_000
        return self.number(f"mail_out where state = 'queued' and next_at > {later}") + self.number(f"mesh_out where state = 'queued' and next_at > {later}")

    def receipt(self, text, exchange=None):
        """A receipt holds by itself, and is of the exchange that it gives; that its entry is in the log as it is at the end is asked at the end."""
        key = verify_receipt.read_key(self.demo.key.read_text())
        self.receipts.append(verify_receipt.check_receipt(text, key))
        event = json.loads(verify_receipt.b64(text.split("\n")[1].removeprefix("extra ")))["event"]
        assert exchange in (None, event["exchange"]), f"the receipt is of {event['exchange']}, not of {exchange}"
        return event["exchange"]

    def mailed(self, octets, officer):
        """The exchanges of which a mail to an officer has receipts, each of which holds."""
        part, _ = self.demo.opened(octets, officer)
        proofs = [one.get_payload(decode=True).decode() for one in part.walk() if (one.get_filename() or "").endswith(".tlog-proof")]
        return [self.receipt(proof) for proof in proofs]

    def log(self):
        """Every entry that a receipt was given for is where it was said to be, in a log that is as it was said to be."""
        key = verify_receipt.read_key(self.demo.key.read_text())
        folder, ca = self.demo.state["api"] + "/ledger", self.demo.state["ca"]
        leaves = {}
        for leaf, index, size, root in self.receipts:
            assert leaves.setdefault(index, leaf) == leaf, f"two receipts of entry {index}"
        if self.receipts:
            # The largest is the one that the log has to continue.
            largest = max(self.receipts, key=lambda one: one[2])
            verify_receipt.check_log(folder, ca, key, *largest)
            for one in self.receipts[-20:]:
                verify_receipt.check_log(folder, ca, key, *one)
        self.demo.run("ledger", "verify", "--key", self.demo.key)

    def one_exchange(self, agency, before, state=None):
        """The one exchange that there is beyond those before, whole: its record, its receipt, one delivery for each reader."""
        new = self.ids("exchange") - before
        assert len(new) == 1, f"{len(new)} exchanges"
        (id,) = new
        view = self.demo.exchange(agency, id)
        assert state is None or view["state"] == state, view
        assert view["items"], view
        twice = self.db.rows(f"select agency from delivery where exchange = '{id}' group by agency, person, obligations having count(*) > 1")
        assert not twice, f"delivered twice: {twice}"
        status, receipt, _ = self.demo[agency].ask(f"/api/v1/exchanges/{id}/receipt")
        assert status == 200, (status, receipt)
        self.receipt(receipt.decode(), id)
        return view

    def reads(self, reader, exchange, role="spoc"):
        """The bodies of an exchange as its reader opens them, each as long as it is said to be."""
        view = self.demo.exchange(reader, exchange)
        contents = self.demo.documents(reader, view, role)
        sizes = [item["size"] for item in view["items"]]
        assert contents and [len(content) for content in contents] == sizes, f"{[len(content) for content in contents]} octets came, and {sizes} were told"
        return contents

    def bodies(self):
        """Every body that is live is something's, and every file has its row."""
        live = self.ids("blob where state = 'live'")
        held = set()
        for table in ("item", "quarantine", "draft_part", "mail_out", "mesh_out"):
            held |= {blob for (blob,) in self.db.rows(f"select blob from {table} where blob is not null")}
        assert live == held, f"live and nobody's: {live - held}; somebody's and not live: {held - live}"
        files = {file.stem for file in (self.folder / "blobs").rglob("*.age")}
        assert files >= live, f"without a file: {live - files}"
        return files, self.ids("blob")

    def swept(self):
        """A day later nothing lies there that is nobody's."""
        self.advance("P1DT1H")

        def gone():
            files, rows = self.bodies()
            return files == rows and not self.ids("blob where state = 'staging'")

        until(gone, lambda: f"left: {self.ids('blob') ^ {file.stem for file in (self.folder / 'blobs').rglob('*.age')}}", 30)

    def in_clear(self):
        """Where words of ours lie in clear: in the folder, or in a database elsewhere."""
        own = {"demo.json", "log.key"}
        places = [file for file in self.folder.rglob("*") if file.is_file() and file.name not in own and "peer" not in file.parts]
        found = [str(file) for file in places if MARK.encode() in file.read_bytes()]
        if self.db.name == "postgres":
            for table in self.db.tables():
                for column, kind, _ in self.db.columns(table):
                    if kind in ("text", "bytea"):
                        look = f"position('{MARK}' in {column}) > 0" if kind == "text" else f"position('{MARK}'::bytea in {column}) > 0"
                        found += [f"{table}.{column}"] if self.number(f"{table} where {look}") else []
        return found


class Client(threading.Thread):
    """Somebody who asks for something, and is answered or cut off."""

    def __init__(self, act):
        super().__init__(daemon=True)
        self.act, self.answer, self.wrong = act, None, None
        self.start()

    def run(self):
        try:
            self.answer = self.act()
        except CUT:
            pass
        except BaseException as wrong:
            self.wrong = wrong

    def done(self, seconds):
        self.join(seconds)
        if self.wrong:
            raise self.wrong
        return not self.is_alive()


def thing(**more):
    return types.SimpleNamespace(**more)

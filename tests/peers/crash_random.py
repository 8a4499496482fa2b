"""The gateway is killed with SIGKILL at random moments, again and again, while agencies use every way in at once. Whoever was answered has what was
answered: there, delivered once, proved. Whoever was not asks again by the same key, the same mail, the same form, and has it once.

usage: crash_random.py FOLDER GATEWAY_BINARY [KILLS [SEED]]
"""

import json, random, sys, threading, time, uuid
import verify_receipt
from browse import Browser
from crash_portal import Portal, Sends
from crash_ways import HOUSING, PROBATION, SENDER, TRUST, Mail
from crash_world import CUT, Relay, World
from demo import multipart
from mail import pdf
from postfix import free_port

FOLDER, BINARY, *MORE = sys.argv[1:]
KILLS = int(MORE[0]) if MORE else 5
SEED = int(MORE[1]) if len(MORE) > 1 else random.randrange(1 << 30)
chance = random.Random(SEED)


class Answered:
    """What the clients keep in mind."""

    def __init__(self):
        self.lock, self.things, self.wrong = threading.Lock(), [], []
        self.repeats, self.there, self.absent = 0, 0, 0
        self.over, self.up, self.rows = threading.Event(), threading.Event(), threading.Lock()


mind = Answered()


def persists(thing):
    """The same again until there is an answer; how often there was none."""
    cuts = 0
    while True:
        if cuts:
            thing.looks()
        try:
            return thing.act(), cuts
        except CUT:
            cuts += 1
        except AssertionError as wrong:
            # It has just been killed or is not there yet: 503, or a page that says so, is no answer either.
            if not any(word in str(wrong) for word in ("503", "451", "421", "502")):
                raise
            cuts += 1
        time.sleep(0.05)


def works(world, make):
    """One client: one thing after another, each until it is answered."""
    try:
        # At a pace at which what goes out keeps up.
        while not mind.over.wait(0.2):
            thing = make()
            answer, cuts = persists(thing)
            with mind.lock:
                thing.answer, thing.cuts = answer, cuts
                mind.things.append(thing)
                mind.repeats += cuts
    except BaseException as wrong:
        mind.wrong.append(wrong)
        raise


class Thing:
    """What is sent: its mark is its title, so that it is found by it."""

    def __init__(self, world, sender):
        self.world, self.sender, self.key, self.id = world, sender, str(uuid.uuid4()), None
        self.mark = f"plainly-told-{self.key}"

    def looks(self):
        """Called before it is asked again."""


class Post(Thing):
    document = None
    recipients = (PROBATION, HOUSING)
    held, looked = False, False

    def looks(self):
        """Whether what was not answered is there: asked once, when the gateway is there again."""
        if mind.up.wait(60) and not self.looked:
            self.looked = True
            with mind.rows:
                there = self.world.number(f"idempotency where id = '{self.sender}/{self.key}'") if self.id is None else 1
            with mind.lock:
                mind.there, mind.absent = mind.there + bool(there), mind.absent + (not there)

    def act(self):
        items = [{"title": self.mark, "category": "RISK", "text": f"Seen at the gate. {self.mark}"}]
        if self.held:
            items = [{"title": self.mark, "category": "HEALTH_CLIN", "owner": TRUST, "text": f"About his health. {self.mark}"}]
        parts = {}
        if self.document:
            items.append({"title": "scan.bin", "category": "RISK", "document": "scan"})
            parts = {"scan": ("application/octet-stream", (self.mark.encode() + bytes(range(256))) * self.document)}
        said = self.world.demo.submission(recipients=[one for one in self.recipients if one != self.sender], items=items)
        status, answer, _ = self.world.demo.fresh(self.sender).ask("/api/v1/exchanges", multipart(said, **parts) if parts else said, Idempotency_Key=self.key)
        assert status == 201, (status, answer)
        answer = json.loads(answer)
        self.id = answer["id"]
        with mind.lock:
            self.world.receipt(answer["receipt"])
        return answer


class Large(Post):
    document = 600


class Held(Post):
    """Held, and approved by the guardian."""

    held, decided = True, False
    recipients = (PROBATION,)

    def act(self):
        if self.id is None:
            super().act()
        demo, guardian = self.world.demo, self.world.demo.user(TRUST, "caldicott")
        wire = demo.fresh(TRUST)
        mine = [hold for hold in wire.all("/api/v1/holds", "holds", guardian) if hold["exchange"] == self.id]
        if mine:
            status, answer = wire.json(f"/api/v1/holds/{mine[0]['id']}", {"decision": "approve", "reasons": f"to be housed {self.mark}"}, guardian)
            assert status in (200, 409), (status, answer)
        return True


class Sent(Thing):
    """A signed mail, small or large."""

    size = 0

    def __init__(self, world):
        super().__init__(world, SENDER)
        officer = world.demo.officer(SENDER)
        items = [{"title": self.mark, "category": "RISK", "text": f"Seen at the gate. {self.mark}"}]
        files = {}
        if self.size:
            items.append({"title": "plan.pdf", "category": "RISK", "document": "plan.pdf"})
            files = {"plan.pdf": ("application/pdf", pdf(f"% a plan {self.mark}\n".encode() * 6000))}
        self.officer = officer
        self.mail, self.to = world.demo.sealed(world.demo.submission(recipients=(PROBATION, HOUSING), items=items), officer, files)

    def act(self):
        return Mail.act(self, self)

    demo = property(lambda self: self.world.demo)


class SentLarge(Sent):
    size = 1


class Written(Thing):
    """A message written in the portal, with a file, and sent."""

    browser = None

    def __init__(self, world):
        super().__init__(world, SENDER)
        self.place = self.check = None

    def act(self):
        if Written.browser is None:
            try:
                Written.browser = Browser(self.world.demo).sign_in(SENDER, "practitioner")
            except AssertionError:
                # A code is good once, also where its answer was lost.
                self.world.advance("PT1M")
                raise OSError("sign in again") from None
        way = Sends(self.world)
        Portal.browser = Written.browser
        if self.place is None:
            place = way.write(self)
            hidden, files = way.shown(place)
            fields = {**way.fields(self), "title": self.mark}
            Written.browser.post(place, {**hidden, **fields, f"kind-{files[0]}": "RISK", "do": "check"})
            self.check = Written.browser.get(f"{place}/check").hidden(f"{place}/send")
            self.place = place
        page = Written.browser.post(f"{self.place}/send", self.check)
        if page.status == 404:
            page = Written.browser.ask("GET", self.place)
        assert page.status == 303 and page.leads_to.startswith("/messages/"), (page.status, page.text[:1000])
        self.id = page.leads_to.rpartition("/")[2]
        return self.id


class Taken(Thing):
    """An agency takes what is in its inbox, and acknowledges it."""

    acknowledged = []

    def act(self):
        wire = self.world.demo.fresh(self.sender)
        status, page = wire.json("/api/v1/inbox?limit=20")
        assert status == 200, (status, page)
        for one in page["deliveries"]:
            if one["state"] != "acknowledged":
                status, answer = wire.json(f"/api/v1/inbox/{one['id']}/acknowledge", {})
                assert status == 200, (status, answer)
                Taken.acknowledged.append(one["id"])
        time.sleep(0.2)
        return True


def titles(world):
    """The exchanges under each title, of all who send."""
    found = {}
    for sender in (SENDER, PROBATION, "southwark-youth"):
        wire = world.demo.fresh(sender)
        for one in wire.all("/api/v1/exchanges?role=sent", "exchanges"):
            status, view = wire.json(f"/api/v1/exchanges/{one['id']}")
            assert status == 200, view
            found.setdefault(view["items"][0]["title"], []).append(view)
    return found


def check(world):
    """Everything that was answered, and that there is nothing else."""
    found = titles(world)
    sent = [thing for thing in mind.things if not isinstance(thing, Taken)]
    for thing in sent:
        views = found.pop(thing.mark, [])
        assert len(views) == 1, f"{type(thing).__name__} {thing.mark}: {len(views)} exchanges after {thing.cuts} times without an answer"
        (view,) = views
        assert thing.id in (None, view["id"]), "another exchange than the one that was answered"
        assert view["state"] == "released", view
        assert all(item["size"] > 0 for item in view["items"]), view
    assert not found, f"exchanges that nobody sent: {list(found)}"
    twice = world.db.rows("select exchange, agency, count(*) from delivery group by exchange, agency having count(*) > 1")
    assert not twice, f"delivered twice: {twice}"
    mails = world.relay.mails()
    office = world.demo.office(PROBATION).address
    arrived, made = sum(to == (office,) for to, _ in mails), world.number(f"mail_out where kind = 'delivery' and state = 'sent' and agency = '{PROBATION}'")
    assert arrived == made > 0, f"{arrived} mails arrived of {made} that were sent"
    late = world.number("delivery where state in ('queued', 'waiting') and id in (select delivery from mail_out where kind = 'delivery' and state = 'sent')")
    assert late == 0, f"{late} deliveries wait whose mail was sent"
    states = dict(world.db.rows("select id, state from delivery"))
    lost = [id for id in Taken.acknowledged if states[id] != "acknowledged"]
    assert not lost, f"{len(lost)} acknowledgements that were answered are not there"
    return sent


def proved(world):
    """Every receipt that was given is of the log as it is now."""
    key = verify_receipt.read_key(world.demo.key.read_text())
    folder, ca = world.demo.state["api"] + "/ledger", world.demo.state["ca"]
    for one in [max(world.receipts, key=lambda one: one[2]), *chance.sample(world.receipts, min(25, len(world.receipts)))]:
        verify_receipt.check_log(folder, ca, key, *one)
    leaves = {index: bytes(data) for index, data in world.db.rows("select idx, data from log_leaf where log = 'london-0'")}
    for leaf, index, _, _ in world.receipts:
        assert verify_receipt.sha(b"\0", leaves[index]) == leaf, f"entry {index} is not what its receipt says"
    world.demo.run("ledger", "verify", "--key", world.demo.key)


def main():
    port = free_port()
    world = World(FOLDER, BINARY, Relay(port), "--relay", f"127.0.0.1:{port}")
    world.start()
    mind.up.set()
    makers = [
        lambda: Post(world, SENDER), lambda: Post(world, PROBATION), lambda: Post(world, "southwark-youth"), lambda: Large(world, SENDER),
        lambda: Held(world, SENDER), lambda: Sent(world), lambda: SentLarge(world), lambda: Written(world), lambda: Taken(world, HOUSING),
    ]  # fmt: skip
    clients = [threading.Thread(target=works, args=(world, make), daemon=True) for make in makers]
    for client in clients:
        client.start()
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.1, 2.0))
        assert not mind.wrong, mind.wrong
        mind.up.clear()
        world.kill()
        world.start()
        mind.up.set()
    time.sleep(1)
    mind.over.set()
    for client in clients:
        client.join(120)
        assert not client.is_alive(), "a client has no answer still"
    assert not mind.wrong, mind.wrong
    world.settle(400)
    sent = check(world)
    proved(world)
    world.swept()
    world.demo.lives()
    assert not (found := world.in_clear()), f"in clear: {found}"
    print(
        f"{world.db.name}, seed {SEED}: {world.kills} kills; {len(sent)} sent and answered, each there once, {len(Taken.acknowledged)} acknowledged; "
        f"of those not answered at once {mind.there} were there and {mind.absent} absent; {mind.repeats} repeats; {len(world.receipts)} receipts hold; ready within {world.longest:.1f} s"
    )


main()

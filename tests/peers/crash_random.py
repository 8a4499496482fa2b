"""The gateway is killed with SIGKILL at random moments, again and again, while agencies use every way in at once. Whoever was answered has what was
answered: there, delivered once, proved. Whoever was not asks again by the same key, the same mail, the same form, and has it once.

usage: crash_random.py FOLDER GATEWAY_BINARY [KILLS [SEED]]
"""

import collections, json, random, re, sys, threading, time, uuid
import crash_mesh, fhir_words, verify_receipt
from browse import Browser
from crash_commands import folder
from crash_portal import Portal, Sends
from crash_ways import HOUSING, PRISON, PROBATION, SENDER, TRUST, UNIT, Mail
from crash_world import CUT, UNAVAILABLE, NotNow, Relay, World
from demo import multipart
from mail import pdf
from mesh_end import Sandbox, Wire, answer, resources
from postfix import free_port, until

FOLDER, BINARY, *MORE = sys.argv[1:]
KILLS = int(MORE[0]) if MORE else 5
SEED = int(MORE[1]) if len(MORE) > 1 else random.randrange(1 << 30)
chance = random.Random(SEED)


class Answered:
    """What the clients keep in mind."""

    def __init__(self):
        self.lock, self.things, self.wrong = threading.Lock(), [], []
        self.repeats, self.there, self.absent, self.severed = 0, 0, 0, 0
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
        except (*CUT, NotNow) as cut:
            cuts += 1
            # Where nobody was there yet, nothing was cut.
            with mind.lock:
                mind.severed += not isinstance(cut, (NotNow, ConnectionRefusedError))
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


def line(world, agency):
    """A connection of an agency's, on which it cannot now is no answer."""
    wire = world.demo.fresh(agency)
    asks = wire.ask

    def ask(path, *words, **more):
        status, *answer = asks(path, *words, **more)
        if status == UNAVAILABLE:
            raise NotNow(path, answer)
        return status, *answer

    wire.ask = ask
    return wire


class Officer(Browser):
    """A browser, to which such a page is no answer."""

    def ask(self, method, path, *words, **more):
        page = super().ask(method, path, *words, **more)
        if page.status == UNAVAILABLE:
            raise NotNow(path, page.text)
        return page


class Thing:
    """What is sent: its mark is its title, so that it is found by it."""

    titled = True
    recipients = (PROBATION, HOUSING)
    # Who reads it, and whether all of it is delivered together.
    reader, at_once = "spoc", True
    # What is read in the portal alone.
    in_portal = ("INTEL",)

    def __init__(self, world, sender):
        self.world, self.sender, self.key, self.id = world, sender, str(uuid.uuid4()), None
        self.mark = f"plainly-told-{self.key}"

    def looks(self):
        """Called before it is asked again."""

    def post(self, path, body, person=None):
        """Asks the gateway to take it, by its key; what it answers has a receipt."""
        status, answer, _ = line(self.world, self.sender).ask(path, body, person, Idempotency_Key=self.key)
        assert status == 201, (status, answer)
        answer = json.loads(answer)
        self.id = answer["id"]
        with mind.lock:
            self.world.receipt(answer["receipt"], self.id)
        return answer

    def is_read(self, reader, contents):
        """Whether an agency that opens it gets what was sent, octet by octet."""
        assert contents == self.sent, f"{reader} opens {[content[:200] for content in contents]}"


class Post(Thing):
    document = None
    # For whom it is as well, and is held.
    nobody_decides = ()
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
        words, category = (f"About his health. {self.mark}", "HEALTH_CLIN") if self.held else (f"Seen at the gate. {self.mark}", "RISK")
        items = [{"title": self.mark, "category": category, "text": words, **({"owner": TRUST} if self.held else {})}]
        parts, self.sent = {}, [words.encode()]
        if self.document:
            items.append({"title": "scan.bin", "category": "RISK", "document": "scan"})
            self.sent.append((self.mark.encode() + bytes(range(256))) * self.document)
            parts = {"scan": ("application/octet-stream", self.sent[-1])}
        said = self.world.demo.submission(recipients=[*self.recipients, *self.nobody_decides], items=items)
        return self.post("/api/v1/exchanges", multipart(said, **parts) if parts else said)


class ToHousing(Post):
    """For an agency that has no secure mail."""

    recipients = (HOUSING,)


class Partly(Post):
    """Held for one of the two that it is for, and not decided."""

    recipients, nobody_decides = (PROBATION,), (HOUSING,)


class Large(Post):
    document = 600


def decided(thing, agency, *roles):
    """All that is held of it is approved, by each of these in their turn."""
    for role in roles:
        wire, who = line(thing.world, agency), thing.world.demo.user(agency, role)
        for hold in [hold for hold in wire.all("/api/v1/holds", "holds", who) if hold["exchange"] == thing.id and hold["role"] == role]:
            status, answer = wire.json(f"/api/v1/holds/{hold['id']}", {"decision": "approve", "reasons": f"to be housed {thing.mark}"}, who)
            assert status == 200 or (status == 409 and "approved" in json.dumps(answer)), (status, answer)


class Held(Post):
    """Held, and approved by the guardian."""

    held = True
    recipients = (PROBATION,)

    def act(self):
        if self.id is None:
            super().act()
        decided(self, TRUST, "caldicott")
        return True


class Form(Thing):
    """A prison's form, countersigned and cleared."""

    titled, reader, at_once = False, "coordinator", False
    recipients = (UNIT,)
    example = None

    def __init__(self, world):
        super().__init__(world, PRISON)
        person = next(one for one in world.demo.nominals if one.get("prison_number") == "A1234BC")
        self.said = json.loads(json.dumps(self.example).replace("$NOMINAL", person["ref"]).replace("$AGENCY", UNIT))
        self.said["answers"]["behaviour"]["summary"] = f"Quiet on the wing. {self.mark}"

    def act(self):
        if self.id is None:
            self.post("/api/v1/annex-f", self.said, self.world.demo.user(PRISON, "practitioner"))
        decided(self, PRISON, "manager", "security")
        return True

    def is_read(self, reader, contents):
        got = [json.loads(content)["answers"] for content in contents]
        assert [one["behaviour"] for one in got if "behaviour" in one] == [self.said["answers"]["behaviour"]], got


class Asked(Thing):
    """A health information request, which goes to the trust by MESH."""

    titled = False
    # The unit has a copy.
    recipients = (TRUST, UNIT)
    example = None

    def __init__(self, world):
        super().__init__(world, PROBATION)
        self.said = self.says()

    def about(self):
        known = lambda one: one["level"] >= 2 and TRUST in one["partners"] and PROBATION in one["partners"] + [one["lead_agency"]]
        return next(one for one in self.world.demo.nominals if known(one))

    def says(self):
        said = json.loads(json.dumps(Asked.example).replace("$NOMINAL", self.about()["ref"]).replace("$AGENCY", TRUST))
        said["answers"]["need"]["why_now"] = f"Appointments were missed. {self.mark}"
        return said

    def act(self):
        return self.post("/api/v1/health-requests", self.said, self.world.demo.user(PROBATION, "practitioner"))

    def is_read(self, reader, contents):
        got = [json.loads(content)["answers"] for content in contents]
        assert [one["need"] for one in got if "need" in one] == [self.said["answers"]["need"]], got


class AskedInFhir(Asked):
    """The same, from a system that speaks FHIR; its answer carries no receipt, which is asked for at the end."""

    def says(self):
        return fhir_words.asks(self.about(), PROBATION, TRUST, f"Appointments were missed. {self.mark}")

    def act(self):
        body, person = (fhir_words.FHIR, json.dumps(self.said).encode()), self.world.demo.user(PROBATION, "practitioner")
        status, answer, _ = line(self.world, PROBATION).ask("/fhir/R4/Task", body, person, Idempotency_Key=self.key)
        assert status == 201, (status, answer)
        self.id = json.loads(answer)["id"]
        return True

    def is_read(self, reader, contents):
        got = [json.loads(content)["answers"] for content in contents]
        assert [one["need"]["why_now"] for one in got if "need" in one] == [f"Appointments were missed. {self.mark}"], got


class Told(Thing):
    """A trust's answer, which comes by MESH."""

    titled, at_once, cuts = False, False, 0
    recipients = (PROBATION, UNIT)

    def __init__(self, world, request):
        super().__init__(world, TRUST)
        words = {"engagement": "Missed three", "medication": "Not collected for six weeks"}
        self.said = {name: ("HEALTH_RISK", f"{said} {self.mark}") for name, said in words.items()}
        self.message = answer(request, TRUST, self.said)
        self.name = self.message["entry"][0]["resource"]["id"]

    def is_read(self, reader, contents):
        got = b"\n".join(contents).decode()
        assert all(words in got for _, words in self.said.values()), got


class Trust:
    """The other end of MESH: takes all that comes, answers each request once, and keeps in mind what it is told of its answers."""

    def __init__(self, world, end):
        self.world, self.end, self.came, self.answers, self.words = world, end, collections.defaultdict(list), {}, []

    def turn(self):
        for workflow, said in self.end.receive():
            if workflow == "TEST_WORKFLOW_ACK":
                self.words.append(said["entry"][0]["resource"]["response"])
                continue
            (task,) = resources(said, "Task")
            (request,) = [one["value"] for one in task["identifier"] if one["system"].endswith("/Id/health-request")]
            self.came[request].append(json.dumps(said))
            if request not in self.answers:
                self.answers[request] = Told(self.world, request)
                self.end.send(self.answers[request].message)

    def works(self):
        try:
            while not mind.over.wait(0.2):
                self.turn()
        except BaseException as wrong:
            mind.wrong.append(wrong)
            raise

    def is_done(self, requests):
        """Every request has come, every answer was taken, and the trust told of it."""
        self.turn()
        return self.came.keys() >= requests and len(self.words) >= len(self.answers) and not self.end.waits_at_ours()


class Sent(Thing):
    """A signed mail, small or large."""

    size = 0

    def __init__(self, world):
        super().__init__(world, SENDER)
        officer = world.demo.officer(SENDER)
        words = f"Seen at the gate. {self.mark}"
        items = [{"title": self.mark, "category": "RISK", "text": words}]
        files = {}
        if self.size:
            items.append({"title": "plan.pdf", "category": "RISK", "document": "plan.pdf"})
            files = {"plan.pdf": ("application/pdf", pdf(f"% a plan {self.mark}\n".encode() * 6000))}
        self.sent = [words.encode(), *(content for _, content in files.values())]
        self.officer = officer
        self.mail, self.to = world.demo.sealed(world.demo.submission(recipients=(PROBATION, HOUSING), items=items), officer, files)

    def act(self):
        return Mail.act(self, self)

    demo = property(lambda self: self.world.demo)

    def is_read(self, reader, contents):
        # A mail's text ends as its program ends it.
        super().is_read(reader, [contents[0].rstrip(b"\r\n"), *contents[1:]])


class SentLarge(Sent):
    size = 1


class Browsed(Thing):
    """What a practitioner does in the portal, who has signed in once."""

    browser, tried = None, False

    def __init__(self, world, sender=SENDER):
        super().__init__(world, sender)
        self.place = self.check = None

    def signs_in(self):
        kind = type(self)
        if kind.browser is None:
            if kind.tried:
                # A code is good once, also where its answer was lost.
                self.world.advance("PT1M")
            kind.tried = True
            kind.browser = Officer(self.world.demo).sign_in(self.sender, "practitioner")
        return kind.browser

    def is_sent(self, page):
        """Sent now, or before: it leads to what it has become."""
        assert page.status == 303 and page.leads_to.startswith("/messages/"), (page.status, page.text[:1000])
        self.id = page.leads_to.rpartition("/")[2]
        return self.id


class Written(Browsed):
    """A message written in the portal, with a file, and sent."""

    recipients = (HOUSING,)

    def act(self):
        browser, way = self.signs_in(), Sends(self.world)
        Portal.browser = browser
        self.sent = [way.fields(self)["text"].encode(), way.content(self)]
        if self.place is None:
            place = way.write(self)
            hidden, files = way.shown(place)
            fields = {**way.fields(self), "title": self.mark}
            browser.post(place, {**hidden, **fields, f"kind-{files[0]}": "RISK", "do": "check"})
            self.check = browser.get(f"{place}/check").hidden(f"{place}/send")
            self.place = place
        page = browser.post(f"{self.place}/send", self.check)
        return self.is_sent(browser.ask("GET", self.place) if page.status == 404 else page)


class Filled(Browsed):
    """Such a request, filled in in the portal section by section, and sent."""

    titled, recipients, pages = False, (TRUST, UNIT), "/forms/health-request/new"
    # Their points are typed one a line.
    in_lines = ("to_whom", "readers", "former_names")
    about, says, is_read = Asked.about, Asked.says, Asked.is_read

    def __init__(self, world):
        super().__init__(world, PROBATION)
        self.said = self.says()

    def typed(self, answers):
        """The fields of a section as they are typed."""
        typed = {"asked": list(answers)}
        for name, value in answers.items():
            if re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
                typed |= {f"in-{name}-{part}": one for part, one in zip(("year", "month", "day"), value.split("-"))}
            else:
                typed[f"in-{name}"] = "\r\n".join(value) if name in self.in_lines else value
        return typed

    def act(self):
        browser = self.signs_in()
        if self.place is None:
            page = browser.post(self.pages, {**browser.get(self.pages).hidden(self.pages), "ref": self.said["nominal"]["ref"]})
            assert page.status == 303 and page.leads_to.startswith("/forms/draft/"), (page.status, page.text[:1000])
            self.place = page.leads_to
        if self.check is None:
            for section, answers in self.said["answers"].items():
                there = f"{self.place}/{section}"
                page = browser.post(there, {**browser.get(there).hidden(there), **self.typed(answers)})
                assert page.status == 303, (there, page.status, page.text[:1000])
            there = f"{self.place}/check"
            browser.post(there, {**browser.get(there).hidden(there), "to": TRUST, "do": "update"})
            self.check = {**browser.get(there).hidden(there), "to": TRUST, "do": "send"}
        return self.is_sent(browser.post(f"{self.place}/check", self.check))


class Taken(Thing):
    """An agency takes what is in its inbox, and acknowledges it."""

    acknowledged = []

    def act(self):
        wire = line(self.world, self.sender)
        status, page = wire.json("/api/v1/inbox?limit=20")
        assert status == 200, (status, page)
        for one in page["deliveries"]:
            if one["state"] != "acknowledged":
                status, answer = wire.json(f"/api/v1/inbox/{one['id']}/acknowledge", {})
                assert status == 200, (status, answer)
                Taken.acknowledged.append(one["id"])
        time.sleep(0.2)
        return True


class Look:
    """What there is now, as each agency has it."""

    def __init__(self, world):
        self.world, self.lines = world, {}
        senders = dict(world.db.rows("select id, sender from exchange"))
        self.views = {id: self.view(sender, id) for id, sender in senders.items()}
        self.titles = collections.defaultdict(list)
        for id, view in self.views.items():
            self.titles[view["items"][0]["title"]].append(id)

    def ask(self, agency, path, person=None):
        try:
            status, content, _ = self.lines[agency].ask(path, person=person)
        except (KeyError, *CUT):
            # The first, or one that has rested for a minute, which is closed.
            self.lines[agency] = self.world.demo.fresh(agency)
            status, content, _ = self.lines[agency].ask(path, person=person)
        assert status == 200, (agency, path, status, content)
        return content

    def view(self, agency, id):
        return json.loads(self.ask(agency, f"/api/v1/exchanges/{id}"))

    def takes(self, thing):
        """The one exchange that a thing has become: released, delivered once to each that it is for, proved, and read by them as it was sent."""
        ids = self.titles[thing.mark] if thing.titled else [thing.id]
        assert len(ids) == 1 and ids[0] in self.views, f"{len(ids)} exchanges"
        (id,) = ids
        assert thing.id in (None, id), "another exchange than the one that was answered"
        thing.id, view = id, self.views.pop(id)
        assert view["state"] == "released", view
        reached = [agency for (agency,) in self.world.db.rows(f"select agency from delivery where exchange = '{id}'")]
        assert sorted(reached if thing.at_once else set(reached)) == sorted(thing.recipients), f"delivered to {reached}"
        self.world.receipt(self.ask(thing.sender, f"/api/v1/exchanges/{id}/receipt").decode(), id)
        for reader in thing.recipients:
            person = self.world.demo.user(reader, thing.reader)
            items = [item["n"] for item in self.view(reader, id)["items"] if item["category"] not in thing.in_portal]
            thing.is_read(reader, [self.ask(reader, f"/api/v1/exchanges/{id}/documents/{n}", person) for n in items])


def check(world, trust):
    """Everything that was answered, and that there is nothing else."""
    arrives(world)
    look = Look(world)
    wrapped(world, look)
    sent = [thing for thing in mind.things if not isinstance(thing, Taken)]
    for request, told in trust.answers.items():
        found = json.loads(look.ask(PROBATION, f"/api/v1/health-requests/{request}"))
        assert (found["state"], found["outcome"]) == ("completed", "full"), found
        told.id = found["answer"]
    sent += trust.answers.values()
    for thing in sent:
        try:
            look.takes(thing)
        except AssertionError as wrong:
            raise AssertionError(f"{type(thing).__name__} {thing.mark}, after {thing.cuts} times without an answer: {wrong}") from wrong
    assert not look.views, f"exchanges that nobody sent: {look.views}"
    by_mail(world, [thing for thing in sent if isinstance(thing, Sent)])
    by_mesh(world, trust, [thing for thing in sent if isinstance(thing, (Asked, Filled))])
    return sent


def wrapped(world, look):
    """A key for each reader and item that the senders' views permit, and for no other: as in `wraps.py`."""
    permitted = {
        (id, cell["recipient"], cell["item"])
        for id, view in look.views.items()
        for cell in view["decisions"]
        if cell["outcome"] == "permit" and not view.get("withdrawn")
    }
    rows = world.db.rows("select w.exchange, w.agency, i.n from wrap w join item i on i.id = w.item and i.exchange = w.exchange where w.state = 'active'")
    assert len(rows) == len(set(rows)) == world.number("wrap where state = 'active'"), "a reader has an item twice, or one of another exchange"
    wraps = set(rows)
    assert permitted == wraps, f"permitted and not wrapped: {permitted - wraps}; wrapped and not permitted: {wraps - permitted}"


def by_mail(world, sent):
    """A mail that was taken is proved to the officer once, by mail."""
    officer = world.demo.officer(SENDER)
    mails = [octets for to, octets in world.relay.mails() if to == (officer.address,)]
    proved = collections.Counter(exchange for octets in mails for exchange in world.mailed(octets, officer))
    wrong = {thing.id: proved[thing.id] for thing in sent if proved[thing.id] != 1}
    assert not wrong, f"receipts of mails that were taken: {wrong}"


def by_mesh(world, trust, asked):
    """What went by MESH came once, and of what came by it the trust was told once that it is there."""
    came = {request: len(copies) for request, copies in trust.came.items()}
    assert came == {thing.id: 1 for thing in asked}, f"by MESH came {came}"
    lost = [thing.id for thing in asked if f"Appointments were missed. {thing.mark}" not in trust.came[thing.id][0]]
    assert not lost, f"by MESH came other words than were sent: {lost}"
    told = sorted((word["identifier"], word["code"]) for word in trust.words)
    assert told == sorted((one.name, "ok") for one in trust.answers.values()), f"the trust is told {told}"


def arrives(world):
    """What goes out by mail has gone once; what was acknowledged is so still."""
    mails = world.relay.mails()
    office = world.demo.office(PROBATION).address
    arrived, made = sum(to == (office,) for to, _ in mails), world.number(f"mail_out where kind = 'delivery' and state = 'sent' and agency = '{PROBATION}'")
    assert arrived == made > 0, f"{arrived} mails arrived of {made} that were sent"
    twice = world.db.rows("select delivery from mail_out where kind = 'delivery' group by delivery having count(*) > 1")
    assert not twice, f"deliveries with two mails: {twice}"
    late = world.number("delivery where state in ('queued', 'waiting') and id in (select delivery from mail_out where kind = 'delivery' and state = 'sent')")
    assert late == 0, f"{late} deliveries wait whose mail was sent"
    # An item reaches an agency by one delivery.
    empty = world.number("delivery where id not in (select delivery from wrap)")
    assert empty == 0, f"{empty} deliveries with nothing in them"
    states = dict(world.db.rows("select id, state from delivery"))
    lost = [id for id in Taken.acknowledged if states[id] != "acknowledged"]
    assert not lost, f"{len(lost)} acknowledgements that were answered are not there"


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


def settles(world, trust):
    """Until all that goes out is out, and all that the trust has to say has come."""
    asked = {thing.id for thing in mind.things if isinstance(thing, (Asked, Filled))}
    for _ in range(60):
        world.settle(400)
        if trust.is_done(asked):
            break
        time.sleep(0.5)
    else:
        raise AssertionError(f"{len(asked)} requests went by MESH and {len(trust.came)} came, {len(trust.answers)} answers and the trust told of {len(trust.words)}")
    world.settle(400)
    late = f"delivery where agency = '{TRUST}' and channel = 'mesh' and state <> 'delivered'"
    until(lambda: not world.number(late), lambda: f"{world.number(late)} deliveries by MESH, which the trust has taken, are not delivered", 60)


def main():
    port = free_port()
    sandbox = Sandbox(folder(FOLDER, "peer")).start()
    world = World(FOLDER, BINARY, Relay(port), "--relay", f"127.0.0.1:{port}", "--mesh", Wire(sandbox).url)
    world.start()
    # From the first kill on it looks more often.
    settings = world.folder / "gateway.toml"
    settings.write_text(settings.read_text().replace("poll_seconds = 2", "poll_seconds = 1"))
    for kind, form in ((Form, "annex-f"), (Asked, "health-request")):
        kind.example = json.loads(world.demo[PRISON].ask(f"/schemas/{form}.json")[1])["examples"][0]
    trust = Trust(world, crash_mesh.Trust(sandbox))
    mind.up.set()
    makers = [
        lambda: Post(world, SENDER), lambda: ToHousing(world, PROBATION), lambda: Partly(world, "southwark-youth"), lambda: Large(world, SENDER),
        lambda: Held(world, SENDER), lambda: Form(world), lambda: Sent(world), lambda: SentLarge(world), lambda: Written(world),
        lambda: Filled(world), lambda: Asked(world), lambda: AskedInFhir(world), lambda: Taken(world, HOUSING),
    ]  # fmt: skip
    clients = [threading.Thread(target=works, args=(world, make), daemon=True) for make in makers]
    clients.append(threading.Thread(target=trust.works, daemon=True))
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
    settles(world, trust)
    sent = check(world, trust)
    kinds = collections.Counter(type(thing) for thing in sent)
    every = {Post, ToHousing, Partly, Large, Held, Form, Sent, SentLarge, Written, Filled, Asked, AskedInFhir, Told}
    assert kinds.keys() == every, f"nothing came by {every - kinds.keys()}"
    # Kills that all fell between requests would prove nothing.
    cut = f"{mind.severed} were cut off; of those not answered {mind.there} were there and {mind.absent} absent"
    assert KILLS < 20 or (mind.severed >= KILLS // 4 and mind.there + mind.absent > 0), cut
    proved(world)
    world.swept()
    world.demo.lives()
    assert not (found := world.in_clear()), f"in clear: {found}"
    each = ", ".join(f"{number} {kind.__name__}" for kind, number in kinds.items())
    print(
        f"{world.db.name}, seed {SEED}: {world.kills} kills; {len(sent)} sent and answered, each there once and read as it was sent ({each}), "
        f"{len(Taken.acknowledged)} acknowledged; of those not answered at once {mind.there} were there and {mind.absent} absent; {mind.repeats} repeats, "
        f"{mind.severed} cut off; "
        f"{len(world.receipts)} receipts hold; ready within {world.longest:.1f} s"
    )


main()

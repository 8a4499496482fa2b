"""Two gateways over one PostgreSQL: whatever goes to either is written once, seen at both, and in one log; one that is killed stops nothing of
the other, and comes back.

usage: two_gateways.py FOLDER GATEWAY_BINARY, with the database's address in FOLDER/database
"""

import collections, contextlib, http.client, json, pathlib, re, signal, socket, ssl, subprocess, sys, threading
from demo import database, multipart, settle
from mail import Mails
from pages import Browser
from postfix import bound, free_port, until
from running import Gateway

FOLDER, BINARY = pathlib.Path(sys.argv[1]), sys.argv[2]
ASKS, HOUSING, TRUST = "london-probation", "southwark-housing", "london-mental-health"


class Second(Gateway):
    """The same installation once more: its keys, its folder and its database, by ports of its own."""

    def __init__(self, first):
        super().__init__(FOLDER / "second", BINARY)
        self.folder.mkdir()
        text = (first.folder / "gateway.toml").read_text()
        self.ports = {}

        def moved(found):
            self.ports[found[2]] = free_port()
            return f'{found[1]}{self.ports[found[2]]}"'

        text = re.sub(r'(?m)^(address = "127\.0\.0\.1:)(\d+)"', moved, text)
        (first.folder / "second.toml").write_text(text.replace(way.url, DIRECT))
        self.words = ["serve", "--config", first.folder / "second.toml"]

    def start(self):
        """Answers with what `demo.json` would say of it."""
        with open(self.folder / "stdout.log", "ab") as out, open(self.folder / "stderr.log", "ab") as err:
            begins = out.tell()
            self.running = subprocess.Popen([self.binary, *self.words], stdin=subprocess.DEVNULL, stdout=out, stderr=err, preexec_fn=bound())

        def ready():
            assert self.running.poll() is None, (self.folder / "stderr.log").read_text()[-4000:]
            return b"ready" in (self.folder / "stdout.log").read_bytes()[begins:]

        until(ready, "the second gateway")
        other = Mails(FOLDER, BINARY)
        for word in ("api", "ops", "portal"):
            base, _, port = other.state[word].rpartition(":")
            other.state[word] = f"{base}:{self.ports[port]}"
        other.port = self.ports[str(other.port)]
        return other


class Way:
    """The first gateway's way to the database, on which the answer to a commit can get lost."""

    BEGIN, COMMIT = b"BEGIN\0", b"Q\0\0\0\x0bCOMMIT\0"
    # What a recording sends is more; what only notes something is less.
    RECORDS = 4000

    def __init__(self, url):
        found = re.fullmatch(r"(.+@)([^:/]+):(\d+)(/.*)", url)
        self.there, self.lose, self.lost = (found[2], int(found[3])), 0, 0
        self.listens = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"{found[1]}127.0.0.1:{self.listens.getsockname()[1]}{found[4]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            near, _ = self.listens.accept()
            far, gone = socket.create_connection(self.there), threading.Event()
            threading.Thread(target=self.asks, args=(near, far, gone), daemon=True).start()
            threading.Thread(target=self.answers, args=(near, far, gone), daemon=True).start()

    def asks(self, near, far, gone):
        sent = 0
        with contextlib.suppress(OSError):
            while chunk := near.recv(1 << 16):
                sent = 0 if self.BEGIN in chunk else sent + len(chunk)
                if chunk.endswith(self.COMMIT) and self.lose and sent > self.RECORDS:
                    self.lose, self.lost = self.lose - 1, self.lost + 1
                    gone.set()
                far.sendall(chunk)
        for end in (near, far):
            end.close() if not gone.is_set() else None

    def answers(self, near, far, gone):
        with contextlib.suppress(OSError):
            while chunk := far.recv(1 << 16):
                if gone.is_set():
                    # It is committed, and nobody hears of it.
                    break
                near.sendall(chunk)
        for end in (near, far):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


DIRECT = (FOLDER / "database").read_text()
way = Way(DIRECT)
(FOLDER / "database").write_text(way.url)
first = Gateway(FOLDER, BINARY)
first.words[first.words.index("manual")] = "system"
one = first.start()
second = Second(first)
two = second.start()
BOTH = (one, two)
assert one.state["api"] != two.state["api"] and one.state["ops"] != two.state["ops"]
db = database(FOLDER)
one.run("nominal", "change", one.nominals[0]["ref"], "--level", "3", "--rationale", "many agencies are needed")


def counts(*tables):
    return [db.rows(f"select count(*) from {table}")[0][0] for table in tables]


def verified():
    one.run("ledger", "verify", "--key", one.key)
    for at in BOTH:
        at.command("ledger", "verify", "--key", at.key, "--url", at.state["api"] + "/ledger", "--ca", at.state["ca"])


def at_once(*tasks):
    """Runs all of them at the same time; what each gave."""
    gave, start = [None] * len(tasks), threading.Barrier(len(tasks))

    def run(n, task):
        start.wait()
        gave[n] = task()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return gave


# Fifty posts of one key, half to each: one exchange, one entry of the log, fifty equal answers.
report = b"%PDF-1.7\n" + bytes(range(256)) * 1024
files = one.submission(items=[{"title": "Risk note", "category": "RISK", "text": "Seen at the school gate."},
                              {"title": "report.pdf", "category": "RISK", "document": "report"}])
for kind, body in {"json": one.submission(), "multipart": multipart(files, report=("application/pdf", report))}.items():
    lines = [BOTH[n % 2].fresh("met-police") for n in range(50)]
    before = counts("exchange", "item", "cell", "delivery", "idempotency", "wrap")
    answers = at_once(*(lambda line=line: line.ask("/api/v1/exchanges", body, Idempotency_Key=f"both-{kind}") for line in lines))
    statuses = collections.Counter(status for status, *_ in answers)
    assert statuses == {201: 50}, (kind, statuses, [answer for status, answer, _ in answers if status != 201][:2])
    bodies = [json.loads(answer) for _, answer, _ in answers]
    entries = {tuple(found.pop("receipt").split("\n")[:3]) for found in bodies}
    assert len(entries) == 1 and all(found == bodies[0] for found in bodies), kind
    items = len(bodies[0]["decisions"])
    assert [now - was for now, was in zip(counts("exchange", "item", "cell", "delivery", "idempotency", "wrap"), before)] == [
        1, items, items, 1, 1, items], (kind, before)
    status, problem = two["met-police"].json("/api/v1/exchanges", one.submission(necessity="another"), Idempotency_Key=f"both-{kind}")
    assert status == 409, problem
verified()

# Both write at once: every exchange is there once, whichever is asked; what is held is listed and decided once.
before, heads = counts("exchange")[0], counts("log_leaf")[0]


def posts(at, sender, number):
    line, sent = at.fresh(sender), []
    for n in range(number):
        body = one.submission(0, [ASKS, HOUSING] if sender != ASKS else [HOUSING], items=[
            {"title": f"Note {n}", "category": "RISK", "text": f"Words {n} of {sender} at {at.port}."},
            {"title": f"Report {n}", "category": "HEALTH_CLIN", "owner": TRUST, "text": f"A report {n} of {sender} at {at.port}."}])
        status, answer = line.json("/api/v1/exchanges", body)
        assert status == 201, answer
        sent.append(answer["id"])
    return sent


sent = sum(at_once(*(lambda at=at, sender=sender: posts(at, sender, 12) for at in BOTH for sender in ("met-police", ASKS, "london-coordination"))), [])
assert len(set(sent)) == len(sent) == counts("exchange")[0] - before == 72
guardian = one.user(TRUST, "caldicott")
for agency, who in ((ASKS, None), (HOUSING, None)):
    boxes = [at[agency].all("/api/v1/inbox", "deliveries") for at in BOTH]
    mine = [[box["exchange"] for box in boxes[n] if box["exchange"] in sent] for n in range(2)]
    assert mine[0] == mine[1] and len(set(mine[0])) == len(mine[0]) > 20, (agency, len(mine[0]), len(mine[1]))
holds = [at[TRUST].all("/api/v1/holds", "holds", guardian) for at in BOTH]
assert [hold["id"] for hold in holds[0]] == [hold["id"] for hold in holds[1]] and len(holds[0]) >= 20, [len(found) for found in holds]
decided = 0
for hold in holds[0][:10]:
    verdict = {"decision": "approve", "reasons": "it is needed for the plan"}
    answers = at_once(*(lambda at=at: at.fresh(TRUST).json(f"/api/v1/holds/{hold['id']}", verdict, guardian) for at in BOTH for _ in range(2)))
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409], answers
wraps = db.rows("select exchange, item, agency, count(*) from wrap group by exchange, item, agency having count(*) > 1")
assert not wraps, wraps
verified()

# A list that was begun at one goes on at the other.
status, page = one[ASKS].json("/api/v1/inbox?limit=5")
rest = two[ASKS].json(f"/api/v1/inbox?limit=5&cursor={page['next']}")
assert rest[0] == 200 and not {box["id"] for box in rest[1]["deliveries"]} & {box["id"] for box in page["deliveries"]}, rest

# Read at one, it is read for both; suspended or revoked at one, it is at both, on the connections that are open.
there, path = two.fresh(ASKS), f"/api/v1/exchanges/{next(box['exchange'] for box in one[ASKS].all('/api/v1/inbox', 'deliveries') if box['exchange'] in sent)}/documents/1"
assert there.ask(path)[0] == 200
one.run("agency", "suspend", ASKS)
assert {there.ask(place)[0] for place in (path, "/api/v1/inbox")} <= {401, 403}, "a suspended agency reads at the other gateway"
one.run("agency", "restore", ASKS)
assert there.ask(path)[0] == 200
old = one.fresh("elm-house"), two.fresh("elm-house")
assert [line.ask("/api/v1/inbox")[0] for line in old] == [200, 200]
one.run("key", "revoke", "--certificate", one.agencies["elm-house"]["api_cert"])
assert [line.ask("/api/v1/inbox")[0] for line in old] == [401, 401]

# A session is good at both, and its end as well.
person = Browser(one).sign_in(HOUSING, "practitioner")
other = Browser(two)
other.jar = person.jar
assert person.get("/inbox").status == other.get("/inbox").status == 200
out = person.get("/inbox").hidden
assert person.post("/sign-out", {"token": out["token"]}).status == 303
assert other.get("/inbox").status == 303, "signed out at one, and in at the other"

# One mail to both at once is one exchange; every delivery that goes by mail goes once.
officer = one.officer("met-police")
mail, to = one.sealed(one.submission(recipients=[ASKS]), officer)
before = counts("exchange")[0]
answers = at_once(*(lambda at=at: at.send(mail, officer.address, to) for at in BOTH for _ in range(3)))
assert {code for code, _ in answers} <= {250, 451} and 250 in {code for code, _ in answers}, answers
assert counts("exchange")[0] == before + 1, "one mail made more than one exchange"
settle(db)
(made,), = db.rows("select count(*) from mail_out where state = 'sent'")
until(lambda: len(one.sent()) >= made, lambda: f"{len(one.sent())} of {made} mails")
ids = collections.Counter(re.search(rb"(?im)^Message-ID: *(\S+)", raw)[1] for raw in one.sent().values())
assert len(one.sent()) == made and set(ids.values()) == {1}, (len(one.sent()), made, ids.most_common(3))
steps = db.rows("select delivery, state, channel, count(*) from delivery_step group by delivery, state, channel having count(*) > 1")
assert not steps, [db.rows(f"select s.id, s.state, s.channel, s.at, s.updated_by, d.agency, d.state from delivery_step s join delivery d on d.id = s.delivery where delivery = '{id}' order by s.id") for id, *_ in steps][:3]

# The answer to a commit is lost while the other gateway goes on from it: what is recorded is told to be.
before, way.lose = counts("exchange")[0], 5
told = at_once(*(lambda at=at: posts(at, "met-police", 15) for at in BOTH for _ in range(2)))
assert way.lost == 5 and not way.lose, f"{way.lost} answers were lost"
assert len({id for ids in told for id in ids}) == 60 == counts("exchange")[0] - before
way.lose = 0
verified()

# One is killed while both write: what it had not answered is sent again to the other, and everything is there once.
lost, kept, stop = {}, {}, threading.Event()


def until_killed(at, name):
    line, n = at.fresh("met-police"), 0
    while not stop.is_set():
        n += 1
        key = f"{name}-{n}"
        body = one.submission(0, [ASKS], necessity=f"because of {key}")
        try:
            status, answer = line.json("/api/v1/exchanges", body, Idempotency_Key=key)
        except (OSError, http.client.HTTPException, ssl.SSLError, json.JSONDecodeError):
            lost[key] = body
            return
        assert status == 201, answer
        kept[key] = answer["id"]


def kill():
    until(lambda: len(kept) > 60, "posts at both")
    first.running.send_signal(signal.SIGKILL)
    first.running.wait()
    # The other goes on: it is waited for by so many of its own.
    goes_on = sum(key.startswith("two") for key in kept) + 40
    until(lambda: sum(key.startswith("two") for key in kept) >= goes_on, "the other goes on")
    stop.set()


before = counts("exchange")[0]
at_once(*(lambda n=n: until_killed(one, f"one{n}") for n in range(4)), *(lambda n=n: until_killed(two, f"two{n}") for n in range(4)), kill)
assert lost and all(key.startswith("one") for key in lost), f"lost at {sorted(lost)}"
recorded = counts("exchange")[0] - before
assert len(kept) <= recorded <= len(kept) + len(lost), (recorded, len(kept), len(lost))
for key, body in lost.items():
    status, answer = two["met-police"].json("/api/v1/exchanges", body, Idempotency_Key=key)
    assert status == 201, answer
    kept[key] = answer["id"]
assert len(set(kept.values())) == len(kept) == counts("exchange")[0] - before
inbox = collections.Counter(box["exchange"] for box in two[ASKS].all("/api/v1/inbox", "deliveries"))
assert all(inbox[id] == 1 for id in kept.values()), "an exchange is in the inbox twice, or not"
two.command("ledger", "verify", "--key", two.key, "--url", two.state["api"] + "/ledger", "--ca", two.state["ca"])
first.running = None
one = first.start()
assert one["met-police"].json(f"/api/v1/exchanges/{min(kept.values())}")[0] == 200
assert one["met-police"].json("/api/v1/exchanges", one.submission())[0] == 201
BOTH = (one, two)
# A mail that the killed one had taken up is taken up by another after its lease, which is minutes: the log is right before that too.
verified()
second.end()
assert one["met-police"].json("/api/v1/exchanges", one.submission())[0] == 201
verify = one.run("ledger", "verify", "--key", one.key)
for words in (one.words(), (FOLDER / "second" / "stderr.log").read_text()):
    assert "panicked" not in words, words[-4000:]
print(f"two gateways are one: {len(sent)} exchanges written at once, {len(kept)} through a kill, {len(lost)} sent again")

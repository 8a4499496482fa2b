"""What goes wrong underneath: the database away and back, the disk full, bodies missing or changed, protocols that do not validate. Each has an
answer that says what to do; nothing that was taken is lost, nothing that was not is there, and afterwards all goes on.

usage: faults.py FOLDER GATEWAY_BINARY [postgres]
"""

import atexit, base64, collections, concurrent.futures, contextlib, http.client, itertools, json, os, pathlib, re, resource, shutil, sqlite3, subprocess, sys, threading, time, types, urllib.error, urllib.request
import browse, crash_portal, mesh_end
from cluster import Cluster
from crash_ways import PRISON, AnnexF
from demo import database, multipart
from mail import pdf
from mail_sent import Relay
from mesh_asks import TRUST, Asks
from mesh_end import OURS, Trust
from pages import Browser
from postfix import until

FOLDER, BINARY, ON_SERVER = pathlib.Path(sys.argv[1]), sys.argv[2], "postgres" in sys.argv[3:]
ASKS, HOUSING = "london-probation", "southwark-housing"
POLICIES = pathlib.Path(__file__).parents[2] / "policies"
cluster = Cluster() if ON_SERVER else None
disk = contextlib.ExitStack()
atexit.register(disk.close)


def small_disk():
    """The installation's folder, on a disk of its own where this user may mount one."""
    place = FOLDER / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", place], capture_output=True).returncode == 0
    if mounted:
        disk.callback(lambda: subprocess.run(["umount", "-l", place], check=True))
    assert mounted or "CI" not in os.environ, "no disk of its own could be mounted: what a full one does is not seen"
    return place, mounted


HOME, MOUNTED = small_disk()
if cluster:
    (HOME / "database").write_text(cluster.url)
relay = Relay()
asks = Asks(FOLDER, BINARY, "--relay", f"127.0.0.1:{relay.port}", home=HOME)
gateway, demo = asks.gateway, asks.demo
officer = demo.officer("met-police")
# What was taken: by key, and by the mail's title; and the titles of what came by mail.
taken, forms, brought, titles = {}, {}, set(), {}


def answered(what, task):
    """The answer to what is large. A refusal that comes before all was sent may be lost with its line: it is asked again, the same."""
    for _ in range(20):
        with contextlib.suppress(OSError):
            return task()
        time.sleep(0.2)
    raise AssertionError(f"{what}: never an answer")


def post(key, body=None, documents=None):
    """A post under a key; what is taken is kept in mind."""
    body = body or demo.submission(0, [ASKS, HOUSING], necessity=f"because of {key}")
    content = multipart(body, **documents) if documents else body
    task = lambda: demo.fresh("met-police").ask("/api/v1/exchanges", content, Idempotency_Key=key)
    status, answer, headers = answered(key, task) if documents else task()
    answer = json.loads(answer)
    if status == 201:
        assert taken.setdefault(key, answer["id"]) == answer["id"], (key, answer)
    return status, answer, headers


def large(key, size=1 << 20):
    items = [{"title": f"{key}.pdf", "category": "RISK", "document": "it"}]
    return post(key, demo.submission(0, [ASKS], items=items), {"it": ("application/pdf", b"%PDF-1.4\n" + key.encode() * (size // len(key)))})


def form(key):
    """A prison's Annex F under a key; what is taken is kept in mind."""
    said = AnnexF(types.SimpleNamespace(demo=demo)).said(types.SimpleNamespace(mark=key))
    status, answer, headers = demo.fresh(PRISON).ask("/api/v1/annex-f", said, demo.user(PRISON, "practitioner"), Idempotency_Key=key)
    answer = json.loads(answer)
    if status == 201:
        assert forms.setdefault(key, answer["id"]) == answer["id"], (key, answer)
    return status, answer, headers


def mail(title, size=0):
    """A mail that is brought, and brought again as the same; what is taken is kept in mind by its title."""
    items, files = [{"title": title, "category": "RISK", "text": f"Seen at the gate: {title}"}], {}
    if size:
        items.append({"title": "plan.pdf", "category": "RISK", "document": "plan.pdf"})
        files = {"plan.pdf": ("application/pdf", pdf(b"% a plan\n" * (size // 9)))}
    content, to = demo.sealed(demo.submission(0, [ASKS], items=items), officer, files)

    def bring():
        code, words = demo.send(content, officer.address, to)
        if code == 250:
            brought.add(title)
        return 201 if code == 250 else code, words, None

    return bring


class Draft(crash_portal.Sends):
    """A draft with a file in it, of one who is signed in."""

    def __init__(self, mark):
        super().__init__(types.SimpleNamespace(demo=demo))
        self.mark = mark
        self.place = self.write(self)
        hidden, (file,) = self.shown(self.place)
        page = self.browser.post(self.place, {**hidden, **self.fields(self), f"kind-{file}": "RISK", "do": "check"})
        assert page.status == 303, (page.status, page.text)
        self.hidden, self.check = self.shown(self.place)[0], self.browser.get(f"{self.place}/check").hidden(f"{self.place}/send")

    def fields(self, it):
        return {**super().fields(it), "to": ASKS}

    def send(self):
        """Sent, it is one exchange with all that was written."""
        page = self.browser.post(f"{self.place}/send", self.check)
        if page.status != 303:
            assert self.mark not in taken, page.text
            return page.status, page, page.headers
        taken[self.mark] = page.leads_to.rpartition("/")[2]
        assert demo.documents(ASKS, demo.exchange(ASKS, taken[self.mark]), "spoc") == [self.fields(self)["text"].encode(), self.content(self)]
        return 201, page, page.headers

    def add(self):
        """One more file for it."""
        content = b"%PDF-1.4\n" + self.mark.encode() * (1 << 16)
        page = answered(self.mark, lambda: self.browser.post(self.place, {**self.hidden, **self.fields(self), "do": "files"}, [("scan.pdf", "application/pdf", content)]))
        assert page.status != 303 or page.leads_to == self.place, (page.leads_to, self.place)
        return 201 if page.status == 303 else page.status, page, page.headers


def away(found, what):
    """A problem, a page or a reply that says to come again; and, but for the reply, when, and that nothing was recorded."""
    status, answer, headers = found
    if headers is None:
        assert status == 451 and b"again" in answer.lower(), (what, status, answer)
        return
    if isinstance(answer, browse.Page):
        is_plain(answer.status, answer.headers, answer.text)
        return
    assert status == 503, (what, status, answer)
    assert int(headers["Retry-After"]) > 0 and headers["Content-Type"] == "application/problem+json", (what, dict(headers))
    assert "send it again" in answer["detail"], (what, answer)
    told = json.dumps(answer).lower()
    assert not [word for word in ("sqlite", "postgres", "disk", "/tmp") if word in told], (what, answer)


def goes_on():
    """What was asked for while it was away is taken now, under the same keys; the mail as well."""
    until(lambda: post("afterwards")[0] == 201, "posts again", 60)
    for key in list(refused):
        status, answer, _ = refused.pop(key)()
        assert status == 201, (key, answer)
    assert until(lambda: demo.send(*letter)[0] == 250, "mail again", 60)
    found = {one["id"] for one in demo.exchanges("met-police")}
    assert set(taken.values()) <= found and len(set(taken.values())) == len(taken), "what was taken is lost"
    line = demo.fresh("met-police")
    titles.update({id: line.json(f"/api/v1/exchanges/{id}")[1]["items"][0]["title"] for id in found - set(taken.values()) - titles.keys()})
    by_mail = collections.Counter(titles[id] for id in found & titles.keys())
    assert by_mail == collections.Counter({**dict.fromkeys(brought, 1), "Risk note": sent_mails}), (by_mail, brought, sent_mails)
    assert sorted(one["id"] for one in demo.exchanges(PRISON)) == sorted(forms.values())
    inbox = {box["exchange"] for box in demo[ASKS].all("/api/v1/inbox", "deliveries")}
    assert set(taken.values()) <= inbox
    demo.run("ledger", "verify", "--key", demo.key)
    assert urllib.request.urlopen(demo.state["ops"] + "/readyz").status == 200
    demo.lives()


def ready():
    try:
        return urllib.request.urlopen(demo.state["ops"] + "/readyz").status
    except urllib.error.HTTPError as error:
        return error.code


letter, sent_mails, refused = None, 0, {}


def new_letter(words):
    global letter, sent_mails
    mail, to = demo.sealed(demo.submission(0, [ASKS], necessity=words), officer)
    letter, sent_mails = (mail, officer.address, to), sent_mails + 1


assert post("before")[0] == 201 and large("before-large")[0] == 201
reader = Browser(demo).sign_in(HOUSING, "practitioner")
crash_portal.Portal.browser = browse.Browser(demo).sign_in("met-police", "practitioner")
assert reader.get("/inbox").status == 200


def is_plain(status, headers, said):
    assert status == 503 and headers["Retry-After"], (status, said)
    for words in ("The service is not available", "Try again in a few minutes", "was not recorded", "ring the coordination unit"):
        assert words in said, (words, said)


def portal_says():
    page = reader.get("/inbox")
    is_plain(page.status, page.headers, page.words)


def together(tasks):
    """What each of these gives, at the same time: where it is away, each waits until that is known."""
    with concurrent.futures.ThreadPoolExecutor(len(tasks)) as pool:
        begun = {name: pool.submit(task) for name, task in tasks.items()}
        return {name: one.result() for name, one in begun.items()}


def asked_meanwhile(what, posts, **more):
    """Posts and a mail that find it away, and what else is asked for."""
    found = together({**posts, "letter": lambda: (*demo.send(*letter), None), **more})
    for key in [*posts, "letter"]:
        away(found[key], f"{what}: {key}")
    refused.update(posts)
    demo.lives()
    return found


@contextlib.contextmanager
def at_work():
    """Agencies work on through what happens within: one thing after another, each again, as the same, until it is taken. What is given waits until
    each of them was refused."""
    over, wrong, refusals, done = threading.Event(), [], collections.Counter(), collections.Counter()

    def works(name, make):
        try:
            for n in itertools.count():
                if over.wait(1):
                    return
                task = make(f"{name}-{n}")
                while (found := task())[0] != 201:
                    away(found, name)
                    refusals[name] += 1
                    time.sleep(0.2)
                done[name] += 1
        except BaseException as error:
            wrong.append(error)
            raise

    began = time.monotonic_ns()
    kinds = {"note": lambda key: lambda: post(key), "form": lambda key: lambda: form(key), "mail": mail}
    threads = {f"{kind}-{began}-{one}": kinds[kind] for kind in kinds for one in "ab"}
    every = lambda count: lambda: wrong or set(count) == set(threads)
    at_it = [threading.Thread(target=works, args=one, daemon=True) for one in threads.items()]
    for thread in at_it:
        thread.start()
    until(every(done), lambda: f"all are at work: {done}", 120)
    yield lambda: until(every(refusals), lambda: f"all are refused: {refusals}", 120)
    over.set()
    for thread in at_it:
        thread.join(120)
    assert not wrong and not any(thread.is_alive() for thread in at_it), (wrong, done, refusals)


# A message of MESH is half collected when the database goes away: it is not acknowledged, stays at MESH, and is taken once.
ours = Trust(asks.sandbox, FOLDER, OURS)


@contextlib.contextmanager
def half_collected():
    """The database goes away within, and is back at the end. What is given lets the message come on, and sees that it is not taken."""
    request = asks.ask()
    asks.trust.receive(1)
    scan = base64.b64encode(b"%PDF-1.4\n" + request.encode() * 40_000).decode()
    said = mesh_end.answer(request, TRUST, {"engagement": ("HEALTH_RISK", "Missed three")}, document=("Scan.pdf", "application/pdf", scan, "HEALTH_RISK"))
    reached, go, before = threading.Event(), threading.Event(), len(demo.exchanges(TRUST))

    def fault(method, path):
        if method == "GET" and re.search(r"/inbox/[^/]+/2$", path):
            reached.set()
            go.wait(60)

    asks.wire.fault = fault
    asks.trust.send(said, chunk=1_000_000)
    assert reached.wait(60), "its second part is never asked for"
    seen, words = len(asks.wire.seen), len(demo.words())

    def is_not_taken():
        until(lambda: re.search("a message of MESH was not taken in|the mailbox at MESH could not be looked at", demo.words()[words:]), "a round that fails", 90)
        assert ours.waiting() == 1, "it is not at MESH any more"
        assert not [method for method, _, _ in asks.wire.seen[seen:] if method == "PUT"], "it was acknowledged"

    yield go.set, is_not_taken
    asks.wire.fault = None
    asks.word(ok=True, seconds=90)
    closed = asks.view(request)
    assert (closed["state"], closed["outcome"]) == ("completed", "full"), closed
    until(lambda: ours.waiting() == 0, "its acknowledgement", 30)
    # Nor is it taken by the rounds after that.
    time.sleep(3)
    assert len(demo.exchanges(TRUST)) == before + 1 and asks.trust.waiting() == 0, "it was taken more than once"
    assert asks.apart() == {}, asks.apart()
    assert len([path for method, path, _ in asks.wire.seen[seen:] if method == "PUT" and path.endswith("/acknowledged")]) == 1


@contextlib.contextmanager
def locked():
    """Another process has the embedded database."""
    other = sqlite3.connect(HOME / "records.db", isolation_level=None, timeout=30)
    other.execute("begin immediate")
    yield
    other.execute("rollback")
    other.close()


# The database goes away, and returns.
new_letter("the database was away")
if cluster:
    for how in ("fast", "immediate"):
        draft = Draft(f"draft-{how}")
        with at_work() as all_are_refused, half_collected() as (comes_on, is_not_taken):
            cluster.stop(how)
            comes_on()
            posts = {"small": lambda how=how: post(f"small-{how}"), "large": lambda how=how: large(f"large-{how}"), "draft": draft.send}
            found = asked_meanwhile(
                f"stopped ({how})", {f"{name}-{how}": task for name, task in posts.items()},
                list=lambda: demo[ASKS].ask("/api/v1/inbox"), portal=portal_says, ready=ready, mesh=is_not_taken, at_work=all_are_refused,
            )  # fmt: skip
            status, words, headers = found["list"]
            away((status, json.loads(words), headers), "a list")
            assert found["ready"] == 503
            cluster.start()
        goes_on()
        new_letter(f"the database was away, {how}")
        assert until(lambda: reader.get("/inbox").status == 200, "the page again", 30)
    goes_on()
else:
    # It is locked for longer than anybody waits.
    draft = Draft("draft-locked")
    with at_work() as all_are_refused, half_collected() as (comes_on, is_not_taken), locked():
        comes_on()
        posts = {"small-locked": lambda: post("small-locked"), "large-locked": lambda: large("large-locked"), "draft-locked": draft.send}
        found = asked_meanwhile("locked", posts, list=lambda: demo[ASKS].ask("/api/v1/exchanges"), mesh=is_not_taken, at_work=all_are_refused)
        assert found["list"][0] == 200, "what only reads goes on"
    goes_on()


# The disk is full: really, where a small one can be mounted; and as far as this process may write, everywhere.
@contextlib.contextmanager
def filled():
    with open(HOME / "ballast", "wb", buffering=0) as ballast:
        with contextlib.suppress(OSError):
            while True:
                ballast.write(bytes(1 << 16))
        with contextlib.suppress(OSError):
            while True:
                ballast.write(b"x")
    yield
    (HOME / "ballast").unlink()


@contextlib.contextmanager
def no_further():
    """The process may make no file longer than it is."""
    pid = gateway.running.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    yield
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


for what, full in {**({"full": filled} if MOUNTED else {}), "no further": no_further}.items():
    new_letter(f"the disk was {what}")
    draft, kept, large_mail = Draft(f"draft-{what}"), Draft(f"kept-{what}"), mail(f"mail-{what}", 1 << 18)
    with full():
        bodies = {f"large-{what}": lambda what=what: large(f"large-{what}"), f"mail-{what}": large_mail, f"kept-{what}": kept.add, f"draft-{what}": draft.send}
        rows = {f"small-{what}": lambda what=what: post(f"small-{what}"), f"form-{what}": lambda what=what: form(f"form-{what}")}
        if cluster:
            # The records lie elsewhere: what needs no file goes on.
            for key, task in bodies.items():
                away(task(), f"{what}: {key}")
                refused[key] = task
            for key, task in rows.items():
                assert task()[0] == 201, f"{what}: {key}"
            assert demo.send(*letter)[0] == 250
        else:
            # What is in the database's log already may take a row or two more.
            until(lambda: post(f"small-{what}-{time.monotonic_ns()}")[0] == 503, "the disk is full", 60)
            asked_meanwhile(what, {**rows, **bodies})
            assert demo[ASKS].ask("/api/v1/exchanges")[0] == 200, "what only reads goes on"
    goes_on()
    shown = kept.browser.get(kept.place).text
    assert kept.whole(kept.place, kept) and shown.count("Remove scan.pdf") == 1, shown

# Bodies that are missing or changed: of each, its reader is told; all else goes on, and the operator is told which.
whole = {name: large(name, 3 << 20)[1]["id"] for name in ("missing", "changed", "changed late", "untouched")}
db = database(HOME)
blob = {id: (item, name) for id, item, name in db.rows("select exchange, id, blob from item where blob is not null")}
place = {name: HOME / "blobs" / blob[id][1][-2:] / f"{blob[id][1]}.age" for name, id in whole.items()}
kept = {name: file.read_bytes() for name, file in place.items()}
place["missing"].unlink()
for name, at in (("changed", 300), ("changed late", 2_500_000)):
    place[name].write_bytes(kept[name][:at] + bytes([kept[name][at] ^ 1]) + kept[name][at + 1:])


def queued():
    """The exchanges whose mails wait, with what they wait for."""
    return {exchange: rest for exchange, *rest in db.rows("select exchange, kind, attempts, status from mail_out where state = 'queued'")}


def sent_of(exchanges):
    """What the relay has been given of these exchanges, to their reader or in place of that."""
    ids = [id for (id,) in db.rows("select id from mail_out where exchange in ({})".format(", ".join(f"'{id}'" for id in exchanges.values())))]
    return [octets for name, copies in relay.by_id().items() if any(f".{id}@" in name for id in ids) for octets in copies]


def fetch(name):
    try:
        return demo[ASKS].ask(f"/api/v1/exchanges/{whole[name]}/documents/1")
    except http.client.IncompleteRead as broke:
        return None, broke.partial, {}


for name in ("missing", "changed"):
    status, answer, headers = fetch(name)
    assert status == 500 and "Retry-After" not in headers, (name, status, answer[:300])
    answer = json.loads(answer)
    assert answer["reference"] and "operator" in answer["detail"], answer
    words = demo.words()
    assert answer["reference"] in words and blob[whole[name]][0] in words and "put it back from a backup" in words, name
status, answer, _ = fetch("changed late")
assert status is None and len(answer) < 3 << 20, "what is not whole must not look so"
assert fetch("untouched")[0] == 200 and len(fetch("untouched")[1]) > 3 << 19
boxes = [box["exchange"] for box in demo[ASKS].all("/api/v1/inbox", "deliveries")]
assert set(whole.values()) <= set(boxes), "the inbox is whole"
person = Browser(demo).sign_in(ASKS, "practitioner")
for name, id in whole.items():
    assert person.get(f"/messages/{id}").status == 200, name
page = person.get(f"/messages/{whole['missing']}/documents/1")
assert page.status == 500 and "problem with the service" in page.words, (page.status, page.words)
assert large("beside")[0] == 201
said, said_of = {"missing": "missing", "changed": "changed", "changed late": "changed"}, set()
while said_of != set(said):
    words = demo.run("ledger", "verify", "--key", demo.key, status=1)
    (found,) = [one for one in whole if blob[whole[one]][1] in words]
    item, name = blob[whole[found]]
    assert f"the sealed body of item `{item}` (blob `{name}`) is {said[found]}" in words, (found, words)
    place[found].write_bytes(kept[found])
    said_of.add(found)
demo.run("ledger", "verify", "--key", demo.key)
assert [fetch(name)[0] for name in whole] == [200] * 4

# A body that is not as it was when its mail is written: nothing is sent in its place; put back, it goes whole.
demo.advance("PT5H")
until(lambda: not queued(), queued)
reached, go = threading.Event(), threading.Event()
relay.answer = lambda to: reached.set() or go.wait(120) and None
post("goes before")
# While the relay has a mail in its hands, no other is written.
assert reached.wait(60), "a mail goes out"
unsent = {name: large(f"unsent {name}", 1 << 18)[1]["id"] for name in ("missing", "changed late")}
until(lambda: set(unsent.values()) <= queued().keys(), queued)
blob = dict(db.rows("select exchange, blob from item where blob is not null"))
place = {name: HOME / "blobs" / blob[id][-2:] / f"{blob[id]}.age" for name, id in unsent.items()}
kept = {name: file.read_bytes() for name, file in place.items()}
place["missing"].unlink()
place["changed late"].write_bytes(kept["changed late"][:-1] + bytes([kept["changed late"][-1] ^ 1]))
tried = len(demo.words())
go.set()
until(lambda: demo.words()[tried:].count("a mail could not be made or sent: it is tried again") == 2, "neither can be written", 60)
until(lambda: set(queued()) == set(unsent.values()), queued)
assert not sent_of(unsent), "something went in its place"
for name, file in place.items():
    file.write_bytes(kept[name])
demo.advance("PT2M")
until(lambda: not queued(), queued, 120)
office = demo.office(ASKS)
for name, id in unsent.items():
    (octets,) = sent_of({name: id})
    files = [one.get_payload(decode=True) for one in demo.opened(octets, office)[0].walk() if one.get_filename()]
    assert files == demo.documents(ASKS, demo.exchange(ASKS, id), "spoc"), name

# Protocols that do not validate: said with the file, at the check and at the start; nothing is served by them.
good = FOLDER / "policies"
shutil.copytree(POLICIES, good)
demo.command("policy", "check", "--policies", good)
housing = good / "protocols" / "housing" / "protocol.cedar"
words = housing.read_text()
known = re.search(r'@id\("([^"]+)"\)', words)[1]
for what, changed, names in [
    ("no Cedar", words + "\npermit(principal, action", "protocol.cedar"),
    ("an attribute that is not in the schema", words + '\n@id("X-1") @rule("ISP-01") @title("x") @basis("x")\npermit(principal, action == Action::"receive", resource) when { resource.colour == resource.owner };\n', "colour"),
    ("an id twice", words + f'\n@id("{known}") @rule("ISP-01") @title("x") @basis("x")\npermit(principal, action == Action::"receive", resource);\n', known),
    ("a rule without an id", words + '\n@rule("ISP-01") @title("x") @basis("x")\npermit(principal, action == Action::"receive", resource);\n', "@id"),
    ("an obligation that nobody knows", words + '\n@id("X-1") @rule("ISP-01") @title("x") @basis("x") @obligations("SHRED")\npermit(principal, action == Action::"receive", resource);\n', "SHRED"),
]:
    housing.write_text(changed)
    done = subprocess.run([BINARY, "policy", "check", "--policies", good], capture_output=True, text=True)
    assert done.returncode == 1 and names in done.stderr, (what, done.returncode, done.stderr)
    print(f"{what}: {done.stderr.strip()}")
gateway.end()
text = (HOME / "gateway.toml").read_text()
(HOME / "bad.toml").write_text(f'policies = "{good}"\n' + text)
done = subprocess.run([BINARY, "serve", "--config", HOME / "bad.toml"], capture_output=True, text=True, timeout=60)
assert done.returncode == 1 and not done.stdout and "protocols do not load" in done.stderr and "SHRED" in done.stderr, (done.returncode, done.stdout, done.stderr)
shutil.rmtree(good)
done = subprocess.run([BINARY, "serve", "--config", HOME / "bad.toml"], capture_output=True, text=True, timeout=60)
assert done.returncode == 1 and str(good) in done.stderr, (done.returncode, done.stderr)
demo = gateway.start()
goes_on()
gateway.end()
relay.stop()
db.close()
disk.close()
print(f"what goes wrong underneath is told, and passes ({'with' if MOUNTED else 'without'} a disk of its own)")

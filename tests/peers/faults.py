"""What goes wrong underneath: the database away and back, the disk full, bodies missing or changed, protocols that do not validate. Each has an
answer that says what to do; nothing that was taken is lost, nothing that was not is there, and afterwards all goes on.

usage: faults.py FOLDER GATEWAY_BINARY [postgres]
"""

import atexit, base64, contextlib, http.client, json, pathlib, re, resource, shutil, sqlite3, subprocess, sys, threading, time, urllib.error, urllib.request
import mesh_end
from cluster import Cluster
from demo import database, multipart
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
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", place], capture_output=True).returncode == 0
    if mounted:
        disk.callback(lambda: subprocess.run(["umount", "-l", place], check=True))
    return place, mounted


HOME, MOUNTED = small_disk()
if cluster:
    (HOME / "database").write_text(cluster.url)
asks = Asks(FOLDER, BINARY, home=HOME)
gateway, demo = asks.gateway, asks.demo
officer = demo.officer("met-police")
taken = {}


def post(key, body=None, documents=None, line=None):
    """A post under a key; what is taken is kept in mind."""
    body = body or demo.submission(0, [ASKS, HOUSING], necessity=f"because of {key}")
    content = multipart(body, **documents) if documents else body
    for _ in range(20):
        try:
            status, answer, headers = (line or demo.fresh("met-police")).ask("/api/v1/exchanges", content, Idempotency_Key=key)
            break
        except OSError:
            # A refusal that comes before all was sent may be lost with its line: it is asked again, under the same key.
            assert documents and not line, f"{key}: no answer"
            time.sleep(0.2)
    else:
        raise AssertionError(f"{key}: never an answer")
    answer = json.loads(answer)
    if status == 201:
        assert taken.setdefault(key, answer["id"]) == answer["id"], (key, answer)
    return status, answer, headers


def large(key, size=1 << 20):
    items = [{"title": f"{key}.pdf", "category": "RISK", "document": "it"}]
    return post(key, demo.submission(0, [ASKS], items=items), {"it": ("application/pdf", b"%PDF-1.4\n" + key.encode() * (size // len(key)))})


def away(found, what):
    """A problem that says when to come again, and that nothing was recorded."""
    status, answer, headers = found
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
    assert set(taken.values()) <= found, "what was taken is lost"
    assert len(found) == len(set(taken.values())) + sent_mails, (len(found), len(taken), sent_mails)
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
assert reader.get("/inbox").status == 200


def portal_says():
    page = reader.get("/inbox")
    assert page.status == 503 and page.headers["Retry-After"], (page.status, page.words)
    for words in ("The service is not available", "Try again in a few minutes", "was not recorded", "ring the coordination unit"):
        assert words in page.words, (words, page.words)


def asked_meanwhile(what, posts):
    """Posts and a mail that find it away."""
    for key, task in posts.items():
        away(task(), f"{what}: {key}")
        refused[key] = task
    code, words = demo.send(*letter)
    assert code == 451 and b"again" in words.lower(), (what, code, words)
    demo.lives()


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
        with half_collected() as (comes_on, is_not_taken):
            cluster.stop(how)
            comes_on()
            asked_meanwhile(f"stopped ({how})", {f"small-{how}": lambda how=how: post(f"small-{how}"), f"large-{how}": lambda how=how: large(f"large-{how}")})
            status, words, headers = demo[ASKS].ask("/api/v1/inbox")
            away((status, json.loads(words), headers), "a list")
            portal_says()
            assert ready() == 503
            is_not_taken()
            cluster.start()
        goes_on()
        new_letter(f"the database was away, {how}")
        assert until(lambda: reader.get("/inbox").status == 200, "the page again", 30)
    goes_on()
else:
    # It is locked for longer than anybody waits.
    found = {}
    tasks = {"small": lambda: post("small-locked"), "large": lambda: large("large-locked"), "mail": lambda: demo.send(*letter),
             "list": lambda: demo[ASKS].ask("/api/v1/exchanges")}
    threads = [threading.Thread(target=lambda name=name, task=task: found.update({name: task()})) for name, task in tasks.items()]
    with half_collected() as (comes_on, is_not_taken), locked():
        comes_on()
        for thread in threads:
            thread.start()
        is_not_taken()
        for thread in threads:
            thread.join(110)
        assert set(found) == set(tasks), f"no answer while it is locked: {set(tasks) - set(found)}"
        for name in ("small", "large"):
            away(found[name], f"locked: {name}")
            refused[name] = tasks[name]
        assert found["mail"][0] == 451, found["mail"]
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
    with full():
        bodies = {f"large-{what}": lambda what=what: large(f"large-{what}")}
        if cluster:
            # The records lie elsewhere: what needs no file goes on.
            for key, task in bodies.items():
                away(task(), f"{what}: {key}")
                refused[key] = task
            assert post(f"small-{what}")[0] == 201
            assert demo.send(*letter)[0] == 250
        else:
            # What is in the database's log already may take a row or two more.
            until(lambda: post(f"small-{what}-{time.monotonic_ns()}")[0] == 503, "the disk is full", 60)
            asked_meanwhile(what, {f"small-{what}": lambda what=what: post(f"small-{what}"), **bodies})
            assert demo[ASKS].ask("/api/v1/exchanges")[0] == 200, "what only reads goes on"
    goes_on()

# Bodies that are missing or changed: of each, its reader is told; all else goes on, and the operator is told which.
whole = {name: large(name, 3 << 20)[1]["id"] for name in ("missing", "changed", "changed late", "untouched")}
db = database(HOME)
blob = {id: (item, name) for id, item, name in db.rows("select exchange, id, blob from item where blob is not null")}
place = {name: HOME / "blobs" / blob[id][1][-2:] / f"{blob[id][1]}.age" for name, id in whole.items()}
kept = {name: file.read_bytes() for name, file in place.items()}
place["missing"].unlink()
for name, at in (("changed", 300), ("changed late", 2_500_000)):
    place[name].write_bytes(kept[name][:at] + bytes([kept[name][at] ^ 1]) + kept[name][at + 1:])


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
for name, said in (("missing", "missing"), ("changed", "changed"), ("changed late", "changed")):
    words = demo.run("ledger", "verify", "--key", demo.key, status=1)
    assert any(blob[whole[one]][1] in words for one in whole), words
    found = next(one for one in whole if blob[whole[one]][1] in words)
    place[found].write_bytes(kept[found])
demo.run("ledger", "verify", "--key", demo.key)
assert [fetch(name)[0] for name in whole] == [200] * 4

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
db.close()
disk.close()
print(f"what goes wrong underneath is told, and passes ({'with' if MOUNTED else 'without'} a disk of its own)")

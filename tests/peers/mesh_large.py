"""Large documents by NHS MESH, in and out: a chunk that is lost on the way, and 200 MB of base64, in little memory; nothing of them lies in clear, not
while they come or go, not after.

usage: mesh_large.py EMPTY_FOLDER GATEWAY_BINARY [MEGABYTES]

MEGABYTES are those of base64 that come in, of which half go out: 1074 are a gibibyte.
"""

import base64, hashlib, json, mmap, os, pathlib, re, sys, time
from clear import carried
from mesh_asks import ASKS, TRUST, Asks
from mesh_end import answer
from postfix import until

FOLDER, BINARY = pathlib.Path(sys.argv[1]), sys.argv[2]
MEGABYTES = int(sys.argv[3]) if len(sys.argv) > 3 else 200
OUT = MEGABYTES // 2
SAID = {"engagement": ("HEALTH_RISK", "Missed three")}
MARK, HERE = "plain words that must not lie anywhere", "[the document]"
PIECE = 750_000
# Its temporary files lie where they are looked at.
(FOLDER / "tmp").mkdir()
os.environ["TMPDIR"] = str(FOLDER / "tmp")
asks = Asks(FOLDER, BINARY)
demo, trust, wire, people = asks.demo, asks.trust, asks.wire, asks.people
pid = (demo.folder / "pid").read_text().strip()
SECONDS = 60 + 2 * MEGABYTES


def memory(what):
    line = next(line for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1024


def pieces(number, way="in"):
    """A document that does not compress, with the mark in each piece of it; what goes out is another than what comes in."""
    block = b"".join(hashlib.sha256(n.to_bytes(4, "big")).digest() for n in range(PIECE // 32 + 1))
    for n in range(number):
        head = (b"%PDF-1.7 " if n == 0 else b"") + n.to_bytes(8, "big") + way.encode() + MARK.encode()
        yield head + block[:PIECE - len(head)]


def digest(document):
    whole = hashlib.sha256()
    for piece in document:
        whole.update(piece)
    return whole.digest()


def sends(request, number, **more):
    """The trust answers with a document of so many pieces, in base64 a megabyte each."""
    said = answer(request, TRUST, SAID, document=("Scan.pdf", "application/pdf", HERE, "HEALTH_RISK"))
    head, tail = json.dumps(said).encode().split(HERE.encode())
    file = trust.folder / "large.out"
    with file.open("wb") as out:
        out.write(head)
        out.writelines(map(base64.b64encode, pieces(number)))
        out.write(tail)
    return trust.send(file, **more)


def comes_down(exchange, number):
    """The document as a reader has it."""
    (item,) = [item for item in demo.exchange(ASKS, exchange)["items"] if item["media_type"] == "application/pdf"]
    line = demo.fresh(ASKS).wire
    line.request("GET", f"/api/v1/exchanges/{exchange}/documents/{item['n']}", headers={"X-On-Behalf-Of": demo.user(ASKS, "spoc")})
    got = line.getresponse()
    assert got.status == 200 and digest(iter(lambda: got.read(1 << 20), b"")) == digest(pieces(number)), got.status


def has(request, number):
    """Whoever asked has the whole document."""
    closed = asks.view(request)
    assert (closed["state"], closed["outcome"]) == ("completed", "full"), closed
    comes_down(closed["answer"], number)


def in_clear():
    return carried(FOLDER, pid, MARK, ("mailboxes", trust.mailbox))


def flat(what, size, act):
    """Does something, with looks into what lies there while it is done and after: in little memory, and nothing is seen. `act` is given how to look."""
    seen, looks = set(), []

    def look():
        looks.append(time.monotonic())
        seen.update(in_clear())

    # From here on the most is counted anew.
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")
    idle, began = memory("VmRSS"), time.monotonic()
    act(look)
    took, most = time.monotonic() - began, memory("VmHWM")
    assert most < idle + 64, f"{what}: {most:.0f} MiB at most, {idle:.0f} MiB idle"
    midway = len(looks)
    look()
    assert midway and not seen, f"{what}: after {midway} looks on its way, in clear: {seen}"
    print(f"{what}: {size} MB of base64 by MESH in {took:.0f} s, {most - idle:.0f} MiB above idle ({idle:.0f} MiB), {midway} looks on its way")


# What lies in clear is seen, as it is and in base64.
for planted in (b"x" * 999 + MARK.encode(), base64.b64encode(b"xy" + MARK.encode())):
    (FOLDER / "tmp" / "planted").write_bytes(planted)
    assert in_clear() == [str(FOLDER / "tmp" / "planted")], "what lies in clear is not seen"
(FOLDER / "tmp" / "planted").unlink()

# Chunks that are lost or cut off on their way, each once: the answer comes whole after it.
lost = []


def fault(method, path):
    chunk = re.search(r"/inbox/[^/]+/(\d+)$", path)
    if method == "GET" and chunk and chunk[1] not in lost:
        lost.append(chunk[1])
        return ("lost",) if chunk[1] == "2" else ("cut",)
    return None


request = asks.ask()
trust.receive(1)
wire.fault = fault
sends(request, 4, chunk=1_000_000)
asks.word(ok=True, seconds=60)
wire.fault = None
assert lost[:1] == ["2"] and len(lost) >= 3, lost
has(request, 4)
assert asks.apart() == {}, asks.apart()
assert not (found := in_clear()), found

# As much as 200 MB of base64, in chunks: taken in little memory. Idle is after the same was done with little.
request = asks.ask()
trust.receive(1)


def comes(look):
    seen = len(wire.seen)
    sends(request, MEGABYTES, chunk=20_000_000)
    end = time.monotonic() + SECONDS
    while not any(method == "PUT" for method, _, _ in wire.seen[seen:]):
        assert time.monotonic() < end, "it is not taken in"
        if any(re.search(r"/inbox/[^/]+/2$", path) for _, path, _ in wire.seen[seen:]):
            look()
        time.sleep(1)
    asks.word(ok=True)


flat("in", MEGABYTES, comes)
has(request, MEGABYTES)

# The same the other way: what is shared with the trust.
about = demo.nominals.index(people[0])
exchange = demo.submission(about, [TRUST], items=[{"title": "Scan.pdf", "category": "RISK", "document": "scan"}])
border = "a-border-that-is-in-no-document"
head = (f'--{border}\r\nContent-Disposition: form-data; name="exchange"\r\nContent-Type: application/json\r\n\r\n{json.dumps(exchange)}\r\n'
        f'--{border}\r\nContent-Disposition: form-data; name="scan"; filename="scan"\r\nContent-Type: application/pdf\r\n\r\n').encode()
tail = f"\r\n--{border}--\r\n".encode()


def goes(look):
    seen, line = len(wire.seen), demo.fresh(ASKS).wire
    size = str(len(head) + OUT * PIECE + len(tail))
    kind = {"Content-Type": f"multipart/form-data; boundary={border}", "Content-Length": size, "X-On-Behalf-Of": asks.officer}
    line.request("POST", "/api/v1/exchanges", (part for some in ([head], pieces(OUT, "out"), [tail]) for part in some), kind)
    posted = line.getresponse()
    sent = json.loads(posted.read())
    assert posted.status == 201 and sent["state"] == "released", sent
    end = time.monotonic() + SECONDS
    while asks.delivery(sent["id"])["state"] != "sent":
        assert time.monotonic() < end, asks.delivery(sent["id"])
        if any("/outbox" in path for _, path, _ in wire.seen[seen:]):
            look()
        time.sleep(1)


flat("out", OUT, goes)
(message,) = until(lambda: trust.do("receive", into=str(trust.folder)), "it at the trust", SECONDS)
assert int(message["chunks"]) > 1, message
with open(message["path"], "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
    # The longest text in it is the document.
    at = whole.find(base64.b64encode(next(pieces(1, "out"))[:30]))
    end = whole.find(b'"', at)
    got = digest(base64.b64decode(whole[n:min(n + (1 << 22), end)]) for n in range(at, end, 1 << 22))
    assert got == digest(pieces(OUT, "out")), "what went out is not what was shared"

assert asks.apart() == {}, asks.apart()
demo.run("ledger", "verify", "--key", demo.key)

"""Large answers by NHS MESH: a chunk that is lost on the way, and 200 MB of base64, in little memory; and a message larger than any may be.

usage: mesh_large.py EMPTY_FOLDER GATEWAY_BINARY [MEGABYTES]
"""

import base64, hashlib, pathlib, re, sys, time
from mesh_asks import ASKS, TRUST, Asks
from mesh_end import answer

SAID = {"engagement": ("HEALTH_RISK", "Missed three")}
MEGABYTES = int(sys.argv[3]) if len(sys.argv) > 3 else 200
asks = Asks(*sys.argv[1:3])
demo, trust, wire, people = asks.demo, asks.trust, asks.wire, asks.people
pid = (demo.folder / "pid").read_text().strip()


def memory(what):
    line = next(line for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1024


def content(size):
    """A document that does not compress."""
    block = b"".join(hashlib.sha256(n.to_bytes(4, "big")).digest() for n in range(1 << 15))
    return b"%PDF-1.7 " + (block * (size // len(block) + 1))[: size - 9]


def sends(request, document, **more):
    said = answer(request, TRUST, SAID, document=("Scan.pdf", "application/pdf", base64.b64encode(document).decode(), "HEALTH_RISK"))
    return trust.send(said, **more)


def has(request, document):
    """Whoever asked has the whole document."""
    closed = asks.view(request)
    assert (closed["state"], closed["outcome"]) == ("completed", "full"), closed
    mine = demo.exchange(ASKS, closed["answer"])
    (file,) = [item for item in mine["items"] if item["media_type"] == "application/pdf"]
    got = demo[ASKS].ask(f"/api/v1/exchanges/{closed['answer']}/documents/{file['n']}", person=demo.user(ASKS, "spoc"))
    assert got[0] == 200 and hashlib.sha256(got[1]).digest() == hashlib.sha256(document).digest(), got[0]


# Chunks that are lost or cut off on their way, each once: the answer comes whole after it.
lost = []


def fault(method, path):
    chunk = re.search(r"/inbox/[^/]+/(\d+)$", path)
    if method == "GET" and chunk and chunk[1] not in lost:
        lost.append(chunk[1])
        return ("lost",) if chunk[1] == "2" else ("cut",)
    return None


scan = content(3_000_000)
request = asks.ask()
trust.receive(1)
wire.fault = fault
sends(request, scan, chunk=1_000_000)
asks.word(ok=True, seconds=60)
wire.fault = None
assert lost[:1] == ["2"] and len(lost) >= 3, lost
has(request, scan)
assert asks.apart() == {}, asks.apart()

# As much as 200 MB of base64, in chunks: taken in little memory. Idle is after the same was done with little.
request = asks.ask()
trust.receive(1)
large = content(MEGABYTES * 750_000)
idle, before = memory("VmRSS"), memory("VmHWM")
began = time.monotonic()
sends(request, large, chunk=20_000_000)
asks.word(ok=True, seconds=300)
took, most = time.monotonic() - began, memory("VmHWM")
assert most < max(before, idle + 64), f"{most:.0f} MiB at most, {idle:.0f} MiB idle, {before:.0f} MiB at most before"
has(request, large)
print(f"{MEGABYTES} MB of base64 by MESH in {took:.0f} s, {most - idle:.0f} MiB above idle ({idle:.0f} MiB)")

demo.run("ledger", "verify", "--key", demo.key)

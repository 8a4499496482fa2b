"""A large document goes up and down in little memory, and lies nowhere in clear: not while it comes, not after.

usage: flat.py DEMO_DIR GATEWAY_BINARY [MEBIBYTES]
"""
import hashlib, json, os, pathlib, sys, time, uuid
from demo import peer

demo = peer()
SIZE = int(sys.argv[3]) if len(sys.argv) > 3 else 1024
MARK = b"plain words that must not lie anywhere"
BLOCK = (MARK + bytes(range(256)) * 4096)[:1 << 20]
pid = (demo.folder / "pid").read_text().strip()


def memory(what):
    line = next(line for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1024


def lies_in_clear():
    """Files with the mark in them: those of the folder, and any that the gateway holds open, deleted ones too."""
    files = [file for file in demo.folder.rglob("*") if file.is_file()]
    files += [file for file in pathlib.Path(f"/proc/{pid}/fd").iterdir() if os.readlink(file).startswith("/") and file.is_file()]
    found = []
    for file in files:
        try:
            with file.open("rb") as content:
                before = b""
                while block := content.read(1 << 22):
                    if MARK in before + block:
                        found.append(str(file))
                        break
                    before = block[-len(MARK):]
        except FileNotFoundError:
            pass
    return found


boundary = uuid.uuid4().hex
exchange = demo.submission(items=[{"title": "scan.bin", "category": "RISK", "document": "scan"}])
head = (f'--{boundary}\r\nContent-Disposition: form-data; name="exchange"\r\nContent-Type: application/json\r\n\r\n{json.dumps(exchange)}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="scan"; filename="scan.bin"\r\nContent-Type: application/octet-stream\r\n\r\n').encode()
tail = f"\r\n--{boundary}--\r\n".encode()
digest = hashlib.sha256()
midway = []


def blocks():
    yield head
    for n in range(SIZE):
        block = n.to_bytes(8, "big") + BLOCK[8:-len(MARK)] + MARK
        digest.update(block)
        yield block
        if n == SIZE // 2:
            midway.extend(lies_in_clear())
    yield tail


(demo.folder / "planted").write_bytes(b"x" * 999 + MARK)
assert lies_in_clear() == [str(demo.folder / "planted")], "what lies in clear is not seen"
(demo.folder / "planted").unlink()

# Idle is after everything has been done once, with little.
demo["met-police"].ask("/api/v1/exchanges", demo.submission())
idle = memory("VmRSS")
wire, began = demo["met-police"].wire, time.monotonic()
wire.request("POST", "/api/v1/exchanges", blocks(), {
    "Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(len(head) + SIZE * len(BLOCK) + len(tail))})
answer = wire.getresponse()
status, sent = answer.status, json.loads(answer.read())
assert status == 201 and sent["state"] == "released", sent
up = time.monotonic() - began
assert not midway, f"in clear on the way: {midway}"

began, got, received = time.monotonic(), hashlib.sha256(), 0
wire = demo["london-probation"].wire
wire.request("GET", f"/api/v1/exchanges/{sent['id']}/documents/1")
answer = wire.getresponse()
while block := answer.read(1 << 20):
    got.update(block)
    received += len(block)
down = time.monotonic() - began
assert answer.status == 200 and received == SIZE * len(BLOCK) == int(answer.headers["Content-Length"])
assert got.digest() == digest.digest(), "what came down is not what went up"
most = memory("VmHWM")
assert most - idle < 64, f"{most - idle:.0f} MiB above idle ({idle:.0f} MiB)"
assert not (found := lies_in_clear()), f"in clear afterwards: {found}"
print(f"{SIZE} MiB up in {up:.1f} s, down in {down:.1f} s; {most - idle:.0f} MiB above idle ({idle:.0f} MiB)")

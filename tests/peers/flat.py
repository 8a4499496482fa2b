"""A large document goes up and down in little memory, and lies nowhere in clear: not while it comes, not after. By the API, and by a browser that
runs no scripts.

usage: flat.py DEMO_DIR GATEWAY_BINARY [MEBIBYTES]
"""
import hashlib, json, os, pathlib, re, sys, time, uuid
from demo import peer
from pages import Browser

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


def blocks(head, tail, digest, midway):
    """A body with the large file in it, looked for in the middle of its way."""
    yield head
    for n in range(SIZE):
        block = n.to_bytes(8, "big") + BLOCK[8:-len(MARK)] + MARK
        digest.update(block)
        yield block
        if n == SIZE // 2:
            midway.extend(lies_in_clear())
    yield tail


def form(fields, file):
    """The beginning of a form whose last part is the file, its end, and its type."""
    boundary = uuid.uuid4().hex
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n{kind}\r\n{value}\r\n' for name, kind, value in fields]
    head = "".join(parts) + (f'--{boundary}\r\nContent-Disposition: form-data; name="{file}"; filename="scan.bin"\r\n'
                             "Content-Type: application/octet-stream\r\n\r\n")
    return head.encode(), f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def length(head, tail):
    return str(len(head) + SIZE * len(BLOCK) + len(tail))


def flat(what, idle):
    most = memory("VmHWM")
    assert most - idle < 64, f"{what}: {most - idle:.0f} MiB above idle ({idle:.0f} MiB)"
    assert not (found := lies_in_clear()), f"in clear after {what}: {found}"
    return f"{most - idle:.0f} MiB above idle ({idle:.0f} MiB)"


def comes_down(answer, digest):
    got, received = hashlib.sha256(), 0
    while block := answer.read(1 << 20):
        got.update(block)
        received += len(block)
    assert answer.status == 200 and received == SIZE * len(BLOCK) == int(answer.headers["Content-Length"])
    assert got.digest() == digest.digest(), "what came down is not what went up"


(demo.folder / "planted").write_bytes(b"x" * 999 + MARK)
assert lies_in_clear() == [str(demo.folder / "planted")], "what lies in clear is not seen"
(demo.folder / "planted").unlink()

# Idle is after everything has been done once, with little.
demo["met-police"].ask("/api/v1/exchanges", demo.submission())
writer, reader = Browser(demo).sign_in("met-police", "practitioner"), Browser(demo).sign_in("london-probation", "practitioner")
assert writer.get("/messages/new").status == reader.get("/inbox").status == 200
idle = memory("VmRSS")
exchange = demo.submission(items=[{"title": "scan.bin", "category": "RISK", "document": "scan"}])
head, tail, kind = form([("exchange", "Content-Type: application/json\r\n", json.dumps(exchange))], "scan")
digest, midway = hashlib.sha256(), []
wire, began = demo["met-police"].wire, time.monotonic()
wire.request("POST", "/api/v1/exchanges", blocks(head, tail, digest, midway), {"Content-Type": kind, "Content-Length": length(head, tail)})
answer = wire.getresponse()
status, sent = answer.status, json.loads(answer.read())
assert status == 201 and sent["state"] == "released", sent
up = time.monotonic() - began
assert not midway, f"in clear on the way: {midway}"
began = time.monotonic()
wire = demo["london-probation"].wire
wire.close()
wire.request("GET", f"/api/v1/exchanges/{sent['id']}/documents/1")
comes_down(wire.getresponse(), digest)
down = time.monotonic() - began
print(f"{SIZE} MiB up in {up:.1f} s, down in {down:.1f} s; {flat('the API', idle)}")

# The same by a browser that runs no scripts: written, checked, sent, read.
person = demo.nominals[0]
year, month, day = person["date_of_birth"].split("-")
page = writer.get("/messages/new")
fields = {**page.hidden, "name": person["name"], "born-day": day, "born-month": month, "born-year": year, "pnc": person["pnc_id"], "to": "london-probation",
          "purpose": "MANAGE", "necessity": "whoever manages him must know", "basis": re.search(r'name="basis"[^>]*? value="([^"]+)"', page.markup)[1]}
head, tail, kind = form([(name, "", value) for name, value in {**fields, "do": "save"}.items()], "file")
digest, midway, began = hashlib.sha256(), [], time.monotonic()
page = writer.ask("POST", "/messages/new", blocks(head, tail, digest, midway), kind, **{"Content-Length": length(head, tail)})
assert page.status == 303, (page.status, page.words)
up = time.monotonic() - began
assert not midway, f"in clear on the way: {midway}"
draft = page.headers["Location"].split("?")[0]
page = writer.get(draft)
label = re.search(r'name="(kind-[^"]+)"', page.markup)[1]
page = writer.post(draft, {**fields, **page.hidden, label: "RISK", "do": "check"})
assert page.status == 303 and page.headers["Location"].startswith(f"{draft}/check"), (page.status, page.words[:500])
page = writer.get(page.headers["Location"])
began = time.monotonic()
page = writer.post(f"{draft}/send", page.hidden)
assert page.status == 303 and "sent=true" in page.headers["Location"], (page.status, page.words[:500])
over = time.monotonic() - began
id, began = re.search(r"[0-9a-f-]{36}", page.headers["Location"])[0], time.monotonic()
# It has rested for as long as all that took, and is closed at the other end.
reader.wire.close()
reader.wire.request("GET", f"/messages/{id}/documents/1", headers={"Cookie": "; ".join(f"{name}={value}" for name, value in reader.jar.items()),
                                                                    "User-Agent": "Mozilla/5.0 Firefox/140.0"})
comes_down(reader.wire.getresponse(), digest)
print(f"{SIZE} MiB by a browser up in {up:.1f} s, sent in {over:.1f} s, down in {time.monotonic() - began:.1f} s; {flat('the portal', idle)}")

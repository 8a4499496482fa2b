"""Files that are larger than any may be, from a browser that runs no scripts: announced, not announced, or announced wrongly. Each is answered by a
page that says what to do, the line is closed in order, memory stays flat, and of what broke off nothing lies there; what the draft had, it keeps.

usage: too_large.py DEMO_DIR GATEWAY_BINARY [whole]
With `whole`, more than 5 GiB really go over the line.
"""
import base64, hashlib, hmac, json, pathlib, re, select, socket, ssl, struct, sys, time, urllib.parse, urllib.request
from datetime import datetime
from demo import database, peer

demo = peer()
db = database(demo.folder)
MIB, LIMIT = 1 << 20, 5 << 30
ZEROS = bytes(MIB)
BOUNDARY = "a-boundary-of-ours"
host, port = demo.state["portal"].removeprefix("https://").split(":")
pid = (demo.folder / "pid").read_text().strip()
context = ssl.create_default_context(cafile=demo.state["ca"])


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        self.status = int(first.split()[1])
        self.headers = [line.split(": ", 1) for line in lines]
        self.text = " ".join(re.sub(r"<[^>]+>", " ", self.body.decode()).split()).replace("&#39;", "'").replace("&#x27;", "'")

    def header(self, name):
        return next((value for known, value in self.headers if known.lower() == name), None)


def whole(raw):
    """Whether all of an answer is there."""
    head, gap, body = raw.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(gap) and (not length or len(body) >= int(length[1]))


class Line:
    """A browser's line to the portal, and what it says of itself."""

    jar = {}

    def __init__(self):
        self.wire = context.wrap_socket(socket.create_connection((host, int(port)), timeout=120), server_hostname=host)

    def head(self, method, path, *more):
        cookies = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}:{port}", f"Origin: https://{host}:{port}", "User-Agent: Mozilla/5.0 Firefox/140.0",
                 f"Cookie: {cookies}", *more]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def ask(self, method, path, form=None):
        """One request, and its answer."""
        body = urllib.parse.urlencode(form or {}).encode()
        kind = ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"] if form else []
        self.wire.sendall(self.head(method, path, "Connection: close", *kind) + body)
        raw = b""
        while more := self.wire.recv(1 << 16):
            raw += more
        self.wire.close()
        answer = Answer(raw)
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                cookie, _, content = value.split(";")[0].partition("=")
                self.jar[cookie] = content
        return answer

    def pour(self, blocks):
        """Sends until all is sent or the answer is here: the answer, and how many bytes went before it."""
        self.wire.setblocking(False)
        raw, sent, turn, rest = b"", 0, 0, memoryview(b"")
        while not whole(raw):
            if not rest:
                rest = memoryview(next(blocks, b""))
                if not rest and not select.select([self.wire], [], [], 120)[0]:
                    raise AssertionError("no answer")
            try:
                went = self.wire.send(rest) if rest else 0
                rest, sent = rest[went:], sent + went
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                select.select([self.wire], [self.wire], [], 120)
            turn += 1
            if turn % 64 == 0 or not rest:
                try:
                    raw += self.wire.recv(1 << 16)
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    pass
        return Answer(raw), sent

    def ends(self):
        """The line is closed in order: an end, and no reset."""
        self.wire.setblocking(True)
        self.wire.settimeout(60)
        self.wire.shutdown(socket.SHUT_WR)
        while self.wire.recv(1 << 16):
            pass
        self.wire.close()


def code(secret):
    with urllib.request.urlopen(demo.state["ops"] + "/clock") as answer:
        now = datetime.fromisoformat(json.load(answer)["now"].replace("Z", "+00:00")).timestamp()
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(now) // 30), hashlib.sha1).digest()
    return f"{(struct.unpack('>I', mac[mac[19] & 15:][:4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def hidden(answer):
    """What a page's form carries unseen."""
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.body.decode())
    return dict(reversed(inputs))


def sign_in(agency, role):
    Line.jar = {}
    user = next(user for user in demo.agencies[agency]["users"] if user["role"] == role)
    token = hidden(Line().ask("GET", "/sign-in"))["token"]
    answer = Line().ask("POST", "/sign-in", {"token": token, "email": user["email"], "password": user["password"], "code": code(user["totp_secret"])})
    assert answer.status == 303, answer.text


def multipart(fields, name):
    """A form's beginning, up to where its file begins."""
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n' for field, value in fields.items()]
    return "".join([*parts, f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
                            "Content-Type: application/octet-stream\r\n\r\n"]).encode()


KIND = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()


def upload(path, fields, length=None, content=None, chunked=False):
    """A form with a file: what is announced is not asked of what comes."""
    line, begin = Line(), multipart(fields, "large.bin")
    content = content if content is not None else iter(lambda: ZEROS, None)

    def blocks():
        if chunked:
            yield line.head("POST", path, KIND, "Transfer-Encoding: chunked")
            for block in (begin, *content) if isinstance(content, list) else chain(begin, content):
                yield b"%x\r\n%s\r\n" % (len(block), block)
        else:
            yield line.head("POST", path, KIND, f"Content-Length: {length(len(begin))}") + begin
            yield from content

    answer, sent = line.pour(blocks())
    return line, answer, sent


def chain(first, rest):
    yield first
    yield from rest


def memory(what):
    line = next(line for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1024


def lies():
    """Files with sealed bodies, and what is staged."""
    files = sorted(file.name for file in (demo.folder / "blobs").rglob("*") if file.is_file())
    return files, db.rows("select id from blob where state = 'staging'")


def settled(before):
    """Nothing lies there that was not there before."""
    for _ in range(200):
        if (now := lies()) == before:
            return
        time.sleep(0.1)
    raise AssertionError(f"left: {set(now[0]) - set(before[0])}, staged {now[1]}")


def is_page(answer, status, *words):
    assert answer.status == status, (answer.status, answer.text)
    assert answer.header("content-type").startswith("text/html"), answer.headers
    for word in words:
        assert word in answer.text, (word, answer.text)


sign_in("met-police", "practitioner")
page = Line().ask("GET", "/messages/new")
line, answer, _ = upload("/messages/new", {**hidden(page), "title": "Two reports", "do": "save"}, lambda begin: begin + MIB + len(TAIL), [ZEROS, TAIL])
assert answer.status == 303, answer.text
draft = answer.header("location").split("?")[0]
line.ends()


def fields():
    shown = Line().ask("GET", draft)
    assert shown.status == 200 and "large.bin" in shown.text and "Two reports" in shown.body.decode(), shown.text
    return {**hidden(shown), "title": "Two reports"}


fields()
before, idle = lies(), memory("VmRSS")
assert len(before[0]) == 1 and not before[1], before

# Said beforehand: answered at once, without waiting for what would be for nothing.
line, answer, sent = upload(draft, fields(), lambda begin: LIMIT + 2 * MIB)
is_page(answer, 422, "larger than 5 GB together", "add one file at a time")
assert sent < 300 * MIB, f"{sent / MIB:.0f} MiB went before the answer"
assert answer.header("connection") == "close", answer.headers
line.ends()
settled(before)

# Said to be less than comes: the file has no end.
line, answer, _ = upload(draft, fields(), lambda begin: begin + 1000, [bytes(1000)])
is_page(answer, 422, "did not come whole", "add it again")
line.ends()
settled(before)

# Said to be more than comes: the line breaks, and nobody is there to be answered.
line = Line()
line.wire.sendall(line.head("POST", draft, KIND, f"Content-Length: {50 * MIB}") + multipart(fields(), "large.bin") + ZEROS * 5)
line.wire.close()
settled(before)

# Not said: taken up to the limit, and no further.
if "whole" in sys.argv[3:]:
    began = time.monotonic()
    line, answer, sent = upload(draft, fields(), chunked=True)
    is_page(answer, 422, "larger than 5 GB", "split it")
    assert LIMIT < sent < LIMIT + 300 * MIB, f"{sent / MIB:.0f} MiB went before the answer"
    assert answer.header("connection") == "close", answer.headers
    line.ends()
    settled(before)
    print(f"{sent / MIB:.0f} MiB went in {time.monotonic() - began:.0f} s before the answer")
fields()

# A form that has no file, and no end.
line = Line()
line_head = line.head("POST", "/sign-in", "Content-Type: application/x-www-form-urlencoded", "Transfer-Encoding: chunked")
answer, sent = line.pour(chain(line_head, iter(lambda: b"100000\r\n" + b"x" * MIB + b"\r\n", None)))
is_page(answer, 400, "This could not be read")
assert sent < 300 * MIB
line.ends()

# A table's page: the file is no table, and what was pasted beside it is kept.
sign_in("hmp-northgate", "practitioner")
held = next(one for one in demo.nominals if one.get("prison_number") == "A1234BC")
begun = Line().ask("POST", "/forms/annex-f/new", {**hidden(Line().ask("GET", "/forms/annex-f/new")), "ref": held["ref"], "from": ""})
assert begun.status == 303, begun.text
table = begun.header("location").split("?")[0] + "/substance/tests"
filled = {**hidden(Line().ask("GET", table)), "pasted": "13/2/2026\tRandom\tNegative\t"}
line, answer, sent = upload(table, filled, chunked=True)
is_page(answer, 422, "larger than 500 KB", "13/2/2026")
assert sent < 300 * MIB
line.ends()
assert "13/2/2026" in Line().ask("GET", table).text
settled(before)

most = memory("VmHWM")
assert most - idle < 64, f"{most - idle:.0f} MiB above idle ({idle:.0f} MiB)"
print(f"what is too large is answered in words; {most - idle:.0f} MiB above idle ({idle:.0f} MiB)")

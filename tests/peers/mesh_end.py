"""The other ends of NHS MESH: the NHS's own sandbox, the trust played by the NHS's own client, and a wire between the gateway and the sandbox on which things go wrong."""

import atexit, http.client, http.server, json, os, pathlib, socketserver, subprocess, sys, threading, time, urllib.request, uuid
from postfix import bound, free_port, until

HERE = pathlib.Path(__file__).parent
MODULES = HERE / "mesh_modules"
OURS, THEIRS, OTHERS = "X26ABC1", "X26ABC2", "X26ABC3"
BASE = "https://mappa-gateway.example/fhir"


class Sandbox:
    """The NHS's MESH, on a port and in a folder of its own."""

    def __init__(self, folder):
        self.folder, self.port, self.running = pathlib.Path(folder), free_port(), None
        self.url = f"http://127.0.0.1:{self.port}"
        atexit.register(self.stop)

    def start(self):
        words = ["-m", "uvicorn", "mesh_sandbox.api:app", "--host", "127.0.0.1", "--port", str(self.port), "--no-access-log"]
        settings = {
            "PYTHONPATH": str(MODULES), "PYTHONWARNINGS": "ignore", "STORE_MODE": "file", "AUTH_MODE": "full",
            "SHARED_KEY": "TestKey", "MAILBOXES_DATA_DIR": str(self.folder / "mailboxes"),
        }  # fmt: skip
        with open(self.folder / "sandbox.log", "ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=bound(), env={**os.environ, **settings}
            )
        until(self.answers, "the sandbox")
        return self

    def answers(self):
        assert self.running.poll() is None, (self.folder / "sandbox.log").read_text()[-2000:]
        try:
            return urllib.request.urlopen(f"{self.url}/health", timeout=2).status == 200
        except OSError:
            return False

    def stop(self):
        if self.running is not None:
            self.running.kill()
            self.running.wait()
            self.running = None

    def administer(self, path, wanted):
        """What only a sandbox has."""
        asked = urllib.request.Request(
            f"{self.url}/messageexchange/admin/{path}", json.dumps(wanted).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        return json.loads(urllib.request.urlopen(asked, timeout=30).read() or "null")


class Wire:
    """What the gateway takes for MESH: all goes on to the sandbox, but for what `fault` says.

    `fault(method, path)` gives nothing, `("answer", status, body)`, `("cut",)` before the sandbox hears of it, `("lost",)` after it did, or `("wait", seconds)`.
    """

    def __init__(self, sandbox):
        self.sandbox, self.fault, self.seen = sandbox, None, []
        wire = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def pass_on(self):
                said = wire.fault(self.command, self.path) if wire.fault else None
                wire.seen.append((self.command, self.path, said))
                body = self.body()
                if said and said[0] == "wait":
                    time.sleep(said[1])
                if said and said[0] == "cut":
                    return self.break_off()
                if said and said[0] == "answer":
                    return self.give(said[1], {"Content-Type": "application/json"}, said[2].encode())
                there = http.client.HTTPConnection("127.0.0.1", wire.sandbox.port, timeout=120)
                headers = {name: value for name, value in self.headers.items() if name.lower() not in ("transfer-encoding", "content-length", "connection")}
                try:
                    there.request(self.command, self.path, body or None, headers)
                    answer = there.getresponse()
                    content = answer.read()
                except OSError:
                    return self.break_off()
                if said and said[0] == "lost":
                    return self.break_off()
                kept = {name: value for name, value in answer.getheaders() if name.lower() not in ("transfer-encoding", "connection", "content-length")}
                self.give(answer.status, kept, content)

            def body(self):
                if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                whole = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    whole += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return whole

            def give(self, status, headers, content):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def break_off(self):
                self.close_connection = True
                self.connection.close()

            do_GET = do_POST = do_PUT = do_HEAD = pass_on

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # Whoever was cut off has gone.

        server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()


class Trust:
    """A system at the other end of MESH, by the NHS's own client."""

    def __init__(self, sandbox, folder, mailbox=THEIRS):
        self.sandbox, self.folder, self.mailbox = sandbox, pathlib.Path(folder) / mailbox, mailbox
        self.folder.mkdir(exist_ok=True)

    def do(self, what, **more):
        asked = {"url": self.sandbox.url, "mailbox": self.mailbox, "do": what, **more}
        done = subprocess.run([sys.executable, HERE / "mesh_trust.py", json.dumps(asked)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)

    def waiting(self):
        """How many messages wait, unopened."""
        return len(self.do("list"))

    def receive(self, number, seconds=30):
        """That many messages, each taken and acknowledged, with what they say."""
        got = []
        until(lambda: self.waiting() >= number, f"{number} messages at {self.mailbox}", seconds)
        for message in self.do("receive", into=str(self.folder)):
            content = pathlib.Path(message["path"]).read_bytes()
            got.append((message, json.loads(content) if content[:1] == b"{" else content))
        assert len(got) == number, [message for message, _ in got]
        return got

    def send(self, content, workflow="TEST_WORKFLOW", **more):
        """Sends octets, what is said in JSON, or a file."""
        file = content if isinstance(content, pathlib.Path) else self.folder / f"{uuid.uuid4()}.out"
        if file is not content:
            file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return self.do("send", to=OURS, file=str(file), workflow_id=workflow, local_id=str(uuid.uuid4()), **more)


def code(system, code):
    return {"coding": [{"system": f"{BASE}/CodeSystem/{system}", "code": code}]}


def extension(name, kind, value):
    return {"url": f"{BASE}/StructureDefinition/{name}", kind: value}


def bundle(event, focus, *entries):
    """A message, as another system would write it: by hand, with nothing of the gateway's code."""
    header = {
        "resourceType": "MessageHeader", "id": str(uuid.uuid4()), "eventCoding": {"system": f"{BASE}/CodeSystem/message-event", "code": event},
        "source": {"name": "A trust's system", "endpoint": "https://trust.example/fhir"}, **focus,
    }  # fmt: skip
    resources = [header, *entries]
    return {
        "resourceType": "Bundle", "type": "message", "timestamp": "2026-03-02T09:30:00Z",
        "entry": [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources],
    }  # fmt: skip


def answer(request, trust, said, kind="full", document=None, **more):
    """An answer of a trust: `said` is {question's code: (category, words)}."""
    organization = {
        "resourceType": "Organization", "id": str(uuid.uuid4()), "name": "A trust",
        "identifier": [{"system": f"{BASE}/Id/agency", "value": trust}],
    }  # fmt: skip
    clinician = {
        "resourceType": "PractitionerRole", "id": str(uuid.uuid4()), "practitioner": {"display": "Dr A. Example"},
        "organization": {"reference": f"urn:uuid:{organization['id']}"},
    }  # fmt: skip
    payload = [
        {"extension": [extension("question-id", "valueId", name.replace("_", "-")), extension("question-code", "valueCode", name),
                       extension("information-category", "valueCode", category)], "contentString": words}
        for name, (category, words) in said.items()
    ]  # fmt: skip
    entries = []
    if document:
        title, media_type, content, category = document
        entries = [{
            "resourceType": "DocumentReference", "id": str(uuid.uuid4()), "status": "current", "category": [code("information-category", category)],
            "content": [{"attachment": {"contentType": media_type, "data": content, "title": title}}],
        }]  # fmt: skip
        payload.append({"contentReference": {"reference": f"urn:uuid:{entries[0]['id']}"}})
    communication = {
        "resourceType": "Communication", "id": str(uuid.uuid4()),
        "identifier": [{"system": f"{BASE}/Id/health-answer", "value": uuid7()}],
        "basedOn": [{"identifier": {"system": f"{BASE}/Id/health-request", "value": request}}],
        "status": "not-done" if kind == "refused" else "completed", "category": [code("health-answer-kind", kind)],
        "sent": "2026-03-02T09:30:00Z", "sender": {"reference": f"urn:uuid:{clinician['id']}"},
        "extension": [extension("consent-code", "valueCode", "not_sought")],
        "reasonCode": [{**code("release-basis", "public_interest"), "text": "Serious harm is likely without it"}], "payload": payload, **more,
    }  # fmt: skip
    communication = {name: value for name, value in communication.items() if value is not None}
    focus = {"focus": [{"reference": f"urn:uuid:{communication['id']}"}]}
    return bundle("health-answer", focus, communication, organization, clinician, *entries)


def uuid7():
    """RFC 9562, section 5.7."""
    number = (time.time_ns() // 1_000_000 & (1 << 48) - 1) << 80 | uuid.uuid4().int & (1 << 80) - 1
    return str(uuid.UUID(int=number & ~(0xF << 76) & ~(0x3 << 62) | 7 << 76 | 2 << 62))


def resources(message, kind):
    return [entry["resource"] for entry in message["entry"] if entry["resource"]["resourceType"] == kind]

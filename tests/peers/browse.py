"""A browser that runs no scripts, at the portal: it keeps cookies, and sends back what a page's forms carry unseen."""

import base64, hashlib, hmac, http.client, re, ssl, struct, time, urllib.parse, uuid

AGENT = "Mozilla/5.0 Firefox/140.0"


class Page:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body.decode(errors="replace")
        self.text = " ".join(re.sub(r"<[^>]+>", " ", self.body).split())
        self.leads_to = (headers["Location"] or "").split("?")[0]

    def hidden(self, action=None):
        """What a form carries unseen: the first one, or the one that goes to `action`."""
        forms = re.findall(r"<form\b[^>]*>.*?</form>", self.body, re.S)
        if action:
            forms = [form for form in forms if f'action="{action}"' in form.partition(">")[0]]
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', forms[0] if forms else self.body)
        return dict(reversed(found))


class Browser:
    """One person's; each request goes over a line of its own, so that a killed server is just that."""

    def __init__(self, demo, agent=AGENT):
        self.demo, self.jar, self.agent = demo, {}, agent
        self.host = demo.state["portal"].removeprefix("https://")
        self.context = ssl.create_default_context(cafile=demo.state["ca"])

    def ask(self, method, path, body=None, kind="application/x-www-form-urlencoded", **more):
        if isinstance(body, (dict, list)):
            body = urllib.parse.urlencode(body, doseq=True).encode()
        headers = {"Origin": f"https://{self.host}", "User-Agent": self.agent, "Cookie": "; ".join(f"{name}={value}" for name, value in self.jar.items())}
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        if body is not None:
            headers["Content-Type"] = kind
        wire = http.client.HTTPSConnection(self.host, context=self.context, timeout=120)
        try:
            wire.request(method, path, body, headers)
            answer = wire.getresponse()
            page = Page(answer.status, answer.headers, answer.read())
        finally:
            wire.close()
        for value in answer.headers.get_all("Set-Cookie") or []:
            name, _, content = value.split(";")[0].partition("=")
            self.jar[name] = content
        return page

    def get(self, path):
        page = self.ask("GET", path)
        assert page.status == 200, (path, page.status, page.text[:2000])
        return page

    def post(self, path, fields, files=()):
        """A form, as multipart where it has files: (name, media type, content)."""
        if not files:
            return self.ask("POST", path, fields)
        boundary = uuid.uuid4().hex
        line = b"--" + boundary.encode() + b"\r\nContent-Disposition: form-data; name="
        pairs = [(name, one) for name, value in dict(fields).items() for one in (value if isinstance(value, list) else [value])]
        body = b"".join(line + b'"%s"\r\n\r\n%s\r\n' % (name.encode(), value.encode()) for name, value in pairs)
        for name, kind, content in files:
            body += line + b'"file"; filename="%s"\r\nContent-Type: %s\r\n\r\n%s\r\n' % (name.encode(), kind.encode(), content)
        return self.ask("POST", path, body + b"--" + boundary.encode() + b"--\r\n", f"multipart/form-data; boundary={boundary}")

    def sign_in(self, agency, role):
        """As this person of an agency; a code is good once, so that another needs another half minute."""
        user = next(user for user in self.demo.agencies[agency]["users"] if user["role"] == role)
        self.jar = {}
        token = self.get("/sign-in").hidden()["token"]
        said = {"token": token, "email": user["email"], "password": user["password"], "code": self.code(user["totp_secret"])}
        page = self.post("/sign-in", said)
        assert page.status == 303, page.text
        return self

    def code(self, secret):
        """RFC 6238, at the gateway's time."""
        mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(self.demo.now().timestamp()) // 30), hashlib.sha1).digest()
        return f"{(struct.unpack('>I', mac[mac[19] & 15:][:4])[0] & 0x7FFFFFFF) % 1_000_000:06}"

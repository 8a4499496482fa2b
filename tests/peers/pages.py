"""The portal's pages as a browser without scripts has them, over one connection that stays open."""

import base64, hashlib, hmac, html, http.client, json, re, ssl, struct, time, urllib.error, urllib.parse, urllib.request, uuid
from datetime import datetime


def code(demo, secret):
    """The one-time code of now, by the gateway's clock."""
    try:
        with urllib.request.urlopen(demo.state["ops"] + "/clock") as answer:
            now = datetime.fromisoformat(json.load(answer)["now"].partition(".")[0].rstrip("Z") + "+00:00").timestamp()
    except urllib.error.HTTPError:  # It has no hand: it goes by itself.
        now = time.time()
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(now) // 30), hashlib.sha1).digest()
    return f"{(struct.unpack('>I', mac[mac[19] & 15:][:4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


class Page:
    def __init__(self, answer):
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read()

    @property
    def markup(self):
        return self.body.decode()

    @property
    def words(self):
        """What there is to read, on one line."""
        text = re.sub(r"(?s)<(script|style)\b.*?</\1>", " ", self.markup)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())

    @property
    def hidden(self):
        """What its form carries unseen."""
        fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.markup)
        return {name: html.unescape(value) for name, value in reversed(fields)}


class Browser:
    def __init__(self, demo, portal=None):
        self.demo, self.jar = demo, {}
        self.origin = portal or demo.state["portal"]
        self.connect()

    def connect(self):
        context = ssl.create_default_context(cafile=self.demo.state["ca"])
        self.wire = http.client.HTTPSConnection(self.origin.removeprefix("https://"), context=context, timeout=120)

    def ask(self, method, path, body=None, kind=None, **headers):
        headers = {"Origin": self.origin, "User-Agent": "Mozilla/5.0 Firefox/140.0", **headers}
        if self.jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        if kind:
            headers["Content-Type"] = kind
        try:
            self.wire.request(method, path, body, headers)
            page = Page(self.wire.getresponse())
        except (http.client.RemoteDisconnected, http.client.CannotSendRequest, ConnectionError, ssl.SSLError):
            self.connect()
            self.wire.request(method, path, body, headers)
            page = Page(self.wire.getresponse())
        for cookie in page.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.jar[name] = value
        return page

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, form):
        return self.ask("POST", path, urllib.parse.urlencode(form, doseq=True), "application/x-www-form-urlencoded")

    def upload(self, path, form, name, content, kind="application/octet-stream"):
        """A form with a file in its field `file`."""
        boundary = uuid.uuid4().hex
        parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode() for field, value in form.items()]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'.encode()
        return self.ask("POST", path, b"".join([*parts, head, content, f"\r\n--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}")

    def sign_in(self, agency, role):
        user = next(user for user in self.demo.agencies[agency]["users"] if user["role"] == role)
        token = self.get("/sign-in").hidden["token"]
        page = self.post("/sign-in", {"token": token, "email": user["email"], "password": user["password"], "code": code(self.demo, user["totp_secret"])})
        assert page.status == 303, page.words
        return self

"""A real Postfix as a private instance: in a folder of its own, on a free port of 127.0.0.1, beside any other and beside the system's.

`front_smtp` and `front_lmtp` take mail and hand it to the gateway; `behind` takes what the gateway sends. What is for nobody else
lies in one Maildir, whose messages say in `X-Original-To` whom they were for. Postfix has to be started by root.
"""

import atexit, ctypes, email, email.policy, json, os, pathlib, pwd, shutil, signal, socket, subprocess, tempfile, threading, time

DAEMONS = pathlib.Path("/usr/lib/postfix/sbin")
SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{inner} inet n - n - - smtpd
  -o smtpd_recipient_restrictions=check_recipient_access,texthash:{conf}/reports,permit
  -o smtpd_tls_security_level=none
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
lmtp unix - - n - - lmtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def until(holds, what, seconds=60):
    """What `holds()` gives once it gives something, looked at often until the time is up."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, f"not within {seconds} s: {what() if callable(what) else what}"
        time.sleep(0.05)
    return found


def bound():
    """What ties a child to this process: not where a thread starts it, with whose end it would end."""
    return dies_with_its_parent if threading.current_thread() is threading.main_thread() else None


def dies_with_its_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Postfix:
    def __init__(self, name, port=None, routes=None, **settings):
        """`routes` go from a domain or an address to a transport; settings are those of main.cf, over what stands here."""
        self.name, self.port, self.inner, self.running = name, port or free_port(), free_port(), None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"postfix-{name}-"))
        self.folder.chmod(0o755)
        self.routes, self.access, self.reports = dict(routes or {}), {}, {}
        nobody = pwd.getpwnam("nobody")
        for inner in ("conf", "queue", "data", "mail"):
            (self.folder / inner).mkdir(mode=0o755)
        shutil.chown(self.folder / "data", "postfix")
        os.chown(self.folder / "mail", nobody.pw_uid, nobody.pw_gid)
        here, conf = self.folder, self.folder / "conf"
        self.settings = {
            "compatibility_level": "3.6",
            "queue_directory": here / "queue",
            "data_directory": here / "data",
            "daemon_directory": DAEMONS,
            "command_directory": "/usr/sbin",
            "shlib_directory": "/usr/lib/postfix",
            "meta_directory": "/etc/postfix",
            "syslog_name": name,
            "maillog_file": here / "maillog",
            "maillog_file_prefixes": here,
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "myhostname": f"{name}.example",
            "mydestination": "",
            "mynetworks": "127.0.0.0/8",
            "alias_maps": "",
            "local_recipient_maps": "",
            "relay_domains": "",
            "transport_maps": f"texthash:{conf}/transport",
            "virtual_mailbox_domains": "static:all",
            "virtual_mailbox_maps": "static:all/",
            "virtual_mailbox_base": here / "mail",
            "virtual_uid_maps": f"static:{nobody.pw_uid}",
            "virtual_gid_maps": f"static:{nobody.pw_gid}",
            "virtual_mailbox_limit": "0",
            "smtpd_recipient_restrictions": f"check_recipient_access texthash:{conf}/access, permit_mynetworks, reject",
            "disable_dns_lookups": "yes",
            "smtp_host_lookup": "native",
            "smtpd_peername_lookup": "no",
            "smtpd_error_sleep_time": "0",
            "smtp_tls_loglevel": "1",
            "smtpd_tls_loglevel": "1",
            "lmtp_tls_loglevel": "1",
            "smtpd_tls_received_header": "yes",
            "queue_run_delay": "1s",
            "minimal_backoff_time": "1s",
            "maximal_backoff_time": "2s",
            "in_flow_delay": "0",
            "local_header_rewrite_clients": "",
            "message_size_limit": "60000000",
            "smtp_connect_timeout": "5s",
            "lmtp_connect_timeout": "5s",
            "biff": "no",
            **settings,
        }
        self.write()
        atexit.register(self.remove)

    def write(self):
        conf = self.folder / "conf"
        (conf / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in self.settings.items()))
        (conf / "master.cf").write_text(SERVICES.format(port=self.port, inner=self.inner, conf=conf))
        (conf / "transport").write_text("".join(f"{place} {way}\n" for place, way in self.routes.items()))
        (conf / "access").write_text("".join(f"{address} {answer}\n" for address, answer in self.access.items()))
        (conf / "reports").write_text("".join(f"{address} {answer}\n" for address, answer in self.reports.items()))

    def start(self):
        assert self.running is None, f"{self.name} is running"
        self.said = open(self.folder / "said", "ab")
        for words in (["postfix", "-c", self.folder / "conf", "check"], [DAEMONS / "master", "-c", self.folder / "conf", "-s"]):
            self.running = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.said, stderr=self.said, preexec_fn=bound())
            assert "check" not in words or self.running.wait() == 0, (self.folder / "said").read_text()
        until(self.greets, lambda: f"{self.name} answers\n{self.log()}", 30)
        return self

    def greets(self):
        assert self.running.poll() is None, f"{self.name} has ended\n{(self.folder / 'said').read_text()}\n{self.log()}"
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as wire:
                return wire.recv(200).startswith(b"220")
        except OSError:
            return False

    def stop(self):
        """Stops it; the queue stays."""
        if self.running is not None:
            self.running.terminate()
            try:
                self.running.wait(20)
            except subprocess.TimeoutExpired:
                self.running.kill()
                self.running.wait()
            self.running = None
            self.said.close()

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *words):
        done = subprocess.run([*words[:1], "-c", str(self.folder / "conf"), *words[1:]], capture_output=True, text=True)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def again(self):
        """Ends it and starts it by what its files say now: a process that serves a client goes by the old ones as long as that client stays."""
        self.stop()
        self.write()
        self.start()

    def answer(self, recipient, words):
        """What RCPT for an address is answered: `550 5.1.1 no such mailbox`, `450 4.2.0 come again`; None takes it again."""
        self.access.pop(recipient, None)
        if words:
            self.access[recipient] = words
        self.again()

    def report(self, recipient, words):
        """Takes mail for an address, and then is answered `words` by a mail system behind it: so it tells the sender by mail."""
        self.routes[recipient], self.reports[recipient] = f"smtp:[127.0.0.1]:{self.inner}", words
        self.again()

    def queue(self):
        """What waits: sender, recipients with the reason of each, size, queue name."""
        return [json.loads(line) for line in self.command("postqueue", "-j").splitlines()]

    def flush(self):
        self.command("postqueue", "-f")

    def delivered(self):
        """The mails that arrived, (for whom, the octets), the oldest first."""
        arrived = sorted((self.folder / "mail" / "all").glob("new/*"), key=lambda file: (file.stat().st_mtime_ns, file.name))
        mails = [file.read_bytes() for file in arrived]
        return [(email.message_from_bytes(mail, policy=email.policy.default)["X-Original-To"], mail) for mail in mails]

    def log(self):
        place = self.folder / "maillog"
        return place.read_text(errors="replace") if place.exists() else ""


def sent(mail):
    """A delivered mail as it was handed in: without the fields that this Postfix put in front, with CRLF."""
    lines = mail.split(b"\n")
    ours = (b"Return-Path:", b"X-Original-To:", b"Delivered-To:")
    while lines[0].startswith(ours):
        lines.pop(0)
    assert lines[0].startswith(b"Received:"), lines[0]
    lines.pop(0)
    while lines[0][:1] in (b" ", b"\t"):
        lines.pop(0)
    return b"\r\n".join(lines)


def front_smtp(domain, gateway, ca=None, **settings):
    """In front of the gateway, by SMTP: `gateway` is its port; with `ca`, nothing goes but over TLS with a certificate of that authority."""
    return front("front-smtp", domain, f"smtp:[127.0.0.1]:{gateway}", "smtp", ca, settings)


def front_lmtp(domain, gateway, ca=None, **settings):
    """The same by LMTP."""
    return front("front-lmtp", domain, f"lmtp:inet:127.0.0.1:{gateway}", "lmtp", ca, settings)


def front(name, domain, way, client, ca, settings):
    tls = {f"{client}_tls_security_level": "verify" if ca else "may"}
    if ca:
        tls |= {f"{client}_tls_CAfile": ca, f"{client}_tls_verify_cert_match": "localhost"}
    return Postfix(name, routes={domain: way}, **tls, **settings)


def behind(certificate, key, domain=None, gateway=None, port=None, **settings):
    """The gateway's relay: offers STARTTLS with a certificate; what it must report goes back to the gateway's port, where that is given."""
    routes = {domain: f"smtp:[127.0.0.1]:{gateway}"} if gateway else {}
    return Postfix(
        "behind", port=port, routes=routes, smtpd_tls_security_level="may", smtpd_tls_cert_file=certificate, smtpd_tls_key_file=key, **settings
    )

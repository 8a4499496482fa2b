"""What a domain has for its mail, on loopback, with tools that are not ours: a name server by dnspython, mail hosts by aiosmtpd, and a web
host for MTA-STS policies by Python's own HTTPS server. Each host has an address of its own, for there is one port for all of a kind."""

import http.server, itertools, pathlib, socket, socketserver, ssl, struct, threading
import smime  # finds the peers' own Python packages
import dns.flags, dns.message, dns.name, dns.rcode, dns.rdatatype, dns.rrset
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from authority import SERVER
from postfix import free_port

NAMES_AT, POLICIES_AT = "127.0.0.1", "127.0.0.9"


def apart(run):
    threading.Thread(target=run, daemon=True).start()


class Udp(socketserver.ThreadingUDPServer):
    allow_reuse_address, daemon_threads = True, True


class Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads = True, True


class NameServer:
    """Answers what is in `records`: {(name, type): [text, ...]}. For names that `large` holds it answers over TCP only."""

    def __init__(self, records, large=()):
        self.records, self.large, self.port = records, set(large), free_port()
        self.asked, self.running, self.streams = [], [], []

    def start(self):
        outer = self

        class Datagram(socketserver.BaseRequestHandler):
            def handle(self):
                octets, wire = self.request
                wire.sendto(outer.answer(octets, "udp"), self.client_address)

        class Stream(socketserver.StreamRequestHandler):
            def handle(self):
                outer.streams.append(self.connection)
                while len(size := self.rfile.read(2)) == 2:
                    octets = outer.answer(self.rfile.read(struct.unpack("!H", size)[0]), "tcp")
                    self.wfile.write(struct.pack("!H", len(octets)) + octets)

        for server in (Udp((NAMES_AT, self.port), Datagram), Tcp((NAMES_AT, self.port), Stream)):
            self.running.append(server)
            apart(server.serve_forever)
        return self

    def stop(self):
        """Nobody is there any more."""
        for server in self.running:
            server.shutdown()
            server.server_close()
        for stream in self.streams:
            try:
                stream.shutdown(socket.SHUT_RDWR)
            except OSError:  # It is closed.
                pass
        self.running, self.streams = [], []

    def answer(self, octets, way):
        query = dns.message.from_wire(octets)
        (question,) = query.question
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((way, name, kind))
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        if way == "udp" and name in self.large:
            response.flags |= dns.flags.TC
        elif found := self.records.get((name, kind)):
            response.answer.append(dns.rrset.from_text_list(question.name, 0, "IN", kind, found))
        else:
            there = any(known == name or known.endswith("." + name) for known, _ in self.records)
            response.set_rcode(dns.rcode.NOERROR if there else dns.rcode.NXDOMAIN)
            zone = ".".join(name.split(".")[-2:])
            response.authority.append(dns.rrset.from_text(zone + ".", 0, "IN", "SOA", f"ns.{zone}. hostmaster.{zone}. 1 60 60 600 0"))
        return response.to_wire()


class Host(Controller):
    """A mail host: what it was told before STARTTLS and after, and what it took. `context` is its TLS; without one it offers none.

    A mail that it takes is also put into `folder`, as whole files, where the journeys look for mail."""

    numbers = itertools.count()

    def __init__(self, name, address, port, folder, context):
        super().__init__(self, hostname=address, port=port, ready_timeout=30)
        self.name, self.folder, self.context = name, pathlib.Path(folder), context
        self.visits, self.told, self.taken, self.faults = 0, [], [], []
        self.start()
        self.visits = 0

    def factory(self):
        self.visits += 1
        return SMTP(self, hostname=self.name, tls_context=self.context)

    async def handle_exception(self, error):
        self.faults.append(type(error).__name__)
        return "451 4.3.0 a fault"

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.told.append(address)
        envelope.mail_from = address
        return "250 2.1.0 said"

    async def handle_DATA(self, server, session, envelope):
        octets = bytes(envelope.original_content)
        whole = self.folder / f"{self.name}-{next(self.numbers):04}.eml"
        part = whole.with_suffix(".part")
        part.write_bytes(octets)
        part.rename(whole)
        version = session.ssl and session.ssl["cipher"][1]
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, version, whole.name, octets))
        return "250 2.0.0 taken"


class Policies:
    """The web host of policies: {domain: text}; of any other domain there is none."""

    def __init__(self, served, context):
        self.served, self.asked, outer = served, [], self

        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                host = self.headers["Host"].partition(":")[0]
                outer.asked.append((host, self.path))
                text = outer.served.get(host.removeprefix("mta-sts.")) if self.path == "/.well-known/mta-sts.txt" else None
                body = (text or "none here").encode()
                self.send_response(200 if text else 404)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer((POLICIES_AT, 0), Page)
        self.server.daemon_threads = True
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        apart(self.server.serve_forever)


def shows(authority, *names):
    """The TLS of a server that shows a certificate for these names."""
    made = authority.issue(names[0], hosts=names, use=(SERVER,))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    return context


def common_port(addresses):
    """A port that is free at all of these."""
    while True:
        port, taken = free_port(), []
        try:
            for address in addresses:
                taken.append(socket.create_server((address, port)))
            return port
        except OSError:
            continue
        finally:
            for one in taken:
                one.close()

"""Mail that the gateway delivers straight to the hosts of each domain: a name server, mail hosts and MTA-STS policies that are not ours. It goes over
verified TLS to a host that the domain's policy allows, or waits until there is one; what became of it is recorded.

usage: mail_direct.py FOLDER GATEWAY_BINARY
"""

import json, pathlib, socket, sys, threading, time
import mail_hosts
from authority import Authority
from demo import database
from mail import text_of
from mail_hosts import Host, NameServer, Policies, common_port, shows
from mail_sent import changed
from postfix import until
from running import Gateway

folder = pathlib.Path(sys.argv[1])
SECRET = "Seen at the school gate, by the larch."
# Each domain's hosts, and whose it is.
HOSTS = {
    "police.example": ["mx1"],
    "probation.example": ["mx1", "mx2"],
    "housing.example": ["mx1"],
    "northgate.example": ["mx1"],
    "children.example": ["mx1"],
}
OF = {
    "probation.example": "london-probation",
    "housing.example": "southwark-housing",
    "northgate.example": "hmp-northgate",
    "children.example": "southwark-children",
}
WRONG = ["northgate.example", "children.example", "housing.example"]
NOWHERE = "london-mental-health"  # its domain does not exist
POLICY = "version: STSv1\r\nmode: {}\r\nmx: {}\r\nmax_age: 604800\r\n"
POLICIES = {"probation.example": POLICY.format("enforce", "*.probation.example"), "housing.example": POLICY.format("testing", "mx7.housing.example")}
ANNOUNCED = [*POLICIES, "children.example"]  # and the last serves none
TRANSPORT = "mta-sts={} tls=1.3 by=pkix host={}"

gateway = Gateway(folder, sys.argv[2])
gateway.start()
gateway.end()
authority, unknown = Authority.made(folder / "authority", "The hosts' authority"), Authority.made(folder / "unknown", "Nobody's authority")
names = [f"{host}.{domain}" for domain, of_it in HOSTS.items() for host in of_it]
places = {name: f"127.0.0.{n}" for n, name in enumerate(names, 11)}
port = common_port(places.values())
tls = {name: shows(authority, name) for name in names}
at_first = {"mx1.northgate.example": shows(authority, "mx2.northgate.example"), "mx1.children.example": shows(unknown, "mx1.children.example")}
hosts = {name: Host(name, places[name], port, folder / "mail", at_first.get(name, tls[name])) for name in names}
policies = Policies(POLICIES, shows(authority, *(f"mta-sts.{domain}" for domain in ANNOUNCED)))
records = {(name, "A"): [place] for name, place in places.items()}
records |= {(domain, "MX"): [f"{n} {host}.{domain}." for n, host in enumerate(of_it, 10)] for domain, of_it in HOSTS.items()}
records |= {(f"_mta-sts.{domain}", "TXT"): ['"v=STSv1; id=20260302;"'] for domain in ANNOUNCED}
records |= {(f"mta-sts.{domain}", "A"): [mail_hosts.POLICIES_AT] for domain in ANNOUNCED}
server = NameServer(records, large=["probation.example"]).start()
direct = {
    "authorities": "authority/ca.pem",
    "name_servers": [f"{mail_hosts.NAMES_AT}:{server.port}"],
    "mail_port": port,
    "policy_port": policies.port,
}
gateway.serve(lambda text: changed(text, [], direct_delivery=direct))
demo = gateway.start()
officer = demo.officer("met-police")


def send(*readers):
    """An officer's mail to these, which is an exchange of theirs: its id once it is recorded."""
    said = demo.submission(about=1, recipients=readers, items=[{"title": "Visits", "category": "RISK", "text": SECRET}])
    mail, to = demo.sealed(said, officer)
    known = {one["id"] for one in demo.exchanges("met-police")}
    code, words = demo.send(mail, officer.address, to)
    assert code == 250, (code, words)
    (new,) = until(lambda: {one["id"] for one in demo.exchanges("met-police")} - known, "an exchange")
    return new


def asked(sql):
    records = database(folder)
    try:
        return records.rows(sql)
    finally:
        records.close()


def queue(exchange):
    """(state, attempts, status) of an exchange's mails, by kind and agency; one that is being sent just now is taken for long."""
    rows = asked(f"select kind, agency, state, attempts, status, next_at from mail_out where exchange = '{exchange}'")
    now = time.time() * 1e6
    state = lambda state, next_at: "being sent" if state == "queued" and next_at > now + 120e6 else state
    return {(kind, agency): (state(word, next_at), attempts, status) for kind, agency, word, attempts, status, next_at in rows}


def stands(exchange, seconds=30, /, **mails):
    """Waits until these mails of an exchange stand so."""
    wanted = {tuple(name.replace("_", "-").split("--")): so for name, so in mails.items()}
    known = lambda: (wanted, queue(exchange), demo.words()[-2000:])
    until(lambda: wanted.items() <= queue(exchange).items(), known, seconds)


def transports(exchange):
    """How its deliveries were carried, as the log's events of their steps have it, by agency."""
    events = [json.loads(event) for (event,) in asked(f"select event from log_leaf where exchange = '{exchange}' and kind = 'delivery-moved'")]
    return {(*event["to"], event["detail"]["state"]): event["detail"]["transport"] for event in events if "transport" in event["detail"]}


def logged(exchange, **ways):
    """Waits until the log has it that these deliveries of an exchange, and no others, were carried so."""
    wanted = {(agency.replace("_", "-"), "sent"): way for agency, way in ways.items()}
    until(lambda: transports(exchange) == wanted, lambda: (wanted, transports(exchange)))


def arrived(domain, host="mx1", after=0):
    """The octets of what came to a host of a domain after the first so many; each over TLS, for one address there, and what answers from nobody."""
    taken = hosts[f"{host}.{domain}"].taken[after:]
    for sender, to, version, _, _ in taken:
        assert version == "TLSv1.3", (domain, version)
        assert len(to) == 1 and to[0].endswith("@" + domain), domain
        assert sender == "<>" if domain == "police.example" else sender.endswith("@" + demo.domain), domain
    return [octets for *_, octets in taken]


def sealed_to(agency, octets):
    """A delivery opens with its agency's key, and says what was sent."""
    part, layers = demo.opened(octets, demo.office(agency))
    assert layers == ["authEnveloped-data", "signed"] and SECRET in text_of(part), layers


# 1. Receipt, delivery and notice each come to the hosts of their own domains, over TLS; how is in the queue, and of the delivery in the log.
seen = demo.sent()
first = send("london-probation", "southwark-housing")
carried = TRANSPORT.format("enforce", "mx1.probation.example")
stands(
    first,
    receipt__met_police=("sent", 1, TRANSPORT.format("none", "mx1.police.example")),
    delivery__london_probation=("sent", 1, carried),
    notice__southwark_housing=("sent", 1, TRANSPORT.format("testing", "mx1.housing.example")),
)
event, words, _ = demo.receipt(officer, seen)
assert event["exchange"] == first and len(arrived("police.example")) == 1
(delivery,), (notice,) = arrived("probation.example"), arrived("housing.example")
sealed_to("london-probation", delivery)
part, layers = demo.opened(notice)
assert layers == ["signed"] and "waits" in text_of(part) and SECRET not in notice.decode() + part.as_string(), layers
logged(first, london_probation=carried)

# 2. The domain has another policy, and the preferred host is not one that it names: it is not even called.
# 3. Another name's certificate, an unknown authority's, no TLS: nothing is said to such a host, and the mail waits.
# 4. A domain that does not exist: its delivery has failed, and the sender is told.
seen, visits = demo.sent(), {name: host.visits for name, host in hosts.items()}
policies.served["probation.example"] = POLICY.format("enforce", "mx2.probation.example")
records["_mta-sts.probation.example", "TXT"] = ['"v=STSv1; id=20260303;"']
hosts["mx1.housing.example"].context = None
second = send(*OF.values(), NOWHERE)
to_mx2 = TRANSPORT.format("enforce", "mx2.probation.example")
stands(
    second,
    delivery__london_probation=("sent", 1, to_mx2),
    delivery__hmp_northgate=("queued", 1, None),
    delivery__southwark_children=("queued", 1, None),
    notice__southwark_housing=("queued", 1, None),
    delivery__london_mental_health=("failed", 1, "5.1.2"),
    failure__met_police=("sent", 1, TRANSPORT.format("none", "mx1.police.example")),
)
(delivery,) = arrived("probation.example", "mx2")
sealed_to("london-probation", delivery)
assert hosts["mx1.probation.example"].visits == visits["mx1.probation.example"] == 1
for domain in WRONG:
    host, told = hosts[f"mx1.{domain}"], 1 if domain == "housing.example" else 0
    assert host.visits == visits[host.name] + 1 and len(host.told) == len(host.taken) == told, (domain, host.visits, len(host.told), len(host.taken))
event, *_ = demo.receipt(officer, seen)
assert event["exchange"] == second
until(lambda: len(arrived("police.example", after=1)) == 2, lambda: len(arrived("police.example", after=1)))
told = [text_of(demo.opened(octets, officer)[0]) for octets in arrived("police.example", after=1)]
(failure,) = [text for text in told if "5.1.2" in text]
assert demo.agencies[NOWHERE]["name"] in failure and SECRET not in failure, failure
states = {one["recipient"]: one["state"] for one in demo.exchange("met-police", second)["deliveries"]}
assert states[NOWHERE] == "failed" and states["london-probation"] == "sent" and states["hmp-northgate"] == states["southwark-children"], states
logged(second, london_probation=to_mx2)

# 5. The name server is away: what there is to send waits. Then it is back and the hosts are put right: each mail comes, once, after its wait.
server.stop()
for domain in WRONG:
    hosts[f"mx1.{domain}"].context = tls[f"mx1.{domain}"]
third = send("london-probation")
stands(third, 60, receipt__met_police=("queued", 1, "4.4.3"), delivery__london_probation=("queued", 1, "4.4.3"))
assert len(hosts["mx2.probation.example"].told) == 1 and len(hosts["mx1.police.example"].told) == 3
server.start()
to_northgate, to_children = TRANSPORT.format("none", "mx1.northgate.example"), TRANSPORT.format("not-fetched", "mx1.children.example")
stands(
    second,
    90,
    delivery__hmp_northgate=("sent", 2, to_northgate),
    delivery__southwark_children=("sent", 2, to_children),
    notice__southwark_housing=("sent", 2, TRANSPORT.format("testing", "mx1.housing.example")),
)
stands(
    third,
    90,
    receipt__met_police=("sent", 2, TRANSPORT.format("none", "mx1.police.example")),
    delivery__london_probation=("sent", 2, to_mx2),
)
for domain in ("northgate.example", "children.example"):
    (delivery,) = arrived(domain)
    sealed_to(OF[domain], delivery)
(delivery,) = arrived("probation.example", "mx2", after=1)
sealed_to("london-probation", delivery)
logged(third, london_probation=to_mx2)
logged(second, london_probation=to_mx2, hmp_northgate=to_northgate, southwark_children=to_children)
assert len(arrived("police.example")) == 4 and len(arrived("housing.example")) == 2
assert hosts["mx1.probation.example"].visits == 1
faults = {name: host.faults for name, host in hosts.items() if host.faults}
assert faults == {"mx1.northgate.example": ["TLSSetupException"], "mx1.children.example": ["TLSSetupException"]}, faults
assert asked("select kind, state from mail_out where state <> 'sent'") == [("delivery", "failed")]
# A policy is fetched anew when its id is another, and not else; one that is not served is not asked for again at once. Where the hosts of a
# domain are is told over TCP where it is too much; and nobody asks for what DANE needs.
assert sorted(host.removeprefix("mta-sts.") for host, _ in policies.asked) == sorted([*ANNOUNCED, "probation.example"]), policies.asked
assert {("udp", "probation.example", "MX"), ("tcp", "probation.example", "MX")} <= set(server.asked)
assert "TLSA" not in {kind for _, _, kind in server.asked}

# A host that takes the connection and says nothing holds up its own domain's mail and nobody else's.
hosts["mx1.northgate.example"].stop()
held = []
with socket.create_server((places["mx1.northgate.example"], port)) as silent:
    threading.Thread(target=lambda: [held.append(silent.accept()) for _ in range(1)], daemon=True).start()
    waiting = send("hmp-northgate")
    until(lambda: held, lambda: queue(waiting), 30)
    going = send("london-probation")
    until(lambda: queue(going).get(("delivery", "london-probation"), ("",))[0] == "sent", lambda: queue(going), 20)
    assert queue(waiting)["delivery", "hmp-northgate"][:2] == ("being sent", 1), queue(waiting)
for wire, _ in held:
    wire.close()

gateway.end()
demo.run("ledger", "verify", "--key", demo.key)
assert "panicked" not in demo.words()
print("mail goes straight to the hosts of its domain, over verified TLS or not at all")

"""A gateway whose trust is reached by NHS MESH, and what the journeys over it share."""

import json, re, subprocess, sys, urllib.request
from demo import database
from mesh_end import HERE, THEIRS, Sandbox, Trust, Wire, resources
from postfix import until
from running import Gateway

ASKS, UNIT, TRUST = "london-probation", "london-coordination", "london-mental-health"


class Asks:
    """Probation asks the trust; `demo` is the gateway as it runs now."""

    def __init__(self, folder, binary, *words, home=None):
        """The gateway lives in `home`, where that is not the folder of the sandbox and the trust."""
        self.folder = home or folder
        self.sandbox = Sandbox(folder).start()
        self.wire = Wire(self.sandbox)
        self.gateway = Gateway(self.folder, binary, "--mesh", self.wire.url, *words)
        self.demo = self.gateway.start()
        self.trust = Trust(self.sandbox, folder)
        self.officer = self.demo.user(ASKS, "practitioner")
        of_asker = lambda one: ASKS in one["partners"] + [one["lead_agency"]]
        self.people = [one for one in self.demo.nominals if one["level"] >= 2 and TRUST in one["partners"] and of_asker(one)]
        known = next(agency for agency in self.demo.state["agencies"] if agency["id"] == TRUST)
        assert (known["channel"], known["mesh_mailbox"]) == ("mesh", THEIRS), known
        self.example = json.loads(self.demo[ASKS].ask("/schemas/health-request.json")[1])["examples"][0]

    def ask(self, about=None, whom=TRUST):
        words = json.dumps(self.example).replace("$NOMINAL", (about or self.people[0])["ref"]).replace("$AGENCY", whom)
        status, asked = self.demo[ASKS].json("/api/v1/health-requests", json.loads(words), self.officer)
        assert status == 201 and asked["state"] == "released", asked
        return asked["id"]

    def withdraw(self, request):
        status, answer = self.demo[ASKS].json(f"/api/v1/exchanges/{request}/withdrawal", {"reasons": "sent by mistake"}, self.officer)
        assert status == 200, answer

    def delivery(self, exchange, sender=ASKS, recipient=TRUST):
        return next(one for one in self.demo.exchange(sender, exchange)["deliveries"] if one["recipient"] == recipient)

    def comes_to(self, exchange, state, sender=ASKS, seconds=30, recipient=TRUST):
        here = lambda: self.delivery(exchange, sender, recipient)
        until(lambda: here()["state"] == state, lambda: f"{state}: {here()}", seconds)
        return here()

    def view(self, request, agency=ASKS):
        status, found = self.demo[agency].json(f"/api/v1/health-requests/{request}")
        assert status == 200, found
        return found

    def apart(self):
        """What is kept apart, by reason."""
        text = urllib.request.urlopen(self.demo.state["ops"] + "/metrics").read().decode()
        return {reason: int(number) for reason, number in re.findall(r'gateway_quarantine\{reason="([^"]+)"\} (\d+)', text)}

    def is_kept(self, reason, number=1):
        until(lambda: self.apart().get(reason, 0) == number, lambda: f"{number} kept as {reason}: {self.apart()}", 30)

    def rows(self, sql):
        records = database(self.folder)
        try:
            return records.rows(sql)
        finally:
            records.close()

    def word(self, ok, seconds=30):
        """The gateway's word on what the trust sent."""
        message, reply = self.trust.receive(1, seconds)[0]
        assert message["workflow_id"] == "TEST_WORKFLOW_ACK", message
        validates(reply)
        response = reply["entry"][0]["resource"]["response"]
        assert response["code"] == ("ok" if ok else "fatal-error"), (response, resources(reply, "OperationOutcome"))
        return response, [issue["diagnostics"] for one in resources(reply, "OperationOutcome") for issue in one["issue"]]


def validates(*messages):
    said = subprocess.run([sys.executable, HERE / "fhir_validate.py"], input="\n".join(map(json.dumps, messages)), capture_output=True, text=True)
    assert said.returncode == 0, said.stderr

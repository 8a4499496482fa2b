"""The ways through NHS MESH: a request to a trust, and its answer."""

import atexit, json, sys
from crash_ways import PROBATION, TRUST, Way
from mesh_end import MODULES, OURS, THEIRS, answer, resources
from postfix import until

SAID = {"engagement": ("HEALTH_RISK", "Missed three"), "medication": ("HEALTH_RISK", "Not collected for six weeks")}


class Trust:
    """The trust's end, by the NHS's own client, in this process."""

    def __init__(self, sandbox):
        sys.path.append(str(MODULES))
        from mesh_client import MeshClient

        self.client = MeshClient(sandbox.url, THEIRS, "password", shared_key=b"TestKey", max_retries=0, timeout=60)
        self.ours = MeshClient(sandbox.url, OURS, "password", shared_key=b"TestKey", max_retries=0, timeout=60)
        self.client.handshake()
        atexit.register(lambda: (self.client.close(), self.ours.close()))

    def receive(self):
        """All that waits, taken and acknowledged: (its workflow, what it says)."""
        got = []
        for id in self.client.list_messages():
            with self.client.retrieve_message(id) as message:
                got.append((message.workflow_id, json.loads(message.read())))
                message.acknowledge()
        return got

    def send(self, content):
        return self.client.send_message(OURS, json.dumps(content).encode(), workflow_id="TEST_WORKFLOW", content_type="application/fhir+json")

    def waits_at_ours(self):
        return list(self.ours.list_messages())


class Mesh(Way):
    sender = PROBATION
    behind, always = True, ("mesh", "=record-exchange", "=keep-apart", "=move-delivery")
    trust = None

    def why(self, it):
        return f"Appointments were missed. {it.mark}"

    def ask(self, it):
        example = json.loads(self.demo[PROBATION].ask("/schemas/health-request.json")[1])["examples"][0]
        people = [one for one in self.demo.nominals if one["level"] >= 2 and TRUST in one["partners"] and PROBATION in one["partners"] + [one["lead_agency"]]]
        words = json.loads(json.dumps(example).replace("$NOMINAL", people[0]["ref"]).replace("$AGENCY", TRUST))
        words["answers"]["need"]["why_now"] = self.why(it)
        it.question, *_ = words["answers"]["questions"]["asked"]
        status, asked = self.demo[PROBATION].json("/api/v1/health-requests", words, self.demo.user(PROBATION, "practitioner"), Idempotency_Key=it.key)
        assert status == 201 and asked["state"] == "released", (status, asked)
        return asked

    def state(self, exchange):
        ((state,),) = self.world.db.rows(f"select state from delivery where exchange = '{exchange}' and agency = '{TRUST}'")
        return state


class MeshOut(Mesh):
    """A health information request by MESH: in the trust's mailbox once, whatever was cut off."""

    known = ("mesh-to-send", "mesh-sent")

    def act(self, it):
        return self.ask(it)

    def is_there(self, it, answer):
        assert {answer["id"]} == self.world.ids("exchange") - it.before, "what was answered is not there"

    def is_once(self, it):
        return self.world.one_exchange(PROBATION, it.before, "released")

    def ends(self, it):
        (exchange,) = self.world.ids("exchange") - it.before
        assert self.state(exchange) == "sent", self.state(exchange)
        got = Mesh.trust.receive()
        assert [workflow for workflow, _ in got] == ["TEST_WORKFLOW"], [workflow for workflow, _ in got]
        assert exchange in json.dumps(resources(got[0][1], "Task")), "another request came"
        assert self.why(it) in json.dumps(got[0][1]), "its words are others"
        until(lambda: self.state(exchange) == "delivered", lambda: self.state(exchange), 30)


class MeshTaken(Mesh):
    """The trust takes a request: its delivery is delivered."""

    again = False

    def begin(self):
        it = super().begin()
        it.exchange = self.ask(it)["id"]
        until(lambda: self.state(it.exchange) == "sent", lambda: self.state(it.exchange), 30)
        return it

    def act(self, it):
        Mesh.trust.receive()
        return None

    def is_whole(self, it):
        return self.state(it.exchange) == "delivered"

    def is_once(self, it):
        until(lambda: self.state(it.exchange) == "delivered", lambda: self.state(it.exchange), 30)


class MeshIn(Mesh):
    """A trust's answer: taken once, its word given once, and acknowledged to MESH at the end."""

    again, known = False, ("mesh-staged", "mesh-handed-over", "mesh-to-acknowledge", "mesh-acknowledged")
    # Requests that wait for an answer.
    asked = ()

    def begin(self):
        it = super().begin()
        if not self.asked:
            self.asked = [self.ask(super(MeshIn, self).begin())["id"] for _ in range(30)]
            self.world.settle()
            Mesh.trust.receive()
            until(lambda: all(self.state(one) == "delivered" for one in self.asked), "the trust has all requests", 60)
        it.exchange = self.asked.pop()
        it.before, it.kept = self.world.ids("exchange"), self.world.ids("quarantine")
        return it

    def said(self, it):
        return {name: (kind, f"{words} {it.mark}") for name, (kind, words) in SAID.items()}

    def act(self, it):
        Mesh.trust.send(answer(it.exchange, TRUST, self.said(it)))
        return None

    def is_whole(self, it):
        new = self.world.ids("exchange") - it.before
        assert len(new) <= 1, f"{len(new)} answers"
        return bool(new)

    def is_once(self, it):
        until(lambda: not Mesh.trust.waits_at_ours(), "the message is acknowledged", 30)
        self.world.settle()
        return self.world.one_exchange(TRUST, it.before)

    def ends(self, it):
        got = Mesh.trust.receive()
        assert [workflow for workflow, _ in got] == ["TEST_WORKFLOW_ACK"], [workflow for workflow, _ in got]
        assert got[0][1]["entry"][0]["resource"]["response"]["code"] == "ok", got
        status, found = self.demo[PROBATION].json(f"/api/v1/health-requests/{it.exchange}")
        assert (status, found["state"], found["outcome"]) == (200, "completed", "full"), found
        assert {found["answer"]} == self.world.ids("exchange") - it.before, found
        got = b"\n".join(self.world.reads(PROBATION, found["answer"])).decode()
        assert all(words in got for _, words in self.said(it).values()), got


class MeshTakenIn(MeshIn):
    """The same in short: killed from when it has come until MESH knows that it is taken."""

    known = (
        "mesh-staged", "recorded=record-exchange", "mesh-handed-over", "commit=queue-mesh", "committed=queue-mesh", "commit=mesh-taken",
        "committed=mesh-taken", "mesh-to-acknowledge", "mesh-acknowledged",
    )  # fmt: skip

    def is_told(self, point):
        return point in self.known


class MeshApart(MeshIn):
    """What a trust sent and nobody can read: kept apart once, and told once."""

    known = ("mesh-staged", "mesh-to-acknowledge", "mesh-acknowledged")

    def begin(self):
        it = Way.begin(self)
        it.kept = self.world.ids("quarantine")
        return it

    def act(self, it):
        Mesh.trust.send({"resourceType": "Bundle", "type": "message", "id": it.mark, "note": it.mark * 3000})
        return None

    def is_whole(self, it):
        new = self.world.ids("quarantine") - it.kept
        assert len(new) <= 1, f"kept {len(new)} times"
        return bool(new)

    def is_once(self, it):
        until(lambda: not Mesh.trust.waits_at_ours(), "the message is acknowledged", 30)
        self.world.settle()
        assert self.is_whole(it) and self.world.ids("exchange") == it.before

    def ends(self, it):
        got = Mesh.trust.receive()
        assert [workflow for workflow, _ in got] == ["TEST_WORKFLOW_ACK"], [workflow for workflow, _ in got]
        assert got[0][1]["entry"][0]["resource"]["response"]["code"] == "fatal-error", got

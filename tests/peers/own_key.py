"""An agency that holds its own key gets age files and no word in clear; Debian's age, and npm's after a rotation to a
post-quantum key, open them byte for byte."""
import base64, json, pathlib, subprocess
from demo import multipart, peer

demo = peer()
own = next(agency["id"] for agency in demo.state["agencies"] if agency.get("custody") == "agency")
identity = pathlib.Path(demo.agencies[own]["age_identity"])
SECRET = b"He waits at the corner of Larch Street"
DOCUMENTS = [SECRET, SECRET + bytes(range(256)) * 8192 + SECRET, b"x" * 65536, b"x"]
npm = pathlib.Path(__file__).parent / "seal_age.mjs"


def run(*command, given=b""):
    done = subprocess.run([str(word) for word in command], input=given, capture_output=True)
    assert done.returncode == 0, (command[:3], done.stderr)
    return done.stdout


def by_age(key, sealed):
    return run("age", "-d", "-i", key, given=sealed)


def by_npm(key, sealed):
    return run("node", npm, "decrypt", key, given=sealed)


def post():
    items = [{"title": f"plan {n}", "category": "RISK", "document": f"plan{n}"} for n, _ in enumerate(DOCUMENTS)]
    status, sent, _ = demo["met-police"].ask("/api/v1/exchanges", multipart(
        demo.submission(about=2, recipients=[own], items=items),
        **{f"plan{n}": ("application/octet-stream", content) for n, content in enumerate(DOCUMENTS)}))
    sent = json.loads(sent)
    assert status == 201 and {cell["outcome"] for cell in sent["decisions"]} == {"permit"}, sent
    return "/api/v1/exchanges/" + sent["id"]


def opens(exchange, open_wrap):
    """Every item opens with the agency's own tool, and is what was posted; and nothing came in clear."""
    for n, content in enumerate(DOCUMENTS, 1):
        status, sealed, headers = demo[own].ask(f"{exchange}/documents/{n}", person=demo.user(own, "spoc"))
        assert status == 200 and headers["Content-Type"] == "application/age", (status, headers)
        assert sealed.startswith(b"age-encryption.org/v1\n") and SECRET not in sealed and content not in (sealed, b""), n
        assert f"plan {n - 1}.age" in headers["Content-Disposition"], headers["Content-Disposition"]
        status, wrap, headers_of_key = demo[own].ask(f"{exchange}/documents/{n}/key", person=demo.user(own, "spoc"))
        assert (status, headers_of_key["Content-Type"]) == (200, "application/age")
        for given in (base64.b64decode(headers["Item-Key"]), wrap):
            key = demo.folder / "item.agekey"
            key.write_bytes(open_wrap(given))
            assert by_age(key, sealed) == content, n


exchange = post()
opens(exchange, lambda wrap: by_age(identity, wrap))
# The gateway can open neither for itself nor for others: the wrap is for the agency's key alone.
assert demo["london-probation"].ask(f"{exchange}/documents/1/key")[0] == 404
assert demo["met-police"].ask(f"{exchange}/documents/1/key")[0] == 404

# A post-quantum key takes the classic one's place: what is sent from then on opens with it. The gateway cannot wrap again
# what it cannot open: what was sent before stays under the key that the agency has kept.
quantum, recipient = run("node", npm, "keygen").decode().split()
after = demo.folder / "quantum.agekey"
after.write_text(quantum + "\n")
demo.run("key", "rotate", own, "--recipient", recipient)
opens(post(), lambda wrap: by_npm(after, wrap))
opens(exchange, lambda wrap: by_age(identity, wrap))
assert SECRET not in (demo.folder / "stderr.log").read_bytes() + (demo.folder / "stdout.log").read_bytes()
demo.run("ledger", "verify", "--key", demo.key)

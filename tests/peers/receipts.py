"""Flips bits of a receipt: `gateway receipt verify` and the independent verifier refuse every one."""
import base64, concurrent.futures, subprocess, sys
from demo import peer
from verify_receipt import check_receipt, read_key

demo = peer()
status, sent = demo["met-police"].json("/api/v1/exchanges", demo.submission())
assert status == 201, sent
receipt, key = sent["receipt"].encode(), read_key(demo.key.read_text())
head, _, note = receipt.partition(b"\n\n")
_, extra, index, *path = head.split(b"\n")
BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
folder = demo.folder / "flipped"
folder.mkdir()


def ours(content, name):
    file = folder / name
    file.write_bytes(content)
    done = subprocess.run([demo.gateway, "receipt", "verify", file, "--key", demo.key], capture_output=True, text=True)
    file.unlink()
    return done.returncode


def theirs(content):
    try:
        check_receipt(content.decode(), key)
        return 0
    except (ValueError, KeyError, TypeError, RecursionError):
        return 1


def at(place):
    """The receipt with one bit of one byte flipped: one that leaves the text of its kind where there is such a bit."""
    flips = [receipt[place] ^ 1 << bit for bit in range(8)]
    alike = [byte for byte in flips if (byte in BASE64) == (receipt[place] in BASE64)]
    return receipt[:place] + bytes([(alike or flips)[0]]) + receipt[place + 1:]


def inside():
    """The receipt with each single bit of what its base64 carries flipped."""
    def flipped(text, what):
        raw = base64.b64decode(text)
        for bit in range(len(raw) * 8):
            changed = raw[:bit // 8] + bytes([raw[bit // 8] ^ 1 << bit % 8]) + raw[bit // 8 + 1:]
            yield f"bit {bit} of {what}", receipt.replace(text, base64.b64encode(changed), 1)
    yield from flipped(extra.removeprefix(b"extra "), "the opening")
    for n, line in enumerate(path):
        yield from flipped(line, f"hash {n} of the path")
    yield from flipped(note.split(b"\n")[2], "the checkpoint's root")
    yield from flipped(note.rstrip(b"\n").rpartition(b" ")[2], "the signature")
    for other in range(int(note.split(b"\n")[1]) + 2):
        if other != int(index.removeprefix(b"index ")):
            yield f"index {other}", receipt.replace(index, b"index %d" % other, 1)


assert ours(receipt, "whole") == theirs(receipt) == 0
everywhere = [(f"byte {place}", at(place)) for place in range(len(receipt))]
within = list(inside())
theirs_wrong = [what for what, content in everywhere + within if theirs(content) != 1]
# The independent verifier tried every bit; each run of the gateway is a process, so of the bits within it tries a sample.
sample = everywhere + within[::37]
with concurrent.futures.ThreadPoolExecutor(4) as several:
    ours_wrong = [what for what, status in zip((what for what, _ in sample), several.map(
        lambda each: ours(each[1][1], str(each[0])), enumerate(sample))) if status != 1]
if ours_wrong or theirs_wrong:
    sys.exit(f"accepted by the gateway: {ours_wrong}; by the independent verifier: {theirs_wrong}")
print(f"{len(sample)} changes refused by the gateway, {len(everywhere) + len(within)} by the independent verifier")

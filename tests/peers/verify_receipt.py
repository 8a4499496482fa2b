#!/usr/bin/env python3
"""Checks a receipt of the gateway's log, and the log it is in; shares no code with the gateway.
Exit 0: it holds; 1: it does not; 2: wrong usage. C2SP tlog-proof, tlog-tiles, tlog-checkpoint and
signed-note; RFC 6962; RFC 8785 as far as events need it (integers, ASCII keys)."""
import argparse, base64, hashlib, json, pathlib, ssl, sys, urllib.error, urllib.request
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

def need(holds, words):
    if not holds: raise ValueError(words)

def sha(*parts): return hashlib.sha256(b"".join(parts)).digest()

def b64(text):
    raw = base64.b64decode(text, validate=True)
    need(base64.b64encode(raw).decode() == text, "a base64 text is not in its one spelling")
    return raw

def number(text):
    need(text.isascii() and text.isdigit() and text == str(int(text)), f"`{text}` is not a number in its one spelling")
    return int(text)

def read_key(line):
    name, key_id, key = line.strip().split("+", 2)
    need(b64(key)[:1] == b"\1" and sha(name.encode(), b"\n", b64(key))[:4].hex() == key_id, "not an Ed25519 verifier key")
    return name, bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(b64(key)[1:])

def open_checkpoint(note, key):
    text, _, signatures = note.rpartition("\n\n")
    need(signatures.endswith("\n"), "the checkpoint is not a signed note")
    lines = [line.split(" ") for line in signatures[:-1].split("\n")]
    ours = [b64(sig)[4:] for dash, name, sig in lines if (dash, name, b64(sig)[:4]) == ("\u2014", *key[:2])]
    need(ours, f"the checkpoint is not signed by `{key[0]}`")
    try: key[2].verify(ours[0], (text + "\n").encode())
    except InvalidSignature: raise ValueError("the checkpoint's signature does not hold") from None
    origin, size, root = text.split("\n")
    need(origin == key[0], f"the checkpoint is of `{origin}`, not of `{key[0]}`")
    return number(size), b64(root)

def climb(leaf, index, size, path):
    """The root to which an inclusion path leads (RFC 6962 section 2.1.1)."""
    need(index < size and bool(path) == (size > 1), "the path does not fit the entry's place in the tree")
    if size == 1: return leaf
    k = 1 << ((size - 1).bit_length() - 1)
    if index < k: return sha(b"\1", climb(leaf, index, k, path[:-1]), path[-1])
    return sha(b"\1", path[-1], climb(leaf, index - k, size - k, path[:-1]))

def tree_root(row):
    while len(row) > 1:
        row = [sha(b"\1", *row[i:i + 2]) if i + 1 < len(row) else row[i] for i in range(0, len(row), 2)]
    return row[0] if row else sha()

def check_receipt(text, key):
    head, _, note = text.partition("\n\n")
    header, extra, index, *path = head.split("\n")
    need((header, extra[:6], index[:6]) == ("c2sp.org/tlog-proof@v1", "extra ", "index "), "not a receipt")
    opening, index = json.loads(b64(extra[6:])), number(index[6:])
    event = json.dumps(opening["event"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    leaf = sha(b"\0", sha(b"mappa-gateway/event/v1\n", b64(opening["salt"]), event.encode()))
    size, root = open_checkpoint(note, key)
    need(len(b64(opening["salt"])) == 32 and climb(leaf, index, size, [b64(line) for line in path]) == root,
         "the event, salt, index and path do not lead to the signed root")
    return leaf, index, size, root

def fetch(base, path, ca):
    if "://" not in base: return (pathlib.Path(base) / path).read_bytes()
    context = ssl.create_default_context(cafile=ca) if base.startswith("https:") else None
    with urllib.request.urlopen(f"{base.rstrip('/')}/{path}", context=context, timeout=60) as answer: return answer.read()

def check_log(base, ca, key, leaf, index, size, root):
    now, head = open_checkpoint(fetch(base, "checkpoint", ca).decode(), key)
    need(now >= size, f"the log was rolled back: the receipt is of {size} entries, the log has {now}")
    leaves = []
    for start in range(0, now, 256):
        width, groups = min(256, now - start), f"{start // 256:,}".split(",")
        path = "/".join(["tile/0", *(f"x{int(group):03}" for group in groups[:-1]), f"{int(groups[-1]):03}"])
        try: tile = fetch(base, path if width == 256 else f"{path}.p/{width}", ca)
        except (FileNotFoundError, urllib.error.HTTPError): tile = fetch(base, path, ca)[:32 * width]
        need(len(tile) == 32 * width, f"`{path}` does not have {width} hashes")
        leaves += [tile[at:at + 32] for at in range(0, len(tile), 32)]
    need(leaves[index] == leaf, f"entry {index} of the log is not the receipt's event")
    need(tree_root(leaves) == head, "the served tiles do not lead to the served checkpoint")
    need(tree_root(leaves[:size]) == root, "the log does not continue the one that the receipt is of")
    return f"; the log has {now} entries"

if __name__ == "__main__":
    usage = argparse.ArgumentParser(description="checks a receipt of the gateway's log")
    usage.add_argument("receipt"), usage.add_argument("--key", required=True, help="file with the C2SP verifier key")
    usage.add_argument("--tiles", help="URL or folder that has `checkpoint` in it"), usage.add_argument("--ca")
    args = usage.parse_args()
    try:
        key = read_key(pathlib.Path(args.key).read_text("utf-8"))
        found = check_receipt(pathlib.Path(args.receipt).read_bytes().decode(), key)
        log = check_log(args.tiles, args.ca, key, *found) if args.tiles else ""
    except (ValueError, KeyError, TypeError, OSError, RecursionError) as error:
        sys.exit(print(f"does not hold: {error or type(error).__name__}") or 1)
    print(f"holds: entry {found[1]} of {found[2]} of `{key[0]}`{log}")

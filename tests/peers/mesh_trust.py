"""The NHS trust at the other end of MESH, played by the NHS's own client (mesh-client).

One argument, JSON: `url`, `do` (and what that needs); `mailbox` if not the trust's. One answer,
JSON, on standard output. Content goes by files, and is never held whole.
"""

import hashlib
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "mesh_modules"))

from mesh_client import MeshClient  # noqa: E402


def receive(client, asked):
    """Collects each message that waits into a file of its own, and acknowledges it."""
    got = []
    for message_id in client.iterate_message_ids():
        path = pathlib.Path(asked["into"]) / message_id
        digest, size = hashlib.sha256(), 0
        with client.retrieve_message(message_id) as message, path.open("wb") as file:
            while piece := message.read(1024 * 1024):
                file.write(piece)
                digest.update(piece)
                size += len(piece)
            got.append(
                {
                    "message_id": message_id,
                    "from": message.sender,
                    "workflow_id": message.workflow_id,
                    "local_id": message.local_id,
                    "subject": message.subject,
                    "file_name": message.filename,
                    "type": message.message_type,
                    "chunks": message.mex_header("total-chunks"),
                    "sha256": digest.hexdigest(),
                    "size": size,
                    "path": str(path),
                }
            )
    return got


def send(client, asked):
    """Sends a file."""
    with open(asked["file"], "rb") as file:
        return client.send_message(
            asked["to"],
            file,
            max_chunk_size=asked.get("chunk"),
            compress=asked.get("compress", False),
            workflow_id=asked["workflow_id"],
            local_id=asked["local_id"],
            subject=asked.get("subject", ""),
            content_type=asked.get("content_type", "application/octet-stream"),
        )


def waiting(client, asked):
    """What waits, unopened."""
    return list(client.list_messages())


def track(client, asked):
    """What became of a message of the trust."""
    return client.track_message(asked["message_id"])


def main():
    asked = json.loads(sys.argv[1])
    deeds = {"list": waiting, "receive": receive, "send": send, "track": track}
    with MeshClient(
        asked["url"],
        asked.get("mailbox", "X26ABC2"),
        "password",
        shared_key=b"TestKey",
        max_retries=0,
        timeout=60,
    ) as client:
        client.handshake()
        print(json.dumps(deeds[asked["do"]](client, asked)))


main()

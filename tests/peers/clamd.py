"""A real clamd, which knows EICAR's test file."""

import pathlib, socket, subprocess
from postfix import bound, until


def clamd(folder, port, **settings):
    """Starts one that answers on a port; `settings` go to `clamd.sh`."""
    daemon = subprocess.Popen(
        [pathlib.Path(__file__).parent / "clamd.sh", folder / "clamd", str(port)],
        stdout=subprocess.DEVNULL,
        preexec_fn=bound(),
        env={"PATH": "/usr/sbin:/usr/bin:/bin", **settings},
    )

    def answers():
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as wire:
                wire.sendall(b"zPING\0")
                return wire.recv(10) == b"PONG\0"
        except OSError:
            return False

    until(answers, "clamd answers", 120)
    return daemon

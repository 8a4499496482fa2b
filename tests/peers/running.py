"""A gateway that a journey starts, kills and starts again by itself, on ports that stay."""

import atexit, os, pathlib, signal, subprocess, time
from mail import Mails
from postfix import bound, free_port


class Gateway:
    def __init__(self, folder, binary, *words):
        """A demo in `folder` with nothing in it yet; a file `database` there names a database at PostgreSQL."""
        self.folder, self.binary, self.running = pathlib.Path(folder), binary, None
        self.smtp, database = free_port(), self.folder / "database"
        self.words = [
            "demo",
            "--dir",
            self.folder,
            "--clock",
            "manual",
            "--sample",
            "none",
            "--api",
            f"127.0.0.1:{free_port()}",
            "--ops",
            f"127.0.0.1:{free_port()}",
            "--portal",
            f"127.0.0.1:{free_port()}",
            "--smtp",
            f"127.0.0.1:{self.smtp}",
            *(["--database", database.read_text()] if database.exists() else []),
            *words,
        ]
        atexit.register(self.kill)

    def start(self):
        """Starts it, and answers when it is ready with the demo as it is now."""
        with open(self.folder / "stdout.log", "ab") as out, open(self.folder / "stderr.log", "ab") as err:
            begins = out.tell()
            self.running = subprocess.Popen(
                [self.binary, *self.words],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                preexec_fn=bound(),
                # As this process does, it ignores the signal of a file that may not grow: that is an error of the write.
                restore_signals=False,
                env={**os.environ, "GATEWAY_LOG": "debug"},
            )
        (self.folder / "pid").write_text(str(self.running.pid))
        end = time.monotonic() + 300
        while not any(line.startswith(b"ready") for line in (self.folder / "stdout.log").read_bytes()[begins:].splitlines()):
            assert self.running.poll() is None, (self.folder / "stderr.log").read_text()[-4000:]
            assert time.monotonic() < end, "the gateway is not ready"
            time.sleep(0.05)
        return Mails(self.folder, self.binary)

    def kill(self):
        """As a power cut would."""
        if self.running is not None:
            self.running.kill()
            self.running.wait()
            self.running = None

    def end(self):
        """As the operator would."""
        self.running.send_signal(signal.SIGTERM)
        assert self.running.wait(60) == 0, (self.folder / "stderr.log").read_text()[-4000:]
        self.running = None

    def serve(self, change):
        """From now on the same installation as in service: `change` is given the text of its configuration."""
        configuration = self.folder / "gateway.toml"
        configuration.write_text(change(configuration.read_text()))
        self.words = ["serve", "--config", configuration]

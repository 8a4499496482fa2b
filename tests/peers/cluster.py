"""A PostgreSQL cluster of a journey's own: in a folder of its own, on a free port of 127.0.0.1, stopped and started as the journey likes."""

import atexit, os, pathlib, secrets, shutil, subprocess, tempfile
from postfix import free_port


class Cluster:
    def __init__(self):
        programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: int(one.parent.name))
        assert programs, "there is no PostgreSQL here: run scripts/test, which installs it"
        self.programs, self.port, self.password = programs[-1], free_port(), secrets.token_hex(16)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cluster-"))
        atexit.register(self.remove)
        self.folder.chmod(0o755)
        word = self.folder / "password"
        word.write_text(self.password + "\n")
        # initdb refuses to run as root.
        self.user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.user:
            for place in (self.folder, word):
                shutil.chown(place, "postgres")
        word.chmod(0o600)
        self.run("initdb", "-D", self.folder / "data", "-U", "gateway", "-E", "UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={word}")
        self.start()
        self.url = f"postgres://gateway:{self.password}@127.0.0.1:{self.port}/records"
        subprocess.run(["psql", self.url.replace("/records", "/postgres"), "-qc", "create database records"], check=True)

    def run(self, program, *words):
        with open(self.folder / "log.run", "ab") as said:
            done = subprocess.run([*self.user, self.programs / program, *words], cwd=self.folder, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, (program, (self.folder / "log.run").read_text()[-2000:])

    def start(self):
        settings = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c max_connections=100"
        self.run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "data" / "log", "-w", "start", "-o", settings)

    def stop(self, how="fast"):
        self.run("pg_ctl", "-D", self.folder / "data", "-m", how, "-w", "stop")

    def remove(self):
        if (self.folder / "data" / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

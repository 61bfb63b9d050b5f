"""A PostgreSQL server of our own, which may be stopped the hard way."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from tests.stack import HOST, free_port

BIN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
}


class Cluster:
    """Made anew in a folder that its user owns: the server refuses to run as root."""

    def __init__(self) -> None:
        assert BIN, "no PostgreSQL server is installed in /usr/lib/postgresql"
        self.home, self.port = Path(tempfile.mkdtemp(prefix="labelapp-cluster-")), free_port()
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        shutil.chown(self.home, self.user)
        self.data = self.home / "data"
        self.url = f"postgres://{self.user}@{HOST}:{self.port}/postgres"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(BIN[-1] / program), "-D", str(self.data), *arguments]
        other = self.user if os.geteuid() == 0 else None
        done = subprocess.run(  # noqa: S603
            command, user=other, cwd=self.home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert done.returncode == 0, f"{program}: {done.stderr[-1000:]}"

    def __enter__(self) -> Self:
        self._run("initdb", "--auth=trust", "--no-locale", "--encoding=UTF8")
        own = {"port": str(self.port)} | SETTINGS
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in own.items())
        self._run("pg_ctl", "-w", "-l", str(self.home / "server.log"), "start")
        return self

    def restart(self) -> None:
        """As after a power cut: no goodbye to any connection. Returns when it takes connections again."""
        self._run("pg_ctl", "-w", "-l", str(self.home / "server.log"), "-m", "immediate", "restart")

    def __exit__(self, *error: object) -> None:
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(self.home)

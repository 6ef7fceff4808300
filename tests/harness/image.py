"""The image of the Dockerfile, made and run without an engine: buildah builds it in a chroot, over a base of Debian's own packages.

Where Docker Hub is, `FROM debian:12-slim` is its image; here it is the same set of packages under the same name.
"""

import ctypes
import hashlib
import json
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path

from harness.compose import ROOT
from harness.goprogram import CACHE

BASE = "docker.io/library/debian:12-slim"
BASE_MAX_AGE_S = 7 * 24 * 3600  # then Debian has updates that a new image would have too
KEPT_S = 24 * 3600
MEMORY = Path("/dev/shm")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")  # npm in the image trusts whom this machine trusts
STORE_BYTES = 6 * 1024**3  # several times what buildah copies around
# What Docker's own base tells dpkg and apt: no manuals, no fsync for each file, no packages kept.
SLIM = (
    *("--variant=minbase", "--mode=root", "--components=main", "--include=usr-is-merged"),
    *(f"--dpkgopt=path-exclude=/usr/share/{what}/*" for what in ("doc", "info", "locale", "man")),
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    "--dpkgopt=force-unsafe-io",
    """--customize-hook=echo 'APT::Keep-Downloaded-Packages "false";' >"$1"/etc/apt/apt.conf.d/docker-clean""",
)
# Mounts as docker-compose.yml wants them (the root read-only, /tmp in memory), then the image's user without any capability.
ENTER = """
set -e
root=$1 user=$2; shift 2
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t tmpfs -o size=16m,mode=1777,nosuid,nodev,noexec tmpfs "$root/tmp"
mount --bind /dev "$root/dev"
mount -t tmpfs -o size=64m,mode=1777,nosuid,nodev,noexec tmpfs "$root/dev/shm"
mount -t proc -o ro,nosuid,nodev,noexec proc "$root/proc"
while [ "$1" != -- ]; do mount --bind "$1" "$root$2"; shift 2; done
shift
exec chroot "$root" setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups --no-new-privs --inh-caps=-all \
    --bounding-set=-all --pdeathsig KILL "$@"
"""


def run(*command, **more):
    done = subprocess.run(
        [str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", **more
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
    return done.stdout


def base():
    """A tar of Debian 12 as its slim image has it."""
    made = CACHE / f"debian-12-slim-{hashlib.sha256(' '.join(SLIM).encode()).hexdigest()[:16]}.tar"
    if made.exists() and time.time() - made.stat().st_mtime < BASE_MAX_AGE_S:
        return made
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="debian-", dir=CACHE) as folder:
        Path(folder).chmod(0o755)
        run("mmdebstrap", *SLIM, "bookworm", f"{folder}/base.tar", env=os.environ | {"TMPDIR": folder})
        os.replace(f"{folder}/base.tar", made)
    return made


def context():
    """The files that .dockerignore lets in: those of its lines with an exclamation mark."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    roots = [path for line in lines if line.startswith("!") for path in ROOT.glob(line[1:])]
    found = [f for r in roots for f in (r.rglob("*") if r.is_dir() else [r]) if f.is_file() and not {"__pycache__", "node_modules"} & {*f.parts}]
    return sorted({ROOT / "Dockerfile", ROOT / ".dockerignore", *found})


def key():
    stamp = hashlib.sha256(str(base().stat().st_mtime_ns).encode())
    for file in context():
        stamp.update(f"{file.relative_to(ROOT)}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return stamp.hexdigest()[:16]


def build(folder):
    """Into the folder: layer.tar (what the Dockerfile adds to its base), config.json, root (all of it unpacked)."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > STORE_BYTES
    store = Path(tempfile.mkdtemp(prefix="taquilla-store-", dir=MEMORY if roomy else folder))
    try:
        unpack(folder, ("buildah", "--root", store / "root", "--runroot", store / "run", "--storage-driver", "vfs"))
    finally:
        run("rm", "-rf", store)


def unpack(folder, buildah):
    scratch = run(*buildah, "from", "scratch").strip()
    run(*buildah, "add", scratch, base(), "/")
    run(*buildah, "commit", "--rm", scratch, BASE)
    # One layer for each stage: with --layers every line of the Dockerfile would copy the whole root again.
    trusted = ["--secret", f"id=certificates,src={CERTIFICATES}"] if CERTIFICATES.is_file() else []
    run(*buildah, "bud", *trusted, "--isolation", "chroot", "--format", "docker", "--pull-never", "-t", "taquilla", ROOT)
    archive = folder / "image"
    run(*buildah, "push", "--disable-compression", "localhost/taquilla", f"dir:{archive}")
    manifest = json.loads((archive / "manifest.json").read_text())
    layers = [archive / layer["digest"].split(":")[1] for layer in manifest["layers"]]
    assert len(layers) == 2, f"a base and what is ours: {layers}"
    shutil.copy(archive / manifest["config"]["digest"].split(":")[1], folder / "config.json")
    shutil.copy(layers[1], folder / "layer.tar")
    container = run(*buildah, "from", "--pull-never", "localhost/taquilla").strip()
    run("cp", "-a", run(*buildah, "mount", container).strip(), folder / "root")
    shutil.rmtree(archive)


class Image:
    """Built when nothing of what it is made of has changed since it was last built; else taken from the cache."""

    def __init__(self):
        assert os.getuid() == 0, "to build an image and change into its root the tests must run as root"
        self.folder = CACHE / f"image-{key()}"
        if not self.folder.is_dir():
            with tempfile.TemporaryDirectory(prefix="half-", dir=CACHE) as half:
                made = Path(half) / "image"
                made.mkdir()
                build(made)
                try:
                    os.rename(made, self.folder)
                except OSError:
                    pass  # another test run was faster
        os.utime(self.folder)
        for old in CACHE.glob("image-*"):
            if time.time() - old.stat().st_mtime > KEPT_S:
                shutil.rmtree(old, ignore_errors=True)
        self.root = self.folder / "root"
        self.config = json.loads((self.folder / "config.json").read_text())["config"]

    def user(self):
        return tuple(int(n) for n in self.config["User"].split(":"))

    def layer(self):
        """Name and member of each file that the Dockerfile adds."""
        with tarfile.open(self.folder / "layer.tar") as tar:
            return {f"/{member.name}": member for member in tar}

    def start(self, command, environment=(), volumes=(), log=subprocess.PIPE):
        """A process in the image's root, as a container would have it but in this machine's network; its Popen."""
        mounts = [str(part) for pair in volumes for part in pair]
        inside = dict(line.split("=", 1) for line in self.config["Env"]) | dict(environment)
        # The shell, mount and chroot of this machine are found by the same PATH.
        return subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", ENTER, "enter", self.root, self.config["User"], *mounts, "--", *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            env=inside,
            preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL),
        )

    def run(self, command, environment=(), volumes=(), timeout=60):
        """To its end: its exit code and what it wrote."""
        process = self.start(command, environment, volumes)
        try:
            said, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
            raise AssertionError(f"{command} did not end in {timeout} s: {said}") from None
        return process.returncode, said

    def entry(self, arguments=None):
        """The image's own command, or its program with other arguments: `docker run taquilla ...`."""
        return [*self.config["Entrypoint"], *(self.config["Cmd"] if arguments is None else arguments)]

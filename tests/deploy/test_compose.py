"""docker-compose.yml: what `docker compose` makes of it, without an engine."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness import compose
from harness.cinema import ROOT, SERVICES, run
from harness.npm import installed

FILE = ROOT / "docker-compose.yml"
EXAMPLE = ROOT / "env.docker.example"
LINTER = ROOT / "tests" / "servers" / "dclint"
SECRETS = ("ADMIN_TOKEN", "SERVICE_TOKEN", "MONGO_PASSWORD", "MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD", "POSTGRES_PASSWORD", "REDIS_PASSWORD")
STORES = {"mongodb": "mongo:7", "mysql": "mysql:8", "postgresql": "postgres:15", "redis": "redis:7"}
# The old names, by service: what it is called, its container, its port, where the port can be reached, the store that it waits for.
OURS = {
    "movies": ("movies-api", "cinema_movies_api", 3001, "127.0.0.1", "mongodb"),
    "rooms": ("rooms-api", "cinema_rooms_api", 3002, "127.0.0.1", "mysql"),
    "reservations": ("reservations-api", "cinema_reservations_api", 3003, "127.0.0.1", "postgresql"),
    "gateway": ("gateway-api", "cinema_gateway_api", 3004, "0.0.0.0", None),
    "analytics": ("analytics-api", "cinema_analytics_api", 3005, "127.0.0.1", None),
    "ingestion": ("data-ingestion-service", "cinema_data_ingestion", 3006, "127.0.0.1", None),
}
OWNERS = {OURS[name][0] for name in ("movies", "rooms", "reservations")}


def seconds(text):
    """1m0s as 60."""
    return sum(int(n) * {"h": 3600, "m": 60, "s": 1}[unit] for n, unit in re.findall(r"(\d+)([hms])", text))


def example_names():
    return re.findall(r"(?m)^(\w+)=", EXAMPLE.read_text())


def example_values():
    return dict(re.findall(r"(?m)^(\w+)=(.*)$", EXAMPLE.read_text()))


def test_the_services_are_the_old_ones(project):
    assert set(project["services"]) == set(STORES) | {row[0] for row in OURS.values()}
    assert set(OURS) == set(SERVICES)
    for name, image in STORES.items():
        assert project["services"][name]["image"] == image
        assert project["services"][name]["container_name"] == f"cinema_{name}"
        assert "ports" not in project["services"][name], f"{name} can be reached from outside"


@pytest.mark.parametrize("service", SERVICES)
def test_each_of_ours(project, service):
    name, container, port, address, store = OURS[service]
    found = project["services"][name]
    assert found["container_name"] == container
    assert found["command"] == [service]
    assert [(p["host_ip"], p["published"], p["target"]) for p in found["ports"]] == [(address, str(port), port)]
    waits = {n: row["condition"] for n, row in found["depends_on"].items()}
    assert waits == dict.fromkeys({store} if store else OWNERS, "service_healthy")
    assert found["healthcheck"]["test"] == ["CMD", "taquilla", "status", service]
    assert found["read_only"] and found["cap_drop"] == ["ALL"] and "no-new-privileges:true" in found["security_opt"]
    assert found["tmpfs"] and "privileged" not in found and "user" not in found, "the image's own user"
    assert ("stores" in found["networks"]) == bool(store), "who has no store does not see one"
    heard = service != "ingestion"
    assert ("bus" in found["networks"]) == heard == ("REDIS_URL" in found["environment"])


def test_it_stops_later_than_what_is_under_way(project):
    drain_ms = int(re.search(r"#define DRAIN_MS (\d+)", (ROOT / "lib/frame/service.c").read_text())[1])
    for row in OURS.values():
        assert seconds(project["services"][row[0]]["stop_grace_period"]) * 1000 > drain_ms + 2000


def test_every_service_is_watched_and_bounded(project):
    for name, found in project["services"].items():
        check = found["healthcheck"]
        assert seconds(check["timeout"]) <= seconds(check["interval"]) and check["retries"] > 1, name
        assert found["restart"] == "unless-stopped" and found["logging"]["options"]["max-size"], name


def test_addresses_lead_to_the_services(project):
    """Every http:// address names a service of the file, its port, and one of its PUBLIC_HOSTS: else it would answer 421."""
    for name, found in project["services"].items():
        for value in (found.get("environment") or {}).values():
            for host, port in re.findall(r"http://([\w-]+):(\d+)", value or ""):
                there = project["services"][host]
                assert there["ports"][0]["target"] == int(port), f"{name}: {value}"
                assert host in there["environment"]["PUBLIC_HOSTS"].split(","), host


def test_stores_are_given_what_their_owners_ask_with(project):
    of = {name: found.get("environment") or {} for name, found in project["services"].items()}
    assert of["movies-api"]["MONGODB_URI"] == (
        f"mongodb://{of['mongodb']['MONGO_INITDB_ROOT_USERNAME']}:{of['mongodb']['MONGO_INITDB_ROOT_PASSWORD']}"
        f"@mongodb:27017/{of['mongodb']['MONGO_INITDB_DATABASE']}?authSource=admin"
    )
    for setting in ("MYSQL_USER", "MYSQL_PASSWORD", "MYSQL_DATABASE"):
        assert of["rooms-api"][setting] == of["mysql"][setting]
    assert of["reservations-api"]["DB_USERNAME"] == of["postgresql"]["POSTGRES_USER"]
    assert of["reservations-api"]["DB_PASSWORD"] == of["postgresql"]["POSTGRES_PASSWORD"]
    assert of["reservations-api"]["SPRING_DATASOURCE_URL"].endswith(f"postgresql:5432/{of['postgresql']['POSTGRES_DB']}")


def test_redis_is_reached_by_its_address_and_waited_for_by_nobody(project):
    redis = project["services"]["redis"]
    password = redis["environment"]["REDISCLI_AUTH"]
    assert redis["command"] == ["redis-server", "--requirepass", password] and list(redis["networks"]) == ["bus"]
    for found in project["services"].values():
        url = (found.get("environment") or {}).get("REDIS_URL")
        assert url in (None, f"redis://:{password}@redis:6379/0")
        assert "redis" not in found.get("depends_on", {})
    assert project["networks"]["bus"]["internal"] is True


def test_data_outlives_the_containers(project):
    places = {
        "mongodb": "/data/db",
        "mysql": "/var/lib/mysql",
        "postgresql": "/var/lib/postgresql/data",
        "redis": "/data",
        "data-ingestion-service": "/var/backups/taquilla",
        "analytics-api": "/var/lib/taquilla",
    }
    for name, place in places.items():
        (volume,) = project["services"][name]["volumes"]
        assert volume["type"] == "volume" and volume["target"] == place and volume["source"] in project["volumes"]
    ingestion = project["services"]["data-ingestion-service"]["environment"]
    assert ingestion["BACKUP_DIR"] == places["data-ingestion-service"]
    assert project["networks"]["stores"]["internal"] is True


def test_no_name_at_the_top_so_the_old_volumes_are_found(variables, tmp_path):
    """Volumes are called by the folder, as they were: the old system's stand ready in the old system's folder."""
    assert not re.search(r"(?m)^(name|version):", FILE.read_text())
    folder = tmp_path / "all-cloud-back-apis"
    folder.mkdir()
    shutil.copy(FILE, folder)
    made = compose.project(folder / FILE.name, variables)
    assert made["name"] == "all-cloud-back-apis"
    for store in STORES:
        assert made["volumes"][f"{store}_data"]["name"] == f"all-cloud-back-apis_{store}_data"


def test_every_variable_is_explained_and_used():
    used = set(re.findall(r"\$\{(\w+)", FILE.read_text()))
    names = example_names()
    assert sorted(names) == sorted(used), set(names) ^ used
    assert not [line for line in FILE.read_text().splitlines() if re.search(r"(?<!\$)\$\w", line)], "only ${NAME} is used"


def test_only_what_the_program_knows_is_set(project):
    known = set(re.findall(r"(?m)^([A-Z_]+)=", run("config").stdout))
    for row in OURS.values():
        unknown = set(project["services"][row[0]]["environment"]) - known
        assert not unknown, f"{row[0]}: taquilla config does not list {unknown}"


def test_no_secret_has_a_value(variables):
    text = FILE.read_text()
    for secret in (*SECRETS, "TIME_ZONE"):
        assert not example_values()[secret], f"{secret} has a value that everybody knows"
        uses = re.findall(r"\$\{" + secret + r"(?!\w)([^}]*)\}", text)
        assert uses and all(use.startswith(":?") for use in uses), secret
    filled = dict(re.findall(r"(?m)^(\w+)=(.*)$", variables.read_text()))
    made = [filled[secret] for secret in SECRETS]
    assert len(set(made)) == len(made) and all(re.fullmatch("[0-9a-f]{48}", value) for value in made)
    assert variables.stat().st_mode & 0o777 == 0o600
    assert subprocess.run(["git", "check-ignore", "-q", ".env.docker"], cwd=ROOT).returncode == 0, ".env.docker is kept out"


@pytest.mark.parametrize("missing", (*SECRETS, "TIME_ZONE"))
def test_nothing_starts_without(variables, tmp_path, missing):
    for text in ("", f"{missing}=\n"):
        less = tmp_path / "less"
        less.write_text(re.sub(rf"(?m)^{missing}=.*\n", text, variables.read_text()))
        done = compose.read(FILE, less)
        assert done.returncode != 0 and not done.stdout
        assert f"required variable {missing} is missing a value: see env.docker.example" in done.stderr


def test_dclint_finds_nothing():
    rules = ["-c", LINTER / "rules.json", "--max-warnings", "0"]
    done = subprocess.run([installed("dclint") / ".bin" / "dclint", *rules, FILE], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hadolint_finds_nothing():
    found = Path(os.sys.executable).parent / "hadolint"
    done = subprocess.run([found, "--failure-threshold", "style", ROOT / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr

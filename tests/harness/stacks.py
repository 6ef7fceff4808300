"""How deep the fiber stacks went, by route: services measure it when MEASURE_STACKS is set."""

import re

import httpx

LINE = re.compile(r'^taquilla_stack_bytes_max\{route="(.*)"\} (\d+)$', re.M)


def deepest_stacks(cinema):
    """(bytes, usable bytes, service, route) of everything that ran, deepest first."""
    found = []
    for service in cinema.services:
        headers = {"Authorization": f"Bearer {cinema.service_token}"}
        text = httpx.get(cinema.url(service) + "/metrics", headers=headers).text
        usable = int(re.search(r"^taquilla_stack_bytes (\d+)$", text, re.M)[1])
        found += [(int(size), usable, service, route) for route, size in LINE.findall(text)]
    return sorted(found, reverse=True)

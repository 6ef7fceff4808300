# One image for all six services: docker build -t taquilla .

FROM debian:12-slim AS build
# No versions are pinned: Debian's security updates replace them, and the ones before can't be had any more.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev meson ninja-build nodejs npm pkg-config python3 node-llhttp \
        libboost-context-dev libcmocka-dev libcurl4-openssl-dev libexpat1-dev libhiredis-dev libhpdf-dev libjansson-dev libmariadb-dev libmongoc-dev \
        libpq-dev libqrencode-dev libsodium-dev libsqlite3-dev libssl-dev zlib1g-dev uthash-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /taquilla
# The libraries of the pages, as the lock file has them; again only when that changes.
COPY web/package.json web/package-lock.json web/.npmrc web/
RUN cd web && npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN meson setup build --buildtype=release \
    && ninja -C build taquilla/taquilla \
    && install --strip -D build/taquilla/taquilla /made/taquilla

FROM debian:12-slim
# libmariadb3 brings the plugins by which accounts of MySQL 8 and MariaDB log in: caching_sha2_password, sha256_password, ed25519.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates tzdata fonts-dejavu-core libboost-context1.74.0 libcurl4 libexpat1 \
        libhiredis0.14 libhpdf-2.3.0 libjansson4 libmariadb3 libmongoc-1.0-0 libpq5 libqrencode4 libsodium23 libsqlite3-0 libssl3 zlib1g \
    && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* \
    && install -d -o 10001 -g 10001 -m 700 /var/lib/taquilla /var/backups/taquilla
COPY --from=build /made/taquilla /usr/local/bin/taquilla
USER 10001:10001
# Where stores and backups are unless a database is set: volumes go there, the rest may be read-only.
ENV DATA_DIR=/var/lib/taquilla
ENTRYPOINT ["taquilla"]
CMD ["up"]

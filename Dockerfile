# labelapp in a container: `web` by default, `worker` and `migrate` by another command (see compose.yaml).
FROM python:3.13.5-slim-bookworm AS build
WORKDIR /build
COPY requirements/base.txt requirements/
RUN python -m venv /venv && /venv/bin/python -m pip install --no-cache-dir --require-hashes -r requirements/base.txt

FROM python:3.13.5-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ENV_FILE= \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data
RUN useradd --system --uid 10001 --no-create-home labelapp && install --directory --owner labelapp --mode 0700 /data
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py ./
COPY labelapp labelapp
COPY templates templates
COPY static static
USER labelapp
# The static files are part of the image. The keys are those of this one command; the real ones come from the environment.
RUN SECRET_KEY=unused ENCRYPTION_KEYS=unused python manage.py collectstatic --noinput --verbosity 0
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["python", "manage.py", "web"]

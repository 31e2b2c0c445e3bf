# Everything of Tocsin in one image: `docker build -t tocsin .`; docker-compose.yml runs each command of it.
FROM python:3.12-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/tocsin
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY schemas ./schemas
COPY streams ./streams
COPY seeds ./seeds
RUN /opt/tocsin/bin/pip install -c constraints.txt '.[lemmas,mastodon,articles]'

FROM python:3.12-slim-bookworm
# No name for the user is needed, and none is looked up: 10001 owns nothing.
COPY --from=build /opt/tocsin /opt/tocsin
ENV PATH=/opt/tocsin/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    TOCSIN_HOST=0.0.0.0 TOCSIN_LOG_FORMAT=json
WORKDIR /tmp
USER 10001:10001
EXPOSE 8080 6066
STOPSIGNAL SIGTERM
ENTRYPOINT ["tocsin"]
CMD ["--help"]

# README's first commands in a container, for a CPU.
#
#   docker build -t shopclip .
#   docker run --rm -v shopclip-data:/shop/data shopclip
#
# trains on the sample and leaves the report in the volume. A catalogue of your own is mounted, and
# the search published:
#
#   docker run --rm -v shopclip-data:/shop/data -v /path/to/catalogue:/catalogue:ro shopclip \
#     .venv/bin/kedro run --params catalogue.path=/catalogue
#   docker run --rm -v shopclip-data:/shop/data -p 127.0.0.1:7860:7860 shopclip \
#     .venv/bin/python -m shopclip.search serve --host 0.0.0.0
#
# Instead of the volume a folder will do (-v "$PWD/data:/shop/data") where user 1000 may write.
FROM python:3.11-slim

RUN useradd --create-home --uid 1000 shop && install -d -o shop -g shop /shop /shop/data
USER shop
WORKDIR /shop

COPY --chown=shop:shop pyproject.toml README.md LICENSE .telemetry ./
COPY --chown=shop:shop src src
COPY --chown=shop:shop conf conf
RUN python3 -m venv .venv && .venv/bin/pip install -e .
RUN .venv/bin/pip install -e '.[search]'

VOLUME /shop/data
EXPOSE 7860
CMD [".venv/bin/kedro", "run"]

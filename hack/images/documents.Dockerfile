# The worker for documents: the picture worker, with the programs that draw PDF and SVG. They are
# in no other image. Each runs for one document in a process of its own with bounds of its own.
FROM golang:1.26.8-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends libvips-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN go build -trimpath -ldflags="-s -w -X main.version=${VERSION}" -o /transform ./cmd/transform

FROM debian:12.12-slim
# Fonts for what documents do not bring with them; fontconfig makes their cache now, as there is no place for it later.
RUN apt-get update && apt-get install -y --no-install-recommends libvips42 poppler-utils poppler-data librsvg2-bin \
  ca-certificates fontconfig fonts-noto-core fonts-noto-cjk fonts-urw-base35 && rm -rf /var/lib/apt/lists/*
ENV VIPS_BLOCK_UNTRUSTED=1
COPY --from=build /transform /transform
USER 65532:65532
ENTRYPOINT ["/transform"]

# The picture worker. It needs libvips and the decoders that libvips loads, so its base is
# a slim Debian rather than a distroless image; the program runs without root and without
# a writable root file system, and blocks the loaders that are not fit for hostile files.
FROM golang:1.26.8-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends libvips-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN go build -trimpath -ldflags="-s -w -X main.version=${VERSION}" -o /transform ./cmd/transform

FROM debian:12.12-slim
# Fonts for watermarks, in most scripts; fontconfig makes their cache now, as there is no place for it later.
RUN apt-get update && apt-get install -y --no-install-recommends libvips42 ca-certificates fontconfig fonts-noto-core fonts-noto-cjk && rm -rf /var/lib/apt/lists/*
ENV VIPS_BLOCK_UNTRUSTED=1
COPY --from=build /transform /transform
USER 65532:65532
ENTRYPOINT ["/transform"]

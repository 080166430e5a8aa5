FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /localcheckout ./cmd/localcheckout

FROM scratch
COPY --from=build /localcheckout /localcheckout
# Inside a container loopback is nobody's; who may connect is decided where the port is published.
ENV LOCALCHECKOUT_ADDR=0.0.0.0:4747
EXPOSE 4747
USER 65532:65532
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --start-interval=100ms --retries=3 \
    CMD ["/localcheckout", "wait", "--timeout", "2s"]
ENTRYPOINT ["/localcheckout"]

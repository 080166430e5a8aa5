package webhook

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"time"
)

// CaptureAtMost is how much of a receiver's answer is kept, in bytes.
//
// Source: Polar keeps 2,048 characters, which is enough to see what went wrong.
const CaptureAtMost = 2 << 10

// discardAtMost is how much more of an answer is read, in bytes; a longer one is cut off.
const discardAtMost = 256 << 10

// Sender makes the requests. Make one with [NewSender].
type Sender struct {
	client      *http.Client
	inContainer bool
}

// NewSender returns a sender over the transport, nil for the network.
func NewSender(transport http.RoundTripper) *Sender {
	if transport == nil {
		transport = &http.Transport{
			DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout:    10 * time.Second,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        30 * time.Second,
			DisableCompression:     true, // what is captured is what was sent
			MaxResponseHeaderBytes: 64 << 10,
		}
	}
	return &Sender{
		client: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		inContainer: inContainer(),
	}
}

// Close lets go the connections that are kept open. The sender can still be used.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// Send posts a message once and says what came of it. The timeout, zero for [DefaultTimeout], is for the
// whole exchange.
func (s *Sender) Send(ctx context.Context, to string, m Message, header http.Header, timeout time.Duration) Attempt {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(timeout, DefaultTimeout))
	defer cancel()
	a := Attempt{Header: header}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(m.Body))
	if err != nil {
		a.Error = err.Error()
		return a
	}
	header.Set("Content-Type", cmp.Or(m.ContentType, "application/json"))
	req.Header = header
	resp, err := s.client.Do(req)
	a.Duration = time.Since(began)
	if err != nil {
		a.Error = s.explain(err, req.URL, cmp.Or(timeout, DefaultTimeout))
		return a
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, CaptureAtMost))
	if err == nil {
		_, err = io.CopyN(io.Discard, resp.Body, discardAtMost) // so that the connection can be used again
		if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	a.Duration = time.Since(began)
	a.Response = Response{Header: resp.Header, Body: body}
	if err != nil {
		a.Error = s.explain(err, req.URL, cmp.Or(timeout, DefaultTimeout))
		return a
	}
	a.Status = resp.StatusCode
	return a
}

// explain words an error for whoever waits for the webhook.
func (s *Sender) explain(err error, to *url.URL, timeout time.Duration) string {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %s", timeout)
	case errors.Is(err, syscall.ECONNREFUSED) && s.inContainer && loopback(to.Hostname()):
		return err.Error() + ": localcheckout runs in a container, where " + to.Hostname() +
			" is the container itself; name the service instead, or host.docker.internal for the machine"
	}
	return err.Error()
}

// CheckURL reports why nothing can be sent to a URL; nil when it can.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%q is not an http or https URL, such as http://localhost:3000/webhooks", text)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// inContainer reports whether this process runs in a container.
func inContainer() bool {
	for _, mark := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Stat(mark); err == nil {
			return true
		}
	}
	return os.Getenv("KUBERNETES_SERVICE_HOST") != ""
}

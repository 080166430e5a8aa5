package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"text/tabwriter"
	"time"
)

// restAfter is when a process that nobody asks anything is at rest.
const restAfter = 300 * time.Millisecond

// firstCalls are what a program may ask first of a server that was just started.
func firstCalls(ctx context.Context, binary string) ([]call, error) {
	p, err := start(ctx, binary, "--addr", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer p.stop()
	product, err := anyProduct(p.addr)
	if err != nil {
		return nil, err
	}
	return []call{
		{name: "list", method: http.MethodGet, path: "/polar/v1/checkouts/"},
		{name: "create", method: http.MethodPost, path: "/polar/v1/checkouts/", body: fmt.Sprintf(`{"products":[%q],"customer_email":"ada@example.com"}`, product)},
	}, nil
}

// coldStarts prints, for each first call, the time from exec to its answer, and the memory then and at rest.
// They take turns, so that a machine that becomes slower does so for all of them.
func coldStarts(ctx context.Context, binary string, starts int) error {
	calls, err := firstCalls(ctx, binary)
	if err != nil {
		return err
	}
	took := make([]cold, len(calls))
	for range starts {
		for i, c := range calls {
			if err := took[i].add(ctx, binary, c); err != nil {
				return err
			}
		}
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Printf("a program's first request, medians of %d starts\n", starts)
	fmt.Fprintln(out, "operation\texec to answer\tresident then\tat rest\t")
	for i, c := range calls {
		fmt.Fprintf(out, "%s\t%.1f ms\t%.0f KiB\t%.0f KiB\t\n", c.name, median(took[i].millis), median(took[i].then), median(took[i].rest))
	}
	fmt.Fprintln(out)
	return out.Flush()
}

// cold holds what was measured of a first call.
type cold struct {
	millis     []float64
	then, rest []float64 // KiB
}

func (m *cold) add(ctx context.Context, binary string, c call) error {
	began := time.Now()
	p, err := start(ctx, binary, "--addr", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer p.stop()
	status, body, err := once(p.addr, c)
	if err != nil || status/100 != 2 {
		return fmt.Errorf("%s = %d %s, %v", c.name, status, body, err)
	}
	m.millis = append(m.millis, float64(time.Since(began).Microseconds())/1000)
	m.then = append(m.then, p.resident())
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(restAfter):
	}
	m.rest = append(m.rest, p.resident())
	return nil
}

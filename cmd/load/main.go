// Command load measures localcheckout beside a bare echo handler that answers the same bytes, both as
// processes of their own, in interleaved rounds of one run. Absolute figures depend on the machine;
// the ratios are what carries over.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"
)

func main() {
	bare := flag.String("bare", "", "be the bare echo server over the answers in this `FILE`")
	binary := flag.String("binary", "", "measure this `FILE`; built from ./cmd/localcheckout when absent")
	starts := flag.Int("starts", 9, "cold starts for each first request; 0 for none")
	rounds := flag.Int("rounds", 20, "interleaved rounds for each operation; many short ones, as machines change within seconds; 0 for none")
	length := flag.Duration("length", 500*time.Millisecond, "length of one round")
	connections := flag.Int("connections", 16, "connections at a time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *bare != "" {
		err = serveBare(ctx, *bare)
	} else {
		err = measure(ctx, plan{*binary, *starts, *rounds, *length, *connections})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

type plan struct {
	binary      string
	starts      int
	rounds      int
	length      time.Duration
	connections int
}

func measure(ctx context.Context, p plan) error {
	dir, err := os.MkdirTemp("", "localcheckout-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if p.binary == "" {
		p.binary = filepath.Join(dir, "localcheckout")
		build := exec.CommandContext(ctx, "go", "build", "-o", p.binary, "./cmd/localcheckout")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("build ./cmd/localcheckout: %w", err)
		}
	}
	if p.starts > 0 {
		if err := coldStarts(ctx, p.binary, p.starts); err != nil {
			return err
		}
	}
	if p.rounds == 0 {
		return nil
	}
	product, err := start(ctx, p.binary, "--addr", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer product.stop()
	calls, answers, err := prepare(product.addr)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "answers.json")
	if err := answers.save(file); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	echo, err := start(ctx, self, "-bare", file)
	if err != nil {
		return err
	}
	defer echo.stop()
	return compare(ctx, p, calls, product, echo)
}

// compare runs the rounds A B A B … and prints the medians.
func compare(ctx context.Context, p plan, calls []call, product, bare *process) error {
	out := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "operation\tbytes\tlocalcheckout/s\tbare echo/s\tratio\tratio of CPU per request\t")
	for _, c := range calls {
		var mine, theirs, ratios, cpu []float64
		for range p.rounds {
			a, err := round(ctx, p, c, product)
			if err != nil {
				return err
			}
			b, err := round(ctx, p, c, bare)
			if err != nil {
				return err
			}
			mine, theirs = append(mine, a.rate), append(theirs, b.rate)
			ratios, cpu = append(ratios, a.rate/b.rate), append(cpu, b.cpu/a.cpu)
		}
		fmt.Fprintf(out, "%s\t%d\t%.0f\t%.0f\t%.2f\t%.2f\t\n", c.name, c.bytes, median(mine), median(theirs), median(ratios), median(cpu))
	}
	return out.Flush()
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

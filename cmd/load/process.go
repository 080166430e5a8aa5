package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server under measurement.
type process struct {
	cmd  *exec.Cmd
	addr string // host:port
}

const announced = "listening on http://"

// start runs a server and waits for the line that tells its address.
func start(ctx context.Context, name string, args ...string) (*process, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), announced)
	if err != nil || !ok {
		p.stop()
		return nil, fmt.Errorf("%s did not say where it listens: %q, %v", name, line, err)
	}
	p.addr = addr
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	return p, nil
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

// cpu returns the processor seconds that the process has used; zero where the system does not tell.
func (p *process) cpu() float64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	const ticks = 100 // per second, on every Linux that Go runs on
	return (user + system) / ticks
}

// resident returns the memory of the process in MiB; zero where the system does not tell.
func (p *process) resident() float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, _ := strconv.ParseFloat(strings.Fields(rest + " 0")[0], 64)
	return kib / 1024
}

// coldStart prints the time from exec to the first answer of a provider, and the memory then.
func coldStart(ctx context.Context, binary string) error {
	var millis, mib []float64
	for range 9 {
		began := time.Now()
		p, err := start(ctx, binary, "--addr", "127.0.0.1:0")
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.addr+"/polar/v1/checkouts/", nil)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer polar_oat_load")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		millis = append(millis, float64(time.Since(began).Microseconds())/1000)
		mib = append(mib, p.resident())
		p.stop()
	}
	fmt.Printf("exec to first answer: %.1f ms; resident then: %.1f MiB (medians of 9)\n\n", median(millis), median(mib))
	return nil
}

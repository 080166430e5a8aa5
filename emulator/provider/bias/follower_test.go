package bias

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// TestStreamKeepsAlive: a space at each beat, and an end when the caller leaves.
func TestStreamKeepsAlive(t *testing.T) {
	p, err := New(provider.Options{})
	if err != nil {
		t.Fatal(err)
	}
	set := sandbox.NewSet(sandbox.Options{Dialects: map[string]sandbox.Dialect{name: p.Dialect()}})
	t.Cleanup(set.Close)
	box, err := set.Sandbox("")
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	beat := make(chan time.Time)
	var sent []string
	ended := make(chan error)
	go func() {
		f := follower{box: box, keep: func(*webhook.Event) bool { return true }}
		ended <- f.run(ctx, beat, func(piece []byte) error {
			sent = append(sent, string(piece))
			return nil
		})
	}()
	beat <- time.Time{}
	beat <- time.Time{}
	leave()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the stream ended with %v", err)
	}
	if diff := cmp.Diff([]string{" ", " "}, sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

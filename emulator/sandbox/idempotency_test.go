package sandbox

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

func TestClaim(t *testing.T) {
	b := newSandbox(t, Dialect{})
	over, cancel := context.WithCancel(context.Background())
	cancel()
	one, other := [32]byte{1}, [32]byte{2}
	claim := func(fingerprint [32]byte) (*Claim, any, checkout.Code) {
		c, answer, err := b.Claim(over, "k", fingerprint, time.Hour)
		return c, answer, codeOf(err)
	}
	first, _, _ := claim(one)
	if first == nil {
		t.Fatal("a free key was not granted")
	}
	if _, _, code := claim(one); code != checkout.CodeKeyInUse {
		t.Errorf("while it runs: %s; want in use", code)
	}
	first.Release()
	second, _, _ := claim(other)
	if second == nil {
		t.Fatal("a released key was not granted to another request")
	}
	second.Keep("answer")
	if _, answer, _ := claim(other); answer != "answer" {
		t.Errorf("replay = %v; want the answer", answer)
	}
	if _, _, code := claim(one); code != checkout.CodeKeyReused {
		t.Errorf("another request: %s; want reused", code)
	}
	for _, step := range []struct {
		by   time.Duration
		free bool
	}{{time.Hour - time.Microsecond, false}, {time.Microsecond, true}} {
		if _, err := b.Advance(step.by); err != nil {
			t.Fatal(err)
		}
		if c, _, _ := claim(one); (c != nil) != step.free {
			t.Errorf("after %s the key is free: %v; want %v", step.by, c != nil, step.free)
		}
	}
}

func TestOneOfManyDuplicatesRuns(t *testing.T) {
	b := newSandbox(t, Dialect{})
	var ran atomic.Int32
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			c, answer, err := b.Claim(t.Context(), "k", [32]byte{}, time.Hour)
			switch {
			case err != nil:
				t.Error(err)
			case c != nil:
				ran.Add(1)
				c.Keep("made")
			case answer != "made":
				t.Errorf("a duplicate got %v", answer)
			}
		})
	}
	wg.Wait()
	if ran.Load() != 1 {
		t.Errorf("%d of the duplicates ran; want one", ran.Load())
	}
}

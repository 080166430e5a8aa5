package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/client"
)

func (w walk) faults(t *testing.T) {
	ctx, c, armed := t.Context(), w.c, did[client.Fault]
	f := armed(t, "Fault")(c.Fault(ctx, client.FaultRule{Match: client.Match{Provider: "bias"}, Effect: client.Effect{Status: 503}, Times: 1}))
	if all := did[[]client.Fault](t, "Faults")(c.Faults(ctx)); len(all) != 1 || all[0].ID != f.ID {
		t.Errorf("Faults = %+v; want %s", all, f.ID)
	}
	if err := c.DropFault(ctx, f.ID); err != nil {
		t.Errorf("DropFault: %v", err)
	}
	if err := c.ClearFaults(ctx); err != nil {
		t.Errorf("ClearFaults: %v", err)
	}
}

// What the library writes, the server reads as meant.
func TestFaultsAreWrittenAsTheServerReadsThem(t *testing.T) {
	emu := emulator.Run(t)
	twenty, half := 20, 0.5
	for _, tt := range []struct {
		rule          client.FaultRule
		match, effect string
	}{
		{client.FaultRule{Effect: client.Effect{Status: 402, Code: "insufficient_funds", Delay: time.Second}}, `{}`, `{"code":"insufficient_funds","delay":"1s","status":402}`},
		{client.FaultRule{Effect: client.Effect{RateLimit: &client.RateLimit{Limit: 5, Reset: time.Minute}}}, `{}`, `{"rate_limit":{"limit":5,"reset":"1m0s"}}`},
		{client.FaultRule{Effect: client.Effect{RateLimit: &client.RateLimit{}}}, `{}`, `{"rate_limit":{}}`},
		{client.FaultRule{Effect: client.Effect{Hang: true}, After: true}, `{}`, `{"hang":true}`},
		{client.FaultRule{Effect: client.Effect{Reset: true}, Every: 3, Chance: &half}, `{}`, `{"reset":true}`},
		{client.FaultRule{Effect: client.Effect{Empty: true}, Times: 2}, `{}`, `{"empty":true}`},
		{client.FaultRule{Effect: client.Effect{Garbage: true}}, `{}`, `{"garbage":true}`},
		{client.FaultRule{Effect: client.Effect{Truncate: &twenty}}, `{}`, `{"truncate":20}`},
		{client.FaultRule{Effect: client.Effect{Drip: &client.Drip{Chunk: 1, Every: time.Millisecond}}}, `{}`, `{"drip":{"chunk":1,"every":"1ms"}}`},
		{client.FaultRule{Match: client.Match{
			Provider: "polar", Operation: client.Regex("^create"), Method: "POST", Path: "/v1/**", Session: client.Exists(false),
			Header: map[string]any{"X-A": client.Contains{Part: "b"}}, Body: map[string]any{"/metadata": client.Equals{Value: map[string]any{"a": 1}}},
		}, Effect: client.Effect{Delay: time.Millisecond}},
			`{"body":{"/metadata":{"equals":{"a":1}}},"header":{"X-A":{"contains":"b"}},"method":"POST","operation":{"regex":"^create"},"path":"/v1/**","provider":"polar","session":{"exists":false}}`,
			`{"delay":"1ms"}`},
	} {
		f, err := emu.Fault(t.Context(), tt.rule)
		if err != nil {
			t.Errorf("%+v: %v", tt.rule, err)
			continue
		}
		if diff := cmp.Diff([]any{decoded(tt.match), decoded(tt.effect)}, []any{decoded(string(f.Match)), decoded(string(f.Effect))}); diff != "" {
			t.Error(diff)
		}
		phase := map[bool]string{true: "after", false: "before"}[tt.rule.After || tt.rule.Effect.Truncate != nil || tt.rule.Effect.Drip != nil]
		if f.Phase != phase || f.Every != max(tt.rule.Every, 1) || (f.Times == nil) != (tt.rule.Times == 0) || (f.Chance == 0.5) != (tt.rule.Chance != nil) {
			t.Errorf("%+v was armed as %+v", tt.rule, f)
		}
	}
	emu.Must(t).ClearFaults()
	if all := emu.Must(t).Faults(); len(all) != 0 {
		t.Errorf("after ClearFaults there are %+v", all)
	}
}

func decoded(text string) any {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return fmt.Sprintf("%q: %v", text, err)
	}
	return v
}

// A fault of the library strikes, and says how often.
func TestFaultStrikes(t *testing.T) {
	overEach(t, func(t *testing.T, emu *emulator.Emulator, c *client.Client) {
		f, err := c.Fault(t.Context(), client.FaultRule{Match: client.Match{Provider: "tilled", Method: "POST"}, Effect: client.Effect{Status: 500}, Times: 1, After: true})
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.Post(emu.URL("tilled")+"/v1/checkout-sessions", "application/json", strings.NewReader(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest { // no account: it was refused before a fault may strike
			t.Errorf("without an account = %d", resp.StatusCode)
		}
		all, err := c.Faults(t.Context())
		if err != nil || len(all) != 1 || all[0].Hits != 0 || *all[0].Left != 1 {
			t.Errorf("Faults = %+v, %v", all, err)
		}
		if err := c.DropFault(t.Context(), f.ID); err != nil {
			t.Error(err)
		}
		var p *client.Problem
		if err := c.DropFault(t.Context(), f.ID); !errors.As(err, &p) || p.Status != http.StatusNotFound {
			t.Errorf("dropping it twice = %v", err)
		}
		if _, err := c.Fault(t.Context(), client.FaultRule{Effect: client.Effect{Status: 500, Code: "declind"}}); !errors.As(err, &p) || !strings.Contains(p.Detail, `did you mean "declined"?`) {
			t.Errorf("a wrong code = %v", err)
		}
	})
}

package client_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/client"
)

// A client of a server that runs elsewhere is made with client.New("http://127.0.0.1:4747", …); an
// emulator has one in it.
func Example() {
	emu, err := emulator.New(emulator.Options{Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		panic(err)
	}
	defer emu.Close()
	ctx := context.Background()
	c := emu.In("w1")

	if _, err := c.Freeze(ctx); err != nil {
		panic(err)
	}
	now, err := c.Advance(ctx, 48*time.Hour)
	if err != nil {
		panic(err)
	}
	fmt.Println(now.Now.Format(time.DateOnly), now.Frozen)

	var problem *client.Problem
	if _, err := c.Pay(ctx, "cs_nobody"); errors.As(err, &problem) {
		fmt.Println(problem.Status, problem.Detail)
	}
	fmt.Println(c.URL("polar"), c.Credential("polar"))
	// Output:
	// 2026-01-03 true
	// 404 no session cs_nobody
	// http://localhost/s/w1/polar polar_oat_sandbox_w1
}

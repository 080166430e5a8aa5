// Command control-go is a journey with a client that oapi-codegen made of openapi/control.yaml: a Polar
// session is created as an application does, then paid, refused and looked at by control calls. The
// client is generated beside this file, from the document as it is, each time the suite is run.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

// sandboxName keeps this journey apart from whatever else uses the server.
const sandboxName = "control-go"

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := journey(ctx, strings.TrimSuffix(os.Getenv("LOCALCHECKOUT_URL"), "/")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func journey(ctx context.Context, base string) error {
	control, err := NewClientWithResponses(base + "/s/" + sandboxName + "/_control")
	if err != nil {
		return err
	}
	if r, err := control.ResetWithResponse(ctx); err != nil || r.StatusCode() != http.StatusNoContent {
		return fmt.Errorf("reset: %v, %w", r, err)
	}
	id, err := create(ctx, control, base)
	if err != nil {
		return err
	}
	if err := pay(ctx, control, id); err != nil {
		return err
	}
	return look(ctx, control, id)
}

// create makes a session for the first product of the catalog, through Polar's API.
func create(ctx context.Context, control *ClientWithResponses, base string) (string, error) {
	info, err := control.InfoWithResponse(ctx)
	if err != nil || info.JSON200 == nil || info.JSON200.Sandbox != sandboxName {
		return "", fmt.Errorf("info: %+v, %w", info, err)
	}
	credential := ""
	for _, p := range info.JSON200.Providers {
		if p.Name == "polar" {
			credential = p.Credential
		}
	}
	catalog, err := control.FixturesWithResponse(ctx)
	if err != nil || catalog.JSON200 == nil {
		return "", fmt.Errorf("fixtures: %w", err)
	}
	products := (*catalog.JSON200)["polar"]["products"]
	if len(products) == 0 {
		return "", fmt.Errorf("the catalog has no product")
	}
	sent, err := json.Marshal(map[string]any{"products": []any{products[0]["id"]}})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/polar/v1/checkouts/", strings.NewReader(string(sent)))
	if err != nil {
		return "", err
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + credential}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var made struct{ ID string }
	if err := json.NewDecoder(resp.Body).Decode(&made); err != nil || resp.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("create: %s, %w", resp.Status, err)
	}
	return made.ID, nil
}

// pay pays it in ten minutes of the sandbox's time, which are then over.
func pay(ctx context.Context, control *ClientWithResponses, id string) error {
	after := "10m"
	paid, err := control.PayWithResponse(ctx, id, PayJSONRequestBody{After: &after})
	if err != nil || paid.JSON200 == nil || paid.JSON200.Session.Status != "open" {
		return fmt.Errorf("pay: %+v, %w", paid, err)
	}
	clock, err := control.AdvanceWithResponse(ctx, AdvanceJSONRequestBody{By: "PT10M"})
	if err != nil || clock.JSON200 == nil || len(clock.JSON200.Fired) == 0 {
		return fmt.Errorf("advance: %+v, %w", clock, err)
	}
	again, err := control.ExpireWithResponse(ctx, id, ExpireJSONRequestBody{})
	if err != nil || again.ApplicationproblemJSONDefault == nil || again.StatusCode() != http.StatusConflict {
		return fmt.Errorf("expire a paid session: %+v, %w", again, err)
	}
	if allowed := again.ApplicationproblemJSONDefault.Allowed; allowed == nil || !slices.Contains(*allowed, "force") {
		return fmt.Errorf("the problem does not say what is allowed: %+v", again)
	}
	return nil
}

// look reads the session and its events.
func look(ctx context.Context, control *ClientWithResponses, id string) error {
	session, err := control.SessionWithResponse(ctx, id)
	if err != nil || session.JSON200 == nil || session.JSON200.Status != "succeeded" {
		return fmt.Errorf("session: %+v, %w", session, err)
	}
	kind := "session.succeeded"
	events, err := control.EventsWithResponse(ctx, &EventsParams{Session: &id, Type: &kind})
	if err != nil || events.JSON200 == nil || len(events.JSON200.Events) != 1 || events.JSON200.Events[0].Session != id {
		return fmt.Errorf("events: %+v, %w", events, err)
	}
	requests, err := control.RequestsWithResponse(ctx, &RequestsParams{})
	if err != nil || requests.JSON200 == nil || len(requests.JSON200.Requests) != 1 {
		return fmt.Errorf("requests: %+v, %w", requests, err)
	}
	fmt.Println("generated client: created, paid, refused, looked at")
	return nil
}

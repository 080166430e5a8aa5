package client

import (
	"context"
	"encoding/json"
	"net/http"
)

// Fixtures is a catalog: {provider: {resource: [objects]}}, each object in its provider's own wire
// shape.
type Fixtures map[string]map[string][]json.RawMessage

// Fixtures returns the sandbox's catalog.
func (c *Client) Fixtures(ctx context.Context) (Fixtures, error) {
	return call[Fixtures](ctx, c, request{method: http.MethodGet, path: "/fixtures"})
}

// AddFixtures adds to the catalog, or replaces what has the same id; all or nothing. It returns what
// was added.
func (c *Client) AddFixtures(ctx context.Context, f Fixtures) (Fixtures, error) {
	return call[Fixtures](ctx, c, request{method: http.MethodPost, path: "/fixtures", body: f})
}

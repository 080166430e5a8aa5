package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// Client calls Bias as its documentation says: a bearer key, JSON bodies, an idempotency-key on every
// request.
type Client struct {
	BaseURL string
	Key     string // a secret key, or the client secret of a session
}

// Error is what the service answers to a request that it does not take.
type Error struct {
	Status      int      `json:"-"`
	Type        string   `json:"type"`
	Live        *bool    `json:"live"`
	Code        *string  `json:"code"`
	Message     string   `json:"message"`
	Param       *string  `json:"param"`
	Issues      []Issue  `json:"issues"`
	Payment     *Payment `json:"payment"`
	DeclineCode *string  `json:"decline_code"`
}

func (e *Error) Error() string {
	return fmt.Sprintf("%d %s, code %s, param %s: %s", e.Status, e.Type, text(e.Code), text(e.Param), e.Message)
}

func text(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

// Issue is one fault of a request.
type Issue struct {
	Path    []any  `json:"path"`
	Message string `json:"message"`
}

// Expandable is an id, or the object that it names.
type Expandable[T any] struct {
	ID     string
	Object *T // nil unless expanded
}

// UnmarshalJSON reads either form; null is neither.
func (e *Expandable[T]) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		return json.Unmarshal(raw, &e.ID)
	}
	return json.Unmarshal(raw, &e.Object)
}

// Session is a checkout session.
type Session struct {
	Object          string               `json:"object"`
	ID              string               `json:"id"`
	Live            bool                 `json:"live"`
	CreatedAt       int64                `json:"created_at"`
	Amount          int64                `json:"amount"`
	AmountCollected int64                `json:"amount_collected"`
	ClientSecret    string               `json:"client_secret"`
	Customer        Expandable[Customer] `json:"customer"`
	CustomerDetails Details              `json:"customer_details"`
	Payments        []Payment            `json:"payments"` // nil unless expanded
	LineItems       []LineItem           `json:"line_items"`
	Metadata        map[string]string    `json:"metadata"`
	Mode            string               `json:"mode"`
	Status          string               `json:"status"`
	SubmitLabel     string               `json:"submit_label"`
}

// Details are what a customer said of itself.
type Details struct {
	Email *string `json:"email"`
	Name  *string `json:"name"`
	Phone *string `json:"phone"`
}

// Customer is a customer.
type Customer struct {
	Object string `json:"object"`
	ID     string `json:"id"`
	Details
}

// LineItem is a line of a session.
type LineItem struct {
	ID       string            `json:"id"`
	Price    Expandable[Price] `json:"price"`
	Quantity int64             `json:"quantity"`
}

// Price is a price.
type Price struct {
	ID      string             `json:"id"`
	Active  bool               `json:"active"`
	Amount  int64              `json:"amount"`
	Product Expandable[Object] `json:"product"`
}

// Object is any object.
type Object struct {
	Object string `json:"object"`
	ID     string `json:"id"`
}

// Payment is a payment of a session.
type Payment struct {
	Object         string               `json:"object"`
	ID             string               `json:"id"`
	Amount         int64                `json:"amount"`
	AmountReceived int64                `json:"amount_received"`
	AmountRefunded int64                `json:"amount_refunded"`
	Customer       Expandable[Customer] `json:"customer"`
	Session        Expandable[Session]  `json:"session"`
	Status         string               `json:"status"`
}

// Refund is money of a payment that went back.
type Refund struct {
	Object  string              `json:"object"`
	ID      string              `json:"id"`
	Amount  int64               `json:"amount"`
	Payment Expandable[Payment] `json:"payment"`
	Status  string              `json:"status"`
}

// PageOf is a page of objects.
type PageOf[T any] struct {
	Object  string `json:"object"`
	Items   []T    `json:"items"`
	HasMore bool   `json:"has_more"`
}

// Page is a page of sessions.
type Page = PageOf[Session]

// Params are parameters, nested as they are documented.
type Params map[string]any

const sessions = "/v1/checkout_sessions"

func path(id string) string { return sessions + "/" + url.PathEscape(id) }

// Create makes a session; the key "" is made up.
func (c *Client) Create(p Params, key string) (s Session, err error) {
	err = c.call(http.MethodPost, sessions, nil, p, key, &s)
	return s, err
}

// Get reads a session.
func (c *Client) Get(id string, query Params) (s Session, err error) {
	err = c.call(http.MethodGet, path(id), query, nil, "", &s)
	return s, err
}

// List reads a page of sessions.
func (c *Client) List(query Params) (p Page, err error) {
	err = c.call(http.MethodGet, sessions, query, nil, "", &p)
	return p, err
}

// Update edits a session.
func (c *Client) Update(id string, p Params) (s Session, err error) {
	err = c.call(http.MethodPatch, path(id), nil, p, "", &s)
	return s, err
}

// Expire ends a session.
func (c *Client) Expire(id string) (s Session, err error) {
	err = c.call(http.MethodPost, path(id)+"/expire", nil, nil, "", &s)
	return s, err
}

// Pay pays the session of the client secret.
func (c *Client) Pay(p Params) (out Payment, err error) {
	err = c.call(http.MethodPost, "/v1/payments", nil, p, "", &out)
	return out, err
}

// Resource is the calls of one kind of object.
type Resource[T any] struct {
	c    *Client
	path string
}

// Customers returns the calls of customers; the other resources alike.
func (c *Client) Customers() Resource[Customer] { return Resource[Customer]{c, "/v1/customers"} }
func (c *Client) Products() Resource[Object]    { return Resource[Object]{c, "/v1/products"} }
func (c *Client) Prices() Resource[Price]       { return Resource[Price]{c, "/v1/prices"} }
func (c *Client) Payments() Resource[Payment]   { return Resource[Payment]{c, "/v1/payments"} }
func (c *Client) Refunds() Resource[Refund]     { return Resource[Refund]{c, "/v1/refunds"} }

// Create makes an object.
func (r Resource[T]) Create(p Params) (out T, err error) {
	err = r.c.call(http.MethodPost, r.path, nil, p, "", &out)
	return out, err
}

// Get reads an object.
func (r Resource[T]) Get(id string, query Params) (out T, err error) {
	err = r.c.call(http.MethodGet, r.path+"/"+url.PathEscape(id), query, nil, "", &out)
	return out, err
}

// List reads a page of objects.
func (r Resource[T]) List(query Params) (out PageOf[T], err error) {
	err = r.c.call(http.MethodGet, r.path, query, nil, "", &out)
	return out, err
}

// call sends a request and reads the answer into out, or returns an [Error].
func (c *Client) call(method, path string, query, body Params, key string, out any) error {
	var sent io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(raw)
	}
	values := url.Values{}
	for name, value := range query {
		leaves(values, name, value)
	}
	req, err := http.NewRequest(method, c.BaseURL+path+"?"+values.Encode(), sent)
	if err != nil {
		return err
	}
	if key == "" {
		key = rand.Text()
	}
	req.Header.Set("idempotency-key", key)
	if c.Key != "" {
		req.Header.Set("Authorization", "Bearer "+c.Key)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return answer(resp.StatusCode, raw, out)
}

func answer(status int, raw []byte, out any) error {
	var kind struct {
		Object string `json:"object"`
		Error  *Error `json:"error"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return fmt.Errorf("%d %s: %w", status, raw, err)
	}
	if kind.Object == "error" && kind.Error != nil {
		kind.Error.Status = status
		return kind.Error
	}
	if status != http.StatusOK {
		return fmt.Errorf("%d %s", status, raw)
	}
	return json.Unmarshal(raw, out)
}

// leaves writes nested parameters one by one: filters[and][0][mode]=payment.
func leaves(into url.Values, name string, value any) {
	switch value := value.(type) {
	case Params:
		for key, inner := range value {
			leaves(into, name+"["+key+"]", inner)
		}
	case []Params:
		for i, inner := range value {
			leaves(into, name+"["+strconv.Itoa(i)+"]", inner)
		}
	default:
		into.Set(name, fmt.Sprint(value))
	}
}

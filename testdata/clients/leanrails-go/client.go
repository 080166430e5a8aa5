package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
)

// Client calls LeanRails as its documentation says: HTTP Basic with the secret key and an empty
// password, JSON bodies, an Idempotency-Key on every POST.
type Client struct {
	BaseURL string
	Key     string
	Version string // X-API-Version; "" is the account's
}

// Options of one call. The zero value makes up an idempotency key.
type Options struct {
	IdempotencyKey   string
	NoIdempotencyKey bool
}

// Error is what the service answers to a request that it does not take.
type Error struct {
	Status  int     `json:"-"`
	Type    string  `json:"type"`
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Param   *string `json:"param"`
	DocURL  string  `json:"doc_url"`

	DeclineCode string `json:"decline_code"`
}

func (e *Error) Error() string {
	param := "null"
	if e.Param != nil {
		param = *e.Param
	}
	return fmt.Sprintf("%d %s %s, param %s: %s (%s)", e.Status, e.Type, e.Code, param, e.Message, e.DocURL)
}

// Session is a Checkout Session.
type Session struct {
	ID              string         `json:"id"`
	Object          string         `json:"object"`
	Status          string         `json:"status"`
	PaymentStatus   string         `json:"payment_status"`
	UIMode          string         `json:"ui_mode"`
	ExpiresAt       int64          `json:"expires_at"`
	Metadata        map[string]any `json:"metadata"`
	Created         int64          `json:"created"`
	URL             *string        `json:"url"`
	ClientSecret    *string        `json:"client_secret"`
	Customer        *string        `json:"customer"`
	CustomerDetails *struct {
		Email string `json:"email"`
	} `json:"customer_details"`
	PaymentIntent *string `json:"payment_intent"`
	Currency      *string `json:"currency"`
	AmountTotal   *int64  `json:"amount_total"`
}

// LineItem is a line item of a session.
type LineItem struct {
	ID          string  `json:"id"`
	Object      string  `json:"object"`
	Price       string  `json:"price"`
	Quantity    int64   `json:"quantity"`
	AmountTotal int64   `json:"amount_total"`
	Currency    string  `json:"currency"`
	Description *string `json:"description"`
}

// List is a page of objects.
type List[T any] struct {
	Object     string  `json:"object"`
	Data       []T     `json:"data"`
	HasMore    bool    `json:"has_more"`
	URL        string  `json:"url"`
	NextCursor *string `json:"next_cursor"`
}

// Params are the parameters of a creation.
type Params map[string]any

const sessions = "/v1/checkout_sessions"

// Create makes a Checkout Session. The header is that of the answer.
func (c *Client) Create(p Params, o Options) (s Session, h http.Header, err error) {
	h, err = c.call(http.MethodPost, sessions, nil, p, o, &s)
	return s, h, err
}

// Retrieve reads a Checkout Session.
func (c *Client) Retrieve(id string) (s Session, err error) {
	_, err = c.call(http.MethodGet, sessions+"/"+url.PathEscape(id), nil, nil, Options{}, &s)
	return s, err
}

// Expire ends a Checkout Session.
func (c *Client) Expire(id string, o Options) (s Session, h http.Header, err error) {
	h, err = c.call(http.MethodPost, sessions+"/"+url.PathEscape(id)+"/expire", nil, nil, o, &s)
	return s, h, err
}

// List reads one page of Checkout Sessions; the query is made of name, value pairs.
func (c *Client) List(pairs ...string) (l List[Session], h http.Header, err error) {
	h, err = c.call(http.MethodGet, sessions, query(pairs), nil, Options{}, &l)
	return l, h, err
}

// LineItems reads one page of the line items of a session.
func (c *Client) LineItems(id string, pairs ...string) (l List[LineItem], err error) {
	_, err = c.call(http.MethodGet, sessions+"/"+url.PathEscape(id)+"/line_items", query(pairs), nil, Options{}, &l)
	return l, err
}

// All walks every page by next_cursor.
func (c *Client) All(pairs ...string) iter.Seq2[Session, error] {
	return func(yield func(Session, error) bool) {
		for cursor := ""; ; {
			page, _, err := c.List(append(pairs[:len(pairs):len(pairs)], "starting_after", cursor)...)
			if err != nil {
				yield(Session{}, err)
				return
			}
			for _, s := range page.Data {
				if !yield(s, nil) {
					return
				}
			}
			if page.NextCursor == nil {
				return
			}
			cursor = *page.NextCursor
		}
	}
}

func query(pairs []string) url.Values {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}

// call sends one request; an answer other than a success is an [*Error].
func (c *Client) call(method, path string, q url.Values, body any, o Options, out any) (http.Header, error) {
	var sent io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		sent = bytes.NewReader(raw)
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	req, err := http.NewRequest(method, c.BaseURL+path, sent)
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth(c.Key, "")
	req.Header.Set("Content-Type", "application/json")
	if c.Version != "" {
		req.Header.Set("X-API-Version", c.Version)
	}
	if method == http.MethodPost && !o.NoIdempotencyKey {
		if o.IdempotencyKey == "" {
			o.IdempotencyKey = rand.Text()
		}
		req.Header.Set("Idempotency-Key", o.IdempotencyKey)
	}
	return answer(req, out)
}

func answer(req *http.Request, out any) (http.Header, error) {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode/100 == 2 {
		return res.Header, json.Unmarshal(raw, out)
	}
	var failure struct{ Error *Error }
	if err := json.Unmarshal(raw, &failure); err != nil || failure.Error == nil {
		return res.Header, fmt.Errorf("%s %s = %s %s; want an error envelope", req.Method, req.URL, res.Status, raw)
	}
	failure.Error.Status = res.StatusCode
	return res.Header, failure.Error
}

// Customer is a customer.
type Customer struct {
	ID       string         `json:"id"`
	Email    *string        `json:"email"`
	Name     *string        `json:"name"`
	Metadata map[string]any `json:"metadata"`
	Deleted  bool           `json:"deleted"`
}

// Product is something that is sold.
type Product struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Price is what it costs.
type Price struct {
	ID         string `json:"id"`
	Product    string `json:"product"`
	UnitAmount *int64 `json:"unit_amount"`
	Type       string `json:"type"`
}

// PaymentIntent is a payment.
type PaymentIntent struct {
	ID             string       `json:"id"`
	Status         string       `json:"status"`
	Amount         int64        `json:"amount"`
	AmountReceived int64        `json:"amount_received"`
	Customer       *string      `json:"customer"`
	PaymentMethod  *string      `json:"payment_method"`
	Charges        List[Charge] `json:"charges"`
}

// Charge is one attempt at it.
type Charge struct {
	ID             string `json:"id"`
	Status         string `json:"status"`
	AmountCaptured int64  `json:"amount_captured"`
	AmountRefunded int64  `json:"amount_refunded"`
	PaymentIntent  string `json:"payment_intent"`
}

// Refund is money given back.
type Refund struct {
	ID            string  `json:"id"`
	Amount        int64   `json:"amount"`
	Status        string  `json:"status"`
	PaymentIntent string  `json:"payment_intent"`
	Charge        *string `json:"charge"`
}

// CheckoutLink makes a session whenever it is opened.
type CheckoutLink struct {
	ID     string `json:"id"`
	URL    string `json:"url"`
	Active bool   `json:"active"`
}

// Resource is one kind of objects around the sessions.
type Resource[T any] struct {
	client *Client
	path   string
}

// The resources.
func (c *Client) Customers() Resource[Customer] { return Resource[Customer]{c, "/v1/customers"} }
func (c *Client) Products() Resource[Product]   { return Resource[Product]{c, "/v1/products"} }
func (c *Client) Prices() Resource[Price]       { return Resource[Price]{c, "/v1/prices"} }
func (c *Client) PaymentIntents() Resource[PaymentIntent] {
	return Resource[PaymentIntent]{c, "/v1/payment_intents"}
}
func (c *Client) Charges() Resource[Charge] { return Resource[Charge]{c, "/v1/charges"} }
func (c *Client) Refunds() Resource[Refund] { return Resource[Refund]{c, "/v1/refunds"} }
func (c *Client) CheckoutLinks() Resource[CheckoutLink] {
	return Resource[CheckoutLink]{c, "/v1/checkout_links"}
}

// Create makes an object.
func (r Resource[T]) Create(p Params, o Options) (v T, err error) {
	_, err = r.client.call(http.MethodPost, r.path, nil, p, o, &v)
	return v, err
}

// Retrieve reads an object.
func (r Resource[T]) Retrieve(id string) (v T, err error) {
	_, err = r.client.call(http.MethodGet, r.path+"/"+url.PathEscape(id), nil, nil, Options{}, &v)
	return v, err
}

// Update changes what is sent.
func (r Resource[T]) Update(id string, p Params) (v T, err error) { return r.Do(id, "", p) }

// Do calls an operation of one object, such as "/confirm".
func (r Resource[T]) Do(id, operation string, p Params) (v T, err error) {
	var body any // none without parameters
	if p != nil {
		body = p
	}
	_, err = r.client.call(http.MethodPost, r.path+"/"+url.PathEscape(id)+operation, nil, body, Options{}, &v)
	return v, err
}

// Delete takes an object away.
func (r Resource[T]) Delete(id string) (v T, err error) {
	_, err = r.client.call(http.MethodDelete, r.path+"/"+url.PathEscape(id), nil, nil, Options{}, &v)
	return v, err
}

// List reads one page; the query is made of name, value pairs.
func (r Resource[T]) List(pairs ...string) (l List[T], err error) {
	_, err = r.client.call(http.MethodGet, r.path, query(pairs), nil, Options{}, &l)
	return l, err
}

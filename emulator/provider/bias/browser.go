package bias

import (
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/api"
)

// preflightLife is for how long a browser remembers a preflight, in seconds.
const preflightLife = "600"

// preflight answers what a browser asks before it calls from another origin. The browser library
// runs on the merchant's pages and sends its key in a header, so browsers ask each time.
//
// Assumed: any method of the path and any header is allowed, for pages of any origin.
func preflight(r *api.Request) api.Response {
	resp := api.Response{Status: http.StatusNoContent}
	resp.SetHeader("Access-Control-Allow-Methods", "GET, POST, PATCH, PUT")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		resp.SetHeader("Access-Control-Allow-Headers", asked)
	}
	resp.SetHeader("Access-Control-Max-Age", preflightLife)
	return resp
}

// Finish implements api.Finisher: pages of any origin may read the answer. There are no cookies, so
// this opens nothing to who does not have the key.
func (b *Bias) Finish(r *api.Request, resp *api.Response) {
	if r.Header.Get("Origin") != "" {
		resp.SetHeader("Access-Control-Allow-Origin", "*")
	}
}

// Package openapi turns the embedded OpenAPI documents into operations that validate requests and
// responses. It is the only importer of kin-openapi, and knows no provider.
//
// Known gaps: header and cookie parameters are not validated; of a parameter's styles, form with
// explode (the default) and deepObject are read; defaults are never set.
package openapi

import _ "embed"

// The documents, one per surface.
var (
	//go:embed polar.yaml
	Polar []byte
	//go:embed tilled.yaml
	Tilled []byte
	//go:embed control.yaml
	Control []byte
)

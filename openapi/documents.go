// Package openapi turns the embedded OpenAPI documents into operations that validate requests and
// responses. It is the only importer of kin-openapi, and knows no provider.
//
// The documents are written in YAML and embedded as compact JSON, which takes half as long to load;
// a test fails when the two differ.
//
// Known gaps: header and cookie parameters are not validated; of a parameter's styles, form with
// explode (the default) and deepObject are read; defaults are never set.
package openapi

import (
	_ "embed"
	"strings"
)

//go:generate go test -run ^TestCompiled$ -update .

// The documents, one per surface.
var (
	//go:embed compiled/bias.json
	Bias []byte
	//go:embed compiled/leanrails.json
	LeanRails []byte
	//go:embed compiled/polar.json
	Polar []byte
	//go:embed compiled/tilled.json
	Tilled []byte
	//go:embed compiled/control.json
	Control []byte
)

// ControlYAML is the document of the control API as it is written, for people to read.
//
//go:embed control.yaml
var ControlYAML []byte

// What [RequestsOnly] loads of each document: texts, which are part of the program and cost no memory until
// they are read.
var (
	//go:embed compiled/bias.operations.txt
	biasOperations string
	//go:embed compiled/bias.requests.txt
	biasRequests string
	//go:embed compiled/leanrails.operations.txt
	leanRailsOperations string
	//go:embed compiled/leanrails.requests.txt
	leanRailsRequests string
	//go:embed compiled/polar.operations.txt
	polarOperations string
	//go:embed compiled/polar.requests.txt
	polarRequests string
	//go:embed compiled/tilled.operations.txt
	tilledOperations string
	//go:embed compiled/tilled.requests.txt
	tilledRequests string
	//go:embed compiled/control.operations.txt
	controlOperations string
	//go:embed compiled/control.requests.txt
	controlRequests string
)

// partsOf returns what was made beforehand to validate the requests of a document; ok is false when it is
// none of ours.
func partsOf(name string, data []byte) (p parts, ok bool) {
	short := strings.TrimSuffix(name, ".yaml")
	whole := documents()[short]
	if len(whole) == 0 || len(data) != len(whole) || &data[0] != &whole[0] {
		return p, false
	}
	p, ok = map[string]parts{
		"bias":      {biasOperations, biasRequests},
		"control":   {controlOperations, controlRequests},
		"leanrails": {leanRailsOperations, leanRailsRequests},
		"polar":     {polarOperations, polarRequests},
		"tilled":    {tilledOperations, tilledRequests},
	}[short]
	return p, ok
}

// documents are the whole documents by name.
func documents() map[string][]byte {
	return map[string][]byte{"bias": Bias, "control": Control, "leanrails": LeanRails, "polar": Polar, "tilled": Tilled}
}

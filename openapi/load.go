package openapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// Part says how much of a document is loaded.
type Part int

// The parts.
const (
	Whole        Part = iota
	RequestsOnly      // without the response schemas: CheckResponse must not be called
)

// Document is one loaded OpenAPI document.
type Document struct {
	name    string
	version string
	doc     *openapi3.T // nil of one that is read in parts
	ops     []*Operation
}

// Load reads an OpenAPI 3.0 document. It refuses one that is invalid, an operation without an
// operationId, and a format without a validator; errors name the document and the operation.
//
// The same document is read once in a process: it must not change, and a test binary starts many
// emulators.
func Load(name string, data []byte, part Part) (*Document, error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("load %s: it is empty", name)
	}
	key := loadKey{name, &data[0], len(data), part}
	once, _ := loaded.LoadOrStore(key, sync.OnceValues(func() (*Document, error) { return load(name, data, part) }))
	return once.(func() (*Document, error))()
}

// loadKey tells documents apart by where they stand in memory.
type loadKey struct {
	name  string
	first *byte
	size  int
	part  Part
}

var loaded sync.Map // loadKey → func() (*Document, error)

func load(name string, data []byte, part Part) (*Document, error) {
	if part == RequestsOnly {
		if split, ok := partsOf(name, data); ok {
			d, err := loadParts(name, split)
			if err != nil {
				err = fmt.Errorf("load %s: %w", name, err)
			}
			return d, err
		}
		var err error
		if data, err = prune(data); err != nil {
			return nil, fmt.Errorf("load %s: %w", name, err)
		}
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", name, err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.0.") {
		return nil, fmt.Errorf("load %s: openapi is %q; want 3.0.x", name, doc.OpenAPI)
	}
	d := &Document{name: name, version: doc.Info.Version, doc: doc}
	if err := d.collect(); err != nil {
		return nil, fmt.Errorf("load %s: %w", name, err)
	}
	return d, nil
}

// Verify checks a [Whole] document against the OpenAPI specification, and that each format in it has a
// validator. It is slow, and the same for every process: tests run it, starting does not.
func (d *Document) Verify(ctx context.Context) error {
	if err := d.doc.Validate(ctx, openapi3.DisableExamplesValidation()); err != nil {
		return fmt.Errorf("verify %s: %w", d.name, err)
	}
	seen := map[*openapi3.Schema]bool{}
	var errs []error
	for _, op := range d.ops {
		op.schemas(func(s *openapi3.Schema) {
			walk(s, seen, func(s *openapi3.Schema) {
				if s.Format != "" && !knownFormat(s) {
					errs = append(errs, fmt.Errorf("verify %s: %s: no validator for format %q", d.name, op.ID, s.Format))
				}
			})
		})
	}
	return errors.Join(errs...)
}

// Name returns the name that the document was loaded under.
func (d *Document) Name() string { return d.name }

// Version returns the version that the document gives itself: the vintage of the provider's API.
func (d *Document) Version() string { return d.version }

// Operations returns the operations, ordered by path and method.
func (d *Document) Operations() []*Operation { return d.ops }

// Operation returns the operation of that id, or nil.
func (d *Document) Operation(id string) *Operation {
	i := slices.IndexFunc(d.ops, func(op *Operation) bool { return op.ID == id })
	if i < 0 {
		return nil
	}
	return d.ops[i]
}

func (d *Document) collect() error {
	ids := map[string]bool{}
	for path, item := range d.doc.Paths.Map() {
		for method, raw := range item.Operations() {
			if raw.OperationID == "" {
				return fmt.Errorf("%s %s has no operationId", method, path)
			}
			if ids[raw.OperationID] {
				return fmt.Errorf("operationId %s stands twice", raw.OperationID)
			}
			ids[raw.OperationID] = true
			op, err := newOperation(method, path, item, raw)
			if err != nil {
				return fmt.Errorf("%s: %w", raw.OperationID, err)
			}
			d.ops = append(d.ops, op)
		}
	}
	slices.SortFunc(d.ops, func(a, b *Operation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return nil
}

// walk visits a schema and all below it once.
func walk(s *openapi3.Schema, seen map[*openapi3.Schema]bool, visit func(*openapi3.Schema)) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	visit(s)
	for _, refs := range []openapi3.SchemaRefs{s.AnyOf, s.OneOf, s.AllOf} {
		for _, ref := range refs {
			walk(ref.Value, seen, visit)
		}
	}
	for _, ref := range s.Properties {
		walk(ref.Value, seen, visit)
	}
	for _, ref := range []*openapi3.SchemaRef{s.Items, s.Not, s.AdditionalProperties.Schema} {
		if ref != nil {
			walk(ref.Value, seen, visit)
		}
	}
}

package sandbox

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/fault"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// note is an object of the catalog of these tests.
type note struct {
	ID   string   `json:"id"`
	Tags []string `json:"tags,omitzero"`
}

func (n *note) Keys() []string { return n.Tags }

const kindNote = "shop.notes"

// newShop is a set with one provider, whose sessions live for an hour and leave a note when paid.
func newShop(wall func() time.Time) *Set {
	var c Catalog
	c.Put(kindNote, "a", &note{ID: "a", Tags: []string{"x"}})
	c.Put(kindNote, "b", &note{ID: "b", Tags: []string{"x", "y"}})
	return NewSet(Options{
		Seed: 7, Start: t0, Wall: wall,
		Dialects: map[string]Dialect{"shop": {
			Policy: checkout.Policy{Lifetime: time.Hour}, Detail: JSON[map[string]any](), Kinds: map[string]Codec{kindNote: JSON[*note]()},
			Shown: []string{kindNote},
			React: func(tx *Tx, ev checkout.Event, s *checkout.Session) {
				if ev.Type == checkout.SessionSucceeded {
					tx.Put(kindNote, "paid-"+s.ID, &note{ID: s.ID, Tags: []string{s.ID}})
				}
			},
		}},
		Catalog: c,
		Answers: JSON[string](),
	})
}

func shopSession(tx *Tx, n int) checkout.Session {
	return checkout.Session{
		Account: "acct", ID: tx.UUID("shop.session"), ClientSecret: tx.Token("shop.secret", "abc", 20), Amount: int64(n), Currency: "eur",
		Metadata: map[string]any{"n": json.Number(fmt.Sprint(n)), "rate": json.Number("1.50"), "none": nil}, Search: fmt.Sprint("buyer", n),
		Terms: []checkout.Term{{Field: "parity", Value: fmt.Sprint(n % 2)}}, Detail: map[string]any{"n": json.Number("1e2"), "list": []any{}},
	}
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// lived is a sandbox in which a bit of everything has happened.
func lived(t testing.TB, set *Set) *Sandbox {
	b := must[*Sandbox](t)(set.Sandbox("w"))
	b.Freeze()
	for n := range 12 {
		r := must[*Record](t)(b.Create("shop", func(tx *Tx) (checkout.Session, error) { return shopSession(tx, n), nil }))
		id := r.Session.ID
		var err error
		switch n % 6 {
		case 1:
			_, _, err = b.Do(id, checkout.Pay{})
		case 2:
			_, _, err = b.Do(id, checkout.Confirm{Then: &checkout.Outcome{After: time.Minute, Fail: true, DeclineCode: "no"}})
		case 3:
			_, err = b.Schedule(id, 2*time.Minute, checkout.Decline{Code: "late"}, "")
		case 4:
			_, err = b.Schedule(id, time.Hour, checkout.Confirm{Then: &checkout.Outcome{After: time.Second}}, "") // loses against the expiry
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Change(func(tx *Tx) error {
		tx.Put(kindNote, "a", &note{ID: "a"}) // b has x now
		tx.Put(kindNote, "c", &note{ID: "c", Tags: []string{"x"}})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	claim, _, err := b.Claim(t.Context(), "key", [32]byte{1}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	claim.Keep("answered")
	var rule fault.Rule
	if err := json.Unmarshal([]byte(`{"match":{"provider":"shop"},"effect":{"status":500},"times":2}`), &rule); err != nil {
		t.Fatal(err)
	}
	must[fault.Fault](t)(b.Faults.Arm(rule))
	return b
}

// look is all that can be seen of a sandbox.
func look(t testing.TB, b *Sandbox) map[string]any {
	t.Helper()
	out := map[string]any{"clock": b.Clock()}
	for name, q := range map[string]Query{
		"all": {}, "newest": {NewestFirst: true, Limit: 3}, "open": {Scope: "shop", Where: []Filter{{FieldStatus, []string{"open"}}}},
		"odd": {Scope: AccountScope("shop", "acct"), Where: []Filter{{"parity", []string{"1"}}}, Contains: "buyer"},
	} {
		page := must[Page](t)(b.List(q))
		var sessions []checkout.Session
		for _, r := range page.Records {
			sessions = append(sessions, r.Session)
		}
		out[name] = []any{page.Total, page.More, sessions}
	}
	b.View(func(tx *Tx) { out["notes"] = []any{tx.All(kindNote), tx.By(kindNote, "x"), tx.By(kindNote, "y")} })
	out["events"], _ = b.Events(0)
	return out
}

func TestRestoreIsExact(t *testing.T) {
	wall := func() time.Time { return t0 }
	b := lived(t, newShop(wall))
	doc := must[string](t)(b.Snapshot())
	if !json.Valid([]byte(doc)) {
		t.Fatalf("the snapshot is not JSON: %s", doc)
	}
	other := newShop(wall)
	c := must[*Sandbox](t)(other.Sandbox("w"))
	version := c.CatalogVersion()
	if err := c.Restore(doc); err != nil {
		t.Fatal(err)
	}
	if c.CatalogVersion() == version {
		t.Error("encoded sessions of before would still be taken for fresh")
	}
	again := must[string](t)(c.Snapshot())
	if diff := cmp.Diff(doc, again); diff != "" {
		t.Errorf("the snapshot of what was restored differs (-before +after):\n%s", diff)
	}
	compare(t, b, c, "right after")
	if n := len(c.Faults.All()); n != 1 {
		t.Errorf("%d faults are armed; want one", n)
	}
	for _, box := range []*Sandbox{b, c} {
		if _, answer, err := box.Claim(t.Context(), "key", [32]byte{1}, time.Hour); err != nil || answer != "answered" {
			t.Errorf("the idempotency key answers %v, %v", answer, err)
		}
		must[Time](t)(box.Advance(30 * time.Minute))
		must[*Record](t)(box.Create("shop", func(tx *Tx) (checkout.Session, error) { return shopSession(tx, 99), nil }))
		must[Time](t)(box.Advance(2 * time.Hour))
	}
	compare(t, b, c, "two hours and a half later")
	var expired int
	events, _ := c.Events(0)
	for _, e := range events {
		if e.Type == checkout.SessionExpired {
			expired++
		}
	}
	if expired != 9 { // thirteen, without two that were paid and two whose payment failed
		t.Errorf("%d expiry events; want 9", expired)
	}
}

func compare(t *testing.T, b, c *Sandbox, when string) {
	t.Helper()
	if diff := cmp.Diff(look(t, b), look(t, c), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s the restored sandbox differs (-original +restored):\n%s", when, diff)
	}
}

// TestRestoredClockRunsOn: what fell due between the snapshot and its restoration happens with no call at
// all, once, at its own instant.
func TestRestoredClockRunsOn(t *testing.T) {
	set := NewSet(Options{Dialects: map[string]Dialect{shop: {Policy: checkout.Policy{Lifetime: time.Hour}}}})
	t.Cleanup(set.Close)
	b := must[*Sandbox](t)(set.Sandbox(""))
	deadline := create(t, b, checkout.Session{}).Session.ExpiresAt
	doc := must[string](t)(b.Snapshot())
	ago := strings.Replace(doc, `"offset":"0s"`, `"offset":"2h"`, 1) // as if it were restored two hours later
	if ago == doc {
		t.Fatalf("the snapshot has no offset: %s", doc)
	}
	other := must[*Sandbox](t)(set.Sandbox("other"))
	_, more := other.Events(0)
	if err := other.Restore(ago); err != nil {
		t.Fatal(err)
	}
	<-more
	for {
		other.mu.Lock() // without doing what is due
		events, count := other.events.since(0), other.events.count
		if other.events.changed == nil {
			other.events.changed = make(chan struct{})
		}
		more := other.events.changed
		other.mu.Unlock()
		if count == 2 {
			if last := events[1]; last.Type != checkout.SessionExpired || !last.At.Equal(deadline) {
				t.Errorf("the last event is %+v; want the expiry at %s", last, deadline)
			}
			return
		}
		<-more
	}
}

// TestMembersMayStandInAnyOrder: by their names, a session's provider comes after its detail.
func TestMembersMayStandInAnyOrder(t *testing.T) {
	wall := func() time.Time { return t0 }
	doc := must[string](t)(lived(t, newShop(wall)).Snapshot())
	c := must[*Sandbox](t)(newShop(wall).Sandbox("w"))
	if err := c.Restore(sorted(t, doc)); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	for _, r := range c.store.records { // else they are as they were written
		r.saved.Store(nil)
	}
	c.mu.Unlock()
	sessions := func(doc string) string { return doc[strings.Index(doc, `"sessions":`):strings.Index(doc, `"due":`)] }
	if diff := cmp.Diff(sessions(doc), sessions(must[string](t)(c.Snapshot()))); diff != "" { // objects are in another order, too
		t.Errorf("the sessions that were restored differ (-before +after):\n%s", diff)
	}
}

// sorted is a document with the members of all objects by their names.
func sorted(t *testing.T, doc string) string {
	t.Helper()
	tree := must[any](t)(wire.Parse([]byte(doc)))
	return string(wire.AppendTree(nil, tree))
}

func TestRestoreIntoAnotherName(t *testing.T) {
	set := newShop(func() time.Time { return t0 })
	b := lived(t, set)
	doc := must[string](t)(b.Snapshot())
	c := must[*Sandbox](t)(set.Sandbox("other"))
	for range 2 {
		if err := c.Restore(doc); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for range 20 {
		for _, box := range []*Sandbox{b, c} {
			r := must[*Record](t)(box.Create("shop", func(tx *Tx) (checkout.Session, error) { return shopSession(tx, 1), nil }))
			if seen[r.Session.ID] || seen[r.Session.ClientSecret] {
				t.Fatalf("%s was given twice", r.Session.ID)
			}
			seen[r.Session.ID], seen[r.Session.ClientSecret] = true, true
		}
	}
	if n := must[Page](t)(c.List(Query{})).Total; n != 32 {
		t.Errorf("there are %d sessions; want 32", n)
	}
}

func TestBrokenSnapshotsAreRefusedWhole(t *testing.T) {
	b := lived(t, newShop(func() time.Time { return t0 }))
	doc := must[string](t)(b.Snapshot())
	first := must[Page](t)(b.List(Query{Limit: 2})).Records
	edit := func(old, new string) string {
		t.Helper()
		if !strings.Contains(doc, old) {
			t.Fatalf("the snapshot has no %s:\n%s", old, doc)
		}
		return strings.Replace(doc, old, new, 1)
	}
	for name, tt := range map[string]struct{ doc, pointer string }{
		"empty":               {"", ""},
		"not JSON":            {"{", ""},
		"list":                {"[]", "/localcheckout_snapshot"},
		"half":                {doc[:len(doc)/2], ""},
		"more":                {doc + "{}", ""},
		"version":             {edit(`"localcheckout_snapshot":2`, `"localcheckout_snapshot":3`), "/localcheckout_snapshot"},
		"no version":          {edit(`"localcheckout_snapshot":2,`, ``), "/localcheckout_snapshot"},
		"unknown section":     {edit(`"clock":`, `"clocks":`), "/clock"},
		"further section":     {edit(`"clock":`, `"extra":1,"clock":`), "/extra"},
		"section twice":       {edit(`"clock":`, `"counts":{},"clock":`), "/counts"},
		"name":                {edit(`"sandbox":"w"`, `"sandbox":"a/b"`), "/sandbox"},
		"clock":               {edit(`"frozen":true`, `"frozen":1`), "/clock/frozen"},
		"no clock":            {edit(`"clock":{"now"`, `"clock":{"new"`), "/clock/new"},
		"instant":             {edit(`"created_at":"2030`, `"created_at":"20x0`), "/sessions/0/created_at"},
		"count":               {edit(`"shop.session":12`, `"shop.session":-12`), "/counts/shop.session"},
		"kind":                {edit(`"shop.notes":{`, `"shop.nots":{`), "/catalog/shop.nots"},
		"object":              {edit(`"id":"a"`, `"id":5`), "/catalog/shop.notes/a/id"},
		"object's member":     {edit(`"id":"a"`, `"ids":"a"`), "/catalog/shop.notes/a/ids"},
		"provider":            {edit(`"provider":"shop"`, `"provider":"shoe"`), "/sessions/0/provider"},
		"status":              {edit(`"status":"open"`, `"status":"ajar"`), "/sessions/0/status"},
		"session's member":    {edit(`"amount":1,`, `"amounts":1,`), "/sessions/1/amounts"},
		"amount":              {edit(`"amount":1,`, `"amount":1.5,`), "/sessions/1/amount"},
		"detail":              {edit(`"detail":{`, `"detail":[],"search":{`), "/sessions/0/detail"}, // which comes first
		"no detail":           {edit(`"detail":{"list":[],"n":1e2}`, `"detail":[]`), "/sessions/0/detail"},
		"id twice":            {edit(`"acct","id":"`+first[1].Session.ID, `"acct","id":"`+first[0].Session.ID), "/sessions/1/id"},
		"secret twice":        {edit(first[1].Session.ClientSecret, first[0].Session.ClientSecret), "/sessions/1/client_secret"},
		"due for nobody":      {edit(`"session":"`, `"session":"no`), "/due/0/session"},
		"due when":            {edit(`{"at":"`, `{"at":"x`), "/due/0/at"},
		"unknown command":     {edit(`"command":{"do":"fail"`, `"command":{"do":"jump"`), "/due/0/command"},
		"command's member":    {edit(`"command":{"do":"fail"`, `"command":{"so":"fail"`), "/due/0/command/so"},
		"event's number":      {edit("},\n{\"type\":", "},\n{\"seq\":3,\"type\":"), "/events/1/seq"},
		"event without type":  {edit(`"type":"session.created"`, `"type":""`), "/events/0/type"},
		"fingerprint":         {edit(`"fingerprint":"`, `"fingerprint":"AAAA`), "/keys/0/fingerprint"},
		"answer":              {edit(`"answer":"answered"`, `"answer":5`), "/keys/0/answer"},
		"not text":            {edit(`"search":"buyer1"`, "\"search\":\"\xff\""), ""},
		"origin":              {edit(`"origin":{"seed":7`, `"origin":{"seed":"7"`), "/origin/seed"},
		"fault without rules": {edit(`{"id":"fault_1"`, `{"id":"x"`), "/faults"},
	} {
		t.Run(name, func(t *testing.T) {
			before := must[string](t)(b.Snapshot())
			err := b.Restore(tt.doc)
			e, ok := err.(*checkout.Error)
			if !ok || e.Code != checkout.CodeRefused || len(e.Violations) != 1 {
				t.Fatalf("Restore: %v; want a refusal", err)
			}
			if got := wire.Pointer(e.Violations[0].Path); !strings.HasPrefix(got, tt.pointer) || tt.pointer == "" && strings.Count(got, "/") > 3 {
				t.Errorf("%v names %s; want %s", err, got, tt.pointer)
			}
			if after := must[string](t)(b.Snapshot()); after != before {
				t.Error("something changed")
			}
		})
	}
}

// TestWhatCannotBeWrittenIsTold: a value of a dialect that is no JSON is its fault; nothing panics, and what
// comes before it is not kept.
func TestWhatCannotBeWrittenIsTold(t *testing.T) {
	set := NewSet(Options{Dialects: map[string]Dialect{shop: {Detail: JSON[any]()}}})
	t.Cleanup(set.Close)
	b := must[*Sandbox](t)(set.Sandbox(""))
	create(t, b, checkout.Session{Detail: map[string]any{"a": 1}})
	create(t, b, checkout.Session{Detail: make(chan int)})
	if doc, err := b.Snapshot(); err == nil || !strings.Contains(err.Error(), "sessions") {
		t.Fatalf("Snapshot = %s, %v", doc, err)
	}
}

// TestSessionsAreWrittenWhole fails when a member is added that snapshots forget.
func TestSessionsAreWrittenWhole(t *testing.T) {
	var s checkout.Session
	fillAll(reflect.ValueOf(&s).Elem())
	s.Detail = nil
	var got checkout.Session
	if err := wire.Read(string(must[[]byte](t)(new(Set).appendSession(nil, &s))), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, got); diff != "" {
		t.Errorf("a session comes back differently (-want +got):\n%s", diff)
	}
	want := checkout.Event{}
	fillAll(reflect.ValueOf(&want).Elem())
	want.Seq = 1
	written := must[pieces](t)(writeEvents(nil, &frozen{events: []checkout.Event{want}}))
	f := &frozen{reading: &readingOf{form: byValues}}
	if err := readEvents(nil, f, written.join()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]checkout.Event{want}, f.events); diff != "" {
		t.Errorf("an event comes back differently (-want +got):\n%s", diff)
	}
}

// fillAll gives every member a value that is not zero.
func fillAll(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("text \"é\"\n")
	case reflect.Int, reflect.Int64:
		v.SetInt(-7)
	case reflect.Uint64:
		v.SetUint(7)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]any{"a": json.Number("1.0"), "b": []any{}, "c": map[string]any{"d": nil}}))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fillAll(v.Index(0))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(t0.Add(123456 * time.Microsecond)))
			return
		}
		for i := range v.NumField() {
			fillAll(v.Field(i))
		}
	}
}

func TestEveryCommandMayWait(t *testing.T) {
	for _, cmd := range []checkout.Command{
		checkout.Expire{}, checkout.Cancel{}, checkout.Pay{}, checkout.Confirm{}, checkout.Confirm{Then: &checkout.Outcome{After: time.Second, Fail: true, DeclineCode: "x"}},
		checkout.Settle{Attempt: 2}, checkout.Fail{Attempt: 3, DeclineCode: "no"}, checkout.Decline{Code: "no"}, checkout.Force{Status: checkout.Failed},
	} {
		doc := must[commandDoc](t)(newCommandDoc(cmd))
		var read commandDoc
		if err := wire.Read(string(wire.MustMarshal(doc)), &read); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(cmd, must[checkout.Command](t)(read.command())); diff != "" {
			t.Errorf("%#v comes back differently (-want +got):\n%s", cmd, diff)
		}
	}
	b := lived(t, newShop(nil))
	id := must[Page](t)(b.List(Query{Limit: 1})).Records[0].Session.ID
	if _, err := b.Schedule(id, 0, checkout.Pay{Set: func(*checkout.Session) {}}, ""); err == nil {
		t.Error("a command that no snapshot can hold was scheduled")
	}
}

func TestKeysOfTheCatalogDoNotDependOnHistory(t *testing.T) {
	var c Catalog
	by := func(key string) string {
		n, _ := c.By(kindNote, key).(*note)
		if n == nil {
			return ""
		}
		return n.ID
	}
	c.Put(kindNote, "1", &note{ID: "1"})
	c.Put(kindNote, "2", &note{ID: "2", Tags: []string{"k"}})
	c.Put(kindNote, "3", &note{ID: "3", Tags: []string{"k"}})
	for _, tt := range []struct {
		put  *note
		want string
	}{
		{&note{ID: "1", Tags: []string{"k"}}, "1"},
		{&note{ID: "2"}, "1"},
		{&note{ID: "1"}, "3"},
		{&note{ID: "3"}, ""},
		{&note{ID: "2", Tags: []string{"k"}}, "2"},
	} {
		c.Put(kindNote, tt.put.ID, tt.put)
		if got := by("k"); got != tt.want {
			t.Errorf("after %+v the key finds %q; want %q", *tt.put, got, tt.want)
		}
	}
}

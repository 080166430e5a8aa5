package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestState: what there was when the program ended is there when it begins again, in every sandbox; a
// damaged file is named, left as it is, and the start refused.
func TestState(t *testing.T) {
	clean(t)
	file := filepath.Join(t.TempDir(), "lc.state")
	s := start(t, "--addr", "127.0.0.1:0", "--state", file)
	for _, sandbox := range []string{"default", "w1"} {
		req, err := http.NewRequest(http.MethodPost, s.base+"/s/"+sandbox+"/polar/v1/checkouts/", strings.NewReader(`{"products":["b3f3c9b1-1168-47b6-b178-2af9b468bad7"]}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer polar_oat_x")
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode != http.StatusCreated {
			t.Fatalf("create: %v, %v", resp, err)
		}
		resp.Body.Close()
	}
	before := map[string]string{}
	for _, sandbox := range []string{"default", "w1"} {
		_, before[sandbox] = s.get(t, "/s/"+sandbox+"/_control/sessions")
	}
	if code := s.stop(); code != exitOK {
		t.Fatalf("exit code = %d, stderr %q; want 0", code, s.stderr)
	}
	doc, err := os.ReadFile(file)
	if err != nil || !bytes.Contains(doc, []byte(`"localcheckout_state":1`)) {
		t.Fatalf("the state is %.200s, %v", doc, err)
	}
	again := start(t, "--addr", "127.0.0.1:0", "--state", file)
	for sandbox, want := range before {
		want = strings.ReplaceAll(want, s.base, again.base)
		if _, got := again.get(t, "/s/"+sandbox+"/_control/sessions"); got != want {
			t.Errorf("%s: the sessions are %s; want %s", sandbox, got, want)
		}
	}
	again.stop()
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); len(left) != 1 {
		t.Errorf("the folder holds %v; want the state alone", left)
	}
	for name, damaged := range map[string]string{
		"cut off": string(doc[:len(doc)-20]), "empty": "", "changed": strings.Replace(string(doc), `"status":"open"`, `"status":"ajar"`, 1),
		"of a later version": strings.Replace(string(doc), `"localcheckout_state":1`, `"localcheckout_state":2`, 1),
	} {
		if err := os.WriteFile(file, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := invoke("--addr", "127.0.0.1:0", "--state", file)
		if code != exitFailure || stdout != "" || !strings.Contains(stderr, file) || !strings.Contains(stderr, "move it away") {
			t.Errorf("%s: exit code = %d, stdout %q, stderr %q; want 1, the file and what to do", name, code, stdout, stderr)
		}
		if kept, _ := os.ReadFile(file); string(kept) != damaged {
			t.Errorf("%s: the damaged file was changed", name)
		}
	}
}

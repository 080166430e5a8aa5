package journal

import "testing"

func TestKeepsTheLatestInOrder(t *testing.T) {
	j := New(3)
	for range 5 {
		j.Add(Entry{})
	}
	for since, want := range map[uint64][]uint64{0: {3, 4, 5}, 3: {4, 5}, 5: nil, 9: nil} {
		got := j.Since(since)
		if len(got) != len(want) {
			t.Errorf("Since(%d) has %d entries; want %v", since, len(got), want)
			continue
		}
		for i := range want {
			if got[i].N != want[i] {
				t.Errorf("Since(%d)[%d] is number %d; want %d", since, i, got[i].N, want[i])
			}
		}
	}
	j.Reset()
	if got := j.Since(0); len(got) != 0 {
		t.Errorf("after a reset there are %v", got)
	}
}

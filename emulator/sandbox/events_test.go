package sandbox

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// TestOldEventsAreForgotten: what somebody holds of the events stays as it is when newer ones take the place
// of the oldest, and a snapshot has those that are left, in order.
func TestOldEventsAreForgotten(t *testing.T) {
	var l eventLog
	l.append(make([]checkout.Event, eventsAtMost))
	all := l.share()
	if len(all) != eventsAtMost || len(l.since(eventsAtMost-2)) != 2 || l.since(eventsAtMost) != nil {
		t.Fatalf("%d events are remembered; want %d", len(all), eventsAtMost)
	}
	l.append(make([]checkout.Event, 3))
	if all[0].Seq != 1 || all[2].Seq != 3 {
		t.Errorf("the oldest events are by now %+v", all[:3])
	}
	left := l.share()
	if first, last := left[0].Seq, left[len(left)-1].Seq; first != 4 || last != eventsAtMost+3 {
		t.Fatalf("events %d to %d are remembered", first, last)
	}
	for _, events := range [][]checkout.Event{all, left, all[:10]} {
		set := newShop(func() time.Time { return t0 })
		w := set.thaw(&frozen{events: events, happened: events[len(events)-1].Seq})
		if diff := cmp.Diff(events, w.events.share()); diff != "" {
			t.Fatalf("restored events (-want +got):\n%s", diff)
		}
		w.events.append(make([]checkout.Event, 2))
		if got := w.events.since(w.events.count - 3); got[0].Seq+2 != got[2].Seq || got[0] != events[len(events)-1] {
			t.Errorf("after two more: %+v", got)
		}
	}
	if all[0].Seq != 1 || left[0].Seq != 4 {
		t.Error("what was restored from has changed")
	}
}

package minio

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestTheListOfAllUsersIsKeptForAsLongAsItServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := driver(secret)
		first, second := &list{asked: time.Now()}, &list{asked: time.Now().Add(time.Second)}
		d.listed.remember(first, d.now)
		time.Sleep(time.Second)
		d.listed.remember(second, d.now)
		time.Sleep(listFresh - time.Millisecond)
		if d.listed.last.Load() != second {
			t.Error("the list went while it served")
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if d.listed.last.Load() != nil {
			t.Error("the list is kept in vain")
		}
	})
}

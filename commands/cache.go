package commands

import (
	"sync"
	"time"
)

// answerCacheEntries is how many answers of one kind are kept.
const answerCacheEntries = 16 << 10

// answerCache keeps answers from other servers, each for a time of its own. The zero value is ready to use.
type answerCache[K comparable, V any] struct {
	// mu guards the cache: the goroutines that ask and those of new connections meet here.
	mu      sync.Mutex
	answers map[K]datedAnswer[V]
}

type datedAnswer[V any] struct {
	value V
	until time.Time
}

func (a *answerCache[K, V]) find(key K, now time.Time) (value V, found bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	answer, found := a.answers[key]
	return answer.value, found && now.Before(answer.until)
}

// keep stores a value until the given time. When the cache is full, it drops expired answers first, then others.
func (a *answerCache[K, V]) keep(key K, value V, now, until time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.answers == nil {
		a.answers = map[K]datedAnswer[V]{}
	}
	if len(a.answers) >= answerCacheEntries {
		for k, old := range a.answers {
			if !now.Before(old.until) {
				delete(a.answers, k)
			}
		}
		for k := range a.answers {
			if len(a.answers) < answerCacheEntries*3/4 {
				break
			}
			delete(a.answers, k)
		}
	}
	a.answers[key] = datedAnswer[V]{value, until}
}

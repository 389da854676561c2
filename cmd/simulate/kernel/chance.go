package kernel

import (
	"time"

	"github.com/google/uuid"
)

// Chance draws from a world's dice.

// Int draws from 0 to n-1.
func (k *Kernel) Int(n int) int { return k.dice.IntN(n) }

// Between draws from low to high, both included.
func (k *Kernel) Between(low, high int) int { return low + k.dice.IntN(high-low+1) }

// OneIn is true once in n times; never when n is 0.
func (k *Kernel) OneIn(n int) bool { return n > 0 && k.dice.IntN(n) == 0 }

// During draws a duration from low to high.
func (k *Kernel) During(low, high time.Duration) time.Duration {
	if high <= low {
		return low
	}
	return low + time.Duration(k.dice.Int64N(int64(high-low)+1))
}

// UUID draws an id.
func (k *Kernel) UUID() uuid.UUID {
	var id uuid.UUID
	for i := 0; i < len(id); i += 8 {
		n := k.dice.Uint64()
		for j := range 8 {
			id[i+j] = byte(n >> (8 * j))
		}
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

// Pick draws one of a list, which is not empty.
func Pick[T any](k *Kernel, list []T) T { return list[k.dice.IntN(len(list))] }

package world

// Want is how often something has to happen in a thousand worlds at least, for
// them to say anything.
type Want struct {
	What        string
	PerThousand int
}

// Wanted is what a run has to exercise.
func Wanted() []Want { return nil }

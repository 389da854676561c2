package eventstore

// KeepStates bounds how many states an executor keeps between commands.
func (x *Executor) KeepStates(limit int) { x.limit = limit }

// StatesHeld counts the states that an executor keeps at present.
func (x *Executor) StatesHeld() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.states)
}

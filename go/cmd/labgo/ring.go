// SPDX-License-Identifier: BSD-2-Clause

package main

func init() {
	register("ring", "first", first)
	register("ring", "node", node)
}

func node(w *work) error {
	return w.forward(w.handles[0], w.handles[1], 1)
}

func first(w *work) error {
	token, rounds := uint64(0), w.value("rounds")
	w.begin()
	for range rounds {
		err := w.send(w.handles[1], token+1)
		if err == nil {
			token, err = w.receive(w.handles[0])
		}
		if err != nil {
			return err
		}
	}
	w.end(rounds)
	w.report("hops", token)
	return nil
}

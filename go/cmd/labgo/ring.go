// SPDX-License-Identifier: BSD-2-Clause

package main

func init() { register("ring", "node", node) }

// node receives the token from its neighbour and sends it on; the first node has it first, and counts.
func node(w *work) error {
	rounds := w.value("rounds")
	if w.index == 0 {
		if err := w.send(w.handles[1], 0); err != nil {
			return err
		}
		w.begin()
	}
	for round := range rounds {
		word, err := w.receive(w.handles[0])
		if err == nil && (w.index != 0 || round+1 < rounds) {
			err = w.send(w.handles[1], word+1)
		}
		if err != nil {
			return err
		}
	}
	if w.index == 0 {
		w.end(rounds)
	}
	return nil
}

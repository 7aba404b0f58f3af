// SPDX-License-Identifier: BSD-2-Clause

package job

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// Table numbers the jobs in the background.
type Table struct {
	mutex sync.Mutex
	jobs  []*Job // job n is at n - 1; nil: the number is free
}

// Add gives the job the lowest free number.
func (t *Table) Add(job *Job) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for i, other := range t.jobs {
		if other == nil {
			t.jobs[i], job.Number = job, i+1
			return
		}
	}
	t.jobs = append(t.jobs, job)
	job.Number = len(t.jobs)
}

// Remove frees the job's number.
func (t *Table) Remove(job *Job) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if i := job.Number - 1; i >= 0 && i < len(t.jobs) && t.jobs[i] == job {
		t.jobs[i] = nil
	}
}

// All returns the jobs by number.
func (t *Table) All() []*Job {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	var all []*Job
	for _, job := range t.jobs {
		if job != nil {
			all = append(all, job)
		}
	}
	return all
}

// Find returns the job that a word names: 2, %2, or %% and nothing for the latest.
func (t *Table) Find(word string) (*Job, error) {
	all := t.All()
	number := strings.TrimPrefix(word, "%")
	if number == "" || number == "%" || number == "+" {
		if len(all) == 0 {
			return nil, fmt.Errorf("there is no job")
		}
		return all[len(all)-1], nil
	}
	wanted, err := strconv.Atoi(number)
	if err != nil {
		return nil, fmt.Errorf("'%s' is not a number of a job", word)
	}
	for _, job := range all {
		if job.Number == wanted {
			return job, nil
		}
	}
	return nil, fmt.Errorf("there is no job %d", wanted)
}

// Ended takes out the jobs that are done, for a last report.
func (t *Table) Ended() []*Job {
	var ended []*Job
	for _, job := range t.All() {
		select {
		case <-job.Done():
			ended = append(ended, job)
			t.Remove(job)
		default:
		}
	}
	return ended
}

package main

import (
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/resource"
	extender "k8s.io/kube-scheduler/extender/v1"
)

const best, ceiling, noise = 10, 0.9, 0.01

var weights = amounts{0.4, 0.4, 0.1, 0.1}

// amounts: cpu in cores, memory in bytes, disk and network in bytes a second.
type amounts [4]float64

// table has of each node what it can give, and what is taken there: R / T and R.
type table struct {
	Names                  []string
	Capacity, Felt, Demand []amounts

	lock  sync.RWMutex
	index map[string]int
}

// cluster is what one placement must know of all nodes.
type cluster struct{ mean, total amounts }

// candidate is a node that was asked about: by how much imbalance² changes there, and whether it would be over the ceiling.
type candidate struct {
	change float64
	full   bool
}

func (t *table) prioritize(pod *corev1.Pod, names []string) extender.HostPriorityList {
	demand := requested(pod)
	t.lock.RLock()
	defer t.lock.RUnlock()
	found, all := make([]candidate, len(names)), t.cluster()
	known, sum := 0, 0.0
	for i, name := range names {
		if node, ok := t.index[name]; ok {
			found[i] = t.place(demand, node, &all)
			sum += found[i].change
			known++
		}
	}
	if 0 < known && known < len(names) {
		for i, name := range names {
			if _, ok := t.index[name]; !ok {
				found[i].change = sum / float64(known)
			}
		}
	}
	return scores(names, found, noise*unit(demand, &all))
}

func requested(pod *corev1.Pod) amounts {
	found := resource.PodRequests(pod, resource.PodResourcesOptions{})
	return amounts{found.Cpu().AsApproximateFloat64(), found.Memory().AsApproximateFloat64()}
}

func (t *table) cluster() (all cluster) {
	for i, capacity := range t.Capacity {
		for r, whole := range capacity {
			if whole > 0 {
				all.total[r] += whole
				all.mean[r] += t.Felt[i][r]
			}
		}
	}
	for r, whole := range all.total {
		if whole > 0 {
			all.mean[r] /= whole
		}
	}
	return all
}

func (t *table) place(demand amounts, node int, all *cluster) (found candidate) {
	for r, a := range demand {
		capacity, whole := t.Capacity[node][r], all.total[r]
		if capacity == 0 {
			continue
		}
		beside := 2*a*(t.Felt[node][r]/capacity-all.mean[r]) + a*a/capacity - a*a/whole
		found.change += weights[r] * beside / whole
		found.full = found.full || t.Demand[node][r]+a > ceiling*capacity
	}
	return found
}

// unit is what a share of a node is in a change.
func unit(demand amounts, all *cluster) (sum float64) {
	for r, a := range demand {
		if all.total[r] > 0 {
			sum += 2 * weights[r] * a / all.total[r]
		}
	}
	return sum
}

// scores stretches the changes: the best gets 10, the worst 0 (1 where others are full), what lies between 9 at most;
// where the difference is noise all but the best get 9.
func scores(names []string, found []candidate, noise float64) extender.HostPriorityList {
	full := 0
	for i := range found {
		if found[i].full {
			full++
		}
	}
	for i := range found {
		found[i].full = found[i].full && full < len(found)
	}
	first, worst := bounds(found)
	list := make(extender.HostPriorityList, len(names))
	lowest := 0.0
	if 0 < full && full < len(found) {
		lowest = 1
	}
	for i, one := range found {
		list[i].Host = names[i]
		switch {
		case one.full:
		case i == first:
			list[i].Score = best
		case found[worst].change-found[first].change <= noise:
			list[i].Score = best - 1
		default:
			step := (best - 1 - lowest) / (found[worst].change - found[first].change)
			list[i].Score = int64(lowest) + int64(step*(found[worst].change-one.change))
		}
	}
	return list
}

// bounds are the positions of the first of the best and of the worst that are not full.
func bounds(found []candidate) (first, worst int) {
	first, worst = -1, -1
	for i, one := range found {
		if one.full {
			continue
		}
		if first < 0 || one.change < found[first].change {
			first = i
		}
		if worst < 0 || one.change > found[worst].change {
			worst = i
		}
	}
	return first, worst
}
